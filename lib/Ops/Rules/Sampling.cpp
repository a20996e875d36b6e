//===- Sampling.cpp - Rules of sampled images -----------------------------===//
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

/// The integer `input`, which must be known and positive.
static FailureOr<int64_t> getExtent(const Operation &op,
                                    llvm::StringRef input) {
  std::optional<int64_t> extent = getInteger(op, input);
  if (!extent)
    return valueError(op) << "'" << input << "' must not be in a weight file";
  if (*extent < 1)
    return valueError(op) << "'" << input << "' is " << *extent
                          << ", expected at least 1";
  return *extent;
}

LogicalResult verifySamplingMode(const Operation &op) {
  return checkOneOf(op, "sampling_mode",
                    {"STRICT_ALIGN_CORNERS", "ALIGN_CORNERS", "DEFAULT",
                     "OFFSET_CORNERS", "UNALIGN_CORNERS"});
}

//===----------------------------------------------------------------------===//
// Coordinates
//===----------------------------------------------------------------------===//

/// Only zero is implemented.
static LogicalResult checkPaddingValue(const Operation &op) {
  Attribute value = getConstantOrDefault(op, "padding_value");
  if (!value || !value.getDense() || value.getReal() == 0)
    return success();
  return valueError(op) << "'padding_value' is not zero";
}

LogicalResult inferAffine(const Operation &op, TypeList &results) {
  if (failed(checkRank(op, "x", 4, 4)) ||
      failed(checkRank(op, "transform_matrix", 2, 2)))
    return failure();
  TensorType x = getTensor(op, "x");
  int64_t rows = getTensor(op, "transform_matrix").getDim(0);
  if (failed(checkShape(op, "transform_matrix",
                        {rows == 1 ? 1 : x.getDim(0), 6})) ||
      failed(checkOneOf(op, "sampling_mode", {"bilinear"})) ||
      failed(checkOneOf(op, "padding_mode", {"constant"})) ||
      failed(checkOneOf(op, "coordinates_mode",
                        {"normalized_minus_one_to_one"})) ||
      failed(checkPaddingValue(op)))
    return failure();
  FailureOr<int64_t> height = getExtent(op, "output_height");
  FailureOr<int64_t> width = getExtent(op, "output_width");
  if (failed(height) || failed(width))
    return failure();
  results.push_back(getTensorType(op, x.getElementType(),
                                  {x.getDim(0), x.getDim(1), *height, *width}));
  return success();
}

LogicalResult inferResample(const Operation &op, TypeList &results) {
  if (failed(checkRank(op, "x", 4, 4)) ||
      failed(checkRank(op, "coordinates", 4, 4)))
    return failure();
  TensorType x = getTensor(op, "x");
  TensorType coordinates = getTensor(op, "coordinates");
  if (failed(checkShape(op, "coordinates",
                        {x.getDim(0), kDynamic, kDynamic, 2})) ||
      failed(checkOneOf(op, "sampling_mode", {"bilinear", "nearest"})) ||
      failed(checkOneOf(op, "padding_mode",
                        {"constant", "border", "reflection", "symmetric"})) ||
      failed(checkOneOf(op, "coordinates_mode",
                        {"unnormalized", "normalized_minus_one_to_one",
                         "normalized_zero_to_one"})))
    return failure();
  results.push_back(
      getTensorType(op, x.getElementType(),
                    {known(x.getDim(0), coordinates.getDim(0)), x.getDim(1),
                     coordinates.getDim(1), coordinates.getDim(2)}));
  return success();
}

//===----------------------------------------------------------------------===//
// Extents
//===----------------------------------------------------------------------===//

/// How many axes `resize` changes.
static FailureOr<int64_t> getNumResized(const Operation &op) {
  TensorType x = getTensor(op, "x");
  int64_t length = getTensor(op, "shape").getDim(0);
  if (length > x.getRank())
    return shapeError(op) << "'shape' has " << length
                          << " elements, more than 'x' has axes";
  int64_t limit = length == kDynamic ? x.getRank() : length;
  std::optional<int64_t> count = getInteger(op, "resized_dims");
  if (!count)
    // untested: scalars in weight files are refused before (op-const).
    return valueError(op) << "'resized_dims' must not be in a weight file";
  if (*count > limit)
    return valueError(op) << "'resized_dims' is " << *count
                          << ", expected at most " << limit;
  return *count;
}

