//===- AttentionParts.cpp - What lowerings of attention share -------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionParts.h"

#include <algorithm>
#include <cmath>

namespace espresso {

AttentionShape getAttentionShape(const LoweringBuilder &b) {
  TensorType q = b.getOperand("q")->getTensorType();
  TensorType k = b.getOperand("k")->getTensorType();
  int64_t headSize = b.getComposite().getConstant("head_dim").getInteger();
  return {headSize, q.getDim(1) / headSize, k.getDim(1) / headSize,
          q.getDim(3)};
}

Value *splitHeads(LoweringBuilder &b, llvm::StringRef input, int64_t heads,
                  const AttentionShape &shape) {
  Value *split =
      b.reshape(b.getOperand(input), {1, heads, shape.headSize, shape.tokens},
                (input + "_heads").str());
  return b.transposeLast(split, (input + "_rows").str());
}

Value *getCausalMask(LoweringBuilder &b, int64_t tokens) {
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
static Value *capScores(LoweringBuilder &b, Value *scores,
                        const std::string &name) {
  Attribute cap = b.getComposite().getConstant("softcap");
  if (!cap)
    return scores;
  Value *inverse = b.scalar("inv_softcap", 1.0 / cap.getReal());
  Value *shrunk = b.mul(scores, inverse, name + "_shrunk");
  Value *tanh = b.create("tanh", {{"x", shrunk}}, name + "_tanh");
  return b.mul(tanh, b.scalar("softcap", cap.getReal()), name + "_capped");
}

Value *scaleScores(LoweringBuilder &b, Value *products,
                   const AttentionShape &shape, llvm::StringRef prefix) {
  double scale = 1.0 / std::sqrt(static_cast<double>(shape.headSize));
  if (Attribute given = b.getComposite().getConstant("scale"))
    scale = given.getReal();
  std::string name = (prefix + "scores").str();
  Value *scores = b.mul(products, b.scalar("attention_scale", scale), name);
  return capScores(b, scores, name);
}

Value *regroup(LoweringBuilder &b, Value *x, int64_t heads, int64_t rows,
               const AttentionShape &shape, llvm::StringRef suffix) {
  if (!shape.isGrouped())
    return x;
  return b.reshape(x, {1, heads, rows, x->getTensorType().getDim(3)}, suffix);
}

void mergeHeads(LoweringBuilder &b, Value *context,
                const AttentionShape &shape) {
  Value *columns = b.transposeLast(context, "columns");
  b.replaceWith(b.reshape(
      columns, {1, shape.queryHeads * shape.headSize, 1, shape.tokens},
      "merged"));
}

} // namespace espresso
