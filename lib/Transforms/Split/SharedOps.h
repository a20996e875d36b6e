//===- SharedOps.h - Operations that all layers share --------- -*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TRANSFORMS_SPLIT_SHAREDOPS_H
#define ESPRESSO_LIB_TRANSFORMS_SPLIT_SHAREDOPS_H

#include "espresso/IR/Program.h"

#include <vector>

namespace espresso {

/// Copies the binding of `from` on `op`, if there is one, to `to` on `target`.
void copyBinding(const Operation &op, llvm::StringRef from, Operation &target,
                 llvm::StringRef to);

/// Host operations that several layers need and one computes. Those that share
/// must be asked for in the order of the function.
class SharedOps {
public:
  /// The result of an operation with the arguments of `op`, which stands in
  /// place and has no results yet: an earlier one, after which `op` is erased,
  /// or its own, named after `name`. Constants count by value.
  Value *share(Operation &op, llvm::StringRef name);

private:
  std::vector<Operation *> known;
};

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_SPLIT_SHAREDOPS_H
