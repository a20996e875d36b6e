//===- Attend.cpp - Attention over a cache --------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "Kernels/Attend.cpp"
#include "hwy/foreach_target.h" // IWYU pragma: keep

#include "Kernels/AttendFew-inl.h"
#include "Kernels/AttendMany-inl.h"
#include "espresso/Base/CheckedMath.h"
#include "espresso/Kernels/Attention.h"
#include "hwy/highway.h"

#include <algorithm>
#include <cassert>
#include <limits>

#if HWY_ONCE
namespace espresso::kernels {

HWY_EXPORT(attendBlock);
HWY_EXPORT(mergeBlock);
HWY_EXPORT(attendPanels);
HWY_EXPORT(panelScratch);
HWY_EXPORT(panelColumns);

/// Heads too wide for panels of them to stay in a cache go column by column.
static constexpr int64_t kMaxPanelHead = 1024;
/// Products below which another thread costs more than it saves.
static constexpr int64_t kProductsPerThread = 16384;

static int64_t getWidth(const AttentionShape &shape) {
  // Whole vectors of any machine.
  constexpr int64_t kLanes = 64;
  return (shape.headDim + kLanes - 1) / kLanes * kLanes;
}

static bool isMany(const AttentionShape &shape) {
  return shape.columns > kMaxFewColumns && shape.headDim <= kMaxPanelHead;
}

/// Panels of columns that a thread computes together: with few heads there are
/// more columns to share what is widened.
static int64_t getPanelsTogether(const AttentionShape &shape) {
  return shape.heads / shape.kvHeads > 1 ? 1 : 2;
}

/// Floats of a result of one block, or of all that are merged: sums, maximum
/// and total of each head of a group.
static int64_t getResultSize(const AttentionShape &shape) {
  return shape.heads / shape.kvHeads * (getWidth(shape) + 2);
}

/// Results of the blocks of one column, where threads share them out.
static int64_t getSharedSize(const AttentionShape &shape, int64_t rows) {
  const uint64_t blocks = static_cast<uint64_t>(rows) / kAttendRows + 2;
  const std::optional<uint64_t> size =
      checkedMul(blocks, shape.kvHeads * getResultSize(shape));
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  return static_cast<int64_t>(std::min(size.value_or(kMax), kMax));
}

/// Queries, scores, widened rows and two results.
static int64_t getColumnSize(const AttentionShape &shape) {
  const int64_t group = shape.heads / shape.kvHeads;
  return group * (getWidth(shape) + kAttendRows) + 16 * getWidth(shape) +
         2 * getResultSize(shape);
}

int64_t getAttentionScratch(const AttentionShape &shape, int64_t rows,
                            unsigned threads) {
  // A vector more, to begin at a multiple of one.
  constexpr int64_t kAlignment = 16;
  // Fewer columns are to do with it, too: with one there are the most results.
  int64_t perThread = getColumnSize(shape);
  if (isMany(shape))
    perThread = std::max(perThread,
                         HWY_DYNAMIC_DISPATCH(panelScratch)(
                             shape.headDim, getPanelsTogether(shape) *
                                                (shape.heads / shape.kvHeads)));
  const std::optional<uint64_t> each =
      checkedAdd(getSharedSize(shape, rows),
                 static_cast<uint64_t>(perThread + kAlignment));
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  const uint64_t total =
      each ? checkedMul(*each, uint64_t{threads}).value_or(kMax) : kMax;
  return static_cast<int64_t>(std::min(total, kMax));
}

static CacheRows getCacheRows(const AttentionShape &shape,
                              const MatrixView &keys, const MatrixView &values,
                              int64_t kvHead, int64_t row) {
  const int64_t at = row * keys.columns + kvHead * shape.headDim;
  CacheRows rows;
  rows.keyType = keys.type;
  rows.valueType = values.type;
  rows.keys = keys.getElement(at);
  rows.values = values.getElement(at);
  rows.stride = keys.columns;
  return rows;
}

namespace {

/// The first vector boundary of scratch memory.
float *align(float *memory) {
  constexpr uintptr_t kBytes = 64;
  return reinterpret_cast<float *>(
      (reinterpret_cast<uintptr_t>(memory) + kBytes - 1) / kBytes * kBytes);
}

/// What is known of a block, or of all of them: see AttendBlock.
struct Result {
  Result(float *memory, int64_t heads, int64_t width)
      : sums(memory), maxima(memory + heads * width), totals(maxima + heads) {}
  float *sums, *maxima, *totals;
};

/// Few columns, each by itself.
class FewColumns {
public:
  FewColumns(const AttentionShape &shape, std::span<const float> q,
             const MatrixView &keys, const MatrixView &values,
             std::span<float> y, std::span<const AttentionColumn> texts = {})
      : shape(shape), q(q), keys(keys), values(values), y(y), texts(texts),
        group(shape.heads / shape.kvHeads), width(getWidth(shape)) {}

