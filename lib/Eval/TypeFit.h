//===- TypeFit.h - What may stand for a value of a type ---------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_EVAL_TYPEFIT_H
#define ESPRESSO_LIB_EVAL_TYPEFIT_H

#include "espresso/Eval/Comparison.h"
#include "espresso/IR/Type.h"

namespace espresso {

/// Whether a tensor of `shape` may stand where `type` is declared.
[[nodiscard]] bool fits(TensorType type, llvm::ArrayRef<int64_t> shape);

/// Whether `tensor` can be made one of `type`: anything but text converts.
[[nodiscard]] bool fits(TensorType type, const Tensor &tensor);

/// Whether a tensor of `shape` may stand for a result of `type`. A list is one
/// with an axis more, in front, and a dictionary the vector of its values.
[[nodiscard]] bool fitsResult(Type type, llvm::ArrayRef<int64_t> shape);

} // namespace espresso

#endif // ESPRESSO_LIB_EVAL_TYPEFIT_H
