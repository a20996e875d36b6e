//===- ProductOperations.cpp - Convolutions, products, attention ----------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StepContext.h"
#include "Walk.h"
#include "espresso/Base/CheckedMath.h"
#include "espresso/Kernels/Elementwise.h"
#include "espresso/Kernels/MatMul.h"
#include "espresso/Kernels/Reduce.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace espresso::runtime {

static std::span<const float> getFloatsOrEmpty(const Tensor &tensor,
                                               const Frame &frame) {
  return tensor.type ? tensor.floats(frame) : std::span<const float>();
}

static bool areAll(const std::vector<int64_t> &values, int64_t wanted) {
  return std::all_of(values.begin(), values.end(),
                     [=](int64_t value) { return value == wanted; });
}

//===----------------------------------------------------------------------===//
// conv and linear
//===----------------------------------------------------------------------===//

/// The arguments of conv that only have one supported value.
static absl::Status checkConvArguments(StepContext &context, size_t spatial) {
  const std::vector<int64_t> ones(spatial, 1), zeros(2 * spatial, 0);
  ESPRESSO_ASSIGN_OR_RETURN(auto strides, context.integers("strides", ones));
  ESPRESSO_ASSIGN_OR_RETURN(auto pad, context.integers("pad", zeros));
  ESPRESSO_ASSIGN_OR_RETURN(int64_t groups, context.integer("groups", 1));
  ESPRESSO_ASSIGN_OR_RETURN(std::string padType,
                            context.text("pad_type", "valid"));
  // Dilation moves nothing in a 1x1 kernel; nor does padding to "same".
  context.use("dilations");
  if (!areAll(strides, 1) || groups != 1)
    return context.error("only stride 1 and one group are supported");
  if (padType != "valid" && padType != "same" && padType != "same_lower" &&
      padType != "custom")
    return context.error("unknown pad_type '", padType, "'");
  if (padType == "custom" && !areAll(pad, 0))
    return context.error("padding is not supported");
  return absl::OkStatus();
}

static absl::StatusOr<Kernel> makeConv(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Tensor x, context.floats("x"));
  ESPRESSO_ASSIGN_OR_RETURN(Matrix weight, context.matrix("weight"));
  ESPRESSO_ASSIGN_OR_RETURN(Tensor bias, context.optionalFloats("bias"));
  const Shape &w = weight.getShape(), &in = x.getShape();
  if (in.size() < 3 || w.size() != in.size())
    return context.error("x ", toString(in), " and weight ", toString(w),
                         " must have one rank of at least 3");
  ESPRESSO_RETURN_IF_ERROR(checkConvArguments(context, in.size() - 2));
  if (w[1] != in[1] || !areAll(Shape(w.begin() + 2, w.end()), 1))
    return context.error("weight ", toString(w), " is no 1x1 kernel for ",
                         in[1], " channels");
  if (bias.type && bias.getCount() != w[0])
    return context.error("bias must have ", w[0], " elements");
  Shape shape = in;
  shape[1] = w[0];
  ESPRESSO_ASSIGN_OR_RETURN(Tensor out, context.result(Memory::Float, shape));
  const int64_t batch = in[0], rows = w[0], columns = w[1];
  const int64_t s = x.getCount() / batch / columns;
  return Kernel([=](const Frame &frame) {
    for (int64_t n = 0; n < batch; ++n)
      kernels::matMul(weight.view(frame, rows, columns),
                      x.floats(frame).subspan(n * columns * s, columns * s), s,
                      getFloatsOrEmpty(bias, frame),
                      out.mutableFloats(frame).subspan(n * rows * s, rows * s),
                      *frame.pool);
    return absl::OkStatus();
  });
}

/// Rows of x times the transpose of W, as columns: x and the result are turned
/// around unless there is only one row.
static absl::StatusOr<Kernel> makeLinear(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Tensor x, context.floats("x"));
  ESPRESSO_ASSIGN_OR_RETURN(Matrix weight, context.matrix("weight"));
  ESPRESSO_ASSIGN_OR_RETURN(Tensor bias, context.optionalFloats("bias"));
  const Shape &w = weight.getShape();
  if (w.size() != 2 || x.getRank() < 1 || x.getShape().back() != w[1])
    return context.error("weight ", toString(w), " does not fit x ",
                         toString(x.getShape()));
  if (bias.type && bias.getCount() != w[0])
    return context.error("bias must have ", w[0], " elements");
  Shape shape = x.getShape();
  shape.back() = w[0];
  ESPRESSO_ASSIGN_OR_RETURN(Tensor out, context.result(Memory::Float, shape));
  const int64_t rows = w[0], columns = w[1], s = x.getCount() / columns;
  if (s > 1)
    ESPRESSO_RETURN_IF_ERROR(
        context.reserveScratch(x.getCount() + out.getCount()));
  return Kernel([=](const Frame &frame) {
    const kernels::MatrixView view = weight.view(frame, rows, columns);
    std::span<const float> b = getFloatsOrEmpty(bias, frame);
    if (s == 1) {
      kernels::matMul(view, x.floats(frame), 1, b, out.mutableFloats(frame),
                      *frame.pool);
      return absl::OkStatus();
    }
    float *scratch = reinterpret_cast<float *>(frame.scratch);
    std::span<float> turned(scratch, x.getCount());
    std::span<float> product(scratch + x.getCount(), out.getCount());
    kernels::transpose(x.floats(frame), s, columns, turned);
    kernels::matMul(view, turned, s, b, product, *frame.pool);
    kernels::transpose(product, rows, s, out.mutableFloats(frame));
    return absl::OkStatus();
  });
}