  /// Every block of a column of a group of heads, one after another.
  void attend(int64_t kvHead, int64_t column, float *scratch) const {
    AttendBlock block = start(kvHead, column, scratch);
    float *memory = block.wide + 16 * width;
    const Result part(memory, group, width);
    const Result all(memory + getResultSize(shape), group, width);
    const int64_t end = getEnd(column), first = getFirst(column);
    for (int64_t row = first; row < end;) {
      const int64_t next = std::min(end, (row / kAttendRows + 1) * kAttendRows);
      attendRows(block, kvHead, column, row, next, row == first ? all : part);
      if (row != first)
        merge(part, all);
      row = next;
    }
    finish(all, kvHead, column);
  }

  /// Every column of every group of heads, each of about `rows` rows.
  void attendAll(int64_t rows, std::span<float> scratch, int64_t perThread,
                 ThreadPool &pool) const {
    const int64_t products = std::max<int64_t>(1, rows * shape.headDim * group);
    const int64_t grain = std::max<int64_t>(1, kProductsPerThread / products);
    pool.parallelFor(shape.kvHeads * shape.columns, grain,
                     [&](int64_t begin, int64_t end, unsigned thread) {
                       float *mine = align(scratch.data() + thread * perThread);
                       for (int64_t task = begin; task < end; ++task)
                         attend(task / shape.columns, task % shape.columns,
                                mine);
                     });
  }

  /// Blocks of the only column; `results` has room for all of all heads.
  void attendBlocks(std::span<float> scratch, int64_t perThread, float *results,
                    ThreadPool &pool) const {
    const int64_t end = shape.position + 1, first = getFirst(0);
    const int64_t firstBlock = first / kAttendRows;
    const int64_t blocks = (end - 1) / kAttendRows + 1 - firstBlock;
    auto getResult = [&](int64_t task) {
      return Result(results + task * getResultSize(shape), group, width);
    };
    // The heads of a block follow each other: its rows lie side by side.
    pool.parallelFor(shape.kvHeads * blocks, 1,
                     [&](int64_t begin, int64_t taskEnd, unsigned thread) {
                       float *mine = align(scratch.data() + thread * perThread);
                       for (int64_t task = begin; task < taskEnd; ++task) {
                         const int64_t block = task / shape.kvHeads;
                         const int64_t head = task % shape.kvHeads;
                         const int64_t at = (firstBlock + block) * kAttendRows;
                         AttendBlock rows = start(head, 0, mine);
                         fetchMeanwhile(rows, head, at + kAttendRows,
                                        std::min(end, at + 2 * kAttendRows));
                         attendRows(rows, head, 0, std::max(first, at),
                                    std::min(end, at + kAttendRows),
                                    getResult(head * blocks + block));
                       }
                     });
    for (int64_t head = 0; head < shape.kvHeads; ++head) {
      const Result all = getResult(head * blocks);
      for (int64_t block = 1; block < blocks; ++block)
        merge(getResult(head * blocks + block), all);
      finish(all, head, 0);
    }
  }

  /// The first row that a column sees.
  int64_t getFirst(int64_t column) const {
    const int64_t end = getEnd(column);
    return end - std::min(end, shape.window);
  }

private:
  /// The row behind the last that a column sees.
  int64_t getEnd(int64_t column) const {
    return (texts.empty() ? shape.position + column : texts[column].position) +
           1;
  }

  AttendBlock start(int64_t kvHead, int64_t column, float *scratch) const {
    AttendBlock block;
    block.rows.keyType = keys.type;
    block.rows.valueType = values.type;
    block.rows.stride = keys.columns;
    block.heads = group;
    block.headDim = shape.headDim;
    block.width = width;
    block.scale = shape.scale;
    block.softcap = shape.softcap;
    block.queries = scratch;
    block.scores = scratch + group * width;
    block.wide = block.scores + group * kAttendRows;
    for (int64_t h = 0; h < group; ++h) {
      float *to = scratch + h * width;
      const float *from = q.data() +
                          (kvHead * group + h) * shape.headDim * shape.columns +
                          column;
      for (int64_t i = 0; i < shape.headDim; ++i)
        to[i] = from[i * shape.columns];
      std::fill(to + shape.headDim, to + width, 0.0f);
    }
    return block;
  }

  /// Has a head's part of rows [row, end), which come next, fetched meanwhile.
  void fetchMeanwhile(AttendBlock &block, int64_t kvHead, int64_t row,
                      int64_t end) const {
    const int64_t rows = std::max<int64_t>(0, end - row);
    auto getPart = [&](const MatrixView &cache, int64_t &bytes) {
      const int64_t all = rows * cache.getRowBytes();
      const int64_t first = all / shape.kvHeads * kvHead;
      bytes = all / shape.kvHeads;
      return static_cast<const char *>(cache.getElement(row * cache.columns)) +
             first;
    };
    block.rows.nextKeys = getPart(keys, block.rows.nextKeyBytes);
    block.rows.nextValues = getPart(values, block.rows.nextValueBytes);
  }

