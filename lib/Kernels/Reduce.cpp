//===- Reduce.cpp - Sums, norms and softmax -------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "Kernels/Reduce.cpp"
#include "hwy/foreach_target.h" // IWYU pragma: keep

#include "Kernels/Math-inl.h"
#include "Kernels/Turned.h"
#include "espresso/Kernels/Reduce.h"
#include "hwy/highway.h"

#include <cassert>
#include <cmath>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace espresso::kernels::HWY_NAMESPACE {

//===----------------------------------------------------------------------===//
// Lines: one run of `count` elements, `stride` apart. A line of vectors takes
// neighbouring lines together; a line of scalars is the rest.
//===----------------------------------------------------------------------===//

HWY_INLINE float getStart(ReduceOp op) {
  if (op == ReduceOp::Max)
    return -std::numeric_limits<float>::infinity();
  if (op == ReduceOp::Min)
    return std::numeric_limits<float>::infinity();
  return 0.0f;
}

HWY_INLINE FloatVec combine(ReduceOp op, FloatVec sum, FloatVec x) {
  switch (op) {
  case ReduceOp::Sum:
  case ReduceOp::Mean:
    return hn::Add(sum, x);
  case ReduceOp::SumSquare:
    return hn::MulAdd(x, x, sum);
  case ReduceOp::Max:
    return hn::Max(sum, x);
  case ReduceOp::Min:
    return hn::Min(sum, x);
  }
  return sum;
}

HWY_INLINE float combineScalar(ReduceOp op, float sum, float x) {
  switch (op) {
  case ReduceOp::Sum:
  case ReduceOp::Mean:
    return sum + x;
  case ReduceOp::SumSquare:
    return sum + x * x;
  case ReduceOp::Max:
    return x > sum ? x : sum;
  case ReduceOp::Min:
    return x < sum ? x : sum;
  }
  return sum;
}

HWY_INLINE FloatVec reduceLines(ReduceOp op, const float *x, int64_t count,
                                int64_t stride) {
  const FloatTag d;
  FloatVec sum = hn::Set(d, getStart(op));
  for (int64_t i = 0; i < count; ++i)
    sum = combine(op, sum, hn::LoadU(d, x + i * stride));
  return sum;
}

/// One line whose elements lie side by side.
static float reduceRow(ReduceOp op, const float *x, int64_t count) {
  const FloatTag d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  FloatVec sum = hn::Set(d, getStart(op)), sum1 = sum;
  int64_t i = 0;
  for (; i + 2 * lanes <= count; i += 2 * lanes) {
    sum = combine(op, sum, hn::LoadU(d, x + i));
    sum1 = combine(op, sum1, hn::LoadU(d, x + i + lanes));
  }
  for (; i + lanes <= count; i += lanes)
    sum = combine(op, sum, hn::LoadU(d, x + i));
  float total;
  if (op == ReduceOp::Max)
    total = hn::GetLane(hn::MaxOfLanes(d, hn::Max(sum, sum1)));
  else if (op == ReduceOp::Min)
    total = hn::GetLane(hn::MinOfLanes(d, hn::Min(sum, sum1)));
  else
    total = hn::GetLane(hn::SumOfLanes(d, hn::Add(sum, sum1)));
  for (; i < count; ++i)
    total = combineScalar(op, total, x[i]);
  return total;
}

static float reduceStrided(ReduceOp op, const float *x, int64_t count,
                           int64_t stride) {
  float sum = getStart(op);
  for (int64_t i = 0; i < count; ++i)
    sum = combineScalar(op, sum, x[i * stride]);
  return sum;
}

static void reduceAll(ReduceOp op, const float *x, const AxisShape &shape,
                      float *out) {
  const FloatTag d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const float factor =
      op == ReduceOp::Mean ? 1.0f / static_cast<float>(shape.count) : 1.0f;
  for (int64_t o = 0; o < shape.outer; ++o) {
    const float *from = x + o * shape.count * shape.inner;
    float *to = out + o * shape.inner;
    if (shape.inner == 1) {
      *to = reduceRow(op, from, shape.count) * factor;
      continue;
    }
    int64_t j = 0;
    for (; j + lanes <= shape.inner; j += lanes)
      hn::StoreU(hn::Mul(reduceLines(op, from + j, shape.count, shape.inner),
                         hn::Set(d, factor)),
                 d, to + j);
    for (; j < shape.inner; ++j)
      to[j] = reduceStrided(op, from + j, shape.count, shape.inner) * factor;
  }
}

//===----------------------------------------------------------------------===//
// Softmax
//===----------------------------------------------------------------------===//

static void softmaxRow(const float *x, int64_t n, float *out) {
  const FloatTag d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const float top = reduceRow(ReduceOp::Max, x, n);
  const FloatVec tops = hn::Set(d, top);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    hn::StoreU(expVector(hn::Sub(hn::LoadU(d, x + i), tops)), d, out + i);
  for (; i < n; ++i)
    out[i] = std::exp(x[i] - top);
  const float scale = 1.0f / reduceRow(ReduceOp::Sum, out, n);
  const FloatVec scales = hn::Set(d, scale);
  for (i = 0; i + lanes <= n; i += lanes)
    hn::StoreU(hn::Mul(hn::LoadU(d, out + i), scales), d, out + i);
  for (; i < n; ++i)
    out[i] *= scale;
}

