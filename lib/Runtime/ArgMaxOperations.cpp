//===- ArgMaxOperations.cpp - Heads that choose ---------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// The first of the largest numbers of columns, and where it is: of tensors, and
// of the logits of a head that are never all in memory. NaN is no number.

#include "ActivationArguments.h"
#include "espresso/Kernels/Reduce.h"

#include <algorithm>
#include <limits>

namespace espresso::runtime {

/// Results `index` and `maximum` of arg-max operations, `count` of each.
struct ArgMaxResults {
  Tensor index, maximum;

  void set(const Frame &frame, int64_t s, int64_t at, float value) const {
    index.getMutable<int32_t>(frame)[s] = static_cast<int32_t>(at);
    maximum.getMutable<float>(frame)[s] =
        at < 0 ? std::numeric_limits<float>::quiet_NaN() : value;
  }
};

static absl::StatusOr<ArgMaxResults>
getArgMaxResults(StepContext &context, int64_t count, int64_t channels) {
  if (channels > std::numeric_limits<int32_t>::max())
    return context.error(channels, " channels are too many to be numbered");
  if (context.getNumResults() != 2)
    return context.error("has ", context.getNumResults(),
                         " results, expected 2");
  ArgMaxResults results;
  ESPRESSO_ASSIGN_OR_RETURN(results.index,
                            context.result(0, Memory::Int, {count}));
  ESPRESSO_ASSIGN_OR_RETURN(results.maximum,
                            context.result(1, Memory::Float, {count}));
  return results;
}

/// The largest number of some so far; what comes first of equals stays.
struct Largest {
  int64_t index = -1;
  float value = 0;

  /// `values` are those from number `first` on.
  void see(std::span<const float> values, int64_t first) {
    const int64_t at = kernels::argMax(values);
    if (at >= 0 && (index < 0 || values[at] > value)) {
      index = first + at;
      value = values[at];
    }
  }
};

/// Element s of each row of `count`, to be looked at as a column.
static std::span<const float> takeColumn(std::span<const float> rows,
                                         int64_t count, int64_t s,
                                         std::span<float> column) {
  if (count == 1)
    return rows;
  const size_t height = rows.size() / count;
  for (size_t row = 0; row < height; ++row)
    column[row] = rows[row * count + s];
  return column.first(height);
}

static absl::StatusOr<Kernel> makeArgMax(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(std::vector<Tensor> values, context.list("values"));
  int64_t channels = 0, height = 0, count = -1;
  for (const Tensor &part : values) {
    const Shape &shape = part.getShape();
    if (part.getMemory() != Memory::Float || shape.size() != 4 ||
        shape[0] != 1 || shape[2] != 1 || (count >= 0 && shape[3] != count))
      return context.error("one of 'values' is ", toString(*part.type),
                           ", expected floats [1, C, 1, S]");
    count = shape[3];
    channels += shape[1];
    height = std::max(height, shape[1]);
  }
  if (values.empty())
    return context.error("there are no 'values'");
  ESPRESSO_ASSIGN_OR_RETURN(ArgMaxResults results,
                            getArgMaxResults(context, count, channels));
  ESPRESSO_RETURN_IF_ERROR(context.reserveScratch(count == 1 ? 0 : height));
  return Kernel([=](const Frame &frame) {
    std::span<float> column(reinterpret_cast<float *>(frame.scratch),
                            count == 1 ? 0 : height);
    for (int64_t s = 0; s < count; ++s) {
      Largest largest;
      int64_t first = 0;
      for (const Tensor &part : values) {
        largest.see(takeColumn(part.floats(frame), count, s, column), first);
        first += part.getShape()[1];
      }
      results.set(frame, s, largest.index, largest.value);
    }
    return absl::OkStatus();
  });
}

/// Logits are made and looked at tile by tile, while they are in a cache.
static absl::StatusOr<Kernel> makeGreedyHead(StepContext &context) {
  constexpr int64_t kTileRows = 4096;
  ESPRESSO_ASSIGN_OR_RETURN(Columns x, getColumns(context, "x"));
  ESPRESSO_ASSIGN_OR_RETURN(Matrix weight,
                            getMatrix(context, "weight", -1, x.channels));
  const int64_t rows = weight.getShape()[0], count = x.count;
  const int64_t tile = std::min(rows, kTileRows);
  ESPRESSO_ASSIGN_OR_RETURN(Tensor bias,
                            getVector(context, "bias", rows, true));
  ESPRESSO_ASSIGN_OR_RETURN(LogitOptions options, getLogitOptions(context));
  ESPRESSO_ASSIGN_OR_RETURN(ArgMaxResults results,
                            getArgMaxResults(context, count, rows));
  if (count > (int64_t{1} << 40) / kTileRows)
    return context.error("needs too much memory to run");
  ESPRESSO_RETURN_IF_ERROR(context.reserveScratch(tile * (count + 1)));
  return Kernel([=](const Frame &frame) {
    float *scratch = reinterpret_cast<float *>(frame.scratch);
    std::span<float> column(scratch + tile * count, tile);
    std::vector<Largest> largest(count);
    std::span<const float> shifts = getFloatsOrEmpty(bias, frame);
    for (int64_t first = 0; first < rows; first += tile) {
      const int64_t height = std::min(tile, rows - first);
      std::span<float> logits(scratch, height * count);
      kernels::matMul(
          weight.view(frame, rows, x.channels).getRows(first, height),
          x.tensor.floats(frame), count,
          shifts.empty() ? shifts : shifts.subspan(first, height), logits,
          *frame.pool);
      options.apply(logits);
      for (int64_t s = 0; s < count; ++s)
        largest[s].see(takeColumn(logits, count, s, column), first);
    }
    for (int64_t s = 0; s < count; ++s)
      results.set(frame, s, largest[s].index, largest[s].value);
    return absl::OkStatus();
  });
}

std::span<const OperationRow> getArgMaxOperations() {
  static constexpr OperationRow kRows[] = {
      {"espresso.argmax", makeArgMax},
      {"espresso.greedy_head", makeGreedyHead},
  };
  return kRows;
}

} // namespace espresso::runtime
