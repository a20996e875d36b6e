//===- Attention.cpp - Causal attention -----------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
//   s = matmul(transpose_y = true, x = q, y = k) · scale + mask
//   matmul(x = softmax(x = s), y = v)          => espresso.causal_attention
//   scaled_dot_product_attention(attn_mask = mask, key = k, query = q, value =
//   v)
//
// for q [.., H, S, d], k and v [.., G, S, d] with all leading extents 1, and a
// constant mask of 0 up to the diagonal and -10000 or less above. Queries of a
// group may stand below each other, in the head of their keys. The composite
// has the columns that heads are made of; what cuts columns into heads before,
// and joins them after, cancels with what this makes, which is left to
// canonicalize.
//
//===----------------------------------------------------------------------===//

#include "Columns.h"

#include "../Fold/Affine.h"

#include "espresso/Ops/Registry.h"

#include <cmath>

namespace espresso {

/// Masks are looked at element by element.
static constexpr int64_t kMaxMask = int64_t{1} << 24;

namespace {

/// Operands in heads, and what is done to their scores.
struct Heads {
  Value *q = nullptr, *k = nullptr, *v = nullptr;
  /// They are [.., heads, d, S].
  bool isQueryTurned = false, isKeyTurned = false, isValueTurned = false;
  double scale = 1;
  bool hasMask = false;

