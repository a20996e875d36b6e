//===- AttentionOperations.cpp - Composites over caches -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ActivationArguments.h"
#include "espresso/Kernels/Attention.h"

#include <cmath>
#include <limits>

namespace espresso::runtime {

/// A state [P, channels] of floats.
static absl::StatusOr<StateRef>
getCache(StepContext &context, std::string_view name, int64_t channels) {
  ESPRESSO_ASSIGN_OR_RETURN(StateRef cache, context.state(name));
  const Shape &shape = cache.type->shape;
  if (shape.size() != 2 || shape[1] != channels)
    return context.error("state '", std::string(name), "' has the shape ",
                         toString(shape), ", expected [P, ", channels, "]");
  return cache;
}

/// Columns x [C, S] on their way into the rows of a cache.
struct RowWriter {
  Columns x;
  StateRef cache;
  Positions positions;

  /// Elements of scratch memory that write() takes.
  int64_t getScratch() const { return x.count > 1 ? x.channels : 0; }
  /// The positions must have been checked.
  void write(const Frame &frame, std::span<float> scratch) const {
    std::span<const float> from = x.tensor.floats(frame);
    const DataType type = cache.type->type;
    if (positions.areConsecutive(frame))
      return kernels::writeRows(from, x.count, type,
                                frame.getState(cache.index, 0),
                                positions.get(frame, 0));
    std::span<float> column = scratch.first(x.channels);
    for (int64_t s = 0; s < x.count; ++s) {
      loadColumn(from, x.count, s, column);
      kernels::writeRows(column, 1, type, frame.getState(cache.index, s),
                         positions.get(frame, s));
    }
  }
};

static absl::StatusOr<Kernel> makeCacheWrite(StepContext &context) {
  RowWriter rows;
  ESPRESSO_ASSIGN_OR_RETURN(rows.x, getColumns(context, "x"));
  ESPRESSO_ASSIGN_OR_RETURN(rows.cache,
                            getCache(context, "cache", rows.x.channels));
  ESPRESSO_ASSIGN_OR_RETURN(rows.positions,
                            getPositions(context, rows.x.count));
  if (context.getNumResults() != 0)
    return context.error("has results, expected none");
  ESPRESSO_RETURN_IF_ERROR(context.reserveScratch(rows.getScratch()));
  return Kernel([=](const Frame &frame) -> absl::Status {
    ESPRESSO_RETURN_IF_ERROR(
        rows.positions.check(rows.cache.type->shape[0], "a cache", frame));
    rows.write(frame, {reinterpret_cast<float *>(frame.scratch),
                       static_cast<size_t>(rows.getScratch())});
    return absl::OkStatus();
  });
}

/// More rows than any cache has.
static constexpr int64_t kUnlimited = std::numeric_limits<int64_t>::max();

/// What both forms of attention have in common.
struct AttentionOperands {
  Columns q, k, v;
  Tensor out;
  kernels::AttentionShape shape;
  int64_t getWidth() const { return k.channels; }
};

static absl::StatusOr<AttentionOperands> getAttention(StepContext &context) {
  AttentionOperands all;
  ESPRESSO_ASSIGN_OR_RETURN(all.q, getColumns(context, "q"));
  ESPRESSO_ASSIGN_OR_RETURN(all.k, getColumns(context, "k"));
  ESPRESSO_ASSIGN_OR_RETURN(all.v, getColumns(context, "v"));
  ESPRESSO_ASSIGN_OR_RETURN(int64_t d, getHeadDim(context));
  ESPRESSO_ASSIGN_OR_RETURN(
      double scale,
      context.real("scale", 1.0 / std::sqrt(static_cast<double>(d))));
  ESPRESSO_ASSIGN_OR_RETURN(int64_t window,
                            context.integer("window", kUnlimited));
  ESPRESSO_ASSIGN_OR_RETURN(double softcap, context.real("softcap", 0.0));
  if (window < 1 || !(softcap >= 0))
    return context.error("window is ", window, " and softcap ", softcap);
  const int64_t heads = all.q.channels / d, kvHeads = all.k.channels / d;
  if (all.q.channels % d != 0 || all.k.channels % d != 0 ||
      all.v.channels != all.k.channels || heads % kvHeads != 0 ||
      all.q.count != all.k.count || all.q.count != all.v.count)
    return context.error("q ", toString(all.q.tensor.getShape()), ", k ",
                         toString(all.k.tensor.getShape()), " and v ",
                         toString(all.v.tensor.getShape()),
                         " do not make heads of ", d);
  all.shape = {.heads = heads,
               .kvHeads = kvHeads,
               .headDim = d,
               .columns = all.q.count,
               .position = 0,
               .scale = static_cast<float>(scale),
               .softcap = static_cast<float>(softcap),
               .window = window};
  ESPRESSO_ASSIGN_OR_RETURN(
      all.out, getColumnsResult(context, all.q.channels, all.q.count));
  return all;
}

/// Attention over the caches of the text of each column.
struct CachedAttention {
  AttentionOperands all;
  Positions positions;
  RowWriter keys, values;
  int64_t rows = 0;

