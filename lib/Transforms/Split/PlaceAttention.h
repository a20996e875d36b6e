//===- PlaceAttention.h - Attention on the host or in the graph  -*- C++
//-*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TRANSFORMS_SPLIT_PLACEATTENTION_H
#define ESPRESSO_LIB_TRANSFORMS_SPLIT_PLACEATTENTION_H

#include "espresso/IR/Program.h"

namespace espresso {

enum class AttentionPlacement : uint8_t {
  /// In the graph where that needs no cache, on the host elsewhere.
  Auto,
  Host,
  Graph,
};

/// How many attentions of a function went where.
struct AttentionCounts {
  unsigned onHost = 0;
  /// In the graph, at position 0.
  unsigned inGraph = 0;
  /// In the graph, over rows of a cache that the host hands in.
  unsigned overCache = 0;
};

/// Rewrites each `espresso.attention` of `function` that shall run in the
/// graph. At position 0 the cache holds nothing yet that the columns of the
/// call could attend to:
///
///   a = attention(q, k, v, position = 0, k_cache, v_cache)  =>
///   cache_write(cache = k_cache, x = k, position = 0)
///   cache_write(cache = v_cache, x = v, position = 0)
///   a = causal_attention(q, k, v)
///
/// Elsewhere, if `placement` is Graph, the program is given its rows, and a
/// mask that is the same for all layers:
///
///   m = cache_mask(position, rows = P, columns = S)
///   kr = cache_read(k_cache); vr = cache_read(v_cache)
///   a = masked_attention(q, k, v, k_rows = kr, v_rows = vr, mask = m)
///   cache_write(cache = k_cache, x = k, position); …
AttentionCounts placeAttention(Function &function,
                               AttentionPlacement placement);

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_SPLIT_PLACEATTENTION_H
