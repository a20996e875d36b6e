//===- AttentionForms.cpp - Attention whole or in parts -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
//   scaled_dot_product_attention(q, k, v, mask)
//     <=>  matmul(softmax(matmul(q, kᵀ) / √E + mask), v)
//
// The direct path wants the parts, at least with a mask or beyond the limits of
// the operation; the public one can have the whole. `attention=fuse` and
// `attention=decompose` say so whatever the target.
//
//===----------------------------------------------------------------------===//

#include "Legalize.h"

#include "espresso/Ops/Registry.h"

#include <cmath>

namespace espresso {

using ane::Path;
using ane::RuleId;

/// The rule that wants the operation in parts, if one does.
static std::optional<RuleId> findReason(const Operation &op,
                                        const Legalizer &legalizer) {
  TensorType q = op.getArgumentType("query").getAs<TensorType>();
  TensorType k = op.getArgumentType("key").getAs<TensorType>();
  if (legalizer.attention == "decompose")
    return RuleId::SdpaMask;
  if (legalizer.attention != "auto" || !q || !k)
    return std::nullopt;
  if (legalizer.holds(RuleId::SdpaMask) && op.hasBinding("attn_mask"))
    return RuleId::SdpaMask;
  int64_t rows = q.getDim(q.getRank() - 2), columns = k.getDim(k.getRank() - 2);
  int64_t longest = *getLimit(ane::Limit::AttentionLength, legalizer.target);
  int64_t least = *getLimit(ane::Limit::AttentionMinimum, legalizer.target);
  if (legalizer.holds(RuleId::SdpaLimits) &&
      (std::max(rows, columns) > longest || std::min(rows, columns) >= least))
    return RuleId::SdpaLimits;
  return std::nullopt;
}

/// What is added to scores for a mask of bools: 0 or the mask value.
static Value *toAdditive(OpBuilder &b, Value *mask, DataType type,
                         const Legalizer &legalizer) {
  if (getElementType(mask) != DataType::Bool)
    return mask;
  auto value =
      static_cast<double>(*getLimit(ane::Limit::MaskValue, legalizer.target));
  return b.create("select",
                  {{"cond", mask},
                   {"a", b.real(0, type, "shown")},
                   {"b", b.real(value, type, "hidden")}},
                  "additive_mask");
}

static Value *decompose(Operation &op, OpBuilder &b, Legalizer &legalizer) {
  std::optional<RuleId> reason = findReason(op, legalizer);
  Value *q = op.getOperand("query"), *k = op.getOperand("key"),
        *v = op.getOperand("value");
  if (!reason || !q || !k || !v)
    return nullptr;
  TensorType type = q->getTensorType();
  int64_t size = type.getDim(type.getRank() - 1);
  if (size <= 0)
    return nullptr;
  legalizer.remark(op, *reason) << "attention is decomposed";
  DataType element = type.getElementType();
  Value *no = b.flag(false, "no"), *yes = b.flag(true, "yes");
  Value *products = b.create(
      "matmul", {{"x", q}, {"y", k}, {"transpose_x", no}, {"transpose_y", yes}},
      "products");
  Value *scores = b.binary(
      "mul", products,
      b.real(1 / std::sqrt(static_cast<double>(size)), element, "scale"),
      "scores");
  if (Value *mask = op.getOperand("attn_mask"))
    scores = b.binary("add", scores, toAdditive(b, mask, element, legalizer),
                      "masked");
  Value *weights = b.create(
      "softmax", {{"x", scores}, {"axis", b.integer(-1, "axis")}}, "weights");
  return b.create(
      "matmul",
      {{"x", weights}, {"y", v}, {"transpose_x", no}, {"transpose_y", no}},
      "context");
}

//===----------------------------------------------------------------------===//
// Fusion
//===----------------------------------------------------------------------===//

static Operation *getOnly(Value *value, llvm::StringRef name) {
  Operation *op = value ? value->getDefiningOp() : nullptr;
  return op && op->is(name) && op->getNumResults() == 1 &&
                 op->getResult()->hasOneUse()
             ? op
             : nullptr;
}

static bool isFlag(const Operation &op, llvm::StringRef input, bool expected) {
  Attribute value = getConstantOrDefault(op, input);
  return value && value.getDense() && value.getBool() == expected;
}

/// The parts of an attention that ends in a product.
struct AttentionParts {
  Value *query = nullptr, *key = nullptr, *mask = nullptr;
};

/// `op` is mul(products, scale) with the scale that the operation has.
static bool matchScores(Operation *op, AttentionParts &parts) {
  if (!op || !op->is("mul"))
    return false;
  for (auto [input, other] : {std::pair("x", "y"), std::pair("y", "x")}) {
    Operation *products = getOnly(op->getOperand(input), "matmul");
    Attribute scale = op->getConstant(other);
    if (!products || !scale || !scale.getDense() ||
        scale.getNumElements() != 1 ||
        !isFlag(*products, "transpose_x", false) ||
        !isFlag(*products, "transpose_y", true))
      continue;
    parts.query = products->getOperand("x");
    parts.key = products->getOperand("y");
    if (!parts.query || !parts.key)
      return false;
    TensorType type = parts.query->getTensorType();
    double size = static_cast<double>(type.getDim(type.getRank() - 1));
    return size > 0 &&
           std::fabs(scale.getReal() * std::sqrt(size) - 1) < 0x1p-9;
  }
  return false;
}

static bool haveSameBatches(TensorType a, TensorType b) {
  return a.getRank() == b.getRank() && a.getRank() >= 3 &&
         a.getShape().drop_back(2) == b.getShape().drop_back(2);
}

static Value *fuse(Operation &op, OpBuilder &b, Legalizer &legalizer) {
  bool isWanted = legalizer.attention == "fuse" ||
                  (legalizer.attention == "auto" &&
                   legalizer.target.paths == ane::PathSet(Path::Public));
  if (!isWanted || op.getOpset() != Opset::IOS18 ||
      !isFlag(op, "transpose_x", false) || !isFlag(op, "transpose_y", false))
    return nullptr;
  Operation *softmax = getOnly(op.getOperand("x"), "softmax");
  auto axis = softmax ? getIntegers(*softmax, "axis") : std::nullopt;
  Value *v = op.getOperand("y");
  if (!softmax || !v || !axis)
    return nullptr;
  int64_t rank = softmax->getResult()->getTensorType().getRank();
  if ((*axis)[0] != -1 && (*axis)[0] != rank - 1)
    return nullptr;
  AttentionParts parts;
  Value *scores = softmax->getOperand("x");
  Operation *add = getOnly(scores, "add");
  if (add) {
    bool isFirst = matchScores(getOnly(add->getOperand("x"), "mul"), parts);
    if (!isFirst && !matchScores(getOnly(add->getOperand("y"), "mul"), parts))
      return nullptr;
    parts.mask = add->getOperand(isFirst ? "y" : "x");
    if (!parts.mask)
      return nullptr;
  } else if (!matchScores(getOnly(scores, "mul"), parts)) {
    return nullptr;
  }
  if (!haveSameBatches(parts.query->getTensorType(),
                       parts.key->getTensorType()) ||
      !haveSameBatches(parts.query->getTensorType(), v->getTensorType()))
    return nullptr;
  legalizer.remark(op, RuleId::SdpaMask) << "attention becomes one operation";
  llvm::SmallVector<NamedArgument, 4> args{
      {"query", parts.query}, {"key", parts.key}, {"value", v}};
  if (parts.mask)
    args.emplace_back("attn_mask", parts.mask);
  return b.create("scaled_dot_product_attention", args, "attention");
}

static constexpr LegalizationRow kRows[] = {
    {"scaled_dot_product_attention", RuleId::SdpaMask, decompose},
    {"matmul", RuleId::SdpaMask, fuse},
};

llvm::ArrayRef<LegalizationRow> getAttentionLegalizations() { return kRows; }

} // namespace espresso
