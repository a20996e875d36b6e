//===- AttentionOperations.cpp - Composites that know positions -----------===//
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

/// Largest head size, a guard against sums that overflow.
static constexpr int64_t kMaxHeadDim = 1 << 20;

//===----------------------------------------------------------------------===//
// Positions and attention
//===----------------------------------------------------------------------===//

static absl::StatusOr<int64_t> getHeadDim(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(int64_t d, context.integer("head_dim"));
  if (d <= 0 || d > kMaxHeadDim)
    return context.error("head_dim is ", d);
  return d;
}

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
  ESPRESSO_ASSIGN_OR_RETURN(Tensor position, getPosition(context));
  ESPRESSO_ASSIGN_OR_RETURN(int64_t d, getHeadDim(context));
  ESPRESSO_ASSIGN_OR_RETURN(int64_t rotary, context.integer("rotary_dim", d));
  ESPRESSO_ASSIGN_OR_RETURN(double scale, context.real("scale", 1.0));
  if (rotary < 2 || rotary % 2 != 0 || rotary > d || x.channels % d != 0)
    return context.error("cannot rotate ", rotary, " channels of heads of ", d,
                         " in ", x.channels);
  ESPRESSO_ASSIGN_OR_RETURN(std::vector<double> frequencies,
                            getFrequencies(context, rotary));
  ESPRESSO_ASSIGN_OR_RETURN(Tensor out,
                            getColumnsResult(context, x.channels, x.count));
  const int64_t size = rotary / 2 * x.count; // at most half of x
  ESPRESSO_RETURN_IF_ERROR(context.reserveScratch(2 * size));
  return Kernel([=](const Frame &frame) -> absl::Status {
    const int64_t at = *position.get<int32_t>(frame);
    float *scratch = reinterpret_cast<float *>(frame.scratch);
    std::span<float> cosines(scratch, size), sines(scratch + size, size);
    kernels::ropeTable(at, x.count, frequencies, scale, cosines, sines);
    kernels::rope(x.tensor.floats(frame), x.count, d, cosines, sines,
                  out.mutableFloats(frame));
    return absl::OkStatus();
  });
}

static absl::StatusOr<Kernel> makePositionEmbedding(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Columns x, getColumns(context, "x"));
  ESPRESSO_ASSIGN_OR_RETURN(Tensor position, getPosition(context));
  ESPRESSO_ASSIGN_OR_RETURN(Matrix table,
                            getMatrix(context, "table", -1, x.channels));
  const int64_t rows = table.getShape()[0];
  ESPRESSO_ASSIGN_OR_RETURN(Tensor out,
                            getColumnsResult(context, x.channels, x.count));
  return Kernel([=](const Frame &frame) -> absl::Status {
    ESPRESSO_ASSIGN_OR_RETURN(
        int64_t at, checkPosition(position, x.count, rows, "a table", frame));
    const kernels::MatrixView view = table.view(frame, rows, x.channels);
    const float *from = x.tensor.get<float>(frame);
    float *to = out.getMutable<float>(frame);
    for (int64_t c = 0; c < x.channels; ++c)
      for (int64_t s = 0; s < x.count; ++s)
        to[c * x.count + s] =
            from[c * x.count + s] + getElement(view, at + s, c);
    return absl::OkStatus();
  });
}

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

