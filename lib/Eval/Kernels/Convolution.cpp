//===- Convolution.cpp - Convolution --------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Accumulate.h"
#include "Families.h"
#include "Window.h"

namespace espresso {

//===----------------------------------------------------------------------===//
// As products of matrices
//===----------------------------------------------------------------------===//

namespace {

/// A convolution, or a transposed one, by where its elements meet.
struct Meeting {
  int64_t groups;
  /// Of one group.
  int64_t inputChannels;
  int64_t outputChannels;
  /// Elements of one channel.
  int64_t inputSize;
  int64_t outputSize;
  /// For each tap of the kernel and each output (taps outermost), the element
  /// of an input channel, or -1.
  std::vector<int64_t> taps;
  Shape result;

  int64_t getDepth() const {
    return inputChannels * static_cast<int64_t>(taps.size()) /
           std::max<int64_t>(1, outputSize);
  }
};

} // namespace

/// Lays out the inputs of every output as a column, so that a convolution is a
/// product with the weights: rows run over the channels of the group, and the
/// taps of each.
template <typename T>
static void gatherColumns(const T *x, const Meeting &meeting,
                          std::vector<T> &columns) {
  columns.clear();
  for (int64_t c = 0; c < meeting.inputChannels; ++c)
    for (int64_t tap : meeting.taps)
      columns.push_back(tap < 0 ? T(0) : x[c * meeting.inputSize + tap]);
}

/// The sum of weights times inputs, and of the bias. `weights` are [output
/// channels, input channels of the group, taps]. Sums run over input channels,
/// then the taps of the kernel; the bias comes last where sums are plain.
template <typename T>
static void convolve(KernelContext &ctx, const Meeting &meeting,
                     const T *weights) {
  const Tensor &x = ctx.get("x"), *bias = ctx.find("bias");
  Elements<T> xs(x);
  std::vector<T> biases = bias ? getElementsAs<T>(*bias) : std::vector<T>();
  Tensor result = ctx.makeResult(meeting.result);
  T *out = result.get<T>().data();
  int64_t outputs = meeting.outputChannels, depth = meeting.getDepth();
  int64_t inputs = meeting.inputChannels * meeting.inputSize;
  std::vector<T> columns;
  withSum<T>(ctx.getNumerics(), [&](auto emptySum) {
    for (int64_t i = 0; i < x.getDim(0) * meeting.groups; ++i) {
      int64_t group = i % meeting.groups;
      gatherColumns(xs.data() + i * inputs, meeting, columns);
      multiplyMatrices<decltype(emptySum)>(
          makeMatrix(weights + group * outputs * depth, outputs, depth),
          makeMatrix<T>(columns.data(), depth, meeting.outputSize),
          out + i * outputs * meeting.outputSize,
          makeRowBias<T>(bias ? biases.data() + group * outputs : nullptr,
                         outputs, meeting.outputSize));
    }
  });
  ctx.setResult(std::move(result));
}

//===----------------------------------------------------------------------===//
// conv
//===----------------------------------------------------------------------===//

/// Over any number of spatial axes; the weights are [C_out, C_in / groups,
/// kernel].
static Meeting getMeeting(KernelContext &ctx) {
  const Tensor &x = ctx.get("x"), &weight = ctx.get("weight");
  Window window = getWindow(ctx, weight.getShape().drop_front(2));
  int64_t groups = ctx.getInteger("groups");
  Shape result = {x.getDim(0), weight.getDim(0)};
  result.append(window.output.begin(), window.output.end());
  return {groups,
          x.getDim(1) / groups,
          weight.getDim(0) / groups,
          getNumElements(window.input),
          getNumElements(window.output),
          getTaps(window),
          result};
}

static void conv(KernelContext &ctx) {
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> weights(ctx.get("weight"));
    convolve(ctx, getMeeting(ctx), weights.data());
  });
}

/// conv with weights of weight quant_scale + quant_bias, each of which is one
/// number or one for each output channel. The bias is what it is.
static void convQuantized(KernelContext &ctx) {
  const Tensor &weight = ctx.get("weight");
  if (ctx.getString("quantization_type") == "lut")
    return ctx.fail("no argument holds the table of 'lut'");
  int64_t channels = weight.getDim(0);
  for (llvm::StringRef input : {"quant_scale", "quant_bias"})
    if (int64_t count = ctx.get(input).getNumElements();
        count != 1 && count != channels)
      return ctx.fail("'" + input + "' has " + llvm::Twine(count) +
                      " elements for " + llvm::Twine(channels) + " channels");
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    std::vector<T> weights = getElementsAs<T>(weight);
    auto perChannel = static_cast<int64_t>(weights.size()) / channels;
    auto get = [&](llvm::StringRef input, int64_t channel) {
      const Tensor &tensor = ctx.get(input);
      return static_cast<T>(
          tensor.getReal(tensor.getNumElements() == 1 ? 0 : channel));
    };
    for (size_t i = 0; i < weights.size(); ++i) {
      int64_t channel = static_cast<int64_t>(i) / perChannel;
      weights[i] =
          weights[i] * get("quant_scale", channel) + get("quant_bias", channel);
    }
    convolve<T>(ctx, getMeeting(ctx), weights.data());
  });
}

