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

/// Elements of x below which another thread costs more than it saves.
static constexpr int64_t kElementsPerThread = 16384;

PreparedColumns prepareColumns(std::span<const float> x, int64_t depth,
                               int64_t s, ThreadPool &pool, int64_t extra) {
  assert(static_cast<int64_t>(x.size()) >= depth * s);
  PreparedColumns prepared{.data = x.data(), .count = s};
  if (s == 1) {
    if (extra > 0)
      prepared.extra = pool.getWorkspace(extra);
    return prepared;
  }
  const int64_t grain =
      std::max<int64_t>(1, kElementsPerThread / std::max<int64_t>(1, depth));
  if (s <= kMaxFewColumns) {
    const int64_t size = HWY_DYNAMIC_DISPATCH(tiledSize)(depth, s);
    float *tiled = pool.getWorkspace(size + extra);
    const int64_t width = HWY_DYNAMIC_DISPATCH(tileWidth)();
    pool.parallelFor((s + width - 1) / width,
                     std::max<int64_t>(1, grain / width),
                     [&](int64_t begin, int64_t end, unsigned) {
                       HWY_DYNAMIC_DISPATCH(packTiled)
                       (x.data(), depth, s, tiled, begin, end);
                     });
    prepared.data = tiled;
    prepared.extra = tiled + size;
    return prepared;
  }
  const int64_t packed = HWY_DYNAMIC_DISPATCH(packedSize)(depth, s);
  const int64_t block = HWY_DYNAMIC_DISPATCH(blockSize)();
  const int64_t size = packed + block * int64_t{pool.getNumThreads()};
  float *panels = pool.getWorkspace(size + extra);
  const int64_t width = HWY_DYNAMIC_DISPATCH(panelColumns)();
  pool.parallelFor((s + width - 1) / width, std::max<int64_t>(1, grain / width),
                   [&](int64_t begin, int64_t end, unsigned) {
                     HWY_DYNAMIC_DISPATCH(packPanels)
                     (x.data(), depth, s, panels, begin, end);
                   });
  prepared.data = panels;
  prepared.blocks = panels + packed;
  prepared.blockSize = block;
  prepared.extra = panels + size;
  return prepared;
}

int64_t getChunkRows(int64_t rows, const MatrixView &w, int64_t s,
                     const ThreadPool &pool) {
  // A multiple of the rows of a tile, whatever the machine.
  constexpr int64_t kRowsTogether = 12;
  if (s <= kMaxFewColumns)
    return pool.getChunk(rows, w.getRowBytes(), kRowsTogether);
  // Whole tiles, and enough of them for one reading of x to be worth it.
  constexpr int64_t kChunksPerThread = 8, kMost = 10;
  const int64_t height = HWY_DYNAMIC_DISPATCH(tileRows)();
  const int64_t even =
      rows / (kChunksPerThread * height * int64_t{pool.getNumThreads()}) + 1;
  return std::clamp<int64_t>(even, 2, kMost) * height;
}

void multiplyRows(const MatrixView &w, const PreparedColumns &x,
                  const float *bias, float *y, int64_t begin, int64_t end,
                  unsigned thread) {
  if (x.count <= kMaxFewColumns) {
    HWY_DYNAMIC_DISPATCH(fewColumns)
    (w, x.data, x.count, bias, y, begin, end);
    return;
  }
  HWY_DYNAMIC_DISPATCH(manyColumns)
  (w, x.data, x.count, bias, y, x.blocks + thread * x.blockSize, begin, end);
}

void matMul(const MatrixView &w, std::span<const float> x, int64_t s,
            std::span<const float> bias, std::span<float> y, ThreadPool &pool) {
  assert(w.type == DataType::Float16 || w.type == DataType::BFloat16 ||
         w.type == DataType::Float32);
  assert(static_cast<int64_t>(y.size()) >= w.rows * s);
  assert(bias.empty() || static_cast<int64_t>(bias.size()) == w.rows);
  const float *b = bias.empty() ? nullptr : bias.data();
  const PreparedColumns columns = prepareColumns(x, w.columns, s, pool);
  pool.parallelChunks(w.rows, getChunkRows(w.rows, w, s, pool),
                      [&](int64_t begin, int64_t end, unsigned thread) {
                        multiplyRows(w, columns, b, y.data(), begin, end,
                                     thread);
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
