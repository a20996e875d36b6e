//===- CompositeOperations.cpp - Operations named espresso.* --------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ActivationArguments.h"
#include "espresso/Base/Half.h"
#include "espresso/Kernels/Attention.h"
#include "espresso/Kernels/Elementwise.h"
#include "espresso/Kernels/Reduce.h"

#include <cmath>

namespace espresso::runtime {

/// Largest head size, a guard against sums that overflow.
static constexpr int64_t kMaxHeadDim = 1 << 20;

static std::span<const float> getFloatsOrEmpty(const Tensor &tensor,
                                               const Frame &frame) {
  return tensor.type ? tensor.floats(frame) : std::span<const float>();
}

static absl::StatusOr<Tensor>
getColumnsResult(StepContext &context, int64_t channels, int64_t count) {
  return context.result(Memory::Float, {1, channels, 1, count});
}

static absl::StatusOr<Tensor> getVector(StepContext &context,
                                        std::string_view name, int64_t count,
                                        bool optional) {
  if (optional && !context.has(name))
    return Tensor();
  ESPRESSO_ASSIGN_OR_RETURN(Tensor vector, context.floats(name));
  if (vector.getCount() != count)
    return context.error("operand '", std::string(name), "' has the shape ",
                         toString(vector.getShape()), ", expected [", count,
                         "]");
  return vector;
}

static absl::StatusOr<Tensor> getPosition(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Tensor position,
                            context.tensor("position", Memory::Int));
  if (position.getCount() != 1)
    return context.error("operand 'position' has the shape ",
                         toString(position.getShape()), ", expected [1]");
  return position;
}

//===----------------------------------------------------------------------===//
// embedding, norms, linear, head, swiglu
//===----------------------------------------------------------------------===//

static absl::StatusOr<Kernel> makeEmbedding(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Tensor ids, context.tensor("ids", Memory::Int));
  ESPRESSO_ASSIGN_OR_RETURN(Matrix table, getMatrix(context, "table", -1, -1));
  const int64_t rows = table.getShape()[0], width = table.getShape()[1];
  const int64_t count = ids.getCount();
  ESPRESSO_ASSIGN_OR_RETURN(Tensor out,
                            getColumnsResult(context, width, count));
  return Kernel([=](const Frame &frame) -> absl::Status {
    const kernels::MatrixView view = table.view(frame, rows, width);
    float *to = out.getMutable<float>(frame);
    for (int64_t s = 0; s < count; ++s) {
      const int32_t id = ids.get<int32_t>(frame)[s];
      if (id < 0 || id >= rows)
        return absl::InvalidArgumentError(
            absl::StrCat("token ", id, " is outside the vocabulary of ", rows));
      for (int64_t c = 0; c < width; ++c) {
        const int64_t at = id * width + c;
        to[c * count + s] =
            view.type == DataType::Float16
                ? espresso::halfToFloat(
                      static_cast<const uint16_t *>(view.data)[at])
                : static_cast<const float *>(view.data)[at];
      }
    }
    return absl::OkStatus();
  });
}

static absl::StatusOr<Kernel> makeRmsNorm(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Columns x, getColumns(context, "x"));
  ESPRESSO_ASSIGN_OR_RETURN(Tensor weight,
                            getVector(context, "weight", x.channels, false));
  ESPRESSO_ASSIGN_OR_RETURN(double epsilon, context.real("epsilon"));
  ESPRESSO_ASSIGN_OR_RETURN(Tensor out,
                            getColumnsResult(context, x.channels, x.count));
  return Kernel([=](const Frame &frame) {
    kernels::rmsNorm(x.tensor.floats(frame), {1, x.channels, x.count},
                     weight.floats(frame), static_cast<float>(epsilon),
                     out.mutableFloats(frame));
    return absl::OkStatus();
  });
}

static absl::StatusOr<Kernel> makeLayerNorm(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Columns x, getColumns(context, "x"));
  ESPRESSO_ASSIGN_OR_RETURN(Tensor gamma,
                            getVector(context, "gamma", x.channels, false));
  ESPRESSO_ASSIGN_OR_RETURN(Tensor beta,
                            getVector(context, "beta", x.channels, true));
  ESPRESSO_ASSIGN_OR_RETURN(double epsilon, context.real("epsilon"));
  ESPRESSO_ASSIGN_OR_RETURN(Tensor out,
                            getColumnsResult(context, x.channels, x.count));
  return Kernel([=](const Frame &frame) {
    kernels::layerNorm(x.tensor.floats(frame), {1, x.channels, x.count},
                       gamma.floats(frame), getFloatsOrEmpty(beta, frame),
                       static_cast<float>(epsilon), out.mutableFloats(frame));
    return absl::OkStatus();
  });
}

/// linear and head, which is a linear whose result is fp32 by declaration.
static absl::StatusOr<Kernel> makeLinear(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Columns x, getColumns(context, "x"));
  ESPRESSO_ASSIGN_OR_RETURN(Matrix weight,
                            getMatrix(context, "weight", -1, x.channels));
  const int64_t rows = weight.getShape()[0];
  ESPRESSO_ASSIGN_OR_RETURN(Tensor bias,
                            getVector(context, "bias", rows, true));
  ESPRESSO_ASSIGN_OR_RETURN(Tensor out,
                            getColumnsResult(context, rows, x.count));
  return Kernel([=](const Frame &frame) {
    kernels::matMul(
        weight.view(frame, rows, x.channels), x.tensor.floats(frame), x.count,
        getFloatsOrEmpty(bias, frame), out.mutableFloats(frame), *frame.pool);
    return absl::OkStatus();
  });
}

