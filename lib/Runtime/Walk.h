//===- Walk.h - Loops over tensors with strides -----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_WALK_H
#define ESPRESSO_LIB_RUNTIME_WALK_H

#include "Plan.h"

#include "absl/container/inlined_vector.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace espresso::runtime {

/// One tensor read along a walk: where it starts and what a step along each
/// axis adds, in elements. 0 repeats an element.
struct Stride {
  int64_t offset = 0;
  std::vector<int64_t> steps;
};

/// A walk over the elements of a contiguous result, in order, reading one or
/// more operands. Axes along which all operands go on evenly are one axis.
class Walk {
public:
  Walk(const Shape &shape, std::vector<Stride> operands);

  /// Elements of the innermost axis, and an operand's step along it.
  int64_t getInner() const { return dims.back(); }
  int64_t getInnerStep(size_t operand) const {
    return operands[operand].steps.back();
  }

  /// Calls `f(out, in)` for each innermost run: the place of its first element
  /// in the result, and in each operand.
  template <typename F>
  void forEachRun(F f) const {
    absl::InlinedVector<int64_t, 4> at;
    absl::InlinedVector<int64_t, 8> index(dims.size(), 0);
    for (const Stride &operand : operands)
      at.push_back(operand.offset);
    for (int64_t out = 0;; out += dims.back()) {
      f(out, std::span<const int64_t>(at));
      int axis = static_cast<int>(dims.size()) - 2;
      for (; axis >= 0; --axis) {
        for (size_t k = 0; k < at.size(); ++k)
          at[k] += operands[k].steps[axis];
        if (++index[axis] < dims[axis])
          break;
        for (size_t k = 0; k < at.size(); ++k)
          at[k] -= operands[k].steps[axis] * dims[axis];
        index[axis] = 0;
      }
      if (axis < 0)
        return;
    }
  }

private:
  Shape dims;
  std::vector<Stride> operands;
};

/// Steps of a contiguous row-major tensor.
[[nodiscard]] std::vector<int64_t> getSteps(const Shape &shape);

/// The shape both broadcast to (as in numpy), or nothing.
[[nodiscard]] std::optional<Shape> broadcast(const Shape &a, const Shape &b);

/// How a tensor of shape `from` is read where shape `to` is wanted, which
/// `from` must broadcast to.
[[nodiscard]] Stride getBroadcastStride(const Shape &from, const Shape &to);

/// Copies the elements of a walk with one operand; `elementSize` is 1 or 4.
void copyWalk(const Walk &walk, const void *from, int64_t elementSize,
              void *to);

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_WALK_H