//===----------------------------------------------------------------------===//
// matmul
//===----------------------------------------------------------------------===//

/// A [M, K] times B [K, N], either given transposed.
struct ProductShape {
  int64_t m = 0, k = 0, n = 0;
  bool transposeA = false, transposeB = false;
  int64_t getScratch() const {
    return (transposeA ? m * k : 0) + (transposeB && m != 1 ? k * n : 0);
  }
};

static void multiply(const ProductShape &shape, const float *a, const float *b,
                     float *scratch, float *out, kernels::ThreadPool &pool) {
  const auto [m, k, n, transposeA, transposeB] = shape;
  auto view = [](const float *data, int64_t rows, int64_t columns) {
    return kernels::MatrixView{DataType::Float32, data, rows, columns};
  };
  auto span = [](const float *data, int64_t count) {
    return std::span<const float>(data, count);
  };
  if (transposeA) {
    kernels::transpose(span(a, m * k), k, m, {scratch, size_t(m * k)});
    a = scratch;
    scratch += m * k;
  }
  std::span<float> result(out, m * n);
  if (transposeB && m == 1) {
    kernels::matMul(view(b, n, k), span(a, k), 1, {}, result, pool);
    return;
  }
  if (transposeB) {
    kernels::transpose(span(b, k * n), n, k, {scratch, size_t(k * n)});
    b = scratch;
  }
  kernels::matMul(view(a, m, k), span(b, k * n), n, {}, result, pool);
}

static absl::StatusOr<Kernel> makeMatMul(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Tensor x, context.floats("x"));
  ESPRESSO_ASSIGN_OR_RETURN(Tensor y, context.floats("y"));
  ProductShape product;
  ESPRESSO_ASSIGN_OR_RETURN(product.transposeA,
                            context.boolean("transpose_x", false));
  ESPRESSO_ASSIGN_OR_RETURN(product.transposeB,
                            context.boolean("transpose_y", false));
  Shape a = x.getShape(), b = y.getShape();
  if (a.size() < 2 || b.size() < 2)
    return context.error("x ", toString(a), " and y ", toString(b),
                         " must have rank 2 or more");
  auto pop = [](Shape &shape) {
    const int64_t last = shape.back();
    shape.pop_back();
    return last;
  };
  const int64_t a1 = pop(a), a0 = pop(a), b1 = pop(b), b0 = pop(b);
  product.m = product.transposeA ? a1 : a0;
  product.k = product.transposeA ? a0 : a1;
  product.n = product.transposeB ? b0 : b1;
  std::optional<Shape> batch = broadcast(a, b);
  if (product.k != (product.transposeB ? b1 : b0) || !batch)
    return context.error("the shapes ", toString(x.getShape()), " and ",
                         toString(y.getShape()), " do not multiply");
  Shape shape = *batch;
  shape.push_back(product.m);
  shape.push_back(product.n);
  ESPRESSO_ASSIGN_OR_RETURN(Tensor out, context.result(Memory::Float, shape));
  ESPRESSO_RETURN_IF_ERROR(context.reserveScratch(product.getScratch()));
  Walk walk(*batch,
            {getBroadcastStride(a, *batch), getBroadcastStride(b, *batch)});
  return Kernel([=](const Frame &frame) {
    const float *from = x.get<float>(frame), *other = y.get<float>(frame);
    float *to = out.getMutable<float>(frame);
    float *scratch = reinterpret_cast<float *>(frame.scratch);
    walk.forEachRun([&](int64_t at, std::span<const int64_t> in) {
      for (int64_t i = 0; i < walk.getInner(); ++i)
        multiply(
            product,
            from + (in[0] + i * walk.getInnerStep(0)) * product.m * product.k,
            other + (in[1] + i * walk.getInnerStep(1)) * product.k * product.n,
            scratch, to + (at + i) * product.m * product.n, *frame.pool);
    });
    return absl::OkStatus();
  });
}

