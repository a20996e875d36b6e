//===- PositionOperations.cpp - Composites that know positions ------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RopeTables.h"
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
  return Kernel([=](const Frame &frame) -> absl::Status {
    const auto [cosines, sines] =
        frame.ropeTables->get(frequencies, scale, positions, frame);
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