  /// Elements of scratch memory: columns with their caches, and one column on
  /// its way into a cache.
  int64_t getFixedScratch() const {
    const int64_t count = all.shape.columns;
    return count > 1 ? kColumnSize * count + all.getWidth() : 0;
  }
  int64_t getThreadScratch(unsigned threads) const {
    return kernels::getAttentionScratch(all.shape, rows, threads);
  }
  absl::Status run(const Frame &frame) const;

private:
  /// Elements that a column with its caches takes.
  static constexpr int64_t kColumnSize =
      sizeof(kernels::AttentionColumn) / sizeof(float);
};

absl::Status CachedAttention::run(const Frame &frame) const {
  ESPRESSO_RETURN_IF_ERROR(positions.check(rows, "a cache", frame));
  const int64_t count = all.shape.columns;
  auto *columns = reinterpret_cast<kernels::AttentionColumn *>(frame.scratch);
  float *memory = reinterpret_cast<float *>(frame.scratch);
  std::span<float> scratch(memory + getFixedScratch(),
                           getThreadScratch(frame.pool->getNumThreads()));
  std::span<float> row(memory, getFixedScratch());
  if (count > 1)
    row = row.subspan(kColumnSize * count);
  keys.write(frame, row);
  values.write(frame, row);
  std::span<const float> q = all.q.tensor.floats(frame);
  std::span<float> out = all.out.mutableFloats(frame);
  kernels::MatrixView k = {keys.cache.type->type, nullptr, rows,
                           all.getWidth()};
  kernels::MatrixView v = {values.cache.type->type, nullptr, rows,
                           all.getWidth()};
  kernels::AttentionShape shape = all.shape;
  if (positions.areConsecutive(frame)) {
    k.data = frame.getState(keys.cache.index, 0);
    v.data = frame.getState(values.cache.index, 0);
    shape.position = positions.get(frame, 0);
    kernels::attention(shape, q, k, v, scratch, out, *frame.pool);
    return absl::OkStatus();
  }
  if (count > kernels::kMaxFewColumns)
    return absl::InternalError(
        absl::StrCat(count, " columns of several texts"));
  for (int64_t s = 0; s < count; ++s)
    columns[s] = {frame.getState(keys.cache.index, s),
                  frame.getState(values.cache.index, s),
                  positions.get(frame, s)};
  kernels::attention(shape, q, k, v,
                     std::span<const kernels::AttentionColumn>(
                         columns, static_cast<size_t>(count)),
                     scratch, out, *frame.pool);
  return absl::OkStatus();
}

static absl::StatusOr<Kernel> makeAttention(StepContext &context) {
  CachedAttention attention;
  ESPRESSO_ASSIGN_OR_RETURN(attention.all, getAttention(context));
  const AttentionOperands &all = attention.all;
  ESPRESSO_ASSIGN_OR_RETURN(attention.positions,
                            getPositions(context, all.shape.columns));
  attention.keys = {all.k, {}, attention.positions};
  attention.values = {all.v, {}, attention.positions};
  ESPRESSO_ASSIGN_OR_RETURN(attention.keys.cache,
                            getCache(context, "k_cache", all.getWidth()));
  ESPRESSO_ASSIGN_OR_RETURN(attention.values.cache,
                            getCache(context, "v_cache", all.getWidth()));
  attention.rows = attention.keys.cache.type->shape[0];
  const int64_t valueRows = attention.values.cache.type->shape[0];
  if (valueRows != attention.rows)
    return context.error("the caches have ", attention.rows, " and ", valueRows,
                         " rows");
  ESPRESSO_RETURN_IF_ERROR(context.reserveScratch(
      attention.getFixedScratch(), attention.getThreadScratch(1)));
  return Kernel(
      [=](const Frame &frame) -> absl::Status { return attention.run(frame); });
}

/// Attention without a cache: keys and values become rows in scratch memory.
static absl::StatusOr<Kernel> makeCausalAttention(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(AttentionOperands all, getAttention(context));
  const int64_t columns = all.shape.columns, width = all.getWidth();
  ESPRESSO_RETURN_IF_ERROR(context.reserveScratch(
      2 * columns * width,
      kernels::getAttentionScratch(all.shape, columns, 1)));
  return Kernel([=](const Frame &frame) {
    float *keys = reinterpret_cast<float *>(frame.scratch);
    float *values = keys + columns * width;
    kernels::writeRows(all.k.tensor.floats(frame), columns, DataType::Float32,
                       keys, 0);
    kernels::writeRows(all.v.tensor.floats(frame), columns, DataType::Float32,
                       values, 0);
    const unsigned threads = frame.pool->getNumThreads();
    std::span<float> scratch(
        values + columns * width,
        kernels::getAttentionScratch(all.shape, columns, threads));
    kernels::attention(all.shape, all.q.tensor.floats(frame),
                       {DataType::Float32, keys, columns, width},
                       {DataType::Float32, values, columns, width}, scratch,
                       all.out.mutableFloats(frame), *frame.pool);
    return absl::OkStatus();
  });
}

/// A convolution over the rows of the cache of the text of each column.
struct ShortConvolution {
  RowWriter rows;
  Matrix weight;
  int64_t taps = 0;
  Tensor bias, out;

