//===- ElementOrder.cpp - Where elements go -------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ElementOrder.h"

#include "Match.h"

namespace espresso {

/// Longer chains are looked at in pieces: it keeps matching linear.
static constexpr size_t kMaxChain = 8;

ElementOrder::ElementOrder(llvm::ArrayRef<int64_t> shape) : axes(shape.size()) {
  int64_t stride = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    axes[i] = {{shape[i], stride}};
    stride *= shape[i];
  }
}

bool ElementOrder::reshape(llvm::ArrayRef<int64_t> shape) {
  std::vector<Factor> pending;
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis)
    for (auto factor = axis->rbegin(); factor != axis->rend(); ++factor)
      if (factor->extent != 1)
        pending.push_back(*factor);
  // The last factor is taken first: pending is in reverse, used from the front.
  std::vector<Axis> result(shape.size());
  size_t next = 0;
  for (size_t i = shape.size(); i-- > 0;) {
    int64_t open = shape[i];
    while (open > 1) {
      if (next == pending.size())
        return false;
      Factor &factor = pending[next];
      int64_t taken = std::min(open, factor.extent);
      if (open % taken != 0 || factor.extent % taken != 0)
        return false;
      result[i].insert(result[i].begin(), {taken, factor.stride});
      open /= taken;
      factor = {factor.extent / taken, factor.stride * taken};
      if (factor.extent == 1)
        ++next;
    }
  }
  if (next != pending.size())
    return false;
  axes = std::move(result);
  return true;
}

void ElementOrder::transpose(llvm::ArrayRef<int64_t> perm) {
  std::vector<Axis> result;
  for (int64_t axis : perm)
    result.push_back(axes[axis]);
  axes = std::move(result);
}

bool ElementOrder::isOriginal() const {
  int64_t expected = 1;
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis)
    for (auto factor = axis->rbegin(); factor != axis->rend(); ++factor) {
      if (factor->extent == 1)
        continue;
      if (factor->stride != expected)
        return false;
      expected *= factor->extent;
    }
  return true;
}

/// What `op` makes of its operand, if it only moves elements.
static Value *getMoved(Operation &op) {
  bool moves = op.is("reshape") || op.is("transpose") || op.is("expand_dims") ||
               op.is("squeeze");
  Value *x = moves ? op.getOperand("x") : nullptr;
  return x && hasStaticShape(*x) && hasStaticShape(*op.getResult()) &&
                 x->getTensorType().getNumElements().value_or(0) > 0
             ? x
             : nullptr;
}

/// Applies the operations of a chain to the order of its beginning.
static bool isOriginalAfter(llvm::ArrayRef<Operation *> chain,
                            const Value &origin) {
  ElementOrder order(origin.getTensorType().getShape());
  for (size_t i = chain.size(); i-- > 0;) {
    Operation &op = *chain[i];
    TensorType type = op.getResult()->getTensorType();
    if (op.is("transpose")) {
      auto perm = getKnownAxes(op, "perm", type.getRank());
      if (!perm)
        return false;
      order.transpose(*perm);
    } else if (!order.reshape(type.getShape())) {
      return false;
    }
  }
  return order.isOriginal();
}

Value *findSameOrder(Value *value) {
  llvm::SmallVector<Operation *, kMaxChain> chain;
  Value *found = nullptr;
  bool hasTranspose = false;
  for (Value *at = value; chain.size() < kMaxChain;) {
    Operation *op = at->getDefiningOp();
    Value *x = op ? getMoved(*op) : nullptr;
    if (!x)
      break;
    chain.push_back(op);
    hasTranspose |= op->is("transpose");
    at = x;
    if (hasTranspose && isOriginalAfter(chain, *x))
      found = x;
  }
  return found;
}

} // namespace espresso
