//===- HighRank.cpp - More axes than there may be -------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
//   a = reshape(x)          x [N, C, H, W] to six axes
//   b = transpose(a)        =>  reshapes to at most four axes, each before a
//   c = reshape(b)              transpose of them
//
// Axes of one element, and axes that stay beside each other, count as one. Of
// what is left, a transpose of four axes puts one in its place, all before it
// being one axis, and all it passes being one.
//
//===----------------------------------------------------------------------===//

#include "../Patterns/Match.h"
#include "Legalize.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

using ane::RuleId;

using Extents = llvm::SmallVector<int64_t, 8>;

static bool isHigh(const Value &value, const Legalizer &legalizer) {
  return value.getTensorType() && hasStaticShape(value) &&
         value.getTensorType().getRank() >
             *getLimit(ane::Limit::MaxRank, legalizer.target);
}

/// What `value` has the elements of, in the same sequence.
static Value *getSource(Value *value) {
  for (Operation *op = value->getDefiningOp();
       op && (op->is("reshape") || op->is("expand_dims") || op->is("squeeze"));
       op = value->getDefiningOp()) {
    Value *x = op->getOperand("x");
    if (!x || !hasStaticShape(*x))
      break;
    value = x;
  }
  return value;
}

namespace {

/// A permutation of parts, and what it has done so far.
struct Parts {
  /// Extents, as they stand now.
  Extents extents;
  /// For each, the place it goes to.
  Extents places;
};

} // namespace

/// Of a transpose of `shape`, the axes that count.
static Parts findParts(llvm::ArrayRef<int64_t> shape,
                       llvm::ArrayRef<int64_t> perm) {
  // Axes in the order of the result, those of one element left out.
  Extents order, rank(shape.size(), -1);
  for (int64_t axis : perm)
    if (shape[axis] != 1)
      order.push_back(axis);
  for (auto [i, axis] : llvm::enumerate(order))
    rank[axis] = static_cast<int64_t>(i);
  Parts parts;
  int64_t last = -2;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (rank[axis] < 0)
      continue;
    if (rank[axis] == last + 1 && !parts.extents.empty()) {
      parts.extents.back() *= shape[axis];
    } else {
      parts.extents.push_back(shape[axis]);
      parts.places.push_back(rank[axis]);
    }
    last = rank[axis];
  }
  return parts;
}

static int64_t multiply(llvm::ArrayRef<int64_t> extents) {
  int64_t product = 1;
  for (int64_t extent : extents)
    product *= extent;
  return product;
}

/// transpose of many axes => reshapes and transposes of four
static Value *splitTranspose(Operation &op, OpBuilder &b,
                             Legalizer &legalizer) {
  Value *x = op.getOperand("x");
  if (!x || !isHigh(*op.getResult(), legalizer) || !hasStaticShape(*x))
    return nullptr;
  TensorType type = x->getTensorType();
  auto perm = getKnownAxes(op, "perm", type.getRank());
  if (!perm || type.getNumElements().value_or(0) == 0)
    return nullptr;
  Parts parts = findParts(type.getShape(), *perm);
  Value *value = getSource(x);
  unsigned count = 0;
  for (size_t done = 0; done < parts.places.size(); ++done) {
    size_t next =
        std::min_element(parts.places.begin() + static_cast<ptrdiff_t>(done),
                         parts.places.end()) -
        parts.places.begin();
    if (next == done)
      continue;
    llvm::ArrayRef<int64_t> extents = parts.extents;
    Value *four =
        b.reshape(value,
                  {multiply(extents.take_front(done)),
                   multiply(extents.slice(done, next - done)), extents[next],
                   multiply(extents.drop_front(next + 1))},
                  "parts");
    value = b.transpose(four, {0, 2, 1, 3}, "turned");
    ++count;
    for (Extents *list : {&parts.extents, &parts.places})
      std::rotate(list->begin() + static_cast<ptrdiff_t>(done),
                  list->begin() + static_cast<ptrdiff_t>(next),
                  list->begin() + static_cast<ptrdiff_t>(next + 1));
  }
  legalizer.remark(op, RuleId::RankMax)
      << "'" << op.getResult()->getName() << "', a transpose of "
      << type.getRank() << " axes, becomes " << count << " of four";
  return b.reshape(value, op.getResult()->getTensorType().getShape(), "shaped");
}

/// A reshape of a reshape to many axes skips it.
static Value *skipHighShape(Operation &op, OpBuilder &b, Legalizer &legalizer) {
  Value *x = op.getOperand("x");
  if (!x || !isHigh(*x, legalizer) || !hasStaticShape(*op.getResult()))
    return nullptr;
  Value *source = getSource(x);
  if (source == x)
    return nullptr;
  legalizer.remark(op, RuleId::RankMax)
      << "the " << x->getTensorType().getRank() << " axes of '" << x->getName()
      << "' are skipped";
  return b.reshape(source, op.getResult()->getTensorType().getShape(),
                   "shaped");
}

static constexpr LegalizationRow kRows[] = {
    {"transpose", RuleId::RankMax, splitTranspose},
    {"reshape", RuleId::RankMax, skipHighShape},
    {"squeeze", RuleId::RankMax, skipHighShape},
    {"expand_dims", RuleId::RankMax, skipHighShape},
};

llvm::ArrayRef<LegalizationRow> getRankLegalizations() { return kRows; }

} // namespace espresso
