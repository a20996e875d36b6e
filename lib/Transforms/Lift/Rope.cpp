//===- Rope.cpp - Rotation by position ------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
//   a rotation of x by cosines and sines     => espresso.rope(x = x)
//
// for heads x [.., S, d], and tables that are those of the angles p ·
// θ^(-2i/d), p being the row, for some θ: it is found from the first row after
// 0 and checked against all others. The tables are constants [S, d] or, for one
// column, the row of a constant that a position is the index of; [S, d/2] if
// they serve pairs.
//
//===----------------------------------------------------------------------===//

#include "Rotation.h"

#include "../Fold/Affine.h"

#include <cmath>

namespace espresso {
namespace {

/// A table of cosines or sines of pairs, row by row.
struct Table {
  std::vector<double> elements;
  int64_t rows = 0;
  int64_t pairs = 0;
  /// The row that is taken; null if all are.
  Value *position = nullptr;

  double get(int64_t row, int64_t pair) const {
    return elements[row * pairs + pair];
  }
};

} // namespace

/// The rows of `constant`, [.., rows, width] with leading extents of 1, of
/// which the first half of each is kept if `isWhole`, and is then the second as
/// well.
static std::optional<Table> readTable(const Attribute &constant, int64_t width,
                                      bool isWhole,
                                      DiagnosticEngine &diagnostics) {
  // Positions times channels.
  constexpr int64_t kMaxTable = int64_t{1} << 24;
  auto type = constant.getType().getAs<TensorType>();
  if (!type || type.getRank() < 2 || type.getShape().back() != width)
    return std::nullopt;
  int64_t rows = type.getDim(type.getRank() - 2);
  auto elements = readElements(constant, kMaxTable, diagnostics);
  if (!elements || static_cast<int64_t>(elements->size()) != rows * width)
    return std::nullopt;
  if (!isWhole)
    return Table{std::move(*elements), rows, width};
  Table table = {{}, rows, width / 2};
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t i = 0; i < width / 2; ++i) {
      double element = (*elements)[row * width + i];
      if ((*elements)[row * width + i + width / 2] != element)
        return std::nullopt;
      table.elements.push_back(element);
    }
  return table;
}

/// The gather of one row that `value` is, through changes of shape.
static Operation *getLookup(Value *value) {
  Operation *op = value ? value->getDefiningOp() : nullptr;
  while (op &&
         (op->is("reshape") || op->is("expand_dims") || op->is("squeeze")))
    op = op->getOperand("x") ? op->getOperand("x")->getDefiningOp() : nullptr;
  if (!op || !op->is("gather"))
    return nullptr;
  auto axis = getKnownIntegers(*op, "axis");
  Value *indices = op->getOperand("indices");
  Attribute table = op->getConstant("x");
  auto type = table ? table.getType().getAs<TensorType>() : TensorType();
  bool isRow = axis && axis->front() == 0 && type && type.getRank() == 2 &&
               indices && hasStaticShape(*indices) &&
               indices->getTensorType().getNumElements() == 1;
  return isRow ? op : nullptr;
}

static std::optional<Table> getTable(const Rotation &rotation,
                                     const Operation &user,
                                     llvm::StringRef input) {
  TensorType x = rotation.x->getTensorType();
  int64_t width = x.getShape().back() / (rotation.isHalf ? 2 : 1);
  int64_t tokens = x.getDim(x.getRank() - 2);
  DiagnosticEngine &diagnostics =
      user.getFunction()->getContext().getDiagnostics();
  if (Attribute constant = user.getConstant(input)) {
    auto table = readTable(constant, width, !rotation.isHalf, diagnostics);
    return table && table->rows == tokens ? table : std::nullopt;
  }
  Operation *gather = getLookup(user.getOperand(input));
  if (!gather || tokens != 1)
    return std::nullopt;
  auto table =
      readTable(gather->getConstant("x"), width, !rotation.isHalf, diagnostics);
  if (table)
    table->position = gather->getOperand("indices");
  return table;
}