//===----------------------------------------------------------------------===//
// conv_transpose
//===----------------------------------------------------------------------===//

namespace {

/// One spatial axis of a transposed convolution: input i and tap k meet at
/// output `i stride + k dilation - before`.
struct TransposedAxis {
  int64_t input;
  int64_t kernel;
  int64_t stride;
  int64_t dilation;
  int64_t before;
  int64_t output;
};

} // namespace

/// What is cut off before an axis whose outputs reach over `full` elements.
static int64_t getCutBefore(KernelContext &ctx, int64_t full, int64_t output,
                            size_t axis) {
  llvm::StringRef type = ctx.getString("pad_type");
  if (type == "same")
    return std::max<int64_t>(0, full - output) / 2;
  Shape pad = ctx.getIntegers("pad");
  return type == "custom" && !pad.empty() ? pad[2 * axis] : 0;
}

static llvm::SmallVector<TransposedAxis, 3>
getTransposedAxes(KernelContext &ctx) {
  const Tensor &x = ctx.get("x"), &weight = ctx.get("weight");
  Shape strides = ctx.getIntegers("strides");
  Shape dilations = ctx.getIntegers("dilations");
  Shape given = ctx.getIntegers("output_shape"), pad = ctx.getIntegers("pad");
  bool isSame = ctx.getString("pad_type") == "same";
  bool isCustom = ctx.getString("pad_type") == "custom" && !pad.empty();
  llvm::SmallVector<TransposedAxis, 3> axes;
  for (size_t i = 0; i + 2 < x.getShape().size(); ++i) {
    TransposedAxis axis;
    axis.input = x.getShape()[i + 2];
    axis.kernel = weight.getShape()[i + 2];
    axis.stride = strides.empty() ? 1 : strides[i];
    axis.dilation = dilations.empty() ? 1 : dilations[i];
    int64_t full =
        (axis.input - 1) * axis.stride + (axis.kernel - 1) * axis.dilation + 1;
    axis.output = isSame ? axis.input * axis.stride : full;
    if (isCustom)
      axis.output -= pad[2 * i] + pad[2 * i + 1];
    if (!given.empty())
      axis.output = given[i + 2];
    axis.before = getCutBefore(ctx, full, axis.output, i);
    axes.push_back(axis);
  }
  return axes;
}

/// As getTaps: for each tap and output, the input that they meet, or -1.
static std::vector<int64_t>
getTransposedTaps(llvm::ArrayRef<TransposedAxis> axes) {
  Shape kernel, output, input;
  for (const TransposedAxis &axis : axes) {
    kernel.push_back(axis.kernel);
    output.push_back(axis.output);
    input.push_back(axis.input);
  }
  Shape strides = getStrides(input);
  std::vector<int64_t> taps;
  forEachIndex(kernel, [&](llvm::ArrayRef<int64_t> tap, int64_t) {
    forEachIndex(output, [&](llvm::ArrayRef<int64_t> place, int64_t) {
      int64_t element = 0;
      for (size_t i = 0; i < axes.size() && element >= 0; ++i) {
        int64_t way = place[i] + axes[i].before - tap[i] * axes[i].dilation;
        bool meets = way >= 0 && way % axes[i].stride == 0 &&
                     way / axes[i].stride < axes[i].input;
        element = meets ? element + way / axes[i].stride * strides[i] : -1;
      }
      taps.push_back(element);
    });
  });
  return taps;
}

/// Weights [C_in, C_out / groups, kernel] as [C_out, C_in / groups, kernel].
template <typename T>
static std::vector<T> exchangeChannels(const Tensor &weight, int64_t groups) {
  Elements<T> from(weight);
  int64_t inputs = weight.getDim(0) / groups, outputs = weight.getDim(1);
  int64_t taps = getNumElements(weight.getShape().drop_front(2));
  std::vector<T> result;
  result.reserve(weight.getNumElements());
  for (int64_t g = 0; g < groups; ++g)
    for (int64_t o = 0; o < outputs; ++o)
      for (int64_t i = 0; i < inputs; ++i)
        for (int64_t k = 0; k < taps; ++k)
          result.push_back(from[((g * inputs + i) * outputs + o) * taps + k]);
  return result;
}

static void convTranspose(KernelContext &ctx) {
  const Tensor &x = ctx.get("x"), &weight = ctx.get("weight");
  llvm::SmallVector<TransposedAxis, 3> axes = getTransposedAxes(ctx);
  int64_t groups = ctx.getInteger("groups"), outputs = weight.getDim(1);
  Shape result = {x.getDim(0), outputs * groups};
  for (const TransposedAxis &axis : axes)
    result.push_back(axis.output);
  Meeting meeting = {groups,
                     x.getDim(1) / groups,
                     outputs,
                     getNumElements(x.getShape().drop_front(2)),
                     getNumElements(llvm::ArrayRef(result).drop_front(2)),
                     getTransposedTaps(axes),
                     result};
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    convolve(ctx, meeting, exchangeChannels<T>(weight, groups).data());
  });
}

static constexpr KernelEntry kKernels[] = {
    {"Conv", conv},
    {"ConvQuantized", convQuantized},
    {"ConvTranspose", convTranspose},
};

llvm::ArrayRef<KernelEntry> getConvolutionKernels() { return kKernels; }

} // namespace espresso
