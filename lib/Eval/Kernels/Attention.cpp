//===- Attention.cpp - Attention ------------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Attend.h"
#include "Families.h"

namespace espresso {

//===----------------------------------------------------------------------===//
// MIL
//===----------------------------------------------------------------------===//

/// A mask as numbers to be added to scores: false is minus infinity.
template <typename T>
static std::vector<T> getBias(const Tensor &mask) {
  std::vector<T> bias = getElementsAs<T>(mask);
  if (mask.getElementType() == DataType::Bool)
    for (T &value : bias)
      value = value != 0 ? T(0) : -std::numeric_limits<T>::infinity();
  return bias;
}

/// softmax(query key^T / sqrt(E) + attn_mask) value over the last two axes.
static void scaledDotProductAttention(KernelContext &ctx) {
  const Tensor &query = ctx.get("query"), &key = ctx.get("key");
  const Tensor &value = ctx.get("value"), *mask = ctx.find("attn_mask");
  int64_t rank = query.getRank();
  int64_t queries = query.getDim(rank - 2), size = query.getDim(rank - 1);
  int64_t keys = key.getDim(rank - 2), valueSize = value.getDim(rank - 1);
  int64_t batch = getNumElements(query.getShape().drop_back(2));
  Shape shape(query.getShape().begin(), query.getShape().end());
  Shape scoreShape = shape;
  shape.back() = valueSize;
  scoreShape.back() = keys;
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> qs(query), ks(key), vs(value);
    std::vector<T> bias(getNumElements(scoreShape), T(0));
    if (mask) {
      std::vector<T> given = getBias<T>(*mask);
      BroadcastIndex index(mask->getShape(), scoreShape);
      for (size_t i = 0; i < bias.size(); ++i)
        bias[i] = given[index[static_cast<int64_t>(i)]];
    }
    T scale = 1 / std::sqrt(static_cast<T>(size));
    Tensor result = ctx.makeResult(shape);
    std::vector<T> &out = result.get<T>();
    withSum<T>(ctx.getNumerics(), [&](auto emptySum) {
      for (int64_t i = 0; i < batch * queries; ++i) {
        int64_t b = i / queries;
        std::vector<T> row = attend<decltype(emptySum)>(
            makeMatrix(qs.data() + i * size, 1, size),
            makeMatrix(ks.data() + b * keys * size, keys, size),
            makeMatrix(vs.data() + b * keys * valueSize, keys, valueSize),
            scale, bias.data() + i * keys);
        std::copy(row.begin(), row.end(), out.begin() + i * valueSize);
      }
    });
    ctx.setResult(std::move(result));
  });
}

//===----------------------------------------------------------------------===//
// Composites
//===----------------------------------------------------------------------===//

namespace {

/// Heads of queries in [1, H d, 1, S] form, and what they share.
struct Heads {
  explicit Heads(KernelContext &ctx, int64_t keyWidth)
      : size(ctx.getInteger("head_dim")), count(ctx.get("q").getDim(1) / size),
        perGroup(count / (keyWidth / size)),
        columns(ctx.get("q").getShape().back()),
        scale(ctx.has("scale") ? ctx.getReal("scale")
                               : 1 / std::sqrt(static_cast<double>(size))),
        cap(ctx.has("softcap") ? ctx.getReal("softcap") : 0),
        window(ctx.has("window") ? ctx.getInteger("window")
                                 : std::numeric_limits<int64_t>::max()) {}

  int64_t size;
  int64_t count;
  /// Query heads that share a key head.
  int64_t perGroup;
  int64_t columns;
  double scale;
  /// 0: none.
  double cap;
  /// Rows a column sees, the last one its own.
  int64_t window;
};

} // namespace

/// Column s of each head of `q` attends to row `start + s` of `keys` and
/// `values` and those before it in the window. Their columns are the channels
/// of all key heads.
template <typename T>
static void attendCausally(KernelContext &ctx, const Heads &heads,
                           MatrixView<T> keys, MatrixView<T> values,
                           int64_t start) {
  Elements<T> qs(ctx.get("q"));
  Tensor result = ctx.makeResult(ctx.get("q").getShape());
  std::vector<T> &out = result.get<T>();
  withSum<T>(ctx.getNumerics(), [&](auto emptySum) {
    for (int64_t head = 0; head < heads.count; ++head) {
      int64_t channel = head * heads.size;
      int64_t keyChannel = head / heads.perGroup * heads.size;
      for (int64_t s = 0; s < heads.columns; ++s) {
        int64_t end = start + s + 1,
                first = std::max<int64_t>(0, end - heads.window);
        auto select = [&](MatrixView<T> view) {
          view.data += first * view.rowStride + keyChannel * view.colStride;
          view.rows = end - first;
          view.cols = heads.size;
          return view;
        };
        MatrixView<T> query = {qs.data() + channel * heads.columns + s, 1,
                               heads.size, 1, heads.columns};
        std::vector<T> column = attend<decltype(emptySum)>(
            query, select(keys), select(values), static_cast<T>(heads.scale),
            static_cast<const T *>(nullptr), static_cast<T>(heads.cap));
        for (int64_t i = 0; i < heads.size; ++i)
          out[(channel + i) * heads.columns + s] = column[i];
      }
    }
  });
  ctx.setResult(std::move(result));
}

