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
#include <optional>

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

/// Constant weights, for which there are ways to search fewer of them.
static std::optional<HeadWeights> getHeadWeights(const Matrix &weight,
                                                 const Tensor &bias,
                                                 const LogitOptions &options) {
  const void *data = weight.raw ? weight.raw : weight.tensor.constant;
  if (!data || (bias.type && !bias.constant))
    return std::nullopt;
  HeadWeights head;
  head.rows = {weight.type, data, weight.getShape()[0], weight.getShape()[1]};
  if (bias.type)
    head.bias = {static_cast<const float *>(bias.constant),
                 static_cast<size_t>(bias.getCount())};
  head.isPlain = options.scale == 1 && options.softcap == 0;
  return head;
}

/// Logits are never in memory as a whole.
static absl::StatusOr<Kernel> makeGreedyHead(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Columns x, getColumns(context, "x"));
  ESPRESSO_ASSIGN_OR_RETURN(Matrix weight,
                            getMatrix(context, "weight", -1, x.channels));
  const int64_t rows = weight.getShape()[0], count = x.count;
  ESPRESSO_ASSIGN_OR_RETURN(Tensor bias,
                            getVector(context, "bias", rows, true));
  ESPRESSO_ASSIGN_OR_RETURN(LogitOptions options, getLogitOptions(context));
  ESPRESSO_ASSIGN_OR_RETURN(ArgMaxResults results,
                            getArgMaxResults(context, count, rows));
  constexpr int64_t kBestElements = sizeof(kernels::Best) / sizeof(float);
  ESPRESSO_RETURN_IF_ERROR(context.reserveScratch(count * kBestElements));
  const std::optional<HeadWeights> head = getHeadWeights(weight, bias, options);
  const Program &program = context.getProgram();
  return Kernel([=, &program](const Frame &frame) {
    std::span<kernels::Best> bests(
        reinterpret_cast<kernels::Best *>(frame.scratch), count);
    auto finish = [&](std::span<float> logits) { options.apply(logits); };
    if (head)
      program.getHeads().choose(*head, x.tensor.floats(frame), count, finish,
                                bests, *frame.pool);
    else
      kernels::matMulArgMax(
          weight.view(frame, rows, x.channels), x.tensor.floats(frame), count,
          getFloatsOrEmpty(bias, frame), finish, bests, *frame.pool);
    for (int64_t s = 0; s < count; ++s)
      results.set(frame, s, bests[s].index, bests[s].value);
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
