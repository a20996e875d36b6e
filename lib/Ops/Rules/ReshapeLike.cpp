//===- ReshapeLike.cpp - Rule of shapes joined from others ----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuleSupport.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>

namespace espresso::rules {

/// `position` in an array of `length`, counted from the end if negative and
/// held inside of it.
static int64_t clampPosition(int64_t position, int64_t length) {
  return std::clamp<int64_t>(position < 0 ? position + length : position, 0,
                             length);
}

/// Every list has as many elements as `ref_tensors`.
static LogicalResult checkLengths(const Operation &op, size_t length) {
  for (llvm::StringRef input : {"begins", "ends", "end_masks"})
    if (size_t found = op.findBinding(input)->size(); found != length)
      return shapeError(op) << "'" << input << "' has " << found
                            << " elements, but 'ref_tensors' has " << length;
  return success();
}

LogicalResult inferReshapeLike(const Operation &op, TypeList &results) {
  TensorType x = getTensor(op, "x");
  llvm::SmallVector<TensorType, 4> references = getTensors(op, "ref_tensors");
  if (failed(checkLengths(op, references.size())))
    return failure();
  llvm::SmallVector<Attribute, 4> begins = getScalars(op, "begins");
  llvm::SmallVector<Attribute, 4> ends = getScalars(op, "ends");
  llvm::SmallVector<Attribute, 4> masks = getScalars(op, "end_masks");
  Extents shape;
  for (auto [i, reference] : llvm::enumerate(references)) {
    if (!begins[i] || !ends[i] || !masks[i])
      return keepDeclared(op, results);
    int64_t rank = reference.getRank();
    int64_t begin = clampPosition(begins[i].getInteger(), rank);
    int64_t end =
        masks[i].getBool() ? rank : clampPosition(ends[i].getInteger(), rank);
    if (begin < end)
      llvm::append_range(shape, reference.getShape().slice(begin, end - begin));
  }
  if (!agree(getVolume(x.getShape()), getVolume(shape)))
    return shapeError(op) << "'x' " << toText(x.getShape())
                          << " has not as many elements as " << toText(shape);
  results.push_back(getTensorType(op, x.getElementType(), shape));
  return success();
}

} // namespace espresso::rules
