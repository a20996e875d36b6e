//===- Attention.cpp - Attention ------------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
//   s = matmul(transpose_y = true, x = q, y = k) · scale + mask
//   matmul(x = softmax(x = s), y = v)          => espresso.causal_attention or
//                                                 espresso.masked_attention
//   scaled_dot_product_attention(attn_mask = mask, key = k, query = q, value =
//   v)
//
// for q [.., H, S, d], k and v [.., G, P, d] with all leading extents 1. With a
// constant mask of 0 up to the diagonal, or in a window before it, and -10000
// or less elsewhere, it is causal, on columns. With another mask, whether
// constant, given or computed, added or chosen by, or without one, it is
// attention over P rows: of a cache that is an input, a state that was read, or
// whatever else. Scores may be capped, and be fp32 between casts. Queries of a
// group may stand below each other, in the head of their keys, or keys be
// repeated (Heads.cpp). The composite has the columns and rows that heads are
// made of; what cuts them into heads before, and joins them after, cancels with
// what this makes, which is left to canonicalize.
//
//===----------------------------------------------------------------------===//

#include "Heads.h"

#include "espresso/Ops/Registry.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>
#include <limits>
#include <tuple>

namespace espresso {
namespace {

/// Operands in heads, and what is done to their scores.
struct Attention {
  Value *q = nullptr, *k = nullptr, *v = nullptr;
  /// They are [.., heads, d, S].
  bool isQueryTurned = false, isKeyTurned = false, isValueTurned = false;
  double scale = 1;
  /// None if 0.
  double softcap = 0;
  /// The scores are [.., S, P] under their mask.
  int64_t tokens = 0, positions = 0;
  /// The operation and the input of it that the mask is bound to, if there is
  /// one: something to add, or what to choose scores by.
  Operation *maskUser = nullptr;
  llvm::StringRef maskInput;
  /// Of what it chooses, scores are there where it is true.
  bool isShownIfTrue = true;
  std::optional<CausalMask> causal;

  // Found by check().
  RepeatedHeads keys, values;
  int64_t size = 0, heads = 0;
  /// Why it cannot be lifted.
  llvm::StringRef reason;

