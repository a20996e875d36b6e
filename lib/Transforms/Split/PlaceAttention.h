//===- PlaceAttention.h - Attention on the host or in the graph -*- C++ -*-===//
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
  /// In the graph where that is legal, on the host elsewhere.
  Auto,
  Host,
  Graph,
};

/// How many attentions of a function went where.
struct AttentionCounts {
  unsigned onHost = 0;
  unsigned inGraph = 0;
};

/// Rewrites each `espresso.attention` of `function` that may and shall run in
/// the graph:
///
///   a = attention(q, k, v, position = 0, k_cache, v_cache)  =>
///   cache_write(cache = k_cache, x = k, position = 0)
///   cache_write(cache = v_cache, x = v, position = 0)
///   a = causal_attention(q, k, v)
///
/// That is legal only at position 0, where the cache holds nothing yet that
/// the columns of the call could attend to. Reports and fails if `placement` is
/// Graph and one may not.
[[nodiscard]] FailureOr<AttentionCounts>
placeAttention(Function &function, AttentionPlacement placement);

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_SPLIT_PLACEATTENTION_H
