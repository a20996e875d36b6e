//===- ReductionOperations.cpp - Sums, softmax and norms along axes -------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StepContext.h"
#include "Walk.h"
#include "espresso/Kernels/Reduce.h"

#include <algorithm>
#include <numeric>

namespace espresso::runtime {

using kernels::AxisShape;
using kernels::ReduceOp;

/// True if sorted `axes` follow one another.
static bool areNeighbours(const std::vector<int64_t> &axes) {
  for (size_t i = 1; i < axes.size(); ++i)
    if (axes[i] != axes[i - 1] + 1)
      return false;
  return true;
}

/// `shape` seen along the neighbouring axes [first, last].
static AxisShape getAxisShape(const Shape &shape, int64_t first, int64_t last) {
  AxisShape result;
  for (int64_t i = 0; i < static_cast<int64_t>(shape.size()); ++i)
    (i < first   ? result.outer
     : i <= last ? result.count
                 : result.inner) *= shape[i];
  return result;
}

template <ReduceOp op>
static absl::StatusOr<Kernel> makeReduction(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Tensor x, context.floats("x"));
  std::vector<int64_t> all(x.getRank());
  std::iota(all.begin(), all.end(), 0);
  ESPRESSO_ASSIGN_OR_RETURN(std::vector<int64_t> axes,
                            context.integers("axes", all));
  ESPRESSO_ASSIGN_OR_RETURN(axes, context.normaliseAxes(axes, x.getRank()));
  ESPRESSO_ASSIGN_OR_RETURN(bool keeps, context.boolean("keep_dims", false));
  Shape shape;
  std::vector<int64_t> order; // kept axes, then reduced ones
  for (int64_t i = 0; i < x.getRank(); ++i) {
    const bool reduced = std::binary_search(axes.begin(), axes.end(), i);
    if (!reduced)
      order.push_back(i);
    if (keeps || !reduced)
      shape.push_back(reduced ? 1 : x.getShape()[i]);
  }
  order.insert(order.end(), axes.begin(), axes.end());
  ESPRESSO_ASSIGN_OR_RETURN(Tensor out, context.result(Memory::Float, shape));
  if (areNeighbours(axes)) {
    const AxisShape seen =
        axes.empty() ? AxisShape{.outer = x.getCount()}
                     : getAxisShape(x.getShape(), axes.front(), axes.back());
    return Kernel([=](const Frame &frame) {
      kernels::reduce(op, x.floats(frame), seen, out.mutableFloats(frame));
      return absl::OkStatus();
    });
  }
  // Scattered axes are brought to the end first.
  ESPRESSO_RETURN_IF_ERROR(context.reserveScratch(x.getCount()));
  const std::vector<int64_t> steps = getSteps(x.getShape());
  Shape moved;
  Stride stride;
  for (int64_t axis : order) {
    moved.push_back(x.getShape()[axis]);
    stride.steps.push_back(steps[axis]);
  }
  const AxisShape seen{.outer = out.getCount(),
                       .count = x.getCount() / out.getCount()};
  Walk walk(moved, {stride});
  return Kernel([=](const Frame &frame) {
    float *scratch = reinterpret_cast<float *>(frame.scratch);
    copyWalk(walk, x.get<float>(frame), sizeof(float), scratch);
    kernels::reduce(op, {scratch, static_cast<size_t>(x.getCount())}, seen,
                    out.mutableFloats(frame));
    return absl::OkStatus();
  });
}

static absl::StatusOr<Kernel> makeSoftmax(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Tensor x, context.floats("x"));
  ESPRESSO_ASSIGN_OR_RETURN(int64_t axis, context.integer("axis", -1));
  ESPRESSO_ASSIGN_OR_RETURN(axis, context.normaliseAxis(axis, x.getRank()));
  ESPRESSO_ASSIGN_OR_RETURN(Tensor out,
                            context.result(Memory::Float, x.getShape()));
  const AxisShape seen = getAxisShape(x.getShape(), axis, axis);
  return Kernel([=](const Frame &frame) {
    kernels::softmax(x.floats(frame), seen, out.mutableFloats(frame));
    return absl::OkStatus();
  });
}

static std::span<const float> getFloatsOrEmpty(const Tensor &tensor,
                                               const Frame &frame) {
  return tensor.type ? tensor.floats(frame) : std::span<const float>();
}

static absl::StatusOr<Kernel> makeLayerNorm(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Tensor x, context.floats("x"));
  std::vector<int64_t> all(x.getRank());
  std::iota(all.begin(), all.end(), 0);
  ESPRESSO_ASSIGN_OR_RETURN(std::vector<int64_t> axes,
                            context.integers("axes", all));
  ESPRESSO_ASSIGN_OR_RETURN(axes, context.normaliseAxes(axes, x.getRank()));
  if (axes.empty() || !areNeighbours(axes))
    return context.error("the axes ", toString(axes),
                         " must be neighbours, at least one");
  ESPRESSO_ASSIGN_OR_RETURN(Tensor gamma, context.optionalFloats("gamma"));
  ESPRESSO_ASSIGN_OR_RETURN(Tensor beta, context.optionalFloats("beta"));
  ESPRESSO_ASSIGN_OR_RETURN(double epsilon, context.real("epsilon", 1e-5));
  ESPRESSO_ASSIGN_OR_RETURN(Tensor out,
                            context.result(Memory::Float, x.getShape()));
  const AxisShape seen = getAxisShape(x.getShape(), axes.front(), axes.back());
  for (const Tensor &factor : {gamma, beta})
    if (factor.type && factor.getCount() != seen.count)
      return context.error("gamma and beta must have ", seen.count,
                           " elements");
  return Kernel([=](const Frame &frame) {
    kernels::layerNorm(x.floats(frame), seen, getFloatsOrEmpty(gamma, frame),
                       getFloatsOrEmpty(beta, frame),
                       static_cast<float>(epsilon), out.mutableFloats(frame));
    return absl::OkStatus();
  });
}

std::span<const OperationRow> getReductionOperations() {
  static constexpr OperationRow kRows[] = {
      {"layer_norm", makeLayerNorm},
      {"reduce_max", makeReduction<ReduceOp::Max>},
      {"reduce_mean", makeReduction<ReduceOp::Mean>},
      {"reduce_min", makeReduction<ReduceOp::Min>},
      {"reduce_sum", makeReduction<ReduceOp::Sum>},
      {"reduce_sum_square", makeReduction<ReduceOp::SumSquare>},
      {"softmax", makeSoftmax},
  };
  return kRows;
}

} // namespace espresso::runtime
