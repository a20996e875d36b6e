//===- Convolution.cpp - Convolution --------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Accumulate.h"
#include "Families.h"

namespace espresso {

namespace {

/// The geometry of a convolution, for any number of spatial axes.
struct Window {
  Shape input;
  Shape kernel;
  Shape strides;
  Shape dilations;
  /// Padding before each axis.
  Shape before;
  Shape output;
};

} // namespace

/// Padding before and after an axis, as `pad_type` asks.
static std::pair<int64_t, int64_t>
getPadding(KernelContext &ctx, const Window &window, size_t axis) {
  llvm::StringRef type = ctx.getString("pad_type");
  if (type == "custom") {
    Shape pad = ctx.getIntegers("pad");
    if (!pad.empty())
      return {pad[2 * axis], pad[2 * axis + 1]};
  }
  if (type != "same" && type != "same_lower")
    return {0, 0};
  // As much as makes ceil(input / stride) outputs; an odd one out goes behind,
  // or, for same_lower, in front.
  int64_t stride = window.strides[axis], input = window.input[axis];
  int64_t reach = (window.kernel[axis] - 1) * window.dilations[axis] + 1;
  int64_t outputs = (input + stride - 1) / stride;
  int64_t total = std::max<int64_t>(0, (outputs - 1) * stride + reach - input);
  int64_t half = total / 2;
  if (type == "same_lower")
    return {total - half, half};
  return {half, total - half};
}

static Window getWindow(KernelContext &ctx) {
  llvm::ArrayRef<int64_t> x = ctx.get("x").getShape();
  llvm::ArrayRef<int64_t> weight = ctx.get("weight").getShape();
  size_t rank = x.size() - 2;
  Window window;
  window.input.assign(x.begin() + 2, x.end());
  window.kernel.assign(weight.begin() + 2, weight.end());
  window.strides = ctx.getIntegers("strides");
  window.dilations = ctx.getIntegers("dilations");
  if (window.strides.empty())
    window.strides.assign(rank, 1);
  if (window.dilations.empty())
    window.dilations.assign(rank, 1);
  for (size_t axis = 0; axis < rank; ++axis) {
    auto [before, after] = getPadding(ctx, window, axis);
    int64_t reach = (window.kernel[axis] - 1) * window.dilations[axis] + 1;
    int64_t room = window.input[axis] + before + after - reach;
    window.before.push_back(before);
    window.output.push_back(room < 0 ? 0 : room / window.strides[axis] + 1);
  }
  return window;
}

/// For each tap of the kernel and each output (taps outermost), the element of
/// a channel that they meet at, or -1 in the padding.
static std::vector<int64_t> getTaps(const Window &window) {
  std::vector<int64_t> taps;
  Shape strides = getStrides(window.input);
  forEachIndex(window.kernel, [&](llvm::ArrayRef<int64_t> tap, int64_t) {
    forEachIndex(window.output, [&](llvm::ArrayRef<int64_t> output, int64_t) {
      int64_t element = 0;
      for (size_t axis = 0; axis < tap.size() && element >= 0; ++axis) {
        int64_t at = output[axis] * window.strides[axis] +
                     tap[axis] * window.dilations[axis] - window.before[axis];
        bool isInside = at >= 0 && at < window.input[axis];
        element = isInside ? element + at * strides[axis] : -1;
      }
      taps.push_back(element);
    });
  });
  return taps;
}

/// Lays out the inputs of every output as a column, so that a convolution is a
/// product with the weights: rows run over the channels of the group, and the
/// taps of each.
template <typename T>
static void gatherColumns(const T *x, int64_t channels, int64_t channelSize,
                          llvm::ArrayRef<int64_t> taps,
                          std::vector<T> &columns) {
  columns.clear();
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t tap : taps)
      columns.push_back(tap < 0 ? T(0) : x[c * channelSize + tap]);
}

/// Convolution over any number of spatial axes. Sums run over input channels,
/// then the taps of the kernel; the bias comes last.
static void conv(KernelContext &ctx) {
  const Tensor &x = ctx.get("x"), &weight = ctx.get("weight");
  Window window = getWindow(ctx);
  int64_t groups = ctx.getInteger("groups");
  int64_t batch = x.getDim(0), channels = x.getDim(1) / groups;
  int64_t outputs = weight.getDim(0) / groups;
  int64_t inputSize = getNumElements(window.input);
  int64_t outputSize = getNumElements(window.output);
  int64_t depth = channels * getNumElements(window.kernel);
  std::vector<int64_t> taps = getTaps(window);

  Shape shape = {batch, weight.getDim(0)};
  shape.append(window.output.begin(), window.output.end());
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(x), weights(weight);
    Tensor result = ctx.makeResult(shape);
    std::vector<T> &out = result.get<T>();
    std::vector<T> columns;
    withSum<T>(ctx.getNumerics(), [&](auto emptySum) {
      for (int64_t i = 0; i < batch * groups; ++i) {
        int64_t group = i % groups;
        gatherColumns(xs.data() + i * channels * inputSize, channels, inputSize,
                      taps, columns);
        multiplyMatrices<decltype(emptySum)>(
            makeMatrix(weights.data() + group * outputs * depth, outputs,
                       depth),
            makeMatrix<T>(columns.data(), depth, outputSize),
            out.data() + i * outputs * outputSize);
      }
    });
    if (const Tensor *bias = ctx.find("bias")) {
      Elements<T> biases(*bias);
      AxisView view(shape, 1);
      for (int64_t o = 0; o < view.outer; ++o)
        for (int64_t c = 0; c < view.extent; ++c)
          for (int64_t s = 0; s < view.inner; ++s)
            out[view.at(o, c, s)] += biases[c];
    }
    ctx.setResult(std::move(result));
  });
}

static constexpr KernelEntry kKernels[] = {
    {"Conv", conv},
};

llvm::ArrayRef<KernelEntry> getConvolutionKernels() { return kKernels; }

} // namespace espresso
