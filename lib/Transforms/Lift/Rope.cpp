//===- Rope.cpp - Rotation by position ------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
//   x · cos + concat(values = (-x₂, x₁)) · sin   => espresso.rope(x = x)
//
// for heads x [.., S, d] with halves x₁ and x₂, and constants cos and sin that
// are those of the angles p · θ^(-2i/d), p being the row, for some θ: it is
// found from the first row after 0 and checked against all others.
//
//===----------------------------------------------------------------------===//

#include "Columns.h"

#include "../Fold/Affine.h"

#include <cmath>

namespace espresso {

/// The half of x along the last axis, if `value` is one: 0, 1, or -1 for none.
static int getHalf(Value *value, const Value *x) {
  Operation *slice = value ? value->getDefiningOp() : nullptr;
  int64_t rank = x->getTensorType().getRank();
  int64_t size = x->getTensorType().getShape().back();
  if (!slice || slice->getOperand("x") != x || size % 2 != 0 ||
      value->getTensorType().getShape().back() != size / 2)
    return -1;
  if (slice->is("split"))
    return slice->getNumResults() == 2 ? (slice->getResult(1) == value) : -1;
  if (!slice->is("slice_by_index") && !slice->is("slice_by_size"))
    return -1;
  if (getKnownIntegers(*slice, "stride")
          .value_or(llvm::SmallVector<int64_t, 4>(rank, 1)) !=
      llvm::SmallVector<int64_t, 4>(rank, 1))
    return -1;
  auto begin = getKnownIntegers(*slice, "begin");
  if (!begin || static_cast<int64_t>(begin->size()) != rank)
    return -1;
  int64_t at = begin->back() < 0 ? begin->back() + size : begin->back();
  Attribute mask = slice->getConstant("begin_mask");
  if (mask.getDense() && mask.getBool(rank - 1))
    at = 0;
  return at == 0 ? 0 : at == size / 2 ? 1 : -1;
}

/// Whether `value` is `concat(-x₂, x₁)`.
static bool isHalfTurn(Value *value, const Value *x) {
  Operation *concat = getProducer(value, "concat");
  llvm::SmallVector<Value *, 4> parts =
      concat ? concat->getOperands("values") : llvm::SmallVector<Value *, 4>();
  int64_t rank = x->getTensorType().getRank();
  Attribute axis = concat ? concat->getConstant("axis") : Attribute();
  if (parts.size() != 2 || getFlag(*concat, "interleave") || !axis.getDense() ||
      (axis.getInteger() != -1 && axis.getInteger() != rank - 1))
    return false;
  Operation *negative = getProducer(parts[0], "mul");
  std::optional<ValueAndNumber> second =
      negative ? splitNumber(*negative) : std::nullopt;
  return second && second->number == -1 && getHalf(second->value, x) == 1 &&
         getHalf(parts[1], x) == 0;
}

namespace {

/// A table [S, d] that multiplies a value.
struct Table {
  Value *value;
  std::vector<double> elements;
};

} // namespace

static std::optional<Table> getTable(Value *product, int64_t tokens,
                                     int64_t size) {
  Operation *op = getProducer(product, "mul");
  std::optional<ValueAndConstant> parts =
      op ? splitConstant(*op) : std::nullopt;
  if (!parts || !ifSameType(parts->value, *op))
    return std::nullopt;
  Attribute constant = op->getConstant(parts->constantInput);
  auto type = constant.getType().castTo<TensorType>();
  if (type.getRank() < 2 || type.getNumElements() != tokens * size ||
      type.getShape().back() != size ||
      type.getShape()[type.getRank() - 2] != tokens)
    return std::nullopt;
  auto elements =
      readElements(constant, tokens * size,
                   op->getFunction()->getContext().getDiagnostics());
  if (!elements)
    return std::nullopt;
  return Table{parts->value, std::move(*elements)};
}

/// The θ of tables of cosines and sines; nothing if they are of other angles.
static std::optional<double> findTheta(const Table &cosines, const Table &sines,
                                       int64_t tokens, int64_t size) {
  // fp16 has 11 bits, and angles in it none to spare.
  constexpr double kTolerance = 4e-3;
  int64_t half = size / 2;
  if (tokens < 2 || half < 2)
    return std::nullopt;
  // From the second pair at position 1: the first turns by 1 whatever θ is.
  double angle =
      std::atan2(sines.elements[size + 1], cosines.elements[size + 1]);
  if (!(angle > 0) || angle > 1)
    return std::nullopt;
  double theta = std::pow(angle, -static_cast<double>(half));
  // Written down with few digits, if fp16 has blurred it.
  double digits = std::pow(10, std::floor(std::log10(theta)) - 1);
  double rounded = std::round(theta / digits) * digits;
  if (std::abs(rounded - theta) < 0.05 * theta)
    theta = rounded;
  for (int64_t p = 0; p < tokens; ++p)
    for (int64_t i = 0; i < size; ++i) {
      double a = static_cast<double>(p) *
                 std::pow(theta, -2.0 * static_cast<double>(i % half) /
                                     static_cast<double>(size));
      if (std::abs(cosines.elements[p * size + i] - std::cos(a)) > kTolerance ||
          std::abs(sines.elements[p * size + i] - std::sin(a)) > kTolerance)
        return std::nullopt;
    }
  return theta;
}

static Value *liftRope(Operation &op, Builder &builder,
                       const PatternOptions &) {
  TensorType type = op.getResult()->getTensorType();
  if (!type || !type.hasStaticShape() || type.getRank() < 3 ||
      !isFloat(type.getElementType()))
    return nullptr;
  int64_t size = type.getShape().back();
  int64_t tokens = type.getDim(type.getRank() - 2);
  int64_t heads = *type.getNumElements() / (size * tokens);
  if (size % 2 != 0)
    return nullptr;
  for (auto [a, b] : {std::pair("x", "y"), std::pair("y", "x")}) {
    std::optional<Table> cosines = getTable(op.getOperand(a), tokens, size);
    std::optional<Table> sines = getTable(op.getOperand(b), tokens, size);
    if (!cosines || !sines || !ifSameType(cosines->value, op) ||
        !isHalfTurn(sines->value, cosines->value))
      continue;
    std::optional<double> theta = findTheta(*cosines, *sines, tokens, size);
    if (!theta)
      continue;
    Context &context = builder.getContext();
    ColumnBuilder c(op, builder);
    Value *rows = c.reshape(cosines->value, {1, heads, tokens, size});
    Value *columns = c.reshape(c.transpose(rows, {0, 1, 3, 2}),
                               {1, heads * size, 1, tokens});
    Value *rotated = c.create(
        "espresso.rope",
        {{"head_dim", builder.getInt32(size)},
         {"position", builder.getInt32s({0})},
         {"theta", Attribute::real(context, *theta, DataType::Float32)},
         {"x", columns}},
        "rope");
    Value *back =
        c.transpose(c.reshape(rotated, {1, heads, size, tokens}), {0, 1, 3, 2});
    return c.reshape(back, type.getShape());
  }
  return nullptr;
}

static constexpr PatternRow kPatterns[] = {
    {"add", liftRope},
};

llvm::ArrayRef<PatternRow> getLiftedRopePatterns() { return kPatterns; }

} // namespace espresso
