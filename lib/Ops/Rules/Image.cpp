//===- Image.cpp - Rules of images ----------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuleSupport.h"

#include "llvm/Support/Format.h"

#include <cmath>
#include <limits>

namespace espresso::rules {

static LogicalResult checkImage(const Operation &op) {
  return checkRank(op, "x", 3, 5);
}

/// The type of `x` with other extents of the last two axes.
static TensorType getImageType(const Operation &op, int64_t height,
                               int64_t width) {
  TensorType x = getTensor(op, "x");
  Extents shape(x.getShape());
  shape[shape.size() - 2] = height;
  shape[shape.size() - 1] = width;
  return getTensorType(op, x.getElementType(), shape);
}

LogicalResult inferCrop(const Operation &op, TypeList &results) {
  if (failed(checkImage(op)))
    return failure();
  llvm::ArrayRef<int64_t> image = getTensor(op, "x").getShape().take_back(2);
  Extents cropped;
  for (auto [input, extent] : {std::pair("crop_height", image[0]),
                               std::pair("crop_width", image[1])}) {
    FailureOr<Extents> amounts = getIntegersOr(op, input, 2, 0, 0);
    if (failed(amounts))
      return failure();
    int64_t total = (*amounts)[0] + (*amounts)[1];
    if (extent != kDynamic && total >= extent)
      return valueError(op) << "'" << input << "' takes " << total << " of "
                            << extent << " elements";
    cropped.push_back(extent == kDynamic ? kDynamic : extent - total);
  }
  results.push_back(getImageType(op, cropped[0], cropped[1]));
  return success();
}

LogicalResult inferResizeToTarget(const Operation &op, TypeList &results) {
  if (failed(checkImage(op)))
    return failure();
  Extents target;
  for (llvm::StringRef input : {"target_size_height", "target_size_width"}) {
    target.push_back(getInteger(op, input).value_or(0));
    if (target.back() < 1)
      return valueError(op) << "'" << input << "' is " << target.back()
                            << ", expected at least 1";
  }
  results.push_back(getImageType(op, target[0], target[1]));
  return success();
}

/// `extent` times the factor `input`, rounded down.
static FailureOr<int64_t> scale(const Operation &op, llvm::StringRef input,
                                int64_t extent) {
  Attribute factor = getConstantOrDefault(op, input);
  double value = factor && factor.getDense() ? factor.getReal() : 0;
  double scaled = std::floor(value * static_cast<double>(extent));
  bool isPossible = value > 0 && std::isfinite(value);
  if (isPossible && extent == kDynamic)
    return kDynamic;
  if (isPossible && scaled >= 1 &&
      scaled <= std::numeric_limits<int32_t>::max())
    return static_cast<int64_t>(scaled);
  return valueError(op) << "'" << input << "' is " << llvm::format("%g", value)
                        << ", which no image of " << extent << " can take";
}

LogicalResult inferUpsample(const Operation &op, TypeList &results) {
  if (failed(checkImage(op)))
    return failure();
  llvm::ArrayRef<int64_t> image = getTensor(op, "x").getShape().take_back(2);
  FailureOr<int64_t> height = scale(op, "scale_factor_height", image[0]);
  FailureOr<int64_t> width = scale(op, "scale_factor_width", image[1]);
  if (failed(height) || failed(width))
    return failure();
  results.push_back(getImageType(op, *height, *width));
  return success();
}

//===----------------------------------------------------------------------===//
// Blocks of space in channels
//===----------------------------------------------------------------------===//

/// The edge of a block, whatever the operation calls it.
static FailureOr<int64_t> getBlock(const Operation &op) {
  if (failed(checkRank(op, "x", 4, 4)))
    return failure();
  llvm::StringRef input = lookupOp(op)->inputs[1].name;
  int64_t block = getInteger(op, input).value_or(0);
  if (block >= 1 && block <= std::numeric_limits<int16_t>::max())
    return block;
  return valueError(op) << "'" << input << "' is " << block
                        << ", expected 1 to "
                        << std::numeric_limits<int16_t>::max();
}

static FailureOr<int64_t> divide(const Operation &op, llvm::StringRef what,
                                 int64_t extent, int64_t by) {
  if (extent == kDynamic)
    return kDynamic;
  if (extent % by == 0)
    return extent / by;
  return shapeError(op) << "the " << what << " " << extent << " of 'x' is no "
                        << "multiple of " << by;
}

LogicalResult inferDepthToSpace(const Operation &op, TypeList &results) {
  FailureOr<int64_t> block = getBlock(op);
  if (failed(block))
    return failure();
  TensorType x = getTensor(op, "x");
  FailureOr<int64_t> channels =
      divide(op, "depth", x.getDim(1), *block * *block);
  if (failed(channels))
    return failure();
  results.push_back(
      getTensorType(op, x.getElementType(),
                    {x.getDim(0), *channels, getVolume({x.getDim(2), *block}),
                     getVolume({x.getDim(3), *block})}));
  return success();
}

LogicalResult inferSpaceToDepth(const Operation &op, TypeList &results) {
  FailureOr<int64_t> block = getBlock(op);
  if (failed(block))
    return failure();
  TensorType x = getTensor(op, "x");
  FailureOr<int64_t> height = divide(op, "height", x.getDim(2), *block);
  FailureOr<int64_t> width = divide(op, "width", x.getDim(3), *block);
  if (failed(height) || failed(width))
    return failure();
  results.push_back(
      getTensorType(op, x.getElementType(),
                    {x.getDim(0), getVolume({x.getDim(1), *block, *block}),
                     *height, *width}));
  return success();
}

} // namespace espresso::rules
