//===- LowerAttention.cpp - Causal attention in a program -----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LoweringBuilder.h"

#include <cmath>

namespace espresso {

namespace {

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

} // namespace

static AttentionShape getShape(const LoweringBuilder &b) {
  TensorType q = b.getOperand("q")->getTensorType();
  TensorType k = b.getOperand("k")->getTensorType();
  int64_t headSize = b.getComposite().getConstant("head_dim").getInteger();
  return {headSize, q.getDim(1) / headSize, k.getDim(1) / headSize,
          q.getDim(3)};
}

static double getScale(const LoweringBuilder &b, int64_t headSize) {
  if (Attribute scale = b.getComposite().getConstant("scale"))
    return scale.getReal();
  return 1.0 / std::sqrt(static_cast<double>(headSize));
}

/// [1, heads · d, 1, S] to [1, heads, S, d].
static Value *splitHeads(LoweringBuilder &b, llvm::StringRef input,
                         int64_t heads, const AttentionShape &shape) {
  Value *split =
      b.reshape(b.getOperand(input), {1, heads, shape.headSize, shape.tokens},
                (input + "_heads").str());
  return b.transposeLast(split, (input + "_rows").str());
}

/// The mask [1, 1, S, S]: row s adds 0 to column s and those before it in the
/// window, and a value that leaves no weight after softmax to the others.
/// Finite, so that no row can become NaN (ane-mask-value).
static Value *getCausalMask(LoweringBuilder &b, int64_t tokens) {
  double maskValue = b.getOptions().maskValue;
  std::string name = "causal_mask_" + std::to_string(tokens);
  int64_t window = tokens;
  if (Attribute value = b.getComposite().getConstant("window"))
    window = std::min(window, value.getInteger());
  if (window < tokens)
    name += "_window_" + std::to_string(window);
  return b.tensor(name, {1, 1, tokens, tokens}, [&](int64_t index) {
    int64_t row = index / tokens, column = index % tokens;
    return column > row || column <= row - window ? maskValue : 0.0;
  });
}

/// cap tanh(scores / cap), if there is a cap.
static Value *capScores(LoweringBuilder &b, Value *scores) {
  Attribute cap = b.getComposite().getConstant("softcap");
  if (!cap)
    return scores;
  Value *inverse = b.scalar("inv_softcap", 1.0 / cap.getReal());
  Value *shrunk = b.mul(scores, inverse, "scores_shrunk");
  Value *tanh = b.create("tanh", {{"x", shrunk}}, "scores_tanh");
  return b.mul(tanh, b.scalar("softcap", cap.getReal()), "scores_capped");
}

/// Between key heads [1, G, R·S, n] and query heads [1, H, S, n], R = H/G:
/// query heads that share a key head are neighbours, so both are one layout and
/// no key or value is ever repeated. Nothing to do without groups.
static Value *regroup(LoweringBuilder &b, Value *x, int64_t heads, int64_t rows,
                      const AttentionShape &shape, llvm::StringRef suffix) {
  if (!shape.isGrouped())
    return x;
  return b.reshape(x, {1, heads, rows, x->getTensorType().getDim(3)}, suffix);
}

/// For q, k, v: reshape, transpose; matmul, mul scale (mul 1/cap, tanh, mul
/// cap), add mask, softmax, matmul, transpose, reshape. With grouped queries a
/// reshape stands before and after each matmul.
void lowerCausalAttention(LoweringBuilder &b) {
  AttentionShape shape = getShape(b);
  int64_t groups = shape.keyHeads;
  int64_t groupRows = shape.getGroupRows();
  Value *q = splitHeads(b, "q", shape.queryHeads, shape);
  Value *k = splitHeads(b, "k", groups, shape);
  Value *v = splitHeads(b, "v", groups, shape);

  q = regroup(b, q, groups, groupRows, shape, "q_groups");
  Value *products = b.matmul(q, k, /*transposeY=*/true, "products");
  products = regroup(b, products, shape.queryHeads, shape.tokens, shape,
                     "products_heads");
  Value *scale = b.scalar("attention_scale", getScale(b, shape.headSize));
  Value *scores = capScores(b, b.mul(products, scale, "scores"));
  Value *mask = getCausalMask(b, shape.tokens);
  Value *masked = b.add(scores, mask, "masked");
  Value *weights = b.softmax(masked, /*axis=*/-1, "weights");

  weights = regroup(b, weights, groups, groupRows, shape, "weights_groups");
  Value *context = b.matmul(weights, v, /*transposeY=*/false, "context");
  context = regroup(b, context, shape.queryHeads, shape.tokens, shape,
                    "context_heads");
  Value *columns = b.transposeLast(context, "columns");
  b.replaceWith(b.reshape(
      columns, {1, shape.queryHeads * shape.headSize, 1, shape.tokens},
      "merged"));
}

} // namespace espresso
