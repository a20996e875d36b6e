//===- CompositeOperations.cpp - Operations named espresso.* --------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ActivationArguments.h"
#include "espresso/Kernels/Elementwise.h"
#include "espresso/Kernels/Reduce.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace espresso::runtime {

//===----------------------------------------------------------------------===//
// embedding and norms
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
      for (int64_t c = 0; c < width; ++c)
        to[c * count + s] = getElement(view, id, c);
    }
    return absl::OkStatus();
  });
}

/// x by groups of channels, and the gains of each: one vector for all groups,
/// or one after another.
struct NormOperands {
  Columns x;
  Tensor gains, shifts, out;
  int64_t groups = 1;
  float epsilon = 0;

  int64_t getExtent() const { return x.channels / groups; }
  /// The part of `vector` that belongs to group `g`.
  std::span<const float> getPart(const Tensor &vector, int64_t g,
                                 const Frame &frame) const {
    std::span<const float> all = getFloatsOrEmpty(vector, frame);
    if (static_cast<int64_t>(all.size()) <= getExtent())
      return all;
    return all.subspan(g * getExtent(), getExtent());
  }
};

/// A vector for all channels, or for those of one group.
static absl::StatusOr<Tensor> getGains(StepContext &context,
                                       std::string_view name,
                                       const NormOperands &norm,
                                       bool optional) {
  if (norm.groups > 1 && context.has(name)) {
    ESPRESSO_ASSIGN_OR_RETURN(Tensor found, context.floats(name));
    if (found.getCount() == norm.getExtent())
      return found;
  }
  return getVector(context, name, norm.x.channels, optional);
}

static absl::StatusOr<NormOperands> getNorm(StepContext &context,
                                            std::string_view gains) {
  NormOperands norm;
  ESPRESSO_ASSIGN_OR_RETURN(norm.x, getColumns(context, "x"));
  ESPRESSO_ASSIGN_OR_RETURN(norm.groups, context.integer("groups", 1));
  if (norm.groups < 1 || norm.x.channels % norm.groups != 0)
    return context.error(norm.groups, " groups do not divide the ",
                         norm.x.channels, " channels");
  ESPRESSO_ASSIGN_OR_RETURN(norm.gains, getGains(context, gains, norm, false));
  ESPRESSO_ASSIGN_OR_RETURN(double epsilon, context.real("epsilon"));
  norm.epsilon = static_cast<float>(epsilon);
  ESPRESSO_ASSIGN_OR_RETURN(
      norm.out, getColumnsResult(context, norm.x.channels, norm.x.count));
  return norm;
}

/// Calls `run` with the elements of each group, its gains, and its result.
template <typename Fn>
static Kernel makeGroupKernel(NormOperands norm, Fn run) {
  return Kernel([=](const Frame &frame) {
    const int64_t size = norm.getExtent() * norm.x.count;
    for (int64_t g = 0; g < norm.groups; ++g)
      run(norm.x.tensor.floats(frame).subspan(g * size, size),
          {1, norm.getExtent(), norm.x.count},
          norm.getPart(norm.gains, g, frame),
          norm.getPart(norm.shifts, g, frame), norm.epsilon,
          norm.out.mutableFloats(frame).subspan(g * size, size));
    return absl::OkStatus();
  });
}

static absl::StatusOr<Kernel> makeRmsNorm(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(NormOperands norm, getNorm(context, "weight"));
  return makeGroupKernel(
      norm, [](std::span<const float> x, const kernels::AxisShape &shape,
               std::span<const float> gains, std::span<const float>,
               float epsilon, std::span<float> out) {
        kernels::rmsNorm(x, shape, gains, epsilon, out);
      });
}

