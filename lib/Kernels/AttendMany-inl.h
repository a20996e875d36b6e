//===- AttendMany-inl.h - Attention of many columns -------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Two products with an online softmax between them. Columns lie in the lanes:
// a panel is kPanel columns of one query head, its queries [headDim, kPanel].
// For each block of kPanelRows cache rows, keys and values are widened once for
// all panels of the heads that share them; then for each panel, scores
// [rows, kPanel] are a product with the queries, and the sums [headDim, kPanel]
// take the product of the values with the exponentials.
//
//===----------------------------------------------------------------------===//

#if defined(ESPRESSO_LIB_KERNELS_ATTENDMANY_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ESPRESSO_LIB_KERNELS_ATTENDMANY_INL_H
#undef ESPRESSO_LIB_KERNELS_ATTENDMANY_INL_H
#else
#define ESPRESSO_LIB_KERNELS_ATTENDMANY_INL_H
#endif

#include "Kernels/AttendFew-inl.h"
#include "Kernels/Math-inl.h"

#include <algorithm>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace espresso::kernels::HWY_NAMESPACE {

static constexpr int64_t kPanelLanes = hn::MaxLanes(FloatTag());
/// Columns of a panel: two vectors.
static constexpr int64_t kPanel = 2 * kPanelLanes;
/// Cache rows of a block: with a head of 64, keys, queries and scores fit the
/// first cache, and so do values, exponentials and sums.
static constexpr int64_t kPanelRows = 96;
/// Rows of a product's tile; divides kPanelRows.
#if HWY_TARGET <= HWY_AVX3 || HWY_ARCH_ARM_A64
static constexpr int kPanelTile = 8;
#else
static constexpr int kPanelTile = 4;
#endif

/// Rows of `w` [kPanelTile, depth] times x [depth, kPanel], stored to or added
/// to out [kPanelTile, kPanel]. Element (r, k) of w is at r * rowStride + k *
/// depthStride; a stride that is known to the compiler takes no register.
template <bool IsSum, int64_t RowStride, int64_t DepthStride>
HWY_INLINE void multiplyPanelTile(const float *w, int64_t stride,
                                  const float *x, int64_t depth, float *out) {
  const FloatTag d;
  const int64_t rowStride = RowStride == 0 ? stride : RowStride;
  const int64_t depthStride = DepthStride == 0 ? stride : DepthStride;
  FloatVec sums[kPanelTile][2];
  ESPRESSO_UNROLL
  for (int r = 0; r < kPanelTile; ++r)
    ESPRESSO_UNROLL
  for (int v = 0; v < 2; ++v)
    sums[r][v] =
        IsSum ? hn::LoadU(d, out + r * kPanel + v * kPanelLanes) : hn::Zero(d);
  for (int64_t k = 0; k < depth; ++k, w += depthStride) {
    const FloatVec x0 = hn::LoadU(d, x + k * kPanel);
    const FloatVec x1 = hn::LoadU(d, x + k * kPanel + kPanelLanes);
    ESPRESSO_UNROLL
    for (int r = 0; r < kPanelTile; ++r) {
      const FloatVec weight = hn::Set(d, w[r * rowStride]);
      sums[r][0] = hn::MulAdd(weight, x0, sums[r][0]);
      sums[r][1] = hn::MulAdd(weight, x1, sums[r][1]);
    }
  }
  ESPRESSO_UNROLL
  for (int r = 0; r < kPanelTile; ++r)
    ESPRESSO_UNROLL
  for (int v = 0; v < 2; ++v)
    hn::StoreU(sums[r][v], d, out + r * kPanel + v * kPanelLanes);
}

/// Scores [rows, kPanel] of `rows` widened keys and the queries of a panel.
HWY_INLINE void scorePanel(const float *keys, int64_t width, int64_t rows,
                           const float *queries, int64_t headDim,
                           float *scores) {
  for (int64_t r = 0; r < rows; r += kPanelTile) {
    const float *from = keys + r * width;
    float *to = scores + r * kPanel;
    // The widths of most models.
    if (width == 64)
      multiplyPanelTile<false, 64, 1>(from, width, queries, headDim, to);
    else if (width == 128)
      multiplyPanelTile<false, 128, 1>(from, width, queries, headDim, to);
    else
      multiplyPanelTile<false, 0, 1>(from, width, queries, headDim, to);
  }
}

/// Floats between widened rows: headDim, rounded up to whole tiles.
HWY_INLINE int64_t getPanelWidth(int64_t headDim) {
  return (headDim + 15) / 16 * 16;
}

