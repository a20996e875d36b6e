//===- LowerAttention.cpp - Causal attention in a program -----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionParts.h"

namespace espresso {

/// For q, k, v: reshape, transpose; matmul, mul scale (mul 1/cap, tanh, mul
/// cap), add mask, softmax, matmul, transpose, reshape. With grouped queries a
/// reshape stands before and after each matmul.
void lowerCausalAttention(LoweringBuilder &b) {
  AttentionShape shape = getAttentionShape(b);
  int64_t groups = shape.keyHeads;
  int64_t groupRows = shape.getGroupRows();
  Value *q = splitHeads(b, "q", shape.queryHeads, shape);
  Value *k = splitHeads(b, "k", groups, shape);
  Value *v = splitHeads(b, "v", groups, shape);

  q = regroup(b, q, groups, groupRows, shape, "q_groups");
  Value *products = b.matmul(q, k, /*transposeY=*/true, "products");
  products = regroup(b, products, shape.queryHeads, shape.tokens, shape,
                     "products_heads");
  Value *scores = scaleScores(b, products, shape, "");
  Value *mask = getCausalMask(b, shape.tokens);
  Value *masked = b.add(scores, mask, "masked");
  Value *weights = b.softmax(masked, /*axis=*/-1, "weights");

  weights = regroup(b, weights, groups, groupRows, shape, "weights_groups");
  Value *context = b.matmul(weights, v, /*transposeY=*/false, "context");
  context = regroup(b, context, shape.queryHeads, shape.tokens, shape,
                    "context_heads");
  mergeHeads(b, context, shape);
}

namespace {

/// Half of a masked attention: the rows of the cache, or the call's own
/// columns.
struct AttendedPart {
  std::string name;
  Value *keys = nullptr;
  Value *values = nullptr;
  /// Places among the weights.
  int64_t begin = 0, count = 0;
};

} // namespace

/// [1, P, 1, G · d] to [1, G, P, d].
static Value *splitRows(LoweringBuilder &b, llvm::StringRef input, int64_t rows,
                        const AttentionShape &shape) {
  Value *split =
      b.reshape(b.getOperand(input), {1, rows, shape.keyHeads, shape.headSize},
                (input + "_heads").str());
  return b.transpose(split, {0, 2, 1, 3}, (input + "_split").str());
}

/// Scaled products of the queries [1, G, R·S, d], as [1, H, S, n].
static Value *getScores(LoweringBuilder &b, Value *queries,
                        const AttendedPart &part, const AttentionShape &shape) {
  Value *products = b.matmul(queries, part.keys, /*transposeY=*/true,
                             part.name + "_products");
  products = regroup(b, products, shape.queryHeads, shape.tokens, shape,
                     part.name + "_products_heads");
  return scaleScores(b, products, shape, part.name + "_");
}

/// The sum of the part's values by its share of `weights`, as [1, G, R·S, d].
static Value *getContext(LoweringBuilder &b, Value *weights,
                         const AttendedPart &part,
                         const AttentionShape &shape) {
  Value *share = b.slice(weights, {0, 0, 0, part.begin},
                         {1, shape.queryHeads, shape.tokens, part.count},
                         part.name + "_weights");
  share = regroup(b, share, shape.keyHeads, shape.getGroupRows(), shape,
                  part.name + "_weights_groups");
  return b.matmul(share, part.values, /*transposeY=*/false,
                  part.name + "_context");
}

/// Scores of the rows with their mask, if there is one.
static Value *getMaskedScores(LoweringBuilder &b, Value *queries,
                              const AttendedPart &part,
                              const AttentionShape &shape) {
  Value *scores = getScores(b, queries, part, shape);
  if (!b.getComposite().hasBinding("mask"))
    return scores;
  Value *mask = b.transpose(b.getOperand("mask"), {0, 2, 3, 1}, "mask_rows");
  return b.add(scores, mask, part.name + "_masked");
}

/// Attention over the rows alone.
static void lowerOverRows(LoweringBuilder &b, Value *queries,
                          const AttendedPart &part,
                          const AttentionShape &shape) {
  Value *weights = b.softmax(getMaskedScores(b, queries, part, shape),
                             /*axis=*/-1, "weights");
  weights = regroup(b, weights, shape.keyHeads, shape.getGroupRows(), shape,
                    "weights_groups");
  Value *context =
      b.matmul(weights, part.values, /*transposeY=*/false, "context");
  context = regroup(b, context, shape.queryHeads, shape.tokens, shape,
                    "context_heads");
  mergeHeads(b, context, shape);
}

/// Scores of the rows with their mask and of the call's own columns, side by
/// side; softmax; the sum of both weighted sums. Keys and values are never
/// joined, which would copy the cache.
void lowerMaskedAttention(LoweringBuilder &b) {
  AttentionShape shape = getAttentionShape(b);
  int64_t rows = b.getOperand("k_rows")->getTensorType().getDim(1);
  Value *q = splitHeads(b, "q", shape.queryHeads, shape);
  q = regroup(b, q, shape.keyHeads, shape.getGroupRows(), shape, "q_groups");
  AttendedPart cached = {"cached", splitRows(b, "k_rows", rows, shape),
                         splitRows(b, "v_rows", rows, shape), 0, rows};
  if (!b.getComposite().hasBinding("k"))
    return lowerOverRows(b, q, cached, shape);
  AttendedPart own = {"own", splitHeads(b, "k", shape.keyHeads, shape),
                      splitHeads(b, "v", shape.keyHeads, shape), rows,
                      shape.tokens};

  Value *cachedScores = getMaskedScores(b, q, cached, shape);
  Value *ownScores = getScores(b, q, own, shape);
  if (shape.tokens > 1)
    ownScores = b.add(ownScores, getCausalMask(b, shape.tokens), "own_masked");
  Value *scores = b.concat({cachedScores, ownScores}, /*axis=*/3, "scores");
  Value *weights = b.softmax(scores, /*axis=*/-1, "weights");
  Value *context = b.add(getContext(b, weights, cached, shape),
                         getContext(b, weights, own, shape), "context");
  context = regroup(b, context, shape.queryHeads, shape.tokens, shape,
                    "context_heads");
  mergeHeads(b, context, shape);
}

} // namespace espresso