static absl::StatusOr<Kernel> makeLayerNorm(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(NormOperands norm, getNorm(context, "gamma"));
  ESPRESSO_ASSIGN_OR_RETURN(norm.shifts, getGains(context, "beta", norm, true));
  return makeGroupKernel(
      norm, [](std::span<const float> x, const kernels::AxisShape &shape,
               std::span<const float> gains, std::span<const float> shifts,
               float epsilon, std::span<float> out) {
        kernels::layerNorm(x, shape, gains, shifts, epsilon, out);
      });
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// A matrix and its bias, if there is one.
struct Projection {
  Matrix weight;
  Tensor bias;
  int64_t outputs = 0, inputs = 0;

  void run(std::span<const float> x, int64_t columns, std::span<float> out,
           const Frame &frame) const {
    kernels::matMul(weight.view(frame, outputs, inputs), x, columns,
                    getFloatsOrEmpty(bias, frame), out, *frame.pool);
  }
};

/// `outputs` of -1 fits anything.
static absl::StatusOr<Projection>
getProjection(StepContext &context, std::string_view weight,
              std::string_view bias, int64_t outputs, int64_t inputs) {
  Projection projection{.inputs = inputs};
  ESPRESSO_ASSIGN_OR_RETURN(projection.weight,
                            getMatrix(context, weight, outputs, inputs));
  projection.outputs = projection.weight.getShape()[0];
  ESPRESSO_ASSIGN_OR_RETURN(projection.bias,
                            getVector(context, bias, projection.outputs, true));
  return projection;
}

static absl::StatusOr<Kernel> makeLinear(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Columns x, getColumns(context, "x"));
  ESPRESSO_ASSIGN_OR_RETURN(
      Projection linear,
      getProjection(context, "weight", "bias", -1, x.channels));
  ESPRESSO_ASSIGN_OR_RETURN(Tensor out,
                            getColumnsResult(context, linear.outputs, x.count));
  return Kernel([=](const Frame &frame) {
    linear.run(x.tensor.floats(frame), x.count, out.mutableFloats(frame),
               frame);
    return absl::OkStatus();
  });
}

/// A linear whose result is fp32 by declaration, scaled and capped.
static absl::StatusOr<Kernel> makeHead(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Kernel linear, makeLinear(context));
  ESPRESSO_ASSIGN_OR_RETURN(LogitOptions options, getLogitOptions(context));
  ESPRESSO_ASSIGN_OR_RETURN(const TensorType *type, context.getResultType());
  ESPRESSO_ASSIGN_OR_RETURN(Tensor out,
                            context.result(Memory::Float, type->shape));
  return Kernel([=](const Frame &frame) -> absl::Status {
    ESPRESSO_RETURN_IF_ERROR(linear(frame));
    options.apply(out.mutableFloats(frame));
    return absl::OkStatus();
  });
}

//===----------------------------------------------------------------------===//
// Feed-forward blocks and experts
//===----------------------------------------------------------------------===//

static absl::StatusOr<kernels::UnaryOp> getActivation(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(std::string name,
                            context.text("activation", "silu"));
  constexpr std::pair<std::string_view, kernels::UnaryOp> kNames[] = {
      {"gelu", kernels::UnaryOp::GeluExact},
      {"gelu_tanh", kernels::UnaryOp::GeluTanh},
      {"relu", kernels::UnaryOp::Relu},
      {"silu", kernels::UnaryOp::Silu},
  };
  for (const auto &[known, op] : kNames)
    if (known == name)
      return op;
  return context.error("the activation '", name, "' is unknown");
}

/// What multiplies the result: one row of a route, [S].
struct Route {
  Tensor weights;
  int64_t expert = 0;

  std::span<const float> get(int64_t columns, const Frame &frame) const {
    if (!weights.type)
      return {};
    return weights.floats(frame).subspan(expert * columns, columns);
  }
};

static absl::StatusOr<Route> getRoute(StepContext &context, int64_t columns) {
  Route route;
  if (!context.has("route"))
    return route;
  ESPRESSO_ASSIGN_OR_RETURN(Columns weights, getColumns(context, "route"));
  ESPRESSO_ASSIGN_OR_RETURN(route.expert, context.integer("expert"));
  if (weights.count != columns || route.expert < 0 ||
      route.expert >= weights.channels)
    return context.error("there is no expert ", route.expert, " in a route ",
                         toString(weights.tensor.getShape()), " of ", columns,
                         " columns");
  route.weights = weights.tensor;
  return route;
}

static void scaleColumns(std::span<float> x, std::span<const float> weights) {
  for (size_t i = 0; i < x.size(); ++i)
    x[i] *= weights[i % weights.size()];
}

