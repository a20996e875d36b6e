//===- PositionOperations.cpp - Composites that know positions ------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ActivationArguments.h"
#include "espresso/Kernels/Attention.h"

namespace espresso::runtime {

/// Radians for each position: the constant `frequencies`, or powers of theta.
static absl::StatusOr<std::vector<double>> getFrequencies(StepContext &context,
                                                          int64_t rotary) {
  if (context.has("theta") == context.has("frequencies"))
    return context.error("needs either theta or frequencies");
  if (context.has("theta")) {
    ESPRESSO_ASSIGN_OR_RETURN(double theta, context.real("theta"));
    if (!(theta > 0))
      return context.error("cannot rotate by theta ", theta);
    return kernels::getRopeFrequencies(rotary, theta);
  }
  ESPRESSO_ASSIGN_OR_RETURN(
      Tensor given, getVector(context, "frequencies", rotary / 2, false));
  if (!given.constant)
    return context.error("operand 'frequencies' must be a constant");
  const float *values = static_cast<const float *>(given.constant);
  return std::vector<double>(values, values + rotary / 2);
}

/// Fills `cosines` and `sines`, [pairs, columns], through a column of each.
static void fillRopeTable(const Positions &positions, const Frame &frame,
                          const std::vector<double> &frequencies, double scale,
                          std::span<float> cosines, std::span<float> sines,
                          std::span<float> scratch) {
  const int64_t columns = positions.columns;
  if (positions.areConsecutive(frame))
    return kernels::ropeTable(positions.get(frame, 0), columns, frequencies,
                              scale, cosines, sines);
  const size_t pairs = frequencies.size();
  std::span<float> cosine = scratch.first(pairs), sine = scratch.last(pairs);
  for (int64_t s = 0; s < columns; ++s) {
    kernels::ropeTable(positions.get(frame, s), 1, frequencies, scale, cosine,
                       sine);
    storeColumn(cosine, columns, s, cosines);
    storeColumn(sine, columns, s, sines);
  }
}

static absl::StatusOr<Kernel> makeRope(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Columns x, getColumns(context, "x"));
  ESPRESSO_ASSIGN_OR_RETURN(Tensor position,
                            context.tensor("position", Memory::Int));
  // One column may be turned to many positions.
  const int64_t count = x.count == 1 ? position.getCount() : x.count;
  ESPRESSO_ASSIGN_OR_RETURN(Positions positions, getPositions(context, count));
  ESPRESSO_ASSIGN_OR_RETURN(int64_t d, getHeadDim(context));
  ESPRESSO_ASSIGN_OR_RETURN(int64_t rotary, context.integer("rotary_dim", d));
  ESPRESSO_ASSIGN_OR_RETURN(double scale, context.real("scale", 1.0));
  if (rotary < 2 || rotary % 2 != 0 || rotary > d || x.channels % d != 0)
    return context.error("cannot rotate ", rotary, " channels of heads of ", d,
                         " in ", x.channels);
  ESPRESSO_ASSIGN_OR_RETURN(std::vector<double> frequencies,
                            getFrequencies(context, rotary));
  ESPRESSO_ASSIGN_OR_RETURN(Tensor out,
                            getColumnsResult(context, x.channels, count));
  const int64_t size = rotary / 2 * count; // at most half of the result
  ESPRESSO_RETURN_IF_ERROR(context.reserveScratch(2 * size + rotary));
  return Kernel([=](const Frame &frame) -> absl::Status {
    float *scratch = reinterpret_cast<float *>(frame.scratch);
    std::span<float> cosines(scratch, size), sines(scratch + size, size);
    fillRopeTable(positions, frame, frequencies, scale, cosines, sines,
                  {scratch + 2 * size, static_cast<size_t>(rotary)});
    std::span<const float> from = x.tensor.floats(frame);
    std::span<float> to = out.mutableFloats(frame);
    if (x.count != count) {
      for (size_t i = 0; i < to.size(); ++i)
        to[i] = from[i / count];
      from = to;
    }
    kernels::rope(from, count, d, cosines, sines, to);
    return absl::OkStatus();
  });
}

static absl::StatusOr<Kernel> makePositionEmbedding(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Columns x, getColumns(context, "x"));
  ESPRESSO_ASSIGN_OR_RETURN(Positions positions,
                            getPositions(context, x.count));
  ESPRESSO_ASSIGN_OR_RETURN(Matrix table,
                            getMatrix(context, "table", -1, x.channels));
  const int64_t rows = table.getShape()[0];
  ESPRESSO_ASSIGN_OR_RETURN(Tensor out,
                            getColumnsResult(context, x.channels, x.count));
  return Kernel([=](const Frame &frame) -> absl::Status {
    ESPRESSO_RETURN_IF_ERROR(positions.check(rows, "a table", frame));
    const kernels::MatrixView view = table.view(frame, rows, x.channels);
    const float *from = x.tensor.get<float>(frame);
    float *to = out.getMutable<float>(frame);
    for (int64_t s = 0; s < x.count; ++s) {
      const int64_t at = positions.get(frame, s);
      for (int64_t c = 0; c < x.channels; ++c)
        to[c * x.count + s] = from[c * x.count + s] + getElement(view, at, c);
    }
    return absl::OkStatus();
  });
}

std::span<const OperationRow> getPositionOperations() {
  static constexpr OperationRow kRows[] = {
      {"espresso.position_embedding", makePositionEmbedding},
      {"espresso.rope", makeRope},
  };
  return kRows;
}

} // namespace espresso::runtime