HWY_INLINE void softmaxLines(const float *x, int64_t n, int64_t stride,
                             float *out) {
  const FloatTag d;
  const FloatVec top = reduceLines(ReduceOp::Max, x, n, stride);
  FloatVec sum = hn::Zero(d);
  for (int64_t i = 0; i < n; ++i) {
    const FloatVec e = expVector(hn::Sub(hn::LoadU(d, x + i * stride), top));
    sum = hn::Add(sum, e);
    hn::StoreU(e, d, out + i * stride);
  }
  const FloatVec scale = hn::Div(hn::Set(d, 1.0f), sum);
  for (int64_t i = 0; i < n; ++i)
    hn::StoreU(hn::Mul(hn::LoadU(d, out + i * stride), scale), d,
               out + i * stride);
}

static void softmaxStrided(const float *x, int64_t n, int64_t stride,
                           float *out) {
  const float top = reduceStrided(ReduceOp::Max, x, n, stride);
  float sum = 0;
  for (int64_t i = 0; i < n; ++i)
    sum += out[i * stride] = std::exp(x[i * stride] - top);
  for (int64_t i = 0; i < n; ++i)
    out[i * stride] /= sum;
}

static void softmaxAll(const float *x, const AxisShape &shape, float *out) {
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(FloatTag()));
  for (int64_t o = 0; o < shape.outer; ++o) {
    const int64_t at = o * shape.count * shape.inner;
    if (shape.inner == 1) {
      softmaxRow(x + at, shape.count, out + at);
      continue;
    }
    int64_t j = 0;
    for (; j + lanes <= shape.inner; j += lanes)
      softmaxLines(x + at + j, shape.count, shape.inner, out + at + j);
    for (; j < shape.inner; ++j)
      softmaxStrided(x + at + j, shape.count, shape.inner, out + at + j);
  }
}

//===----------------------------------------------------------------------===//
// Norms: out = (x - mean) * factor * gamma + beta, mean and factor of a line
//===----------------------------------------------------------------------===//

/// Writes one line of scalars.
HWY_INLINE void writeLine(const float *x, int64_t n, int64_t stride, float mean,
                          float factor, const float *gamma, const float *beta,
                          float *out) {
  for (int64_t i = 0; i < n; ++i) {
    float y = (x[i * stride] - mean) * factor;
    if (gamma)
      y *= gamma[i];
    out[i * stride] = beta ? y + beta[i] : y;
  }
}

static void normRow(const float *x, int64_t n, bool centre, float epsilon,
                    const float *gamma, const float *beta, float *out) {
  const FloatTag d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const float mean =
      centre ? reduceRow(ReduceOp::Sum, x, n) / static_cast<float>(n) : 0.0f;
  const FloatVec means = hn::Set(d, mean);
  float squares = 0;
  int64_t i = 0;
  if (!centre) {
    squares = reduceRow(ReduceOp::SumSquare, x, n);
  } else {
    FloatVec sum = hn::Zero(d);
    for (; i + lanes <= n; i += lanes) {
      const FloatVec delta = hn::Sub(hn::LoadU(d, x + i), means);
      sum = hn::MulAdd(delta, delta, sum);
    }
    squares = hn::GetLane(hn::SumOfLanes(d, sum));
    for (; i < n; ++i)
      squares += (x[i] - mean) * (x[i] - mean);
  }
  const float factor =
      1.0f / std::sqrt(squares / static_cast<float>(n) + epsilon);
  const FloatVec factors = hn::Set(d, factor);
  for (i = 0; i + lanes <= n; i += lanes) {
    FloatVec y = hn::Mul(hn::Sub(hn::LoadU(d, x + i), means), factors);
    if (gamma)
      y = hn::Mul(y, hn::LoadU(d, gamma + i));
    if (beta)
      y = hn::Add(y, hn::LoadU(d, beta + i));
    hn::StoreU(y, d, out + i);
  }
  writeLine(x + i, n - i, 1, mean, factor, gamma ? gamma + i : nullptr,
            beta ? beta + i : nullptr, out + i);
}