static absl::StatusOr<Kernel> makeFeedForward(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Columns x, getColumns(context, "x"));
  ESPRESSO_ASSIGN_OR_RETURN(
      Projection up, getProjection(context, "up", "up_bias", -1, x.channels));
  const int64_t hidden = up.outputs;
  const bool isGated = context.has("gate");
  Projection gate;
  if (isGated) {
    ESPRESSO_ASSIGN_OR_RETURN(
        gate, getProjection(context, "gate", "gate_bias", hidden, x.channels));
  }
  ESPRESSO_ASSIGN_OR_RETURN(
      Projection down,
      getProjection(context, "down", "down_bias", x.channels, hidden));
  ESPRESSO_ASSIGN_OR_RETURN(kernels::UnaryOp activation,
                            getActivation(context));
  ESPRESSO_ASSIGN_OR_RETURN(Route route, getRoute(context, x.count));
  ESPRESSO_ASSIGN_OR_RETURN(Tensor out,
                            getColumnsResult(context, x.channels, x.count));
  // Both factors are bounded by 2^38: weights and activations that exist.
  if (hidden > (int64_t{1} << 40) / x.count)
    return context.error("needs too much memory to run");
  const int64_t size = hidden * x.count;
  ESPRESSO_RETURN_IF_ERROR(context.reserveScratch((isGated ? 2 : 1) * size));
  return Kernel([=](const Frame &frame) {
    std::span<const float> weights = route.get(x.count, frame);
    std::span<float> to = out.mutableFloats(frame);
    // An expert that no column takes costs nothing.
    if (!weights.empty() &&
        std::all_of(weights.begin(), weights.end(),
                    [](float weight) { return weight == 0; })) {
      std::fill(to.begin(), to.end(), 0.0f);
      return absl::OkStatus();
    }
    float *scratch = reinterpret_cast<float *>(frame.scratch);
    std::span<float> raised(scratch, size);
    std::span<float> gated = isGated ? std::span(scratch + size, size) : raised;
    std::span<const float> from = x.tensor.floats(frame);
    up.run(from, x.count, raised, frame);
    if (isGated)
      gate.run(from, x.count, gated, frame);
    if (isGated && activation == kernels::UnaryOp::Silu) {
      kernels::siluMul(gated, raised, gated);
    } else {
      kernels::unary(activation, gated, 0, gated);
      if (isGated)
        kernels::binary(kernels::BinaryOp::Mul, gated, raised, gated);
    }
    down.run(gated, x.count, to, frame);
    if (!weights.empty())
      scaleColumns(to, weights);
    return absl::OkStatus();
  });
}

/// Zeroes all but the `count` largest weights of one column, of equals the
/// first; `order` has room for a number for each.
static void keepLargest(float *weights, int64_t experts, int64_t stride,
                        int64_t count, bool normalize, int32_t *order) {
  std::iota(order, order + experts, 0);
  std::partial_sort(order, order + count, order + experts,
                    [&](int32_t a, int32_t b) {
                      const float x = weights[a * stride];
                      const float y = weights[b * stride];
                      return x > y || (x == y && a < b);
                    });
  float sum = 0;
  for (int64_t i = 0; i < experts; ++i) {
    float &weight = weights[order[i] * stride];
    if (i < count)
      sum += weight;
    else
      weight = 0;
  }
  if (normalize)
    for (int64_t i = 0; i < count; ++i)
      weights[order[i] * stride] /= sum;
}

static absl::StatusOr<Kernel> makeRouter(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Columns x, getColumns(context, "x"));
  ESPRESSO_ASSIGN_OR_RETURN(
      Projection logits, getProjection(context, "weight", "", -1, x.channels));
  const int64_t experts = logits.outputs;
  ESPRESSO_ASSIGN_OR_RETURN(int64_t count, context.integer("top_k"));
  ESPRESSO_ASSIGN_OR_RETURN(bool normalize, context.boolean("normalize", true));
  if (count < 1 || count > experts ||
      experts > std::numeric_limits<int32_t>::max())
    return context.error("cannot take ", count, " of ", experts, " experts");
  ESPRESSO_ASSIGN_OR_RETURN(Tensor out,
                            getColumnsResult(context, experts, x.count));
  ESPRESSO_RETURN_IF_ERROR(context.reserveScratch(experts));
  return Kernel([=](const Frame &frame) {
    std::span<float> weights = out.mutableFloats(frame);
    logits.run(x.tensor.floats(frame), x.count, weights, frame);
    kernels::softmax(weights, {1, experts, x.count}, weights);
    for (int64_t s = 0; s < x.count; ++s)
      keepLargest(weights.data() + s, experts, x.count, count, normalize,
                  reinterpret_cast<int32_t *>(frame.scratch));
    return absl::OkStatus();
  });
}

std::span<const OperationRow> getCompositeOperations() {
  static constexpr OperationRow kRows[] = {
      {"espresso.embedding", makeEmbedding},
      {"espresso.ffn", makeFeedForward},
      {"espresso.head", makeHead},
      {"espresso.layer_norm", makeLayerNorm},
      {"espresso.linear", makeLinear},
      {"espresso.rms_norm", makeRmsNorm},
      {"espresso.router", makeRouter},
  };
  return kRows;
}

} // namespace espresso::runtime