  bool refuse(llvm::StringRef why) {
    reason = why;
    return false;
  }
};

} // namespace

/// Follows reshapes, which leave elements in order, and casts between floats.
static Value *skipReshapes(Value *value) {
  while (Operation *op = value ? value->getDefiningOp() : nullptr) {
    Value *x = op->getOperand("x");
    bool keepsOrder =
        op->is("reshape") || op->is("expand_dims") || op->is("squeeze") ||
        (op->is("cast") && x && isFloatTensor(*x) && isFloatTensor(*value));
    if (!keepsOrder)
      break;
    value = x;
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

//===----------------------------------------------------------------------===//
// Masks
//===----------------------------------------------------------------------===//

/// Whether `type` is the mask of all heads alike.
static bool isMaskOfAllHeads(const TensorType &type, const Attention &a) {
  if (!type || !type.hasStaticShape() || type.getRank() == 0 ||
      type.getShape().back() != a.positions)
    return false;
  llvm::ArrayRef<int64_t> shape = type.getShape();
  for (size_t i = 0; i + 1 < shape.size(); ++i)
    if (shape[i] != 1 && (i + 2 != shape.size() || shape[i] != a.tokens))
      return false;
  return true;
}

static bool setMask(Attention &a, Operation &user, llvm::StringRef input) {
  a.maskUser = &user;
  a.maskInput = input;
  Attribute constant = user.getConstant(input);
  if (constant && a.tokens == a.positions && a.isShownIfTrue)
    a.causal = getCausalMask(constant, a.tokens,
                             user.getFunction()->getContext().getDiagnostics());
  if (!isMaskOfAllHeads(user.getArgumentType(input).getAs<TensorType>(), a))
    return a.refuse("its mask is of a shape that is not known, or differs by "
                    "head");
  return true;
}

/// The scores under a mask, if `value` is that; `value` if there is none. Null
/// if it cannot be lifted.
static Value *skipMask(Attention &a, Value *value) {
  Operation *op = value ? value->getDefiningOp() : nullptr;
  if (!op || !(op->is("add") || op->is("select")) || !hasStaticShape(*value) ||
      value->getTensorType().getRank() < 2)
    return value;
  a.tokens = *(value->getTensorType().getShape().end() - 2);
  if (op->is("add")) {
    // Scores are what is as large as the sum; of two, what is made of a
    // product.
    for (auto [scores, mask] : {std::pair("x", "y"), std::pair("y", "x")}) {
      double ignored = 1;
      Value *candidate = ifSameType(op->getOperand(scores), *op);
      if (!candidate)
        continue;
      Value *source =
          skipReshapes(skipNumbers(skipReshapes(candidate), ignored));
      if (!getProducer(source, "matmul") && !getProducer(source, "tanh"))
        continue;
      return setMask(a, *op, mask) ? candidate : nullptr;
    }
    a.refuse("its scores are not a scaled product under a mask");
    return nullptr;
  }
  for (auto [scores, other, isTrue] :
       {std::tuple("a", "b", true), std::tuple("b", "a", false)}) {
    std::optional<double> hidden = getUniform(*op, other);
    Value *candidate = ifSameType(op->getOperand(scores), *op);
    if (!hidden || !candidate)
      continue;
    a.isShownIfTrue = isTrue;
    if (*hidden != -std::numeric_limits<double>::infinity() &&
        !(*hidden <= -1e4 &&
          showsInEveryRow(op->getConstant("cond"), isTrue))) {
      a.refuse("a choice that is not known replaces scores by a number, which "
               "is not adding one where all of them are replaced");
      return nullptr;
    }
    return setMask(a, *op, "cond") ? candidate : nullptr;
  }
  a.refuse("its scores are not a scaled product under a mask");
  return nullptr;
}

//===----------------------------------------------------------------------===//
// What there is
//===----------------------------------------------------------------------===//

/// What the scores under a softmax are made of.
static bool readScores(Attention &a, Value *scores) {
  a.tokens = *(scores->getTensorType().getShape().end() - 2);
  Value *value = skipMask(a, skipReshapes(scores));
  if (!value)
    return false;
  value = skipReshapes(skipNumbers(skipReshapes(value), a.scale));
  if (Operation *tanh = getProducer(value, "tanh")) {
    // cap · tanh(scale / cap · x): the scale goes on from the cap.
    a.softcap = a.scale;
    if (!(a.softcap > 0))
      return a.refuse("its scores are capped by no positive number");
    value =
        skipReshapes(skipNumbers(skipReshapes(tanh->getOperand("x")), a.scale));
  }
  Operation *product = getProducer(value, "matmul");
  if (!product)
    return a.refuse("its scores are not a scaled product under a mask");
  a.isQueryTurned = getFlag(*product, "transpose_x");
  a.isKeyTurned = !getFlag(*product, "transpose_y");
  a.q = skipNumbers(product->getOperand("x"), a.scale);
  a.k = skipNumbers(product->getOperand("y"), a.scale);
  return (a.q && a.k) || a.refuse("its queries or keys are constant");
}

/// Finds heads and sizes, and checks that they fit.
static bool check(Attention &a, const Operation &op) {
  std::optional<RepeatedHeads> keys = getHeads(a.k), values = getHeads(a.v);
  TensorType q = a.q->getTensorType();
  if (!keys || !values || !hasStaticShape(*a.q) || q.getRank() < 3 ||
      !hasStaticShape(*op.getResult()))
    return a.refuse("extents are not known, or there is more than one batch");
  a.keys = *keys;
  a.values = *values;
  llvm::ArrayRef<int64_t> v = a.v->getTensorType().getShape().take_back(3);
  llvm::ArrayRef<int64_t> k = a.k->getTensorType().getShape().take_back(3);
  llvm::ArrayRef<int64_t> queries = q.getShape().take_back(3);
  a.size = v[a.isValueTurned ? 1 : 2];
  DataType type = q.getElementType();
  if (v[a.isValueTurned ? 2 : 1] != a.positions ||
      k[a.isKeyTurned ? 2 : 1] != a.positions ||
      k[a.isKeyTurned ? 1 : 2] != a.size ||
      queries[a.isQueryTurned ? 1 : 2] != a.size ||
      keys->heads != values->heads || keys->repeats != values->repeats ||
      a.v->getTensorType().getElementType() != type ||
      a.k->getTensorType().getElementType() != type ||
      op.getResult()->getTensorType().getElementType() != type)
    return a.refuse("keys and values differ in size, heads or type");
  int64_t count = *q.getNumElements(), ofHead = a.tokens * a.size;
  bool isOneBatch =
      llvm::all_of(q.getShape().drop_back(3), [](int64_t e) { return e == 1; });
  if (count % ofHead != 0 || (keys->heads != 1 && !isOneBatch))
    return a.refuse("there is more than one batch");
  a.heads = count / ofHead;
  bool isByHead = queries[a.isQueryTurned ? 2 : 1] == a.tokens;
  if (a.heads % keys->heads != 0 ||
      (keys->repeats != 1 && a.heads != keys->heads * keys->repeats) ||
      (keys->heads != 1 && queries[0] != keys->heads * keys->repeats) ||
      (!isByHead && (a.isQueryTurned || keys->repeats != 1)) ||
      op.getResult()->getTensorType().getNumElements() != count)
    return a.refuse("heads of queries are not in groups of those of keys");
  return true;
}

/// True if `op` ends an attention; it has a reason if it cannot be lifted.
static bool readAttention(Operation &op, Attention &a) {
  if (op.is("scaled_dot_product_attention")) {
    a.q = op.getOperand("query");
    a.k = op.getOperand("key");
    a.v = op.getOperand("value");
    if (!a.q || !a.k || !a.v || !hasStaticShape(*a.v) || !hasStaticShape(*a.q))
      a.refuse("extents are not known");
    if (!a.reason.empty())
      return true;
    a.tokens = *(a.q->getTensorType().getShape().end() - 2);
    a.positions = *(a.v->getTensorType().getShape().end() - 2);
    a.scale =
        1 /
        std::sqrt(static_cast<double>(a.q->getTensorType().getShape().back()));
    if (!op.hasBinding("attn_mask") || setMask(a, op, "attn_mask"))
      check(a, op);
    return true;
  }
  a.v = op.getOperand("y");
  Operation *softmax = getProducer(skipReshapes(op.getOperand("x")), "softmax");
  Value *scores = softmax ? softmax->getOperand("x") : nullptr;
  if (!scores || !a.v || getFlag(op, "transpose_x") ||
      a.v->getTensorType().getRank() < 3)
    return false;
  a.isValueTurned = getFlag(op, "transpose_y");
  Attribute axis = getConstantOrDefault(*softmax, "axis");
  int64_t rank = scores->getTensorType().getRank();
  if (!axis.getDense() || rank < 2 ||
      (axis.getInteger() != -1 && axis.getInteger() != rank - 1))
    return false;
  if (!hasStaticShape(*scores) || !hasStaticShape(*a.v)) {
    a.refuse("extents are not known");
    return true;
  }
  a.positions = scores->getTensorType().getShape().back();
  if (readScores(a, scores))
    check(a, op);
  return true;
}

//===----------------------------------------------------------------------===//
// What becomes of it
//===----------------------------------------------------------------------===//

/// Columns [1, heads·d, 1, S] of a tensor of heads. `isTurned`: it is
/// [.., heads, d, S].
static Value *takeColumns(ColumnBuilder &b, Value *x, int64_t heads,
                          int64_t tokens, int64_t size, bool isTurned) {
  if (!isTurned)
    x = b.transpose(b.reshape(x, {1, heads, tokens, size}), {0, 1, 3, 2});
  return b.reshape(x, {1, heads * size, 1, tokens});
}

/// Rows [1, P, 1, heads·d] of one.
static Value *takeRows(ColumnBuilder &b, const RepeatedHeads &x,
                       const Attention &a, bool isTurned) {
  Value *rows =
      isTurned
          ? b.transpose(b.reshape(x.source, {1, x.heads, a.size, a.positions}),
                        {0, 3, 1, 2})
          : b.transpose(b.reshape(x.source, {1, x.heads, a.positions, a.size}),
                        {0, 2, 1, 3});
  return b.reshape(rows, {1, a.positions, 1, x.heads * a.size});
}

/// The mask as [1, P, 1, S], to be added to scores of `type`.
static Value *takeMask(ColumnBuilder &b, const Attention &a, DataType type) {
  const Argument &given = a.maskUser->findBinding(a.maskInput)->getSingle();
  Value *mask = given.getValue() ? given.getValue()
                                 : b.constant(given.getLiteral(), "mask");
  TensorType maskType = mask->getTensorType();
  Builder &builder = b.getBuilder();
  if (maskType.getElementType() == DataType::Bool) {
    Value *shown = b.constant(builder.getReal(0, type), "shown");
    Value *hidden = b.constant(
        builder.getReal(-std::numeric_limits<double>::infinity(), type),
        "hidden");
    mask = b.create("select",
                    {{"a", a.isShownIfTrue ? shown : hidden},
                     {"b", a.isShownIfTrue ? hidden : shown},
                     {"cond", mask}},
                    "added");
  } else if (maskType.getElementType() != type) {
    mask = b.create(
        "cast",
        {{"x", mask},
         {"dtype", b.constant(builder.getString(getName(type)), "dtype")}},
        "added");
  }
  int64_t tokens = *maskType.getNumElements() / a.positions;
  mask =
      b.transpose(b.reshape(mask, {1, 1, tokens, a.positions}), {0, 3, 1, 2});
  if (tokens == a.tokens)
    return mask;
  return b.create(
      "tile",
      {{"x", mask},
       {"reps", b.constant(builder.getInt32s({1, 1, 1, a.tokens}), "reps")}},
      "wide");
}

static Value *liftAttention(Operation &op, Builder &builder,
                            const PatternOptions &) {
  Attention a;
  if (!readAttention(op, a) || !a.reason.empty())
    return nullptr;
  ColumnBuilder b(op, builder);
  Context &context = builder.getContext();
  llvm::SmallVector<NamedArgument, 8> arguments = {
      {"head_dim", builder.getInt32(a.size)},
      {"q", takeColumns(b, a.q, a.heads, a.tokens, a.size, a.isQueryTurned)},
      {"scale", Attribute::real(context, a.scale, DataType::Float32)}};
  if (a.softcap != 0)
    arguments.emplace_back(
        "softcap", Attribute::real(context, a.softcap, DataType::Float32));
  bool isAlone = !a.maskUser && a.tokens == 1 && a.positions == 1;
  bool isCausal = a.causal || isAlone;
  if (isCausal) {
    arguments.emplace_back("k", takeColumns(b, a.keys.source, a.keys.heads,
                                            a.tokens, a.size, a.isKeyTurned));
    arguments.emplace_back("v", takeColumns(b, a.values.source, a.values.heads,
                                            a.tokens, a.size, a.isValueTurned));
    if (a.causal && a.causal->window != 0)
      arguments.emplace_back("window", builder.getInt32(a.causal->window));
  } else {
    arguments.emplace_back("k_rows", takeRows(b, a.keys, a, a.isKeyTurned));
    arguments.emplace_back("v_rows", takeRows(b, a.values, a, a.isValueTurned));
    if (a.maskUser)
      arguments.emplace_back(
          "mask", takeMask(b, a, a.q->getTensorType().getElementType()));
  }
  Value *attention = b.create(isCausal ? "espresso.causal_attention"
                                       : "espresso.masked_attention",
                              arguments, "attention");
  Value *rows = b.transpose(
      b.reshape(attention, {1, a.heads, a.size, a.tokens}), {0, 1, 3, 2});
  return b.reshape(rows, op.getResult()->getTensorType().getShape());
}

llvm::StringRef explainAttention(Operation &op) {
  bool isCandidate = op.is("scaled_dot_product_attention") || op.is("matmul");
  Attention a;
  return isCandidate && readAttention(op, a) ? a.reason : llvm::StringRef();
}

static constexpr PatternRow kPatterns[] = {
    {"matmul", liftAttention},
    {"scaled_dot_product_attention", liftAttention},
};

llvm::ArrayRef<PatternRow> getLiftedAttentionPatterns() { return kPatterns; }

} // namespace espresso
