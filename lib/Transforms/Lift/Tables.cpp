//===- Tables.cpp - Halves of tables of angles ----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A rotation of pairs needs one cosine and one sine a pair, but many programs
// multiply by tables with two. That both are the same is seen in constants, in
// a concat of one value with itself, and through what keeps halves apart: what
// is computed element by element, reshapes and transposes, and what takes a
// part along another axis, such as the row of a position.
//
//===----------------------------------------------------------------------===//

#include "Rotation.h"

#include "../Fold/Affine.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

/// Tables are looked at element by element.
static constexpr int64_t kMaxTable = int64_t{1} << 24;
/// Between a table and what is computed of it.
static constexpr unsigned kMaxSteps = 12;

/// Whether `op` joins one value with itself along `axis`.
static bool isDoubled(const Operation &op, int64_t axis) {
  llvm::SmallVector<Value *, 4> values = op.getOperands("values");
  auto along =
      getKnownAxes(op, "axis", op.getResult()->getTensorType().getRank());
  return op.is("concat") && !getFlag(op, "interleave") && values.size() == 2 &&
         values[0] == values[1] && along && along->front() == axis;
}

/// Whether both halves of a constant along `axis` are the same.
static bool areHalvesEqual(const Attribute &constant, int64_t axis,
                           DiagnosticEngine &diagnostics) {
  auto type = constant.getType().getAs<TensorType>();
  if (!type || axis < 0 || axis >= type.getRank() ||
      type.getDim(axis) % 2 != 0 || !isFloat(type.getElementType()))
    return false;
  auto elements = readElements(constant, kMaxTable, diagnostics);
  int64_t distance = type.getDim(axis) / 2;
  for (int64_t i = axis + 1; i < type.getRank(); ++i)
    distance *= type.getDim(i);
  if (!elements || distance == 0)
    return false;
  for (size_t i = 0; i < elements->size(); ++i)
    if (i / distance % 2 == 0 && (*elements)[i] != (*elements)[i + distance])
      return false;
  return true;
}

static bool hasEqualHalves(const Operation &user, llvm::StringRef input,
                           int64_t fromEnd, unsigned steps);

/// The place from the end of the axis that axis `fromEnd` of a reshape was; 0
/// if it was none. What follows the axis must be as many elements.
static int64_t followReshape(const Operation &op, int64_t fromEnd) {
  Value *x = op.getOperand("x");
  if (!x || !hasStaticShape(*x) || !hasStaticShape(*op.getResult()))
    return 0;
  llvm::ArrayRef<int64_t> after = op.getResult()->getTensorType().getShape();
  llvm::ArrayRef<int64_t> before = x->getTensorType().getShape();
  int64_t extent = after[after.size() - fromEnd], behind = 1, found = 1;
  for (int64_t e : after.take_back(fromEnd - 1))
    behind *= e;
  for (size_t i = before.size(); i-- > 0; found *= before[i])
    if (before[i] == extent && found == behind)
      return static_cast<int64_t>(before.size() - i);
  return 0;
}

/// Whether both halves along the axis `fromEnd` from the end are the same. Axes
/// are counted from the end since operands are broadcast from there.
static bool hasEqualHalves(Value *value, int64_t fromEnd, unsigned steps) {
  Operation *op = value ? value->getDefiningOp() : nullptr;
  TensorType type = value ? value->getTensorType() : TensorType();
  if (!op || !type || steps == kMaxSteps || fromEnd > type.getRank())
    return false;
  int64_t axis = type.getRank() - fromEnd;
  if (isDoubled(*op, axis))
    return true;
  if (op->is("cos") || op->is("sin") || op->is("cast") || op->is("identity"))
    return hasEqualHalves(*op, "x", fromEnd, steps + 1);
  if (op->is("mul") || op->is("add") || op->is("sub") || op->is("real_div"))
    return hasEqualHalves(*op, "x", fromEnd, steps + 1) &&
           hasEqualHalves(*op, "y", fromEnd, steps + 1);
  if (op->is("reshape") || op->is("expand_dims") || op->is("squeeze")) {
    int64_t before = followReshape(*op, fromEnd);
    return before != 0 && hasEqualHalves(*op, "x", before, steps + 1);
  }
  if (op->is("transpose")) {
    auto perm = getKnownAxes(*op, "perm", type.getRank());
    return perm &&
           hasEqualHalves(*op, "x", type.getRank() - (*perm)[axis], steps + 1);
  }
  // What takes from an axis before this one, and keeps what follows.
  if (op->is("gather") || op->is("slice_by_index") || op->is("slice_by_size")) {
    auto x = op->getArgumentType("x").getAs<TensorType>();
    auto taken = op->is("gather") && x ? getKnownAxes(*op, "axis", x.getRank())
                                       : llvm::SmallVector<int64_t, 4>{0};
    auto batch = getKnownIntegers(*op, "batch_dims");
    auto stride = getKnownIntegers(*op, "stride");
    bool isKept =
        x && fromEnd <= x.getRank() && taken &&
        (!op->is("gather") || taken->front() < x.getRank() - fromEnd) &&
        !(batch && batch->front() != 0) &&
        x.getDim(x.getRank() - fromEnd) == type.getDim(axis) &&
        !op->hasBinding("squeeze_mask") &&
        (!op->hasBinding("stride") ||
         (stride && llvm::all_equal(*stride) && stride->front() == 1));
    return isKept && hasEqualHalves(*op, "x", fromEnd, steps + 1);
  }
  return false;
}

static bool hasEqualHalves(const Operation &user, llvm::StringRef input,
                           int64_t fromEnd, unsigned steps) {
  if (Attribute constant = user.getConstant(input)) {
    auto type = constant.getType().getAs<TensorType>();
    // One number along the axis.
    if (type && (type.getRank() < fromEnd ||
                 type.getDim(type.getRank() - fromEnd) == 1))
      return true;
    return type &&
           areHalvesEqual(constant, type.getRank() - fromEnd,
                          user.getFunction()->getContext().getDiagnostics());
  }
  Value *value = user.getOperand(input);
  TensorType type = value ? value->getTensorType() : TensorType();
  if (type &&
      (type.getRank() < fromEnd || type.getDim(type.getRank() - fromEnd) == 1))
    return true;
  return hasEqualHalves(value, fromEnd, steps);
}

bool hasEqualHalves(const Operation &user, llvm::StringRef input,
                    int64_t fromEnd) {
  return hasEqualHalves(user, input, fromEnd, 0);
}

} // namespace espresso
