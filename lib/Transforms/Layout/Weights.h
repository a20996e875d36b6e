//===- Weights.h - Matrices as kernels ------------------------ -*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TRANSFORMS_LAYOUT_WEIGHTS_H
#define ESPRESSO_LIB_TRANSFORMS_LAYOUT_WEIGHTS_H

#include "../OpBuilder.h"

namespace espresso {

/// True if `input` is one matrix known at compile time, below leading axes of
/// extent 1, compressed or not.
[[nodiscard]] bool isMatrix(const Operation &op, llvm::StringRef input);

/// That matrix [A, B] as a kernel [A, B, 1, 1], or [B, A, 1, 1] if it
/// `transposes`. Compressed weights stay compressed, and cannot be transposed.
/// Null if that is not possible.
Value *makeKernel(Operation &op, OpBuilder &b, llvm::StringRef input,
                  bool transposes);

/// Weights of convolutions of one spatial axis as those of two, [O, I, 1, K];
/// null if that is not possible.
Value *insertKernelAxis(Operation &op, OpBuilder &b, llvm::StringRef input);

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_LAYOUT_WEIGHTS_H
