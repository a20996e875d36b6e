//===- Cache.cpp - Composites that programs use in place of states --------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Attend.h"
#include "Families.h"

namespace espresso {

/// Half-split pairs: (i, i + r/2) for i below r/2, within each head.
static void rotateByAngles(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  int64_t size = ctx.getInteger("head_dim");
  int64_t half =
      (ctx.has("rotary_dim") ? ctx.getInteger("rotary_dim") : size) / 2;
  int64_t heads = x.getDim(1) / size, columns = x.getShape().back();
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(x), angles(ctx.get("angles"));
    Tensor result = ctx.makeResult(x.getShape());
    std::vector<T> &out = result.get<T>();
    std::copy(xs.data(), xs.data() + x.getNumElements(), out.begin());
    for (int64_t head = 0; head < heads; ++head)
      for (int64_t i = 0; i < half * columns; ++i) {
        int64_t first = head * size * columns + i;
        int64_t second = first + half * columns;
        T cosine = angles[i], sine = angles[i + half * columns];
        out[first] = xs[first] * cosine - xs[second] * sine;
        out[second] = xs[second] * cosine + xs[first] * sine;
      }
    ctx.setResult(std::move(result));
  });
}

static void cacheRead(KernelContext &ctx) {
  Tensor &cache = ctx.getState("cache");
  int64_t width = cache.getDim(1);
  int64_t rows = ctx.has("rows") ? ctx.getInteger("rows") : cache.getDim(0);
  Tensor result(cache.getElementType(), {1, rows, 1, width});
  std::visit(
      [&](auto &to) {
        const auto &from =
            std::get<std::decay_t<decltype(to)>>(cache.getStorage());
        std::copy(from.begin(), from.end(), to.begin());
      },
      result.getStorage());
  ctx.setResult(std::move(result));
}

/// Whether column s of a call at `position` may look at row `row` of the cache.
static bool isVisible(int64_t row, int64_t position, int64_t s,
                      int64_t window) {
  return row < position && (window == 0 || row > position + s - window);
}

static void cacheMask(KernelContext &ctx) {
  int64_t position = ctx.getInteger("position");
  int64_t rows = ctx.getInteger("rows"), columns = ctx.getInteger("columns");
  int64_t window = ctx.has("window") ? ctx.getInteger("window") : 0;
  double value = ctx.getReal("value");
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Tensor result = ctx.makeResult({1, rows, 1, columns});
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t s = 0; s < columns; ++s)
        result.get<T>()[row * columns + s] =
            isVisible(row, position, s, window) ? T(0) : static_cast<T>(value);
    ctx.setResult(std::move(result));
  });
}

namespace {

/// Extents of a masked attention.
struct MaskedHeads {
  explicit MaskedHeads(KernelContext &ctx)
      : size(ctx.getInteger("head_dim")), heads(ctx.get("q").getDim(1) / size),
        width(ctx.get("k_rows").getDim(3)), rows(ctx.get("k_rows").getDim(1)),
        columns(ctx.get("q").getShape().back()),
        own(ctx.has("k") ? columns : 0),
        window(ctx.has("window") ? ctx.getInteger("window") : columns),
        scale(ctx.has("scale") ? ctx.getReal("scale")
                               : 1 / std::sqrt(static_cast<double>(size))),
        cap(ctx.has("softcap") ? ctx.getReal("softcap") : 0) {}

  /// Of the group that query head `head` reads.
  int64_t getChannel(int64_t head) const {
    return head / (heads / (width / size)) * size;
  }

  /// `own` are the columns of keys, all or none.
  int64_t size, heads, width, rows, columns, own, window;
  double scale, cap;
};

} // namespace

/// Rows of the cache, then the columns of the call, as [rows + S, width].
template <typename T>
static std::vector<T> joinRows(KernelContext &ctx, llvm::StringRef cache,
                               llvm::StringRef own, const MaskedHeads &shape) {
  Elements<T> rows(ctx.get(cache));
  std::vector<T> all(rows.data(), rows.data() + shape.rows * shape.width);
  if (shape.own == 0)
    return all;
  Elements<T> columns(ctx.get(own));
  for (int64_t s = 0; s < shape.columns; ++s)
    for (int64_t c = 0; c < shape.width; ++c)
      all.push_back(columns[c * shape.columns + s]);
  return all;
}

static void maskedAttention(KernelContext &ctx) {
  MaskedHeads shape(ctx);
  int64_t total = shape.rows + shape.own;
  bool hasMask = ctx.has("mask");
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> qs(ctx.get("q")), mask(ctx.get(hasMask ? "mask" : "q"));
    std::vector<T> keys = joinRows<T>(ctx, "k_rows", "k", shape);
    std::vector<T> values = joinRows<T>(ctx, "v_rows", "v", shape);
    Tensor result = ctx.makeResult(ctx.get("q").getShape());
    std::vector<T> &out = result.get<T>();
    withSum<T>(ctx.getNumerics(), [&](auto emptySum) {
      for (int64_t s = 0; s < shape.columns; ++s) {
        std::vector<T> bias(total);
        for (int64_t row = 0; hasMask && row < shape.rows; ++row)
          bias[row] = mask[row * shape.columns + s];
        for (int64_t c = 0; c < shape.own; ++c)
          if (c > s || c <= s - shape.window)
            bias[shape.rows + c] = -std::numeric_limits<T>::infinity();
        for (int64_t head = 0; head < shape.heads; ++head) {
          int64_t channel = shape.getChannel(head);
          MatrixView<T> query = {qs.data() + head * shape.size * shape.columns +
                                     s,
                                 1, shape.size, 1, shape.columns};
          std::vector<T> column = attend<decltype(emptySum)>(
              query, {keys.data() + channel, total, shape.size, shape.width, 1},
              {values.data() + channel, total, shape.size, shape.width, 1},
              static_cast<T>(shape.scale), bias.data(),
              static_cast<T>(shape.cap));
          for (int64_t i = 0; i < shape.size; ++i)
            out[(head * shape.size + i) * shape.columns + s] = column[i];
        }
      }
    });
    ctx.setResult(std::move(result));
  });
}

static constexpr KernelEntry kKernels[] = {
    {"CacheMask", cacheMask},
    {"CacheRead", cacheRead},
    {"MaskedAttention", maskedAttention},
    {"Rotate", rotateByAngles},
};

llvm::ArrayRef<KernelEntry> getCacheKernels() { return kKernels; }

} // namespace espresso