/// One panel of one query head.
struct Panel {
  int64_t head = 0;             ///< of those of AttendPanels
  int64_t first = 0, count = 0; ///< columns
  float *queries, *sums;        ///< [width, kPanel]
  float *maxima, *totals;       ///< [kPanel]
};

/// Floats of a panel, and of what all panels of a thread share.
HWY_INLINE int64_t getPanelSize(int64_t headDim) {
  return (2 * getPanelWidth(headDim) + 2) * kPanel;
}
static int64_t panelScratch(int64_t headDim, int64_t panels) {
  return panels * getPanelSize(headDim) +
         2 * kPanelRows * getPanelWidth(headDim) + kPanelRows * kPanel;
}
static int64_t panelColumns() { return kPanel; }

static void startPanel(const AttendPanels &a, const Panel &p) {
  const FloatTag d;
  const int64_t width = getPanelWidth(a.headDim);
  std::fill_n(p.sums, width * kPanel, 0.0f);
  std::fill_n(p.maxima, kPanel, -std::numeric_limits<float>::infinity());
  std::fill_n(p.totals, kPanel, 0.0f);
  for (int64_t i = 0; i < a.headDim; ++i) {
    const float *from = a.q + (p.head * a.headDim + i) * a.columns + p.first;
    float *to = p.queries + i * kPanel;
    std::copy_n(from, p.count, to);
    std::fill(to + p.count, to + kPanel, 0.0f);
    for (int64_t v = 0; v < kPanel; v += kPanelLanes)
      hn::StoreU(hn::Mul(hn::LoadU(d, to + v), hn::Set(d, a.scale)), d, to + v);
  }
}

template <typename T>
static void widenPanelRows(const T *rows, int64_t stride, int64_t count,
                           int64_t n, float *out) {
  const FloatTag d;
  const int64_t width = getPanelWidth(n);
  for (int64_t r = 0; r < count; ++r) {
    int64_t i = 0;
    for (; i + kPanelLanes <= n; i += kPanelLanes)
      hn::StoreU(loadFloats(rows + r * stride + i), d, out + r * width + i);
    for (; i < n; ++i)
      out[r * width + i] = toFloat(rows[r * stride + i]);
    std::fill(out + r * width + n, out + (r + 1) * width, 0.0f);
  }
  // Rows that fill up a tile.
  for (int64_t r = count; r % kPanelTile != 0; ++r)
    std::fill_n(out + r * width, width, 0.0f);
}

/// Makes minus infinity of the scores that columns do not see: column c sees
/// the rows after position + c - window, up to position + c.
static void maskScores(const AttendPanels &a, const Panel &p, int64_t row,
                       int64_t rows, float *scores) {
  const FloatTag d;
  const FloatVec none = hn::Set(d, -std::numeric_limits<float>::infinity());
  for (int64_t r = 0; r < rows; ++r) {
    // Lanes [from, to) see this row.
    const int64_t at = row + r - a.position - p.first;
    const float from = static_cast<float>(std::clamp<int64_t>(at, 0, kPanel));
    const float to = static_cast<float>(
        at > kPanel - a.window ? kPanel
                               : std::clamp<int64_t>(at + a.window, 0, kPanel));
    for (int64_t v = 0; v < kPanel; v += kPanelLanes) {
      const FloatVec lane = hn::Iota(d, static_cast<float>(v));
      FloatVec score = hn::LoadU(d, scores + r * kPanel + v);
      score = hn::IfThenElse(hn::Lt(lane, hn::Set(d, from)), none, score);
      score = hn::IfThenElse(hn::Lt(lane, hn::Set(d, to)), score, none);
      hn::StoreU(score, d, scores + r * kPanel + v);
    }
  }
}

/// Scores become exponentials; what was summed before shrinks accordingly.
static void exponentiatePanel(const Panel &p, int64_t rows, int64_t width,
                              float *scores) {
  const FloatTag d;
  const FloatVec none = hn::Set(d, -std::numeric_limits<float>::infinity());
  for (int64_t v = 0; v < kPanel; v += kPanelLanes) {
    const FloatVec before = hn::LoadU(d, p.maxima + v);
    FloatVec top = before;
    for (int64_t r = 0; r < rows; ++r)
      top = hn::Max(top, hn::LoadU(d, scores + r * kPanel + v));
    const FloatVec base = hn::IfThenElse(hn::Eq(top, none), hn::Zero(d), top);
    const FloatVec factor = expVector(hn::Sub(before, base));
    FloatVec total = hn::Mul(hn::LoadU(d, p.totals + v), factor);
    for (int64_t r = 0; r < rows; ++r) {
      const FloatVec e =
          expVector(hn::Sub(hn::LoadU(d, scores + r * kPanel + v), base));
      hn::StoreU(e, d, scores + r * kPanel + v);
      total = hn::Add(total, e);
    }
    hn::StoreU(top, d, p.maxima + v);
    hn::StoreU(total, d, p.totals + v);
    for (int64_t i = 0; i < width; ++i)
      hn::StoreU(hn::Mul(hn::LoadU(d, p.sums + i * kPanel + v), factor), d,
                 p.sums + i * kPanel + v);
  }
}