/// The θ of tables of cosines and sines; nothing if they are of other angles.
static std::optional<double> findTheta(const Table &cosines,
                                       const Table &sines) {
  // fp16 has 11 bits, and angles in it none to spare.
  constexpr double kTolerance = 4e-3;
  int64_t pairs = cosines.pairs;
  if (cosines.rows < 2 || pairs < 2 || sines.rows != cosines.rows ||
      sines.pairs != pairs || cosines.position != sines.position)
    return std::nullopt;
  // From the second pair at position 1: the first turns by 1 whatever θ is.
  double angle = std::atan2(sines.get(1, 1), cosines.get(1, 1));
  if (!(angle > 0) || angle > 1)
    return std::nullopt;
  double theta = std::pow(angle, -static_cast<double>(pairs));
  // Written down with few digits, if fp16 has blurred it.
  double digits = std::pow(10, std::floor(std::log10(theta)) - 1);
  double rounded = std::round(theta / digits) * digits;
  if (std::abs(rounded - theta) < 0.05 * theta)
    theta = rounded;
  for (int64_t p = 0; p < cosines.rows; ++p)
    for (int64_t i = 0; i < pairs; ++i) {
      double a =
          static_cast<double>(p) *
          std::pow(theta, -static_cast<double>(i) / static_cast<double>(pairs));
      if (std::abs(cosines.get(p, i) - std::cos(a)) > kTolerance ||
          std::abs(sines.get(p, i) - std::sin(a)) > kTolerance)
        return std::nullopt;
    }
  return theta;
}

/// `position`, of one element, as the int32 vector that composites take.
static Value *takePosition(ColumnBuilder &b, Value *position) {
  if (position->getTensorType().getElementType() != DataType::Int32)
    position = b.create(
        "cast",
        {{"x", position},
         {"dtype", b.constant(b.getBuilder().getString("int32"), "dtype")}},
        "position");
  return b.reshape(position, {1});
}

static Value *liftRope(Operation &op, Builder &builder,
                       const PatternOptions &) {
  std::optional<Rotation> rotation = readRotation(op);
  TensorType type = op.getResult()->getTensorType();
  if (!rotation || type.getRank() < 3 || rotation->axis != type.getRank() - 1)
    return nullptr;
  std::optional<Table> cosines =
      getTable(*rotation, *rotation->cosOp, rotation->cosInput);
  std::optional<Table> sines =
      cosines ? getTable(*rotation, *rotation->sinOp, rotation->sinInput)
              : std::nullopt;
  std::optional<double> theta =
      sines ? findTheta(*cosines, *sines) : std::nullopt;
  if (!theta)
    return nullptr;
  int64_t size = type.getShape().back();
  int64_t tokens = type.getDim(type.getRank() - 2);
  int64_t heads = *type.getNumElements() / (size * tokens);
  Context &context = builder.getContext();
  ColumnBuilder c(op, builder);
  NamedArgument position("position", builder.getInt32s({0}));
  if (cosines->position)
    position = {"position", takePosition(c, cosines->position)};
  Value *rows = c.reshape(rotation->x, {1, heads, tokens, size});
  Value *columns =
      c.reshape(c.transpose(rows, {0, 1, 3, 2}), {1, heads * size, 1, tokens});
  Value *rotated =
      c.create("espresso.rope",
               {{"head_dim", builder.getInt32(size)},
                position,
                {"theta", Attribute::real(context, *theta, DataType::Float32)},
                {"x", columns}},
               "rope");
  Value *back =
      c.transpose(c.reshape(rotated, {1, heads, size, tokens}), {0, 1, 3, 2});
  return c.reshape(back, type.getShape());
}

static constexpr PatternRow kPatterns[] = {
    {"add", liftRope},
    {"concat", liftRope},
};

llvm::ArrayRef<PatternRow> getLiftedRopePatterns() { return kPatterns; }

} // namespace espresso