LogicalResult inferResize(const Operation &op, TypeList &results) {
  FailureOr<int64_t> count = getNumResized(op);
  if (failed(count) || failed(verifySamplingMode(op)) ||
      failed(
          checkOneOf(op, "interpolation_mode", {"LINEAR", "NEAREST_NEIGHBOR"})))
    return failure();
  TensorType x = getTensor(op, "x");
  Extents shape(x.getShape());
  llvm::MutableArrayRef<int64_t> resized =
      llvm::MutableArrayRef<int64_t>(shape).take_back(*count);
  std::optional<Extents> given = getIntegers(op, "shape");
  if (!given) {
    std::fill(resized.begin(), resized.end(), kDynamic);
  } else {
    llvm::ArrayRef<int64_t> wanted =
        llvm::ArrayRef<int64_t>(*given).take_back(*count);
    for (auto [extent, value] : llvm::zip_equal(resized, wanted)) {
      if (value < 0)
        return valueError(op)
               << "'shape' holds " << value << ", expected an extent or 0";
      if (value != 0)
        extent = value;
    }
  }
  results.push_back(getTensorType(op, x.getElementType(), shape));
  return success();
}

//===----------------------------------------------------------------------===//
// Boxes
//===----------------------------------------------------------------------===//

/// What the versions of `crop_resize` share: the height and width of results.
static FailureOr<Extents> getTarget(const Operation &op) {
  if (failed(checkRank(op, "x", 4, 4)) || failed(verifySamplingMode(op)) ||
      failed(
          checkOneOf(op, "box_coordinate_mode",
                     {"CORNERS_HEIGHT_FIRST", "CORNERS_WIDTH_FIRST",
                      "CENTER_SIZE_HEIGHT_FIRST", "CENTER_SIZE_WIDTH_FIRST"})))
    return failure();
  FailureOr<int64_t> height = getExtent(op, "target_height");
  FailureOr<int64_t> width = getExtent(op, "target_width");
  if (failed(height) || failed(width))
    return failure();
  return Extents{*height, *width};
}

LogicalResult inferCropResize(const Operation &op, TypeList &results) {
  FailureOr<Extents> target = getTarget(op);
  if (failed(target) || failed(checkRank(op, "roi", 5, 5)))
    return failure();
  TensorType x = getTensor(op, "x");
  TensorType roi = getTensor(op, "roi");
  int64_t numbers = roi.getDim(2);
  if (failed(checkShape(op, "roi", {kDynamic, 1, numbers == 5 ? 5 : 4, 1, 1})))
    return failure();
  // With indices there is one image a box, but tools declare one for each image
  // of `x`.
  bool isOneImage = numbers == 5 || numbers == kDynamic;
  int64_t images = isOneImage && x.getDim(0) != 1 ? kDynamic : x.getDim(0);
  results.push_back(getTensorType(
      op, x.getElementType(),
      {roi.getDim(0), images, x.getDim(1), (*target)[0], (*target)[1]}));
  return success();
}

/// The image of each box is one of `numImages`.
static LogicalResult checkBoxIndices(const Operation &op, int64_t numBoxes,
                                     int64_t numImages) {
  if (numImages == kDynamic)
    return success();
  if (!isGiven(op, "box_indices") && numBoxes > numImages)
    return shapeError(op) << "there are " << numBoxes << " boxes for "
                          << numImages
                          << (numImages == 1 ? " image" : " images")
                          << " and no 'box_indices'";
  std::optional<Extents> indices = getIntegers(op, "box_indices");
  for (int64_t index : indices.value_or(Extents()))
    if (index < 0 || index >= numImages)
      return valueError(op)
             << "'box_indices' holds " << index << ", but 'x' has " << numImages
             << (numImages == 1 ? " image" : " images");
  return success();
}

LogicalResult inferCropResizeBoxes(const Operation &op, TypeList &results) {
  FailureOr<Extents> target = getTarget(op);
  if (failed(target) || failed(checkShape(op, "boxes", {kDynamic, 4})))
    return failure();
  TensorType x = getTensor(op, "x");
  TensorType boxes = getTensor(op, "boxes");
  if (failed(checkShape(op, "box_indices", {boxes.getDim(0)})) ||
      failed(checkBoxIndices(op, boxes.getDim(0), x.getDim(0))))
    return failure();
  if (getFlag(op, "normalized_coordinates") && !isFloat(boxes.getElementType()))
    return op.emitError().setRule("op-type")
           << "'boxes' of '" << op.getName() << "' is "
           << llvm::StringRef(getName(boxes.getElementType()))
           << ", but normalised coordinates are fp16 or fp32";
  results.push_back(getTensorType(
      op, x.getElementType(),
      {boxes.getDim(0), x.getDim(1), (*target)[0], (*target)[1]}));
  return success();
}

} // namespace espresso::rules
