//===- MatMul.cpp - Products of matrices and vectors ----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "Kernels/MatMul.cpp"
#include "hwy/foreach_target.h" // IWYU pragma: keep

#include "Kernels/Columns-inl.h"
#include "Kernels/Gemm-inl.h"
#include "espresso/Kernels/MatMul.h"
#include "hwy/highway.h"

#include <algorithm>
#include <cassert>

HWY_BEFORE_NAMESPACE();
namespace espresso::kernels::HWY_NAMESPACE {

/// Calls `function` with the rows of `w` as elements of their type.
template <typename Function>
HWY_INLINE void withElements(const MatrixView &w, const Function &function) {
  switch (w.type) {
  case DataType::Float16:
    return function(static_cast<const hwy::float16_t *>(w.data));
  case DataType::BFloat16:
    return function(static_cast<const hwy::bfloat16_t *>(w.data));
  default:
    return function(static_cast<const float *>(w.data));
  }
}

static void fewColumns(const MatrixView &w, const float *x, int64_t s,
                       const float *bias, float *y, int64_t begin,
                       int64_t end) {
  withElements(w, [&](const auto *rows) HWY_ATTR {
    multiplyFewColumns(rows, x, w.columns, s, bias, y, begin, end);
  });
}

static void manyColumns(const MatrixView &w, const float *packed, int64_t s,
                        const float *bias, float *y, float *block,
                        int64_t begin, int64_t end) {
  withElements(w, [&](const auto *rows) HWY_ATTR {
    multiplyPanels(rows, w.columns, packed, s, bias, y, block, begin, end);
  });
}

static int64_t tiledSize(int64_t n, int64_t s) { return getTiledSize(n, s); }
static int64_t tileWidth() { return kTileWidth; }
static int64_t packedSize(int64_t depth, int64_t s) {
  return getPackedSize(depth, s);
}
static int64_t panelColumns() { return kTileColumns; }
static int64_t tileRows() { return kTileRows; }
static int64_t blockSize() { return kBlockRows * kDepth; }

} // namespace espresso::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace espresso::kernels {

HWY_EXPORT(fewColumns);
HWY_EXPORT(manyColumns);
HWY_EXPORT(packTiled);
HWY_EXPORT(tiledSize);
HWY_EXPORT(tileWidth);
HWY_EXPORT(packPanels);
HWY_EXPORT(packedSize);
HWY_EXPORT(panelColumns);
HWY_EXPORT(tileRows);
HWY_EXPORT(blockSize);

/// Weights below which another thread costs more than it saves.
static constexpr int64_t kProductsPerThread = 16384;

static int64_t getGrain(int64_t products, int64_t least) {
  return std::max(least, kProductsPerThread / std::max<int64_t>(1, products));
}

static void multiplyByGemm(const MatrixView &w, const float *x, int64_t s,
                           const float *bias, float *y, ThreadPool &pool) {
  const int64_t packed = HWY_DYNAMIC_DISPATCH(packedSize)(w.columns, s);
  const int64_t block = HWY_DYNAMIC_DISPATCH(blockSize)();
  float *panels =
      pool.getWorkspace(packed + block * int64_t{pool.getNumThreads()});
  float *blocks = panels + packed;
  const int64_t width = HWY_DYNAMIC_DISPATCH(panelColumns)();
  pool.parallelFor((s + width - 1) / width, getGrain(w.columns * width, 1),
                   [&](int64_t begin, int64_t end, unsigned) {
                     HWY_DYNAMIC_DISPATCH(packPanels)
                     (x, w.columns, s, panels, begin, end);
                   });
  // Threads share out whole tiles.
  const int64_t height = HWY_DYNAMIC_DISPATCH(tileRows)();
  pool.parallelFor((w.rows + height - 1) / height,
                   getGrain(w.columns * s * height, 1),
                   [&](int64_t begin, int64_t end, unsigned thread) {
                     HWY_DYNAMIC_DISPATCH(manyColumns)
                     (w, panels, s, bias, y, blocks + thread * block,
                      begin * height, std::min(end * height, w.rows));
                   });
}

void matMul(const MatrixView &w, std::span<const float> x, int64_t s,
            std::span<const float> bias, std::span<float> y, ThreadPool &pool) {
  assert(w.type == DataType::Float16 || w.type == DataType::BFloat16 ||
         w.type == DataType::Float32);
  assert(static_cast<int64_t>(x.size()) >= w.columns * s);
  assert(static_cast<int64_t>(y.size()) >= w.rows * s);
  assert(bias.empty() || static_cast<int64_t>(bias.size()) == w.rows);
  const float *b = bias.empty() ? nullptr : bias.data();
  if (s > kMaxFewColumns)
    return multiplyByGemm(w, x.data(), s, b, y.data(), pool);
  const float *columns = x.data();
  if (s > 1) {
    float *tiled =
        pool.getWorkspace(HWY_DYNAMIC_DISPATCH(tiledSize)(w.columns, s));
    const int64_t width = HWY_DYNAMIC_DISPATCH(tileWidth)();
    pool.parallelFor((s + width - 1) / width, getGrain(w.columns * width, 1),
                     [&](int64_t begin, int64_t end, unsigned) {
                       HWY_DYNAMIC_DISPATCH(packTiled)
                       (x.data(), w.columns, s, tiled, begin, end);
                     });
    columns = tiled;
  }
  pool.parallelFor(w.rows, getGrain(w.columns * s, 4),
                   [&](int64_t begin, int64_t end, unsigned) {
                     HWY_DYNAMIC_DISPATCH(fewColumns)
                     (w, columns, s, b, y.data(), begin, end);
                   });
}

void transpose(std::span<const float> in, int64_t rows, int64_t columns,
               std::span<float> out) {
  constexpr int64_t kBlock = 16;
  for (int64_t r0 = 0; r0 < rows; r0 += kBlock)
    for (int64_t c0 = 0; c0 < columns; c0 += kBlock)
      for (int64_t r = r0; r < std::min(rows, r0 + kBlock); ++r)
        for (int64_t c = c0; c < std::min(columns, c0 + kBlock); ++c)
          out[c * rows + r] = in[r * columns + c];
}

} // namespace espresso::kernels
#endif // HWY_ONCE
