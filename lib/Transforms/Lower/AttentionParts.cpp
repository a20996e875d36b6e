//===- AttentionParts.cpp - What lowerings of attention share -------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttentionParts.h"

#include "espresso/Base/Half.h"

#include <algorithm>
#include <cmath>

namespace espresso {

AttentionShape getAttentionShape(const LoweringBuilder &b) {
  TensorType q = b.getOperand("q")->getTensorType();
  bool hasColumns = b.getComposite().hasBinding("k");
  TensorType k = b.getOperand(hasColumns ? "k" : "k_rows")->getTensorType();
  int64_t headSize = b.getComposite().getConstant("head_dim").getInteger();
  return {headSize, q.getDim(1) / headSize,
          k.getDim(hasColumns ? 1 : 3) / headSize, q.getDim(3)};
}

Value *splitHeads(LoweringBuilder &b, llvm::StringRef input, int64_t heads,
                  const AttentionShape &shape) {
  Value *split =
      b.reshape(b.getOperand(input), {1, heads, shape.headSize, shape.tokens},
                (input + "_heads").str());
  return b.transposeLast(split, (input + "_rows").str());
}

namespace {

/// A causal mask that is made when it is read: all layers have the same, and of
/// long prompts it is large.
class CausalMaskSource final : public WeightSource {
public:
  CausalMaskSource(DataType type, int64_t tokens, int64_t window, double hidden)
      : type(type), tokens(tokens), window(window), hidden(hidden) {}

  int64_t getNumElements() const override { return tokens * tokens; }
  DataType getElementType() const override { return type; }
  LogicalResult read(llvm::MutableArrayRef<uint8_t> out,
                     DiagnosticEngine &diagnostics) const override;
  std::string getKey() const override {
    return "causal-mask:" + std::to_string(tokens) + ":" +
           std::to_string(window) + ":" +
           std::to_string(encodeFloat(type, hidden)) + ":" +
           std::string(getName(type));
  }

private:
  DataType type;
  int64_t tokens;
  int64_t window;
  double hidden;
};

} // namespace

LogicalResult CausalMaskSource::read(llvm::MutableArrayRef<uint8_t> out,
                                     DiagnosticEngine &) const {
  unsigned width = getStorageByteWidth(type);
  uint64_t bits = encodeFloat(type, hidden);
  uint8_t *next = out.data();
  for (int64_t row = 0; row < tokens; ++row)
    for (int64_t column = 0; column < tokens; ++column) {
      bool isHidden = column > row || column <= row - window;
      for (unsigned i = 0; i < width; ++i)
        *next++ = isHidden ? static_cast<uint8_t>(bits >> (8 * i)) : 0;
    }
  return success();
}

Value *getCausalMask(LoweringBuilder &b, int64_t tokens) {
  std::string name = "causal_mask_" + std::to_string(tokens);
  int64_t window = tokens;
  if (Attribute value = b.getComposite().getConstant("window"))
    window = std::min(window, value.getInteger());
  if (window < tokens)
    name += "_window_" + std::to_string(window);
  return b.tensor(name, {1, 1, tokens, tokens},
                  std::make_shared<CausalMaskSource>(b.getDataType(), tokens,
                                                     window,
                                                     b.getOptions().maskValue));
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
