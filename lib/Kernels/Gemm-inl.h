//===- Gemm-inl.h - Weights times many columns ------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A product is made of tiles of kTileRows x kTileColumns results, whose sums
// stay in registers while kDepth elements pass: as many as hide the latency of
// an addition and let one load of x serve kTileRows of them. x is packed once,
// into panels of kTileColumns columns that are read from front to end; narrow
// weights are widened once for all columns, kBlockRows x kDepth at a time,
// which stay in the second cache.
//
//===----------------------------------------------------------------------===//

#if defined(ESPRESSO_LIB_KERNELS_GEMM_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ESPRESSO_LIB_KERNELS_GEMM_INL_H
#undef ESPRESSO_LIB_KERNELS_GEMM_INL_H
#else
#define ESPRESSO_LIB_KERNELS_GEMM_INL_H
#endif

#include "Kernels/Load-inl.h"
#include "hwy/cache_control.h"

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace espresso::kernels::HWY_NAMESPACE {

/// Rows of a tile: all registers but those of x and of the weight at hand.
#if HWY_TARGET <= HWY_AVX3 || HWY_ARCH_ARM_A64
static constexpr int kTileRows = 12;
#else
static constexpr int kTileRows = 6;
#endif
static constexpr int kTileVectors = 2;
static constexpr int64_t kTileColumns =
    kTileVectors * int64_t{hn::MaxLanes(FloatTag())};
/// Elements of a row widened at a time: a tile's rows and columns of that depth
/// fit the first cache.
static constexpr int64_t kDepth = 256;
/// Rows widened at a time; they fit the second cache.
static constexpr int64_t kBlockRows = 10 * kTileRows;

/// Adds the products of `depth` elements of kTileRows rows of `w`, kDepth
/// apart, and of a panel of x to a tile of y, whose rows are `stride` apart.
/// The first products of a tile start from `bias`, or from zero without one.
HWY_INLINE void addTile(const float *w, const float *x, int64_t depth,
                        bool isFirst, const float *bias, float *y,
                        int64_t stride) {
  const FloatTag d;
  constexpr int64_t kLanes = hn::MaxLanes(FloatTag());
  FloatVec sums[kTileRows][kTileVectors];
  ESPRESSO_UNROLL
  for (int r = 0; r < kTileRows; ++r)
    ESPRESSO_UNROLL
  for (int v = 0; v < kTileVectors; ++v)
    sums[r][v] = isFirst ? hn::Set(d, bias ? bias[r] : 0.0f)
                         : hn::LoadU(d, y + r * stride + v * kLanes);
  for (int64_t k = 0; k < depth; ++k) {
    const FloatVec x0 = hn::Load(d, x + k * kTileColumns);
    const FloatVec x1 = hn::Load(d, x + k * kTileColumns + kLanes);
    ESPRESSO_UNROLL
    for (int r = 0; r < kTileRows; ++r) {
      const FloatVec weight = hn::Set(d, w[r * kDepth + k]);
      sums[r][0] = hn::MulAdd(weight, x0, sums[r][0]);
      sums[r][1] = hn::MulAdd(weight, x1, sums[r][1]);
    }
  }
  ESPRESSO_UNROLL
  for (int r = 0; r < kTileRows; ++r)
    ESPRESSO_UNROLL
  for (int v = 0; v < kTileVectors; ++v)
    hn::StoreU(sums[r][v], d, y + r * stride + v * kLanes);
}

/// addTile() at the edge of y, where only `rows` x `columns` of the tile exist.
static void addPartialTile(const float *w, const float *x, int64_t depth,
                           bool isFirst, const float *bias, float *y,
                           int64_t stride, int64_t rows, int64_t columns) {
  HWY_ALIGN float tile[kTileRows * kTileColumns] = {};
  float biases[kTileRows] = {};
  if (bias)
    std::copy_n(bias, rows, biases);
  if (!isFirst)
    for (int64_t r = 0; r < rows; ++r)
      std::copy_n(y + r * stride, columns, tile + r * kTileColumns);
  addTile(w, x, depth, isFirst, biases, tile, kTileColumns);
  for (int64_t r = 0; r < rows; ++r)
    std::copy_n(tile + r * kTileColumns, columns, y + r * stride);
}

/// Widens `depth` elements of `rows` rows into rows of kDepth floats. Rows up
/// to a whole tile are zero.
template <typename T>
static void widenBlock(const T *w, int64_t columns, int64_t rows, int64_t depth,
                       float *block) {
  const FloatTag d;
  constexpr int64_t kLanes = hn::MaxLanes(FloatTag());
  for (int64_t r = 0; r < rows; ++r) {
    const T *from = w + r * columns;
    float *to = block + r * kDepth;
    int64_t k = 0;
    for (; k + kLanes <= depth; k += kLanes)
      hn::Store(loadFloats(from + k), d, to + k);
    for (; k < depth; ++k)
      to[k] = toFloat(from[k]);
  }
  for (; rows % kTileRows != 0; ++rows)
    std::fill_n(block + rows * kDepth, depth, 0.0f);
}

/// Floats of x [depth, s] in panels.
[[nodiscard]] inline int64_t getPackedSize(int64_t depth, int64_t s) {
  return (s + kTileColumns - 1) / kTileColumns * kTileColumns * depth;
}

/// Packs panels [begin, end) of x [depth, s]; columns beyond s are zero.
static void packPanels(const float *x, int64_t depth, int64_t s, float *packed,
                       int64_t begin, int64_t end) {
  for (int64_t panel = begin; panel < end; ++panel) {
    const int64_t first = panel * kTileColumns;
    const int64_t count = std::min(kTileColumns, s - first);
    float *to = packed + first * depth;
    for (int64_t k = 0; k < depth; ++k, to += kTileColumns) {
      std::copy_n(x + k * s + first, count, to);
      std::fill(to + count, to + kTileColumns, 0.0f);
    }
  }
}

/// Asks for the weights of the next block, some rows with each tile: they lie
/// in short pieces, which hardware does not foresee.
template <typename T>
class BlockFetcher {
public:
  BlockFetcher(const T *w, int64_t columns, int64_t rows, int64_t depth,
               int64_t tiles)
      : at(w), stride(columns), rows(rows),
        bytes(depth * static_cast<int64_t>(sizeof(T))),
        perTile((rows + tiles - 1) / tiles) {}
  HWY_INLINE void step() {
    for (int64_t i = 0; i < perTile && rows > 0; ++i, --rows, at += stride)
      for (int64_t line = 0; line < bytes; line += 64)
        hwy::Prefetch(reinterpret_cast<const char *>(at) + line);
  }

private:
  const T *at;
  int64_t stride, rows, bytes, perTile;
};

/// Rows [begin, end) of y = w x + bias, with x in panels and a block of
/// kBlockRows * kDepth floats to widen weights into.
template <typename T>
static void multiplyPanels(const T *w, int64_t columns, const float *packed,
                           int64_t s, const float *bias, float *y, float *block,
                           int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; row += kBlockRows) {
    const int64_t rows = std::min(kBlockRows, end - row);
    for (int64_t k = 0; k < columns; k += kDepth) {
      const int64_t depth = std::min(kDepth, columns - k);
      widenBlock(w + row * columns + k, columns, rows, depth, block);
      // The rest of these rows, or the beginning of the next ones.
      const bool isLast = k + kDepth >= columns;
      const int64_t nextRow = isLast ? row + kBlockRows : row;
      const int64_t nextK = isLast ? 0 : k + kDepth;
      BlockFetcher<T> next(w + nextRow * columns + nextK, columns,
                           std::clamp<int64_t>(end - nextRow, 0, kBlockRows),
                           std::min(kDepth, columns - nextK),
                           (s + kTileColumns - 1) / kTileColumns *
                               ((rows + kTileRows - 1) / kTileRows));
      for (int64_t j = 0; j < s; j += kTileColumns) {
        const float *x = packed + j * columns + k * kTileColumns;
        for (int64_t r = 0; r < rows; r += kTileRows) {
          next.step();
          const float *b = bias ? bias + row + r : nullptr;
          float *out = y + (row + r) * s + j;
          if (r + kTileRows <= rows && j + kTileColumns <= s)
            addTile(block + r * kDepth, x, depth, k == 0, b, out, s);
          else
            addPartialTile(block + r * kDepth, x, depth, k == 0, b, out, s,
                           std::min<int64_t>(kTileRows, rows - r),
                           std::min(kTileColumns, s - j));
        }
      }
    }
  }
}

} // namespace espresso::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif // toggled guard