HWY_INLINE void normLines(const float *x, int64_t n, int64_t stride,
                          bool centre, float epsilon, const float *gamma,
                          const float *beta, float *out) {
  const FloatTag d;
  const FloatVec count = hn::Set(d, static_cast<float>(n));
  FloatVec mean = hn::Zero(d), squares = hn::Zero(d);
  if (centre)
    mean = hn::Div(reduceLines(ReduceOp::Sum, x, n, stride), count);
  for (int64_t i = 0; i < n; ++i) {
    const FloatVec delta = hn::Sub(hn::LoadU(d, x + i * stride), mean);
    squares = hn::MulAdd(delta, delta, squares);
  }
  const FloatVec factor =
      hn::Div(hn::Set(d, 1.0f),
              hn::Sqrt(hn::Add(hn::Div(squares, count), hn::Set(d, epsilon))));
  for (int64_t i = 0; i < n; ++i) {
    FloatVec y = hn::Mul(hn::Sub(hn::LoadU(d, x + i * stride), mean), factor);
    if (gamma)
      y = hn::Mul(y, hn::Set(d, gamma[i]));
    if (beta)
      y = hn::Add(y, hn::Set(d, beta[i]));
    hn::StoreU(y, d, out + i * stride);
  }
}

static void normStrided(const float *x, int64_t n, int64_t stride, bool centre,
                        float epsilon, const float *gamma, const float *beta,
                        float *out) {
  float mean = 0;
  if (centre)
    mean = reduceStrided(ReduceOp::Sum, x, n, stride) / static_cast<float>(n);
  float squares = 0;
  for (int64_t i = 0; i < n; ++i)
    squares += (x[i * stride] - mean) * (x[i * stride] - mean);
  const float factor =
      1.0f / std::sqrt(squares / static_cast<float>(n) + epsilon);
  writeLine(x, n, stride, mean, factor, gamma, beta, out);
}

static void normAll(const float *x, const AxisShape &shape, bool centre,
                    float epsilon, const float *gamma, const float *beta,
                    float *out) {
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(FloatTag()));
  for (int64_t o = 0; o < shape.outer; ++o) {
    const int64_t at = o * shape.count * shape.inner;
    if (shape.inner == 1) {
      normRow(x + at, shape.count, centre, epsilon, gamma, beta, out + at);
      continue;
    }
    int64_t j = at;
    for (; j + lanes <= at + shape.inner; j += lanes)
      normLines(x + j, shape.count, shape.inner, centre, epsilon, gamma, beta,
                out + j);
    for (; j < at + shape.inner; ++j)
      normStrided(x + j, shape.count, shape.inner, centre, epsilon, gamma, beta,
                  out + j);
  }
}

} // namespace espresso::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espresso::kernels {

HWY_EXPORT(reduceAll);
HWY_EXPORT(softmaxAll);
HWY_EXPORT(normAll);

[[maybe_unused]] static bool holds(size_t size, const AxisShape &shape) {
  return static_cast<int64_t>(size) == shape.size();
}

void reduce(ReduceOp op, std::span<const float> x, const AxisShape &shape,
            std::span<float> out) {
  assert(holds(x.size(), shape));
  if (!areFew(shape)) {
    HWY_DYNAMIC_DISPATCH(reduceAll)(op, x.data(), shape, out.data());
    return;
  }
  float *to = out.data();
  forEachTurned(
      x, shape,
      [&](std::span<float> rows, const AxisShape &turned) {
        HWY_DYNAMIC_DISPATCH(reduceAll)(op, rows.data(), turned, to);
        to += shape.inner;
      },
      [](int64_t, std::span<const float>) {});
}

void softmax(std::span<const float> x, const AxisShape &shape,
             std::span<float> out) {
  assert(holds(x.size(), shape) && holds(out.size(), shape));
  if (areFew(shape))
    return mapTurned(x, shape, out,
                     [](std::span<float> rows, const AxisShape &turned) {
                       softmax(rows, turned, rows);
                     });
  HWY_DYNAMIC_DISPATCH(softmaxAll)(x.data(), shape, out.data());
}

void rmsNorm(std::span<const float> x, const AxisShape &shape,
             std::span<const float> weight, float epsilon,
             std::span<float> out) {
  assert(holds(x.size(), shape) && holds(out.size(), shape));
  assert(static_cast<int64_t>(weight.size()) == shape.count);
  if (areFew(shape))
    return mapTurned(x, shape, out,
                     [&](std::span<float> rows, const AxisShape &turned) {
                       rmsNorm(rows, turned, weight, epsilon, rows);
                     });
  HWY_DYNAMIC_DISPATCH(normAll)
  (x.data(), shape, /*centre=*/false, epsilon, weight.data(), nullptr,
   out.data());
}

void layerNorm(std::span<const float> x, const AxisShape &shape,
               std::span<const float> gamma, std::span<const float> beta,
               float epsilon, std::span<float> out) {
  assert(holds(x.size(), shape) && holds(out.size(), shape));
  if (areFew(shape))
    return mapTurned(x, shape, out,
                     [&](std::span<float> rows, const AxisShape &turned) {
                       layerNorm(rows, turned, gamma, beta, epsilon, rows);
                     });
  HWY_DYNAMIC_DISPATCH(normAll)
  (x.data(), shape, /*centre=*/true, epsilon,
   gamma.empty() ? nullptr : gamma.data(), beta.empty() ? nullptr : beta.data(),
   out.data());
}

} // namespace espresso::kernels
#endif // HWY_ONCE
