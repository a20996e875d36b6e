//===- Window.cpp - Windows that move over spatial axes -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Window.h"

namespace espresso {

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

/// How often a window fits in an axis on which it can move by `room` elements;
/// `end` is where the padding behind begins.
static int64_t countOutputs(int64_t room, int64_t stride, int64_t end,
                            bool isPadded, bool roundUp) {
  if (!roundUp)
    return room < 0 ? 0 : room / stride + 1;
  int64_t last = room <= 0 ? 0 : (room + stride - 1) / stride;
  return last * stride >= end && isPadded ? last : last + 1;
}

Window getWindow(KernelContext &ctx, llvm::ArrayRef<int64_t> kernel) {
  llvm::ArrayRef<int64_t> x = ctx.get("x").getShape();
  size_t rank = x.size() - 2;
  Window window;
  window.input.assign(x.begin() + 2, x.end());
  window.kernel.assign(kernel.begin(), kernel.end());
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
    window.output.push_back(countOutputs(
        room, window.strides[axis], window.input[axis] + before,
        before + after > 0, ctx.has("ceil_mode") && ctx.getBool("ceil_mode")));
  }
  return window;
}

std::vector<int64_t> getTaps(const Window &window) {
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

} // namespace espresso
