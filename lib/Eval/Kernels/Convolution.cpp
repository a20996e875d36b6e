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
/// then the taps of the kernel; the bias comes last where sums are plain.
static void conv(KernelContext &ctx) {
  const Tensor &x = ctx.get("x"), &weight = ctx.get("weight");
  Window window = getWindow(ctx, weight.getShape().drop_front(2));
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
    const Tensor *bias = ctx.find("bias");
    std::vector<T> biases = bias ? getElementsAs<T>(*bias) : std::vector<T>();
    withSum<T>(ctx.getNumerics(), [&](auto emptySum) {
      for (int64_t i = 0; i < batch * groups; ++i) {
        int64_t group = i % groups;
        gatherColumns(xs.data() + i * channels * inputSize, channels, inputSize,
                      taps, columns);
        multiplyMatrices<decltype(emptySum)>(
            makeMatrix(weights.data() + group * outputs * depth, outputs,
                       depth),
            makeMatrix<T>(columns.data(), depth, outputSize),
            out.data() + i * outputs * outputSize,
            makeRowBias<T>(bias ? biases.data() + group * outputs : nullptr,
                           outputs, outputSize));
      }
    });
    ctx.setResult(std::move(result));
  });
}

static constexpr KernelEntry kKernels[] = {
    {"Conv", conv},
};

llvm::ArrayRef<KernelEntry> getConvolutionKernels() { return kKernels; }

} // namespace espresso
