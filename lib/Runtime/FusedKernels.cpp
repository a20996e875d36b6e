//===- FusedKernels.cpp - Kernels of fused steps --------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ActivationArguments.h"
#include "FuseSteps.h"
#include "StepContext.h"
#include "espresso/Kernels/ColumnNorm.h"
#include "espresso/Kernels/MatMul.h"

#include "absl/strings/str_cat.h"

#include <algorithm>

namespace espresso::runtime {

//===----------------------------------------------------------------------===//
// Norms
//===----------------------------------------------------------------------===//

namespace {

/// A norm and its tensors.
struct NormTensors {
  kernels::ColumnNorm form; ///< without its vectors
  kernels::AxisShape shape;
  Tensor x, gains, shifts, residual;

  void run(std::span<float> out, const Frame &frame) const {
    kernels::ColumnNorm norm = form;
    norm.gains = getFloatsOrEmpty(gains, frame);
    norm.shifts = getFloatsOrEmpty(shifts, frame);
    norm.residual = getFloatsOrEmpty(residual, frame);
    kernels::normColumns(norm, x.floats(frame), shape, out, *frame.pool);
  }
};

} // namespace

static absl::StatusOr<Tensor> getTensor(StepContext &context,
                                        std::optional<uint32_t> value) {
  if (!value)
    return Tensor();
  return context.getValue(*value, "x");
}

static absl::StatusOr<NormTensors>
getNorm(Program &program, const StepGraph &graph, const NormMatch &norm) {
  StepContext context(program, graph.getFunction(),
                      graph.getStep(norm.steps.back()));
  NormTensors tensors;
  tensors.form.centres = norm.centres;
  tensors.form.meanScale = norm.meanScale;
  tensors.form.squareScale = norm.squareScale;
  tensors.form.epsilon = norm.epsilon;
  for (int64_t axis = 0; axis < static_cast<int64_t>(norm.shape.size()); ++axis)
    (axis < norm.axis    ? tensors.shape.outer
     : axis == norm.axis ? tensors.shape.count
                         : tensors.shape.inner) *= norm.shape[axis];
  ESPRESSO_ASSIGN_OR_RETURN(tensors.x, getTensor(context, norm.x));
  ESPRESSO_ASSIGN_OR_RETURN(tensors.gains, getTensor(context, norm.gains));
  ESPRESSO_ASSIGN_OR_RETURN(tensors.shifts, getTensor(context, norm.shifts));
  ESPRESSO_ASSIGN_OR_RETURN(tensors.residual,
                            getTensor(context, norm.residual));
  return tensors;
}

absl::StatusOr<FusedStep>
makeFusedNorm(Program &program, const StepGraph &graph, const NormMatch &norm) {
  ESPRESSO_ASSIGN_OR_RETURN(NormTensors tensors, getNorm(program, graph, norm));
  FusedStep step{.name = norm.residual ? "norm+residual" : "norm",
                 .steps = norm.steps,
                 .reads = {norm.x},
                 .writes = {norm.result}};
  if (norm.residual)
    step.reads.push_back(*norm.residual);
  const Tensor out{.type = &graph.getType(norm.result), .value = norm.result};
  step.kernel = [=](const Frame &frame) {
    tensors.run(out.mutableFloats(frame), frame);
    return absl::OkStatus();
  };
  return step;
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

namespace {

/// A matrix [rows, depth] and its bias.
struct Factor {
  Matrix weight;
  Tensor bias;

  /// Rows [begin, end) of its product, to `y`.
  void multiply(const kernels::PreparedColumns &x, int64_t begin, int64_t end,
                float *y, unsigned thread, const Frame &frame) const {
    const int64_t rows = weight.getShape()[0], depth = weight.getShape()[1];
    const kernels::MatrixView part =
        weight.view(frame, rows, depth).getRows(begin, end - begin);
    std::span<const float> shifts = getFloatsOrEmpty(bias, frame);
    kernels::multiplyRows(part, x, shifts.empty() ? nullptr : &shifts[begin], y,
                          0, end - begin, thread);
  }
};

/// One result of a group of products.
struct RowsTensors {
  Factor product, gate; ///< gate.weight has no type if there is none
  std::optional<kernels::Activation> activation;
  Tensor residual, out;

  bool isGated() const { return gate.weight.tensor.type != nullptr; }
  int64_t getRows() const { return product.weight.getShape()[0]; }

  /// Rows [begin, end); `scratch` holds as many of the gate.
  void run(const kernels::PreparedColumns &x, int64_t begin, int64_t end,
           float *scratch, unsigned thread, const Frame &frame) const {
    const int64_t at = begin * x.count;
    const size_t count = (end - begin) * x.count;
    std::span<float> y(out.getMutable<float>(frame) + at, count);
    product.multiply(x, begin, end, y.data(), thread, frame);
    if (isGated()) {
      std::span<float> gated(scratch, count);
      gate.multiply(x, begin, end, gated.data(), thread, frame);
      kernels::gate(*activation, gated, y, y);
    } else if (activation) {
      kernels::gate(*activation, y, {}, y);
    }
    if (residual.type)
      kernels::binary(kernels::BinaryOp::Add, y,
                      {residual.get<float>(frame) + at, count}, y);
  }
};

/// Products of one x.
struct ProductsTensors {
  Tensor x;
  std::optional<NormTensors> norm; ///< of x, to scratch memory
  int64_t depth = 0, columns = 0;
  std::vector<RowsTensors> results;
  bool isGated = false;

  absl::Status run(const Frame &frame) const;
};

} // namespace

/// Most rows of a gate that are kept beside those of its product.
static constexpr int64_t kGateRows = 120;

absl::Status ProductsTensors::run(const Frame &frame) const {
  float *scratch = reinterpret_cast<float *>(frame.scratch);
  std::span<const float> from = x.type ? x.floats(frame) : std::span<float>();
  if (norm) {
    std::span<float> normed(scratch, depth * columns);
    norm->run(normed, frame);
    from = normed;
    scratch += depth * columns;
  }
  const kernels::PreparedColumns prepared =
      kernels::prepareColumns(from, depth, columns, *frame.pool);
  // Chunks are of one result each, for whole tiles begin with its first row.
  int64_t rows = 0, chunks = 0;
  for (const RowsTensors &result : results)
    rows += result.getRows() * (result.isGated() ? 2 : 1);
  const kernels::MatrixView view =
      results[0].product.weight.view(frame, results[0].getRows(), depth);
  int64_t chunk = kernels::getChunkRows(rows, view, columns, *frame.pool);
  if (isGated)
    chunk = std::min(chunk, kGateRows);
  for (const RowsTensors &result : results)
    chunks += (result.getRows() + chunk - 1) / chunk;
  frame.pool->parallelChunks(
      chunks, 1, [&](int64_t index, int64_t, unsigned thread) {
        for (const RowsTensors &result : results) {
          const int64_t own = (result.getRows() + chunk - 1) / chunk;
          if (index < own) {
            const int64_t begin = index * chunk;
            result.run(prepared, begin,
                       std::min(begin + chunk, result.getRows()),
                       scratch + thread * kGateRows * columns, thread, frame);
            return;
          }
          index -= own;
        }
      });
  return absl::OkStatus();
}

/// The factor of the conv that is step `product`.
static absl::StatusOr<Factor> getFactor(Program &program,
                                        const StepGraph &graph, int product,
                                        std::optional<uint32_t> bias) {
  StepContext context(program, graph.getFunction(), graph.getStep(product));
  Factor factor;
  ESPRESSO_ASSIGN_OR_RETURN(factor.weight, context.matrix("weight"));
  ESPRESSO_ASSIGN_OR_RETURN(factor.bias, getTensor(context, bias));
  return factor;
}

static absl::StatusOr<RowsTensors>
getRows(Program &program, const StepGraph &graph, const ProductMatch &match) {
  RowsTensors rows{.activation = match.activation};
  ESPRESSO_ASSIGN_OR_RETURN(
      rows.product, getFactor(program, graph, match.product, match.bias));
  if (match.gate >= 0) {
    ESPRESSO_ASSIGN_OR_RETURN(
        rows.gate, getFactor(program, graph, match.gate, match.gateBias));
  }
  if (match.residual)
    rows.residual = {.type = &graph.getType(*match.residual),
                     .value = *match.residual};
  rows.out = {.type = &graph.getType(match.result), .value = match.result};
  return rows;
}

/// "norm+3 products", "gated silu product+residual".
static std::string describe(const std::vector<ProductMatch> &products,
                            bool hasNorm) {
  std::string name = hasNorm ? "norm+" : "";
  if (products.size() > 1)
    absl::StrAppend(&name, products.size(), " ");
  bool gated = false, activated = false, residual = false;
  for (const ProductMatch &product : products) {
    gated = gated || product.gate >= 0;
    activated = activated || product.activation;
    residual = residual || product.residual;
  }
  absl::StrAppend(&name,
                  gated       ? "gated "
                  : activated ? "activated "
                              : "",
                  products.size() > 1 ? "products" : "product",
                  residual ? "+residual" : "");
  return name;
}

absl::StatusOr<FusedStep>
makeFusedProducts(Program &program, const StepGraph &graph,
                  const std::vector<ProductMatch> &products,
                  const NormMatch *norm) {
  FusedStep step{.name = describe(products, norm != nullptr)};
  const uint32_t x = products.front().x;
  const Shape &shape = graph.getType(x).shape;
  ProductsTensors tensors{.depth = shape[1], .columns = shape[3]};
  if (norm) {
    ESPRESSO_ASSIGN_OR_RETURN(tensors.norm, getNorm(program, graph, *norm));
    step.steps = norm->steps;
    step.reads = {norm->x};
  } else {
    tensors.x = {.type = &graph.getType(x), .value = x};
    step.reads = {x};
  }
  for (const ProductMatch &match : products) {
    ESPRESSO_ASSIGN_OR_RETURN(RowsTensors rows, getRows(program, graph, match));
    tensors.isGated = tensors.isGated || rows.isGated();
    tensors.results.push_back(std::move(rows));
    step.steps.insert(step.steps.end(), match.steps.begin(), match.steps.end());
    step.writes.push_back(match.result);
    if (match.residual)
      step.reads.push_back(*match.residual);
  }
  std::sort(step.steps.begin(), step.steps.end());
  StepContext context(program, graph.getFunction(),
                      graph.getStep(step.steps.back()));
  ESPRESSO_RETURN_IF_ERROR(context.reserveScratch(
      norm ? tensors.depth * tensors.columns : 0,
      tensors.isGated ? kGateRows * tensors.columns : 0));
  step.scratch = context.getScratch();
  step.kernel = [tensors = std::move(tensors)](const Frame &frame) {
    return tensors.run(frame);
  };
  return step;
}

} // namespace espresso::runtime