/// Adds rows [row, row + rows), widened, to a panel.
static void addToPanel(const AttendPanels &a, const Panel &p, int64_t row,
                       int64_t rows, const float *keys, const float *values,
                       float *scores) {
  const FloatTag d;
  const int64_t width = getPanelWidth(a.headDim);
  const int64_t last = a.position + p.first + p.count - 1;
  rows = std::min(rows, last + 1 - row);
  const int64_t firstSeen = a.position + p.first + 1 - a.window;
  if (rows <= 0 || row + rows <= firstSeen)
    return;
  scorePanel(keys, width, rows, p.queries, a.headDim, scores);
  if (a.softcap != 0)
    for (int64_t i = 0; i < rows * kPanel; i += kPanelLanes)
      hn::StoreU(hn::Mul(hn::Set(d, a.softcap),
                         tanhVector(hn::Div(hn::LoadU(d, scores + i),
                                            hn::Set(d, a.softcap)))),
                 d, scores + i);
  if (row + rows - 1 > a.position + p.first || row <= last - a.window)
    maskScores(a, p, row, rows, scores);
  exponentiatePanel(p, rows, width, scores);
  for (int64_t i = 0; i < width; i += kPanelTile)
    multiplyPanelTile<true, 1, 0>(values + i, width, scores, rows,
                                  p.sums + i * kPanel);
}

static void finishPanel(const AttendPanels &a, const Panel &p) {
  const FloatTag d;
  for (int64_t i = 0; i < a.headDim; ++i) {
    float *sums = p.sums + i * kPanel;
    for (int64_t v = 0; v < kPanel; v += kPanelLanes)
      hn::StoreU(hn::Div(hn::LoadU(d, sums + v), hn::LoadU(d, p.totals + v)), d,
                 sums + v);
    std::copy_n(sums, p.count,
                a.y + (p.head * a.headDim + i) * a.columns + p.first);
  }
}

/// All columns [first, end) of the heads; panelScratch() says what
/// `a.scratch` holds.
static void attendPanels(const AttendPanels &a) {
  const int64_t width = getPanelWidth(a.headDim);
  float *wideKeys = a.scratch, *wideValues = wideKeys + kPanelRows * width;
  float *scores = wideValues + kPanelRows * width;
  float *memory = scores + kPanelRows * kPanel;
  auto forPanels = [&](auto run) HWY_ATTR {
    float *at = memory;
    for (int64_t head = 0; head < a.heads; ++head)
      for (int64_t c = a.first; c < a.end; c += kPanel) {
        Panel p{head,
                c,
                std::min(kPanel, a.end - c),
                at,
                at + width * kPanel,
                at + 2 * width * kPanel,
                at + (2 * width + 1) * kPanel};
        run(p);
        at += getPanelSize(a.headDim);
      }
  };
  forPanels([&](const Panel &p) HWY_ATTR { startPanel(a, p); });
  const int64_t end = a.position + a.end;
  int64_t row = std::max<int64_t>(0, a.position + a.first + 1 - a.window);
  for (; row < end; row += kPanelRows) {
    const int64_t rows = std::min(kPanelRows, end - row);
    auto widen = [&](float *wide) {
      return [&a, row, rows, wide](const auto *from) HWY_ATTR {
        widenPanelRows(from + row * a.rows.stride, a.rows.stride, rows,
                       a.headDim, wide);
      };
    };
    withCacheRows(a.rows.keyType, a.rows.keys, widen(wideKeys));
    withCacheRows(a.rows.valueType, a.rows.values, widen(wideValues));
    forPanels([&](const Panel &p) HWY_ATTR {
      addToPanel(a, p, row, rows, wideKeys, wideValues, scores);
    });
  }
  forPanels([&](const Panel &p) HWY_ATTR { finishPanel(a, p); });
}

} // namespace espresso::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif // toggled guard
