//===- Pool.cpp - Rule of pooling -----------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuleSupport.h"

namespace espresso::rules {

namespace {
/// The windows along one spatial axis.
struct PoolAxis {
  int64_t extent = 0;
  int64_t kernel = 0;
  int64_t stride = 0;
  int64_t padBefore = 0;
  int64_t padAfter = 0;
};
} // namespace

static FailureOr<int64_t> countWindows(const Operation &op, PoolAxis axis) {
  if (axis.extent == kDynamic)
    return kDynamic;
  llvm::StringRef padType = getText(op, "pad_type");
  if (padType.starts_with("same"))
    return divideUp(axis.extent, axis.stride);
  if (padType == "valid")
    axis.padBefore = axis.padAfter = 0;
  int64_t padded = axis.extent + axis.padBefore + axis.padAfter;
  int64_t span = padded - axis.kernel;
  int64_t count = span < 0 ? 0 : span / axis.stride + 1;
  if (getFlag(op, "ceil_mode")) {
    count = divideUp(span, axis.stride) + 1;
    // No window may begin in the padding at the end.
    bool isBehind = (count - 1) * axis.stride >= axis.extent + axis.padBefore;
    if (isBehind && axis.padBefore + axis.padAfter > 0)
      --count;
  }
  if (count >= 1)
    return count;
  return shapeError(op) << "a window of " << axis.kernel
                        << " elements does not fit an axis of " << padded;
}

/// What rounding up is defined for.
static LogicalResult checkCeilMode(const Operation &op,
                                   llvm::ArrayRef<int64_t> pad) {
  if (failed(checkRank(op, "x", 3, 4)))
    return failure();
  if (getText(op, "pad_type").starts_with("same"))
    return valueError(op) << "'ceil_mode' needs 'pad_type' valid or custom";
  for (size_t i = 0; i < pad.size(); i += 2)
    if (pad[i] != pad[i + 1])
      return valueError(op)
             << "'ceil_mode' needs equal padding on both sides, "
             << "but 'pad' holds " << pad[i] << " and " << pad[i + 1];
  return success();
}

LogicalResult verifyL2Pool(const Operation &op) {
  return checkRank(op, "x", 3, 4);
}

LogicalResult inferPool(const Operation &op, TypeList &results) {
  if (failed(checkRank(op, "x", 3, 5)) || failed(checkPadType(op)))
    return failure();
  TensorType x = getTensor(op, "x");
  size_t spatial = x.getRank() - 2;
  FailureOr<Extents> kernel = getIntegersOr(op, "kernel_sizes", spatial, 1, 1);
  FailureOr<Extents> strides = getIntegersOr(op, "strides", spatial, 1, 1);
  FailureOr<Extents> pad = getIntegersOr(op, "pad", 2 * spatial, 0, 0);
  if (failed(kernel) || failed(strides) || failed(pad) ||
      (getFlag(op, "ceil_mode") && failed(checkCeilMode(op, *pad))))
    return failure();
  Extents shape(x.getShape());
  for (size_t i = 0; i < spatial; ++i) {
    FailureOr<int64_t> count =
        countWindows(op, {x.getDim(2 + i), (*kernel)[i], (*strides)[i],
                          (*pad)[2 * i], (*pad)[2 * i + 1]});
    if (failed(count))
      return failure();
    shape[2 + i] = *count;
  }
  results.push_back(getTensorType(op, x.getElementType(), shape));
  return success();
}

} // namespace espresso::rules
