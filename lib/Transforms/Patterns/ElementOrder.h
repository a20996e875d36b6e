//===- ElementOrder.h - Where elements go --------------------- -*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TRANSFORMS_PATTERNS_ELEMENTORDER_H
#define ESPRESSO_LIB_TRANSFORMS_PATTERNS_ELEMENTORDER_H

#include "espresso/IR/Operation.h"

#include <optional>
#include <vector>

namespace espresso {

/// What reshapes and transposes do to the elements of a tensor: each axis is a
/// list of factors, extents with the distance of their neighbours in the
/// original tensor.
class ElementOrder {
public:
  explicit ElementOrder(llvm::ArrayRef<int64_t> shape);

  /// False, and then of no more use, if an axis would begin within a factor.
  [[nodiscard]] bool reshape(llvm::ArrayRef<int64_t> shape);
  void transpose(llvm::ArrayRef<int64_t> perm);
  /// True if elements stand as in the original tensor.
  [[nodiscard]] bool isOriginal() const;

private:
  struct Factor {
    int64_t extent;
    int64_t stride;
  };
  using Axis = std::vector<Factor>;
  std::vector<Axis> axes;
};

/// Follows reshapes, transposes and changes of axes up from `value` and returns
/// the farthest value whose elements stand in the same order, with at least one
/// transpose between; null if there is none. All shapes on the way are static.
[[nodiscard]] Value *findSameOrder(Value *value);

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_PATTERNS_ELEMENTORDER_H
