//===- Normalization.cpp - Rules of normalisations ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuleSupport.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso::rules {

static LogicalResult
checkChannelParameters(const Operation &op,
                       llvm::ArrayRef<llvm::StringRef> parameters) {
  int64_t channels = getTensor(op, "x").getDim(1);
  for (llvm::StringRef parameter : parameters)
    if (failed(checkShape(op, parameter, {channels})))
      return failure();
  return success();
}

LogicalResult verifyBatchNorm(const Operation &op) {
  if (failed(checkRank(op, "x", 3, 5)))
    return failure();
  return checkChannelParameters(op, {"mean", "variance", "gamma", "beta"});
}

LogicalResult verifyInstanceNorm(const Operation &op) {
  if (failed(checkRank(op, "x", 3, 4)))
    return failure();
  return checkChannelParameters(op, {"gamma", "beta"});
}

LogicalResult verifyLayerNorm(const Operation &op) {
  TensorType x = getTensor(op, "x");
  FailureOr<Extents> axes = getAxes(op, "axes", x.getRank());
  if (failed(axes))
    return failure();
  llvm::sort(*axes);
  Extents expected;
  for (int64_t axis : *axes)
    expected.push_back(x.getDim(axis));
  if (failed(checkShape(op, "gamma", expected)))
    return failure();
  return checkShape(op, "beta", expected);
}

LogicalResult verifyL2Norm(const Operation &op) {
  return checkRank(op, "x", 3, kAnyRank);
}

LogicalResult verifyLocalResponseNorm(const Operation &op) {
  if (failed(checkRank(op, "x", 3, kAnyRank)))
    return failure();
  std::optional<int64_t> size = getInteger(op, "size");
  if (!size || *size >= 1)
    return success();
  return valueError(op) << "'size' is " << *size << ", expected at least 1";
}

} // namespace espresso::rules