static absl::StatusOr<Kernel> makeCacheWrite(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Columns x, getColumns(context, "x"));
  ESPRESSO_ASSIGN_OR_RETURN(StateRef cache,
                            getCache(context, "cache", x.channels));
  ESPRESSO_ASSIGN_OR_RETURN(Tensor position, getPosition(context));
  if (context.getNumResults() != 0)
    return context.error("has results, expected none");
  return Kernel([=](const Frame &frame) -> absl::Status {
    ESPRESSO_ASSIGN_OR_RETURN(int64_t at, checkPosition(position, x.count,
                                                        cache.type->shape[0],
                                                        "a cache", frame));
    kernels::writeRows(x.tensor.floats(frame), x.count, cache.type->type,
                       frame.states[cache.index], at);
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

static absl::StatusOr<Kernel> makeAttention(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(AttentionOperands all, getAttention(context));
  ESPRESSO_ASSIGN_OR_RETURN(Tensor position, getPosition(context));
  ESPRESSO_ASSIGN_OR_RETURN(StateRef keys,
                            getCache(context, "k_cache", all.getWidth()));
  ESPRESSO_ASSIGN_OR_RETURN(StateRef values,
                            getCache(context, "v_cache", all.getWidth()));
  const int64_t rows = keys.type->shape[0];
  if (values.type->shape[0] != rows)
    return context.error("the caches have ", rows, " and ",
                         values.type->shape[0], " rows");
  ESPRESSO_RETURN_IF_ERROR(context.reserveScratch(
      0, kernels::getAttentionScratch(all.shape, rows, 1)));
  return Kernel([=](const Frame &frame) -> absl::Status {
    const int64_t columns = all.shape.columns;
    kernels::AttentionShape shape = all.shape;
    ESPRESSO_ASSIGN_OR_RETURN(
        shape.position,
        checkPosition(position, columns, rows, "a cache", frame));
    uint8_t *k = frame.states[keys.index], *v = frame.states[values.index];
    kernels::writeRows(all.k.tensor.floats(frame), columns, keys.type->type, k,
                       shape.position);
    kernels::writeRows(all.v.tensor.floats(frame), columns, values.type->type,
                       v, shape.position);
    const unsigned threads = frame.pool->getNumThreads();
    std::span<float> scratch(
        reinterpret_cast<float *>(frame.scratch),
        kernels::getAttentionScratch(shape, rows, threads));
    kernels::attention(shape, all.q.tensor.floats(frame),
                       {keys.type->type, k, rows, all.getWidth()},
                       {values.type->type, v, rows, all.getWidth()}, scratch,
                       all.out.mutableFloats(frame), *frame.pool);
    return absl::OkStatus();
  });
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

static absl::StatusOr<Kernel> makeShortConvolution(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Columns x, getColumns(context, "x"));
  ESPRESSO_ASSIGN_OR_RETURN(StateRef cache,
                            getCache(context, "cache", x.channels));
  ESPRESSO_ASSIGN_OR_RETURN(Tensor position, getPosition(context));
  ESPRESSO_ASSIGN_OR_RETURN(Matrix weight,
                            getMatrix(context, "weight", x.channels, -1));
  const int64_t taps = weight.getShape()[1];
  ESPRESSO_ASSIGN_OR_RETURN(Tensor bias,
                            getVector(context, "bias", x.channels, true));
  ESPRESSO_ASSIGN_OR_RETURN(Tensor out,
                            getColumnsResult(context, x.channels, x.count));
  return Kernel([=](const Frame &frame) -> absl::Status {
    const int64_t rows = cache.type->shape[0];
    ESPRESSO_ASSIGN_OR_RETURN(
        int64_t at, checkPosition(position, x.count, rows, "a cache", frame));
    uint8_t *state = frame.states[cache.index];
    kernels::writeRows(x.tensor.floats(frame), x.count, cache.type->type, state,
                       at);
    kernels::shortConvolution({cache.type->type, state, rows, x.channels}, at,
                              x.count, weight.view(frame, x.channels, taps),
                              getFloatsOrEmpty(bias, frame),
                              out.mutableFloats(frame));
    return absl::OkStatus();
  });
}

std::span<const OperationRow> getAttentionOperations() {
  static constexpr OperationRow kRows[] = {
      {"espresso.attention", makeAttention},
      {"espresso.cache_write", makeCacheWrite},
      {"espresso.causal_attention", makeCausalAttention},
      {"espresso.position_embedding", makePositionEmbedding},
      {"espresso.rope", makeRope},
      {"espresso.short_conv", makeShortConvolution},
  };
  return kRows;
}

} // namespace espresso::runtime