  int64_t getTokens() const { return getFromEnd(isValueTurned ? 1 : 2); }
  int64_t getSize() const { return getFromEnd(isValueTurned ? 2 : 1); }
  int64_t getGroups() const { return getFromEnd(3); }

private:
  int64_t getFromEnd(size_t i) const {
    llvm::ArrayRef<int64_t> shape = v->getTensorType().getShape();
    return shape[shape.size() - i];
  }
};

} // namespace

/// Whether a constant of `tokens`² elements, leading extents being 1, hides
/// what comes after the diagonal and nothing else.
static bool isCausal(const Attribute &mask, int64_t tokens,
                     DiagnosticEngine &diagnostics) {
  constexpr double kHidden = -1e4;
  auto type = mask.getType().getAs<TensorType>();
  if (!type || type.getRank() < 2 || type.getNumElements() != tokens * tokens ||
      type.getShape().back() != tokens)
    return false;
  bool isBool = type.getElementType() == DataType::Bool;
  std::optional<std::vector<double>> elements;
  if (isBool && mask.getDense()) {
    elements.emplace();
    for (int64_t i = 0; i < tokens * tokens; ++i)
      elements->push_back(mask.getBool(i) ? 0 : kHidden);
  } else if (!isBool) {
    elements = readElements(mask, kMaxMask, diagnostics);
  }
  if (!elements)
    return false;
  for (int64_t row = 0; row < tokens; ++row)
    for (int64_t column = 0; column < tokens; ++column) {
      double element = (*elements)[row * tokens + column];
      if (column <= row ? element != 0 : !(element <= kHidden))
        return false;
    }
  return true;
}

/// Follows reshapes, which leave elements in order.
static Value *skipReshapes(Value *value) {
  while (Operation *op = value ? value->getDefiningOp() : nullptr) {
    bool keepsOrder =
        op->is("reshape") || op->is("expand_dims") || op->is("squeeze");
    if (!keepsOrder)
      break;
    value = op->getOperand("x");
  }
  return value;
}

/// Takes numbers that multiply `value` into `scale`.
static Value *skipNumbers(Value *value, double &scale) {
  while (Operation *op = value ? value->getDefiningOp() : nullptr) {
    bool isScaled =
        op->is("mul") || (op->is("real_div") && op->getOperand("x"));
    std::optional<ValueAndNumber> parts =
        isScaled ? splitNumber(*op) : std::nullopt;
    if (!parts)
      break;
    scale *= op->is("mul") ? parts->number : 1 / parts->number;
    value = parts->value;
  }
  return value;
}

/// What the scores under a softmax are made of.
static bool readScores(Value *scores, int64_t tokens, Heads &heads) {
  Value *value = skipReshapes(scores);
  if (Operation *sum = getProducer(value, "add")) {
    std::optional<ValueAndConstant> parts = splitConstant(*sum);
    if (!parts || !isCausal(sum->getConstant(parts->constantInput), tokens,
                            sum->getFunction()->getContext().getDiagnostics()))
      return false;
    heads.hasMask = true;
    value = parts->value;
  }
  value = skipReshapes(skipNumbers(skipReshapes(value), heads.scale));
  Operation *product = getProducer(value, "matmul");
  if (!product)
    return false;
  heads.isQueryTurned = getFlag(*product, "transpose_x");
  heads.isKeyTurned = !getFlag(*product, "transpose_y");
  heads.q = skipNumbers(product->getOperand("x"), heads.scale);
  heads.k = skipNumbers(product->getOperand("y"), heads.scale);
  return heads.q && heads.k;
}

/// Columns [1, heads·d, 1, S] of a tensor of heads. `isTurned`: it is
/// [.., heads, d, S].
static Value *takeColumns(ColumnBuilder &b, Value *x, int64_t heads,
                          int64_t tokens, int64_t size, bool isTurned) {
  if (!isTurned)
    x = b.transpose(b.reshape(x, {1, heads, tokens, size}), {0, 1, 3, 2});
  return b.reshape(x, {1, heads * size, 1, tokens});
}

static Value *makeAttention(Operation &op, Builder &builder,
                            const Heads &heads) {
  Value *v = heads.v;
  if (!hasStaticShape(*v) || !hasStaticShape(*heads.q) ||
      !hasStaticShape(*heads.k) || v->getTensorType().getRank() < 3 ||
      v->getTensorType().getElementType() !=
          heads.q->getTensorType().getElementType())
    return nullptr;
  int64_t size = heads.getSize(), tokens = heads.getTokens();
  int64_t groups = heads.getGroups();
  int64_t columns = tokens * size;
  int64_t numQueries = heads.q->getTensorType().getNumElements().value_or(0);
  if (v->getTensorType().getNumElements() != groups * columns ||
      heads.k->getTensorType().getNumElements() != groups * columns ||
      numQueries % (groups * columns) != 0 ||
      op.getResult()->getTensorType().getNumElements() != numQueries ||
      (!heads.hasMask && tokens != 1))
    return nullptr;
  int64_t queries = numQueries / columns;
  // Queries of a group that stand below each other cannot be told apart turned.
  if (heads.isQueryTurned && queries != groups)
    return nullptr;
  ColumnBuilder b(op, builder);
  Context &context = builder.getContext();
  Value *attention = b.create(
      "espresso.causal_attention",
      {{"head_dim", builder.getInt32(size)},
       {"k", takeColumns(b, heads.k, groups, tokens, size, heads.isKeyTurned)},
       {"q",
        takeColumns(b, heads.q, queries, tokens, size, heads.isQueryTurned)},
       {"scale", Attribute::real(context, heads.scale, DataType::Float32)},
       {"v", takeColumns(b, v, groups, tokens, size, heads.isValueTurned)}},
      "attention");
  Value *rows = b.transpose(b.reshape(attention, {1, queries, size, tokens}),
                            {0, 1, 3, 2});
  return b.reshape(rows, op.getResult()->getTensorType().getShape());
}

static Value *liftProducts(Operation &op, Builder &builder,
                           const PatternOptions &) {
  Heads heads;
  heads.v = op.getOperand("y");
  Operation *softmax = getProducer(skipReshapes(op.getOperand("x")), "softmax");
  if (!softmax || !heads.v || getFlag(op, "transpose_x") ||
      heads.v->getTensorType().getRank() < 3)
    return nullptr;
  heads.isValueTurned = getFlag(op, "transpose_y");
  Value *scores = softmax->getOperand("x");
  int64_t rank = scores ? scores->getTensorType().getRank() : 0;
  Attribute axis = getConstantOrDefault(*softmax, "axis");
  int64_t tokens = heads.getTokens();
  if (rank == 0 || !axis.getDense() ||
      (axis.getInteger() != -1 && axis.getInteger() != rank - 1) ||
      scores->getTensorType().getShape().back() != tokens ||
      !readScores(scores, tokens, heads))
    return nullptr;
  return makeAttention(op, builder, heads);
}

static Value *liftOperation(Operation &op, Builder &builder,
                            const PatternOptions &) {
  Heads heads;
  heads.q = op.getOperand("query");
  heads.k = op.getOperand("key");
  heads.v = op.getOperand("value");
  if (!heads.q || !heads.k || !heads.v || !hasStaticShape(*heads.v))
    return nullptr;
  heads.scale = 1 / std::sqrt(static_cast<double>(heads.getSize()));
  if (op.hasBinding("attn_mask")) {
    Attribute mask = op.getConstant("attn_mask");
    if (!mask || !isCausal(mask, heads.getTokens(),
                           builder.getContext().getDiagnostics()))
      return nullptr;
    heads.hasMask = true;
  }
  return makeAttention(op, builder, heads);
}

static constexpr PatternRow kPatterns[] = {
    {"matmul", liftProducts},
    {"scaled_dot_product_attention", liftOperation},
};

llvm::ArrayRef<PatternRow> getLiftedAttentionPatterns() { return kPatterns; }

} // namespace espresso