/// Writes column s of `x` to row `position + s` of the cache; refuses rows that
/// it does not have.
static void writeRows(KernelContext &ctx, Tensor &cache, const Tensor &x) {
  int64_t position = ctx.getInteger("position");
  int64_t columns = x.getShape().back(), channels = x.getDim(1);
  if (position < 0 || position + columns > cache.getDim(0))
    return ctx.fail("rows " + llvm::Twine(position) + " to " +
                    llvm::Twine(position + columns - 1) +
                    " are not in a cache of " + llvm::Twine(cache.getDim(0)));
  std::visit(
      [&](auto &to) {
        const auto &from = std::get<std::decay_t<decltype(to)>>(x.getStorage());
        for (int64_t s = 0; s < columns; ++s)
          for (int64_t c = 0; c < channels; ++c)
            to[(position + s) * channels + c] = from[c * columns + s];
      },
      cache.getStorage());
}

static void cacheWrite(KernelContext &ctx) {
  writeRows(ctx, ctx.getState("cache"), ctx.get("x"));
}

/// Writes k and v to their caches, then attends to the rows up to each column.
static void attention(KernelContext &ctx) {
  Tensor &keyCache = ctx.getState("k_cache");
  Tensor &valueCache = ctx.getState("v_cache");
  writeRows(ctx, keyCache, ctx.get("k"));
  writeRows(ctx, valueCache, ctx.get("v"));
  if (ctx.getError())
    return;
  int64_t rows = keyCache.getDim(0), channels = keyCache.getDim(1);
  Heads heads(ctx, channels);
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    attendCausally(ctx, heads,
                   makeMatrix(keyCache.get<T>().data(), rows, channels),
                   makeMatrix(valueCache.get<T>().data(), rows, channels),
                   ctx.getInteger("position"));
  });
}

/// Attention among the columns of one call.
static void causalAttention(KernelContext &ctx) {
  const Tensor &k = ctx.get("k"), &v = ctx.get("v");
  int64_t channels = k.getDim(1), columns = k.getShape().back();
  Heads heads(ctx, channels);
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> ks(k), vs(v);
    attendCausally(ctx, heads, makeTransposed(ks.data(), channels, columns),
                   makeTransposed(vs.data(), channels, columns), /*start=*/0);
  });
}

/// Writes x to the cache, then sums, channel by channel, each column and those
/// before it times the taps, the last of which is that of the column itself.
/// Columns before the first are zero.
static void shortConvolution(KernelContext &ctx) {
  Tensor &cache = ctx.getState("cache");
  const Tensor &x = ctx.get("x"), &weight = ctx.get("weight");
  const Tensor *bias = ctx.find("bias");
  writeRows(ctx, cache, x);
  if (ctx.getError())
    return;
  int64_t position = ctx.getInteger("position"), taps = weight.getDim(1);
  int64_t channels = x.getDim(1), columns = x.getShape().back();
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> weights(weight);
    const T *rows = cache.get<T>().data();
    Tensor result = ctx.makeResult(x.getShape());
    withSum<T>(ctx.getNumerics(), [&](auto emptySum) {
      using Product = typename decltype(emptySum)::Product;
      for (int64_t i = 0; i < x.getNumElements(); ++i) {
        int64_t c = i / columns, last = position + i % columns;
        T shift = static_cast<T>(bias ? bias->getReal(c) : 0);
        Product sum;
        if constexpr (Product::kStartsWithBias)
          sum.addBias(std::exchange(shift, T(0)));
        for (int64_t tap = std::max<int64_t>(0, taps - 1 - last); tap < taps;
             ++tap)
          sum.addProduct(
              Product::prepare(weights[c * taps + tap]),
              Product::prepare(rows[(last - (taps - 1 - tap)) * channels + c]));
        result.get<T>()[i] = sum.get() + shift;
      }
    });
    ctx.setResult(std::move(result));
  });
}

static constexpr KernelEntry kKernels[] = {
    {"Attention", attention},
    {"CacheWrite", cacheWrite},
    {"CausalAttention", causalAttention},
    {"ScaledDotProductAttention", scaledDotProductAttention},
    {"ShortConv", shortConvolution},
};

llvm::ArrayRef<KernelEntry> getAttentionKernels() { return kKernels; }

} // namespace espresso
