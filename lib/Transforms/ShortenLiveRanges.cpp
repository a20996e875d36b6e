//===- ShortenLiveRanges.cpp - Results no earlier than needed -------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
//   a = transpose(x = x)                 b = exp(x = x)
//   b = exp(x = x)                =>     c = relu(x = b)
//   c = relu(x = b)                      a = transpose(x = x)
//   d = matmul(x = c, y = a)             d = matmul(x = c, y = a)
//   e = add(x = d, y = x)                e = add(x = d, y = x)
//
// A pure operation moves down to its first use if what it uses lives on past
// that anyway: its result then lives shorter, and nothing lives longer.
// Constants stay: they are in memory all the time.
//
//===----------------------------------------------------------------------===//

#include "espresso/Ops/Registry.h"
#include "espresso/Transforms/Passes.h"

#include "llvm/ADT/DenseMap.h"

#include <algorithm>
#include <limits>

namespace espresso {
namespace {

class ShortenLiveRangesPass : public ShortenLiveRangesBase {
public:
  using ShortenLiveRangesBase::ShortenLiveRangesBase;
  PassResult run(Function &function, PassContext &context) override;

private:
  using Positions = llvm::DenseMap<const Operation *, int64_t>;
  bool sink(Operation &op, Positions &positions);
};

} // namespace

/// Between the numbers of neighbours: room for as many halvings as it has bits.
static constexpr int64_t kGap = int64_t{1} << 20;
static constexpr int64_t kEnd = std::numeric_limits<int64_t>::max();

/// The place in `body` of what uses a value: an operation, the one whose block
/// it is in, or the end for outputs.
static int64_t
getPlace(const Use &use, const Block &body,
         const llvm::DenseMap<const Operation *, int64_t> &positions) {
  Operation *user = use.getUser();
  if (!user)
    user = use.getOutputOf()->getParentOp();
  while (user && user->getBlock() != &body)
    user = user->getParentOp();
  return user ? positions.lookup(user) : kEnd;
}

/// Moves `op` to its first use if that is worth it.
bool ShortenLiveRangesPass::sink(Operation &op, Positions &positions) {
  const Block &body = *op.getBlock();
  int64_t first = kEnd;
  Operation *target = nullptr;
  for (const std::unique_ptr<Value> &result : op.getResults())
    result->forEachUse([&](Use &use) {
      int64_t place = getPlace(use, body, positions);
      if (place >= first)
        return;
      first = place;
      target = use.getUser();
      while (target && target->getBlock() != &body)
        target = target->getParentOp();
    });
  // Used by nobody, or by the outputs only, it is somebody else's business.
  if (!target || &*std::next(op.getIterator()) == target)
    return false;
  // Between the user and what stands before it, if numbers are left.
  int64_t before = positions.lookup(&*std::prev(target->getIterator()));
  if (first - before < 2)
    return false;
  for (Value *operand : op.getAllOperands()) {
    Operation *producer = operand->getDefiningOp();
    if ((producer && producer->is("const")) || operand->getInputOf())
      continue;
    int64_t last = 0;
    operand->forEachUse([&](Use &use) {
      if (use.getUser() != &op)
        last = std::max(last, getPlace(use, body, positions));
    });
    if (last < first)
      return false;
  }
  op.moveBefore(target);
  positions[&op] = before + (first - before) / 2;
  return true;
}

PassResult ShortenLiveRangesPass::run(Function &function, PassContext &) {
  Block &body = function.getBody();
  Positions positions;
  int64_t position = 0;
  std::vector<Operation *> operations;
  for (Operation &op : body.getOperations()) {
    positions[&op] = position += kGap;
    operations.push_back(&op);
  }
  bool changed = false;
  // Users first: what they use then sinks to where they have gone.
  for (size_t i = operations.size(); i-- > 0;) {
    Operation &op = *operations[i];
    if (op.is("const") || !isPure(op) || !op.getBlocks().empty() ||
        !sink(op, positions))
      continue;
    ++numMoved;
    changed = true;
  }
  return changedIf(changed);
}

std::unique_ptr<Pass>
createShortenLiveRangesPass(const ShortenLiveRangesOptions &options) {
  return std::make_unique<ShortenLiveRangesPass>(options);
}

} // namespace espresso