  int64_t getScratch() const { return rows.getScratch(); }
  absl::Status run(const Frame &frame) const;
};

absl::Status ShortConvolution::run(const Frame &frame) const {
  const int64_t height = rows.cache.type->shape[0], count = rows.x.count;
  const int64_t channels = rows.x.channels;
  const Positions &positions = rows.positions;
  ESPRESSO_RETURN_IF_ERROR(positions.check(height, "a cache", frame));
  std::span<float> column(reinterpret_cast<float *>(frame.scratch),
                          static_cast<size_t>(getScratch()));
  rows.write(frame, column);
  auto convolve = [&](int64_t first, int64_t columns, std::span<float> to) {
    kernels::shortConvolution(
        {rows.cache.type->type, frame.getState(rows.cache.index, first), height,
         channels},
        positions.get(frame, first), columns,
        weight.view(frame, channels, taps), getFloatsOrEmpty(bias, frame), to);
  };
  if (positions.areConsecutive(frame)) {
    convolve(0, count, out.mutableFloats(frame));
    return absl::OkStatus();
  }
  for (int64_t s = 0; s < count; ++s) {
    convolve(s, 1, column);
    storeColumn(column, count, s, out.mutableFloats(frame));
  }
  return absl::OkStatus();
}

static absl::StatusOr<Kernel> makeShortConvolution(StepContext &context) {
  ShortConvolution conv;
  ESPRESSO_ASSIGN_OR_RETURN(Columns x, getColumns(context, "x"));
  conv.rows.x = x;
  ESPRESSO_ASSIGN_OR_RETURN(conv.rows.cache,
                            getCache(context, "cache", x.channels));
  ESPRESSO_ASSIGN_OR_RETURN(conv.rows.positions,
                            getPositions(context, x.count));
  ESPRESSO_ASSIGN_OR_RETURN(conv.weight,
                            getMatrix(context, "weight", x.channels, -1));
  conv.taps = conv.weight.getShape()[1];
  ESPRESSO_ASSIGN_OR_RETURN(conv.bias,
                            getVector(context, "bias", x.channels, true));
  ESPRESSO_ASSIGN_OR_RETURN(conv.out,
                            getColumnsResult(context, x.channels, x.count));
  ESPRESSO_RETURN_IF_ERROR(context.reserveScratch(conv.getScratch()));
  return Kernel(
      [=](const Frame &frame) -> absl::Status { return conv.run(frame); });
}

std::span<const OperationRow> getAttentionOperations() {
  static constexpr OperationRow kRows[] = {
      {"espresso.attention", makeAttention},
      {"espresso.cache_write", makeCacheWrite},
      {"espresso.causal_attention", makeCausalAttention},
      {"espresso.short_conv", makeShortConvolution},
  };
  return kRows;
}

} // namespace espresso::runtime