//===----------------------------------------------------------------------===//
// scaled_dot_product_attention
//===----------------------------------------------------------------------===//

/// Adds a mask to scores: numbers are added, false means never.
static void addMask(const Tensor &mask, const Walk &walk, const Frame &frame,
                    float *scores) {
  const int64_t step = walk.getInnerStep(0);
  const bool isBool = mask.getMemory() == Memory::Bool;
  const void *data = mask.get<void>(frame);
  walk.forEachRun([&](int64_t at, std::span<const int64_t> in) {
    for (int64_t i = 0; i < walk.getInner(); ++i) {
      const int64_t from = in[0] + i * step;
      if (!isBool)
        scores[at + i] += static_cast<const float *>(data)[from];
      else if (!static_cast<const uint8_t *>(data)[from])
        scores[at + i] = -std::numeric_limits<float>::infinity();
    }
  });
}

static absl::StatusOr<Kernel> makeAttention(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Tensor q, context.floats("query"));
  ESPRESSO_ASSIGN_OR_RETURN(Tensor k, context.floats("key"));
  ESPRESSO_ASSIGN_OR_RETURN(Tensor v, context.floats("value"));
  Shape qs = q.getShape(), ks = k.getShape(), vs = v.getShape();
  const size_t rank = qs.size();
  if (rank < 3 || ks.size() != rank || vs.size() != rank ||
      ks[rank - 1] != qs[rank - 1] || ks[rank - 2] != vs[rank - 2] ||
      !std::equal(qs.begin(), qs.end() - 2, ks.begin()) ||
      !std::equal(qs.begin(), qs.end() - 2, vs.begin()))
    return context.error("query ", toString(qs), ", key ", toString(ks),
                         " and value ", toString(vs), " do not fit");
  const int64_t length = qs[rank - 2], width = qs[rank - 1];
  const int64_t source = ks[rank - 2], depth = vs[rank - 1];
  const int64_t batch = q.getCount() / length / width;
  Shape scoreShape = qs;
  scoreShape[rank - 1] = source;
  Tensor mask;
  std::optional<Walk> maskWalk;
  if (context.has("attn_mask")) {
    ESPRESSO_ASSIGN_OR_RETURN(mask, context.tensor("attn_mask"));
    if (mask.getMemory() == Memory::Int ||
        broadcast(mask.getShape(), scoreShape) != scoreShape)
      return context.error("attn_mask ", toString(*mask.type),
                           " does not fit scores ", toString(scoreShape));
    maskWalk.emplace(scoreShape, std::vector<Stride>{getBroadcastStride(
                                     mask.getShape(), scoreShape)});
  }
  Shape shape = qs;
  shape[rank - 1] = depth;
  ESPRESSO_ASSIGN_OR_RETURN(Tensor out, context.result(Memory::Float, shape));
  const ProductShape first{length, width, source, false, true};
  const ProductShape second{length, source, depth, false, false};
  std::optional<uint64_t> scores = checkedMul(batch * length, source);
  constexpr uint64_t kLimit = uint64_t{1} << 40;
  if (!scores || *scores > kLimit)
    return context.error("needs too much memory to run");
  const int64_t scoreCount = static_cast<int64_t>(*scores);
  ESPRESSO_RETURN_IF_ERROR(
      context.reserveScratch(scoreCount + first.getScratch()));
  const float scale = 1.0f / std::sqrt(static_cast<float>(width));
  return Kernel([=](const Frame &frame) {
    float *weights = reinterpret_cast<float *>(frame.scratch);
    float *scratch = weights + scoreCount;
    std::span<float> all(weights, scoreCount);
    for (int64_t b = 0; b < batch; ++b)
      multiply(first, q.get<float>(frame) + b * length * width,
               k.get<float>(frame) + b * source * width, scratch,
               weights + b * length * source, *frame.pool);
    kernels::binary(kernels::BinaryOp::Mul, all, {&scale, 1}, all);
    if (maskWalk)
      addMask(mask, *maskWalk, frame, weights);
    kernels::softmax(all, {.outer = batch * length, .count = source}, all);
    for (int64_t b = 0; b < batch; ++b)
      multiply(second, weights + b * length * source,
               v.get<float>(frame) + b * source * depth, scratch,
               out.getMutable<float>(frame) + b * length * depth, *frame.pool);
    return absl::OkStatus();
  });
}

std::span<const OperationRow> getProductOperations() {
  static constexpr OperationRow kRows[] = {
      {"conv", makeConv},
      {"linear", makeLinear},
      {"matmul", makeMatMul},
      {"scaled_dot_product_attention", makeAttention},
  };
  return kRows;
}

} // namespace espresso::runtime