static absl::StatusOr<Kernel> makeSwiglu(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Columns x, getColumns(context, "x"));
  ESPRESSO_ASSIGN_OR_RETURN(Matrix gate,
                            getMatrix(context, "gate", -1, x.channels));
  const int64_t hidden = gate.getShape()[0];
  ESPRESSO_ASSIGN_OR_RETURN(Matrix up,
                            getMatrix(context, "up", hidden, x.channels));
  ESPRESSO_ASSIGN_OR_RETURN(Matrix down,
                            getMatrix(context, "down", x.channels, hidden));
  ESPRESSO_ASSIGN_OR_RETURN(Tensor out,
                            getColumnsResult(context, x.channels, x.count));
  // Both factors are bounded by 2^38: weights and activations that exist.
  if (hidden > (int64_t{1} << 40) / x.count)
    return context.error("needs too much memory to run");
  const int64_t size = hidden * x.count;
  ESPRESSO_RETURN_IF_ERROR(context.reserveScratch(2 * size));
  return Kernel([=](const Frame &frame) {
    float *scratch = reinterpret_cast<float *>(frame.scratch);
    std::span<float> gated(scratch, size), raised(scratch + size, size);
    std::span<const float> from = x.tensor.floats(frame);
    kernels::matMul(gate.view(frame, hidden, x.channels), from, x.count, {},
                    gated, *frame.pool);
    kernels::matMul(up.view(frame, hidden, x.channels), from, x.count, {},
                    raised, *frame.pool);
    kernels::siluMul(gated, raised, gated);
    kernels::matMul(down.view(frame, x.channels, hidden), gated, x.count, {},
                    out.mutableFloats(frame), *frame.pool);
    return absl::OkStatus();
  });
}

//===----------------------------------------------------------------------===//
// Positions and attention
//===----------------------------------------------------------------------===//

/// The position of a run, if `count` rows from there on are within `rows`.
static absl::StatusOr<int64_t> checkPosition(const Tensor &position,
                                             int64_t count, int64_t rows,
                                             const Frame &frame) {
  const int64_t at = *position.get<int32_t>(frame);
  if (at < 0 || count > rows || at > rows - count)
    return absl::OutOfRangeError(absl::StrCat(
        "positions ", at, " to ", at + count - 1, " of a cache of ", rows));
  return at;
}

static absl::StatusOr<int64_t> getHeadDim(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(int64_t d, context.integer("head_dim"));
  if (d <= 0 || d > kMaxHeadDim)
    return context.error("head_dim is ", d);
  return d;
}

static absl::StatusOr<Kernel> makeRope(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Columns x, getColumns(context, "x"));
  ESPRESSO_ASSIGN_OR_RETURN(Tensor position, getPosition(context));
  ESPRESSO_ASSIGN_OR_RETURN(int64_t d, getHeadDim(context));
  ESPRESSO_ASSIGN_OR_RETURN(double theta, context.real("theta"));
  if (d % 2 != 0 || x.channels % d != 0 || !(theta > 0))
    return context.error("cannot rotate ", x.channels, " channels in heads of ",
                         d, " by theta ", theta);
  ESPRESSO_ASSIGN_OR_RETURN(Tensor out,
                            getColumnsResult(context, x.channels, x.count));
  const int64_t size = d / 2 * x.count; // at most half of x
  ESPRESSO_RETURN_IF_ERROR(context.reserveScratch(2 * size));
  return Kernel([=](const Frame &frame) -> absl::Status {
    const int64_t at = *position.get<int32_t>(frame);
    float *scratch = reinterpret_cast<float *>(frame.scratch);
    std::span<float> cosines(scratch, size), sines(scratch + size, size);
    kernels::ropeTable(at, x.count, d, theta, cosines, sines);
    kernels::rope(x.tensor.floats(frame), x.count, d, cosines, sines,
                  out.mutableFloats(frame));
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
    ESPRESSO_ASSIGN_OR_RETURN(
        int64_t at,
        checkPosition(position, x.count, cache.type->shape[0], frame));
    kernels::writeRows(x.tensor.floats(frame), x.count, cache.type->type,
                       frame.states[cache.index], at);
    return absl::OkStatus();
  });
}

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
               .scale = static_cast<float>(scale)};
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
    ESPRESSO_ASSIGN_OR_RETURN(shape.position,
                              checkPosition(position, columns, rows, frame));
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

std::span<const OperationRow> getCompositeOperations() {
  static constexpr OperationRow kRows[] = {
      {"espresso.attention", makeAttention},
      {"espresso.cache_write", makeCacheWrite},
      {"espresso.causal_attention", makeCausalAttention},
      {"espresso.embedding", makeEmbedding},
      {"espresso.head", makeLinear},
      {"espresso.layer_norm", makeLayerNorm},
      {"espresso.linear", makeLinear},
      {"espresso.rms_norm", makeRmsNorm},
      {"espresso.rope", makeRope},
      {"espresso.swiglu", makeSwiglu},
  };
  return kRows;
}

} // namespace espresso::runtime
