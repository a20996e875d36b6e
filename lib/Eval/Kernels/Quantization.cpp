//===- Quantization.cpp - Quantisation of activations ---------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Support.h"

namespace espresso {

namespace {

/// `scale` and `zero_point`: for all elements, or for each along an axis.
template <typename T>
class Parameters {
public:
  explicit Parameters(KernelContext &ctx)
      : scales(getElementsAs<T>(ctx.get("scale"))) {
    if (const Tensor *given = ctx.find("zero_point"))
      zeroPoints = getElementsAs<T>(*given);
    zeroPoints.resize(scales.size(), T(0));
    const Tensor &input = ctx.get("input");
    if (ctx.has("axis") && ctx.get("scale").getRank() > 0) {
      AxisView view(input.getShape(), ctx.getAxis("axis", input.getRank()));
      inner = view.inner;
      extent = view.extent;
    }
  }

  T getScale(int64_t element) const { return scales[at(element)]; }
  T getZeroPoint(int64_t element) const { return zeroPoints[at(element)]; }

private:
  int64_t at(int64_t element) const { return element / inner % extent; }

  std::vector<T> scales;
  std::vector<T> zeroPoints;
  int64_t inner = 1;
  int64_t extent = 1;
};

} // namespace

/// round(input / scale) + zero_point, halves to the even neighbour, cut to the
/// bounds of the type. What is not a number becomes zero.
static void quantize(KernelContext &ctx) {
  const Tensor &input = ctx.get("input");
  DataType type = ctx.getResultType();
  auto low = static_cast<double>(getMinValue(type));
  auto high = static_cast<double>(getMaxValue(type));
  withFloatType(input.getElementType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(input);
    Parameters<T> parameters(ctx);
    Tensor result = ctx.makeResult(input.getShape());
    std::vector<int64_t> &out = result.get<int64_t>();
    for (size_t i = 0; i < out.size(); ++i) {
      auto element = static_cast<int64_t>(i);
      double value =
          roundHalfToEven(xs[element] / parameters.getScale(element));
      value += static_cast<double>(parameters.getZeroPoint(element));
      if (!std::isnan(value))
        out[i] = static_cast<int64_t>(std::clamp(value, low, high));
    }
    ctx.setResult(std::move(result));
  });
}

/// scale (input - zero_point).
static void dequantize(KernelContext &ctx) {
  const Tensor &input = ctx.get("input");
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(input);
    Parameters<T> parameters(ctx);
    Tensor result = ctx.makeResult(input.getShape());
    std::vector<T> &out = result.get<T>();
    for (size_t i = 0; i < out.size(); ++i) {
      auto element = static_cast<int64_t>(i);
      out[i] = parameters.getScale(element) *
               (xs[element] - parameters.getZeroPoint(element));
    }
    ctx.setResult(std::move(result));
  });
}

static constexpr KernelEntry kKernels[] = {
    {"Dequantize", dequantize},
    {"Quantize", quantize},
};

llvm::ArrayRef<KernelEntry> getQuantizationKernels() { return kKernels; }

} // namespace espresso
