//===- AttentionParts.h - What lowerings of attention share --- -*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TRANSFORMS_LOWER_ATTENTIONPARTS_H
#define ESPRESSO_LIB_TRANSFORMS_LOWER_ATTENTIONPARTS_H

#include "LoweringBuilder.h"

namespace espresso {

/// Extents of one attention. Rows of scores are `queriesPerGroup · tokens`
/// while they belong to key heads.
struct AttentionShape {
  int64_t headSize = 0;
  int64_t queryHeads = 0;
  int64_t keyHeads = 0;
  int64_t tokens = 0;

  bool isGrouped() const { return queryHeads != keyHeads; }
  int64_t getGroupRows() const { return queryHeads / keyHeads * tokens; }
};

/// Of the composite, by its arguments q, k and head_dim.
[[nodiscard]] AttentionShape getAttentionShape(const LoweringBuilder &b);

/// [1, heads · d, 1, S] to [1, heads, S, d].
Value *splitHeads(LoweringBuilder &b, llvm::StringRef input, int64_t heads,
                  const AttentionShape &shape);

/// The mask [1, 1, S, S]: row s adds 0 to column s and those before it in the
/// window, and a value that leaves no weight after softmax to the others.
/// Finite, so that no row can become NaN (ane-mask-value).
Value *getCausalMask(LoweringBuilder &b, int64_t tokens);

/// `products` times the scale, then cap tanh(scores / cap) if there is a cap.
Value *scaleScores(LoweringBuilder &b, Value *products,
                   const AttentionShape &shape, llvm::StringRef prefix);

/// Between key heads [1, G, R·S, n] and query heads [1, H, S, n], R = H/G:
/// query heads that share a key head are neighbours, so both are one layout and
/// no key or value is ever repeated. Nothing to do without groups.
Value *regroup(LoweringBuilder &b, Value *x, int64_t heads, int64_t rows,
               const AttentionShape &shape, llvm::StringRef suffix);

/// [1, H, S, d] to [1, H · d, 1, S], in place of the composite.
void mergeHeads(LoweringBuilder &b, Value *context,
                const AttentionShape &shape);

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_LOWER_ATTENTIONPARTS_H
