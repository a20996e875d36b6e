//===- WeightResolver.h - From BLOBFILE to bytes ----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_WEIGHTS_WEIGHTRESOLVER_H
#define ESPRESSO_WEIGHTS_WEIGHTRESOLVER_H

#include "espresso/IR/Program.h"

#include "llvm/ADT/StringRef.h"

namespace espresso {

/// When weight files are opened and their records checked.
enum class WeightPolicy : uint8_t {
  /// By the first read of a constant: a program can be worked on without them.
  OnUse,
  /// At once: what is absent or does not fit is an error now.
  Now,
};

/// Gives a source to every `BLOBFILE(path, offset)` of `program` that has none.
/// `@model_path` is `modelDirectory`, the directory of the `.mil` file. Paths
/// that are absolute, contain `..`, or leave the directory through a link are
/// errors, as are records whose type or size is not that of their constant.
/// Files are mapped once each, and live as long as a constant that uses them.
LogicalResult resolveWeights(Program &program, llvm::StringRef modelDirectory,
                             WeightPolicy policy);

} // namespace espresso

#endif // ESPRESSO_WEIGHTS_WEIGHTRESOLVER_H
