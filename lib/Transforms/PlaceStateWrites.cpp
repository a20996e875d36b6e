//===- PlaceStateWrites.cpp - States written as soon as they can be -------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
//   new = slice_update(…)                new = slice_update(…)
//   y = relu(x = new)                    write_state(data = new, input = s)
//   z = exp(x = y)                =>     held = read_state(input = s)
//   write_state(data = new, input = s)   y = relu(x = held)
//   held = read_state(input = s)         z = exp(x = y)
//
// so that what was computed can take the place of what the state held, and need
// not be kept beside it. `coreml_update_state` is both operations in one.
//
// A write moves up to what computes its value, but never past an operation that
// has to do with the same state, or that has blocks, which might: nobody reads
// another value than before. The read that follows a write moves along. States
// that are other values are other places. What the read gives is what was
// written, bit by bit, and serves those who used the value after it, up to what
// may write the state again: nothing that a state held is used where it holds
// something else. Outputs of the function keep the value, for they have its
// name, and so do other writes.
//
//===----------------------------------------------------------------------===//

#include "espresso/IR/Program.h"
#include "espresso/Transforms/Passes.h"

#include "llvm/ADT/DenseMap.h"

#include <limits>

namespace espresso {
namespace {

/// A write, and what is read right after it.
struct StateWrite {
  Operation *op = nullptr;
  /// The same operation, another, or null.
  Operation *read = nullptr;
  Value *state = nullptr;
  Value *value = nullptr;
  /// The place of what may write the state again.
  size_t until = std::numeric_limits<size_t>::max();

  Operation *getLast() const { return read ? read : op; }
};

class PlaceStateWritesPass : public PlaceStateWritesBase {
public:
  using PlaceStateWritesBase::PlaceStateWritesBase;
  PassResult run(Function &function, PassContext &context) override;

private:
  bool placeIn(Block &block);
  bool useRead(const StateWrite &write,
               const llvm::DenseMap<const Operation *, size_t> &order);
};

} // namespace

static bool isWrite(const Operation &op) {
  return op.is("write_state") || op.is("coreml_update_state");
}

static Operation *getNext(Operation &op) {
  auto next = std::next(op.getIterator());
  return next == op.getBlock()->end() ? nullptr : &*next;
}

static StateWrite getWrite(Operation &op) {
  if (op.is("coreml_update_state"))
    return {&op, &op, op.getOperand("state"), op.getOperand("value")};
  StateWrite write = {&op, nullptr, op.getOperand("input"),
                      op.getOperand("data")};
  Operation *next = getNext(op);
  if (next && next->is("read_state") &&
      next->getOperand("input") == write.state)
    write.read = next;
  return write;
}

/// The operation of `block` that `op` is, or is in.
static const Operation *getAncestor(const Operation *op, const Block &block) {
  while (op && op->getBlock() != &block)
    op = op->getParentOp();
  return op;
}

/// Lets users of the value that come after the read use what it gives.
bool PlaceStateWritesPass::useRead(
    const StateWrite &write,
    const llvm::DenseMap<const Operation *, size_t> &order) {
  if (!write.read ||
      write.read->getResult()->getType() != write.value->getType())
    return false;
  const Block &block = *write.op->getBlock();
  size_t place = order.lookup(write.read);
  bool changed = false;
  write.value->forEachUse([&](Use &use) {
    Operation *user = use.getUser();
    if (!user && use.getOutputOf() != &block)
      user = use.getOutputOf()->getParentOp();
    const Operation *ancestor = getAncestor(user, block);
    if (!ancestor || isWrite(*user) || order.lookup(ancestor) <= place ||
        order.lookup(ancestor) >= write.until)
      return;
    use.set(write.read->getResult());
    ++numUses;
    changed = true;
  });
  return changed;
}

/// Moves a write behind `after`, which is set to what it then follows, and
/// other writes there. Returns whether it was elsewhere.
static bool moveUp(const StateWrite &write, Operation *&after,
                   const Block &block) {
  if (!after || after->getBlock() != &block)
    return false;
  for (Operation *next = getNext(*after);
       next && next != write.op && (isWrite(*next) || next->is("read_state"));
       next = getNext(*after))
    after = next;
  Operation *target = getNext(*after);
  if (target == write.op)
    return false;
  write.op->moveBefore(target);
  if (write.read && write.read != write.op)
    write.read->moveBefore(target);
  return true;
}

bool PlaceStateWritesPass::placeIn(Block &block) {
  bool changed = false;
  // Places before anything has moved: what moves up takes that of its producer.
  llvm::DenseMap<const Operation *, size_t> order;
  llvm::DenseMap<const Value *, Operation *> lastTouch;
  std::vector<StateWrite> writes;
  // The last write of each state, by its number.
  llvm::DenseMap<const Value *, size_t> open;
  auto close = [&](const Value *state, size_t at) {
    if (auto found = open.find(state); found != open.end()) {
      writes[found->second].until = at;
      open.erase(found);
    }
  };
  Operation *barrier = nullptr;
  size_t place = 0;
  std::vector<Operation *> operations;
  for (Operation &op : block.getOperations())
    operations.push_back(&op);
  for (Operation *current : operations) {
    Operation &op = *current;
    for (const std::unique_ptr<Block> &nested : op.getBlocks())
      changed |= placeIn(*nested);
    // The read that went along with its write has its place.
    if (!order.try_emplace(&op, ++place).second)
      continue;
    if (!op.getBlocks().empty()) {
      barrier = &op;
      for (const auto &[state, number] : open)
        writes[number].until = place;
      open.clear();
    }
    StateWrite write = isWrite(op) ? getWrite(op) : StateWrite();
    for (Value *operand : op.getAllOperands())
      if (operand->getType().getAs<StateType>() && operand != write.state) {
        lastTouch[operand] = &op;
        if (!op.is("read_state"))
          close(operand, place);
      }
    if (!write.value) {
      if (write.state)
        lastTouch[write.state] = &op;
      close(write.state, place);
      continue;
    }
    Operation *after = write.value->getDefiningOp();
    for (Operation *touch : {lastTouch.lookup(write.state), barrier})
      if (touch && after && after->getBlock() == &block &&
          order.lookup(touch) > order.lookup(after))
        after = touch;
    lastTouch[write.state] = write.getLast();
    order[write.getLast()] = place;
    if (moveUp(write, after, block)) {
      order[&op] = order[write.getLast()] = order.lookup(after);
      ++numMoved;
      changed = true;
    }
    close(write.state, order.lookup(&op));
    open[write.state] = writes.size();
    writes.push_back(write);
  }
  for (const StateWrite &write : writes)
    changed |= useRead(write, order);
  return changed;
}

PassResult PlaceStateWritesPass::run(Function &function, PassContext &) {
  return changedIf(placeIn(function.getBody()));
}

std::unique_ptr<Pass>
createPlaceStateWritesPass(const PlaceStateWritesOptions &options) {
  return std::make_unique<PlaceStateWritesPass>(options);
}

} // namespace espresso
