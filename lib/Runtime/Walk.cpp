//===- Walk.cpp - Loops over tensors with strides -------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Walk.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace espresso::runtime {

Walk::Walk(const Shape &shape, std::vector<Stride> reads) {
  operands.resize(reads.size());
  for (size_t k = 0; k < reads.size(); ++k)
    operands[k].offset = reads[k].offset;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] == 1)
      continue;
    // One axis with the one before, if a step there is a lap here.
    bool joins = !dims.empty();
    for (size_t k = 0; joins && k < reads.size(); ++k)
      joins = operands[k].steps.back() == reads[k].steps[axis] * shape[axis];
    if (!joins)
      dims.push_back(1);
    dims.back() *= shape[axis];
    for (size_t k = 0; k < reads.size(); ++k) {
      if (joins)
        operands[k].steps.back() = reads[k].steps[axis];
      else
        operands[k].steps.push_back(reads[k].steps[axis]);
    }
  }
  if (!dims.empty())
    return;
  dims.push_back(1);
  for (Stride &operand : operands)
    operand.steps.push_back(0);
}

std::vector<int64_t> getSteps(const Shape &shape) {
  std::vector<int64_t> steps(shape.size());
  int64_t step = 1;
  for (size_t axis = shape.size(); axis-- > 0;) {
    steps[axis] = step;
    step *= shape[axis];
  }
  return steps;
}

std::optional<Shape> broadcast(const Shape &a, const Shape &b) {
  const size_t rank = std::max(a.size(), b.size());
  Shape result(rank);
  for (size_t i = 0; i < rank; ++i) {
    const int64_t da = i < a.size() ? a[a.size() - 1 - i] : 1;
    const int64_t db = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (da != db && da != 1 && db != 1)
      return std::nullopt;
    result[rank - 1 - i] = std::max(da, db);
  }
  return result;
}

Stride getBroadcastStride(const Shape &from, const Shape &to) {
  assert(from.size() <= to.size());
  Stride stride{.offset = 0, .steps = std::vector<int64_t>(to.size(), 0)};
  const std::vector<int64_t> steps = getSteps(from);
  const size_t extra = to.size() - from.size();
  for (size_t axis = 0; axis < from.size(); ++axis)
    if (from[axis] != 1)
      stride.steps[extra + axis] = steps[axis];
  return stride;
}

template <typename T>
static void copyRuns(const Walk &walk, const T *from, T *to) {
  const int64_t n = walk.getInner(), step = walk.getInnerStep(0);
  walk.forEachRun([&](int64_t out, std::span<const int64_t> in) {
    const T *source = from + in[0];
    if (step == 1) {
      std::memcpy(to + out, source, n * sizeof(T));
      return;
    }
    for (int64_t i = 0; i < n; ++i)
      to[out + i] = source[i * step];
  });
}

void copyWalk(const Walk &walk, const void *from, int64_t elementSize,
              void *to) {
  if (elementSize == 1)
    return copyRuns(walk, static_cast<const uint8_t *>(from),
                    static_cast<uint8_t *>(to));
  assert(elementSize == 4);
  copyRuns(walk, static_cast<const uint32_t *>(from),
           static_cast<uint32_t *>(to));
}

} // namespace espresso::runtime
