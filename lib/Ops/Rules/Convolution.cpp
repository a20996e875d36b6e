//===- Convolution.cpp - Rules of convolutions ----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuleSupport.h"

namespace espresso::rules {

namespace {
/// What a convolution says of its spatial axes.
struct Window {
  Extents strides;
  Extents dilations;
  Extents pad;
  llvm::StringRef padType;
  int64_t groups = 1;
};
} // namespace

static FailureOr<Window> getWindow(const Operation &op, size_t spatial) {
  Window window;
  FailureOr<Extents> strides = getIntegersOr(op, "strides", spatial, 1, 1);
  FailureOr<Extents> dilations = getIntegersOr(op, "dilations", spatial, 1, 1);
  FailureOr<Extents> pad = getIntegersOr(op, "pad", 2 * spatial, 0, 0);
  if (failed(strides) || failed(dilations) || failed(pad))
    return failure();
  window.strides = *strides;
  window.dilations = *dilations;
  window.pad = *pad;
  window.padType = getText(op, "pad_type");
  window.groups = getInteger(op, "groups").value_or(1);
  if (window.groups < 1)
    return valueError(op) << "'groups' is " << window.groups
                          << ", expected at least 1";
  return window;
}

static LogicalResult checkChannels(const Operation &op, TensorType x,
                                   TensorType weight, int64_t groups) {
  int64_t channelsIn = x.getDim(1);
  int64_t channelsOut = weight.getDim(0);
  if (channelsOut != kDynamic && channelsOut % groups != 0)
    return shapeError(op) << channelsOut << " output channels of 'weight' do "
                          << "not divide into " << groups << " groups";
  if (channelsIn != kDynamic && weight.getDim(1) != kDynamic &&
      channelsIn != weight.getDim(1) * groups)
    return shapeError(op) << "'x' has " << channelsIn
                          << " channels, but 'weight' "
                          << toText(weight.getShape()) << " in " << groups
                          << (groups == 1 ? " group" : " groups") << " takes "
                          << weight.getDim(1) * groups;
  return checkShape(op, "bias", {channelsOut});
}

/// The extent of the result along spatial axis `axis`.
static FailureOr<int64_t> getExtent(const Operation &op, const Window &window,
                                    int64_t extent, int64_t kernel,
                                    size_t axis) {
  if (extent == kDynamic)
    return kDynamic;
  if (window.padType.starts_with("same"))
    return divideUp(extent, window.strides[axis]);
  if (kernel == kDynamic)
    return kDynamic;
  int64_t reach = (kernel - 1) * window.dilations[axis] + 1;
  int64_t padded = extent;
  if (window.padType == "custom")
    padded += window.pad[2 * axis] + window.pad[2 * axis + 1];
  if (padded < reach)
    return shapeError(op) << "the kernel reaches over " << reach
                          << " elements of spatial axis " << axis
                          << ", which has " << padded;
  return (padded - reach) / window.strides[axis] + 1;
}

LogicalResult inferConv(const Operation &op, TypeList &results) {
  if (failed(checkRank(op, "x", 3, 5)))
    return failure();
  TensorType x = getTensor(op, "x");
  TensorType weight = getTensor(op, "weight");
  if (failed(checkRank(op, "weight", x.getRank(), x.getRank())))
    return failure();
  size_t spatial = x.getRank() - 2;
  FailureOr<Window> window = getWindow(op, spatial);
  if (failed(window) || failed(checkPadType(op)) ||
      failed(checkChannels(op, x, weight, window->groups)))
    return failure();
  Extents shape{x.getDim(0), weight.getDim(0)};
  for (size_t axis = 0; axis < spatial; ++axis) {
    FailureOr<int64_t> extent = getExtent(op, *window, x.getDim(2 + axis),
                                          weight.getDim(2 + axis), axis);
    if (failed(extent))
      return failure();
    shape.push_back(*extent);
  }
  results.push_back(getTensorType(op, x.getElementType(), shape));
  return success();
}

LogicalResult verifyConvQuantized(const Operation &op) {
  std::optional<int64_t> bits = getInteger(op, "nbits");
  if (bits && (*bits < 1 || *bits > 8))
    return valueError(op) << "'nbits' is " << *bits << ", expected 1 to 8";
  return checkOneOf(op, "quantization_type", {"linear", "lut"});
}

//===----------------------------------------------------------------------===//
// Transposed
//===----------------------------------------------------------------------===//

static FailureOr<int64_t> getTransposedExtent(const Operation &op,
                                              const Window &window,
                                              int64_t extent, int64_t kernel,
                                              size_t axis) {
  if (extent == kDynamic || kernel == kDynamic)
    return kDynamic;
  int64_t stride = window.strides[axis];
  if (window.padType == "same")
    return extent * stride;
  int64_t reach = (kernel - 1) * window.dilations[axis] + 1;
  int64_t pad = 0;
  if (window.padType == "custom")
    pad = window.pad[2 * axis] + window.pad[2 * axis + 1];
  int64_t result = (extent - 1) * stride + reach - pad;
  if (result >= 1)
    return result;
  return shapeError(op) << "spatial axis " << axis << " of the result has "
                        << result << " elements";
}

/// Checks `output_shape`, all extents of the result, against N and C_out.
static LogicalResult useOutputShape(const Operation &op, Extents &shape) {
  FailureOr<Extents> given =
      getIntegersOr(op, "output_shape", shape.size(), kDynamic, 1);
  if (failed(given))
    return failure();
  if (!agree(llvm::ArrayRef(*given).take_front(2),
             llvm::ArrayRef(shape).take_front(2)))
    return shapeError(op) << "'output_shape' is " << toText(*given)
                          << ", but the result begins with "
                          << toText(llvm::ArrayRef(shape).take_front(2));
  shape = *given;
  return success();
}

LogicalResult inferConvTranspose(const Operation &op, TypeList &results) {
  if (failed(checkRank(op, "x", 3, 5)))
    return failure();
  TensorType x = getTensor(op, "x");
  TensorType weight = getTensor(op, "weight");
  if (failed(checkRank(op, "weight", x.getRank(), x.getRank())))
    return failure();
  size_t spatial = x.getRank() - 2;
  FailureOr<Window> window = getWindow(op, spatial);
  if (failed(window) ||
      failed(checkOneOf(op, "pad_type", {"valid", "same", "custom"})))
    return failure();
  if (!agree(x.getDim(1), weight.getDim(0)))
    return shapeError(op) << "'x' has " << x.getDim(1)
                          << " channels, but 'weight' "
                          << toText(weight.getShape()) << " takes "
                          << weight.getDim(0);
  int64_t channelsIn = known(x.getDim(1), weight.getDim(0));
  if (channelsIn != kDynamic && channelsIn % window->groups != 0)
    return shapeError(op) << channelsIn
                          << " channels of 'x' do not divide into "
                          << window->groups << " groups";
  int64_t channels = getVolume({weight.getDim(1), window->groups});
  if (failed(checkShape(op, "bias", {channels})))
    return failure();
  Extents shape{x.getDim(0), channels};
  shape.resize(x.getRank(), kDynamic);
  if (isGiven(op, "output_shape")) {
    if (failed(useOutputShape(op, shape)))
      return failure();
  } else {
    for (size_t axis = 0; axis < spatial; ++axis) {
      FailureOr<int64_t> extent = getTransposedExtent(
          op, *window, x.getDim(2 + axis), weight.getDim(2 + axis), axis);
      if (failed(extent))
        return failure();
      shape[2 + axis] = *extent;
    }
  }
  results.push_back(getTensorType(op, x.getElementType(), shape));
  return success();
}

} // namespace espresso::rules