  void attendRows(AttendBlock &block, int64_t kvHead, int64_t column,
                  int64_t row, int64_t end, const Result &result) const {
    MatrixView k = keys, v = values;
    if (!texts.empty()) {
      k.data = texts[column].keys;
      v.data = texts[column].values;
    }
    const CacheRows rows = getCacheRows(shape, k, v, kvHead, row);
    block.rows.keys = rows.keys;
    block.rows.values = rows.values;
    block.count = end - row;
    block.maxima = result.maxima;
    block.totals = result.totals;
    block.sums = result.sums;
    HWY_DYNAMIC_DISPATCH(attendBlock)(block);
  }

  void merge(const Result &part, const Result &all) const {
    for (int64_t h = 0; h < group; ++h)
      HWY_DYNAMIC_DISPATCH(mergeBlock)
    (part.maxima[h], part.totals[h], part.sums + h * width, width,
     all.maxima + h, all.totals + h, all.sums + h * width);
  }

  void finish(const Result &all, int64_t kvHead, int64_t column) const {
    for (int64_t h = 0; h < group; ++h) {
      float *to = y.data() +
                  (kvHead * group + h) * shape.headDim * shape.columns + column;
      for (int64_t i = 0; i < shape.headDim; ++i)
        to[i * shape.columns] = all.sums[h * width + i] / all.totals[h];
    }
  }

  const AttentionShape &shape;
  std::span<const float> q;
  const MatrixView &keys, &values;
  std::span<float> y;
  std::span<const AttentionColumn> texts; ///< empty: all are of one
  int64_t group, width;
};

} // namespace

/// Panels of many columns, shared out by heads and columns.
static void attendMany(const AttentionShape &shape, std::span<const float> q,
                       const MatrixView &keys, const MatrixView &values,
                       std::span<float> scratch, int64_t perThread,
                       std::span<float> y, ThreadPool &pool) {
  const int64_t group = shape.heads / shape.kvHeads;
  const int64_t together =
      getPanelsTogether(shape) * HWY_DYNAMIC_DISPATCH(panelColumns)();
  const int64_t parts = (shape.columns + together - 1) / together;
  // Later columns see more rows: the parts of one head go to several threads
  // only if there are more threads than heads.
  pool.parallelFor(
      shape.kvHeads * parts, 1,
      [&](int64_t begin, int64_t end, unsigned thread) {
        for (int64_t task = begin; task < end; ++task) {
          const int64_t head = task / parts, part = task % parts;
          const int64_t first = head * group * shape.headDim * shape.columns;
          AttendPanels panels;
          panels.rows = getCacheRows(shape, keys, values, head, 0);
          panels.headDim = shape.headDim;
          panels.heads = group;
          panels.first = part * together;
          panels.end = std::min(shape.columns, panels.first + together);
          panels.position = shape.position;
          panels.window = shape.window;
          panels.scale = shape.scale;
          panels.softcap = shape.softcap;
          panels.q = q.data() + first;
          panels.y = y.data() + first;
          panels.columns = shape.columns;
          panels.scratch = align(scratch.data() + thread * perThread);
          HWY_DYNAMIC_DISPATCH(attendPanels)(panels);
        }
      });
}

void attention(const AttentionShape &shape, std::span<const float> q,
               const MatrixView &keys, const MatrixView &values,
               std::span<float> scratch, std::span<float> y, ThreadPool &pool) {
  const int64_t rows = shape.position + shape.columns;
  assert(rows <= keys.rows && rows <= values.rows &&
         keys.columns == values.columns);
  const int64_t perThread = getAttentionScratch(shape, rows, 1);
  assert(static_cast<int64_t>(scratch.size()) >=
         perThread * pool.getNumThreads());
  if (isMany(shape))
    return attendMany(shape, q, keys, values, scratch, perThread, y, pool);
  const FewColumns few(shape, q, keys, values, y);
  if (shape.columns == 1 && rows - few.getFirst(0) > kAttendRows) {
    // What threads have for themselves, then the results of all blocks.
    const int64_t own = getColumnSize(shape) + 16;
    return few.attendBlocks(scratch, own,
                            scratch.data() + own * pool.getNumThreads(), pool);
  }
  few.attendAll(rows, scratch, perThread, pool);
}

void attention(const AttentionShape &shape, std::span<const float> q,
               const MatrixView &keys, const MatrixView &values,
               std::span<const AttentionColumn> columns,
               std::span<float> scratch, std::span<float> y, ThreadPool &pool) {
  assert(static_cast<int64_t>(columns.size()) == shape.columns &&
         shape.columns <= kMaxFewColumns);
  const int64_t perThread = getAttentionScratch(shape, keys.rows, 1);
  assert(static_cast<int64_t>(scratch.size()) >=
         perThread * pool.getNumThreads());
  const FewColumns few(shape, q, keys, values, y, columns);
  int64_t rows = 0;
  for (const AttentionColumn &column : columns)
    rows += column.position + 1;
  few.attendAll(rows / shape.columns, scratch, perThread, pool);
}

} // namespace espresso::kernels
#endif // HWY_ONCE
