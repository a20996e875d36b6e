//===- AttendBlock.h - What attention does at a time ------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_KERNELS_ATTENDBLOCK_H
#define ESPRESSO_LIB_KERNELS_ATTENDBLOCK_H

#include "espresso/Base/DataType.h"

#include <cstdint>

namespace espresso::kernels {

/// Cache rows of a block: those of all heads, twice, fit the second cache.
inline constexpr int64_t kAttendRows = 128;

/// Rows of a key and a value cache from one on, at the elements of one head;
/// fp16 or fp32.
struct CacheRows {
  DataType keyType = DataType::Float16, valueType = DataType::Float16;
  const void *keys = nullptr, *values = nullptr;
  int64_t stride = 0; ///< elements between rows
  /// What will be wanted next, to be fetched meanwhile; may be none.
  const void *nextKeys = nullptr, *nextValues = nullptr;
  int64_t nextKeyBytes = 0, nextValueBytes = 0;
};

/// One column and the `heads` query heads that share a key and value head, over
/// `count` (1 to kAttendRows) cache rows. For each head: the maximum m of the
/// scores, the total of e^(score - m), and the sums of those times the values.
struct AttendBlock {
  CacheRows rows; ///< the first of the block
  int64_t count = 0, heads = 0, headDim = 0;
  int64_t width = 0; ///< floats of a head below: headDim, rounded up
  float scale = 1, softcap = 0;
  const float *queries = nullptr; ///< [heads, width], zero beyond headDim
  float *scores = nullptr;        ///< [heads, kAttendRows], overwritten
  float *wide = nullptr;          ///< [16, width], scratch memory
  float *maxima = nullptr, *totals = nullptr; ///< results, [heads]
  float *sums = nullptr;                      ///< results, [heads, width]
};

/// A key and value head, and query heads and columns that see it together, when
/// there are many columns.
struct AttendPanels {
  CacheRows rows; ///< row 0
  int64_t headDim = 0;
  int64_t heads = 0;                ///< query heads from `q` on
  int64_t first = 0, end = 0;       ///< columns
  int64_t position = 0, window = 0; ///< as in AttentionShape
  float scale = 1, softcap = 0;
  const float *q = nullptr; ///< [heads * headDim, columns]
  float *y = nullptr;       ///< likewise
  int64_t columns = 0;
  float *scratch = nullptr; ///< getPanelScratch() floats, 64-byte aligned
};

} // namespace espresso::kernels

#endif // ESPRESSO_LIB_KERNELS_ATTENDBLOCK_H
