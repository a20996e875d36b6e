//===- Canonicalize.cpp - The simplest form of everything -----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Brings operations to their simplest form by local patterns, a table of which
// stands in each file of this directory:
//
//   a = transpose(perm = [1, 0], x = x)
//   b = transpose(perm = [1, 0], x = a)    =>    c = mul(x = x, y = two)
//   c = mul(x = two, y = b)
//
// Every pattern is exact: for each input, NaN and -0 included, the program
// computes the same bits before and after. (`x + 0` stays, for -0 + 0 is +0.)
// The one exception, casts that round and come back, has to be asked for with
// `allow-lossy-casts`.
//
// The function is swept from first to last operation until nothing changes or
// `max-iterations` sweeps are done. What is no longer used because of a
// rewrite is removed at once; the rest is left to `dce`.
//
// Names of inputs and outputs of the function stay. What takes the place of an
// output takes its name; where it is an input of the function or another of its
// outputs, it is passed on by an `identity` of that name, so that
//
//   y = cast(dtype = "fp16", x = wide)     =>     y = identity(x = x)
//
//===----------------------------------------------------------------------===//

#include "../Replacement.h"
#include "Patterns.h"

#include "espresso/Ops/Registry.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"

namespace espresso {

//===----------------------------------------------------------------------===//
// What patterns share
//===----------------------------------------------------------------------===//

Value *ifSameType(Value *value, const Operation &op) {
  return value && value->getType() == op.getResult()->getType() ? value
                                                                : nullptr;
}

Operation *getProducer(Value *value, llvm::StringRef opName) {
  Operation *producer = value ? value->getDefiningOp() : nullptr;
  return producer && producer->is(opName) ? producer : nullptr;
}

std::optional<llvm::SmallVector<int64_t, 4>>
getKnownIntegers(const Operation &op, llvm::StringRef input) {
  Attribute constant = op.getConstant(input);
  if (!constant.getDense())
    return std::nullopt;
  TensorType type = constant.getType().getAs<TensorType>();
  if (!type || !isInteger(type.getElementType()))
    return std::nullopt;
  return constant.getIntegers();
}

Value *copyWithOperand(Operation &op, Builder &builder, llvm::StringRef input,
                       Value *value) {
  llvm::DenseMap<const Value *, Value *> mapping;
  Operation *copy = cloneOperation(op, builder, mapping);
  copy->setOperand(builder.getContext().intern(input), value);
  return copy->getResult();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {

class CanonicalizePass : public CanonicalizeBase {
public:
  explicit CanonicalizePass(const CanonicalizeOptions &options);
  PassResult run(Function &function, PassContext &context) override;

private:
  void addPatterns(llvm::ArrayRef<PatternRow> rows);
  bool sweep(Block &block);
  bool simplify(Operation &op);
  Value *findReplacement(Operation &op);

  llvm::StringMap<llvm::SmallVector<Pattern, 4>> patterns;
  llvm::SmallVector<Pattern, 2> patternsForAll;
};

} // namespace

CanonicalizePass::CanonicalizePass(const CanonicalizeOptions &options)
    : CanonicalizeBase(options) {
  addPatterns(getIdentityPatterns());
  addPatterns(getArithmeticPatterns());
  addPatterns(getCastPatterns());
  addPatterns(getShapePatterns());
  addPatterns(getTransposePatterns());
  addPatterns(getSlicePatterns());
  addPatterns(getCommutativePatterns());
}

void CanonicalizePass::addPatterns(llvm::ArrayRef<PatternRow> rows) {
  for (const PatternRow &row : rows) {
    if (row.opName.empty())
      patternsForAll.push_back(row.pattern);
    else
      patterns[row.opName].push_back(row.pattern);
  }
}

Value *CanonicalizePass::findReplacement(Operation &op) {
  Builder builder(op);
  auto found = patterns.find(op.getName());
  if (found != patterns.end())
    for (Pattern pattern : found->second)
      if (Value *value = pattern(op, builder, options))
        return value;
  for (Pattern pattern : patternsForAll)
    if (Value *value = pattern(op, builder, options))
      return value;
  return nullptr;
}

/// An operation that a pattern made stands for the one it replaces: it has its
/// attributes and the name of its result.
static void takeOver(Operation &op, Value &made) {
  Operation &replacement = *made.getDefiningOp();
  for (const NamedAttribute &attribute : op.getAttributes())
    if (!replacement.getAttribute(attribute.name))
      replacement.setAttribute(attribute.name, attribute.value);
  swapNames(made, *op.getResult());
  op.getResult()->replaceAllUsesWith(&made);
}

/// Replaces `op` if a pattern knows how. Returns whether anything changed. May
/// erase `op`.
bool CanonicalizePass::simplify(Operation &op) {
  // Opaque operations may mean anything.
  if (op.getNumResults() != 1 || !lookupOp(op))
    return false;
  Value *value = findReplacement(op);
  if (!value)
    return false;
  Value &result = *op.getResult();
  bool canTakeName = value->getDefiningOp() && !isFunctionOutput(*value);
  // What a pattern has found is used, by `op` at least; what it made is not.
  if (!value->hasUses()) {
    takeOver(op, *value);
  } else if (!isFunctionOutput(result) || canTakeName || op.is("identity")) {
    // An identity that gives an output its name is as simple as can be.
    if (!replaceUses(result, *value))
      return false;
  } else {
    Operation *passedOn = Builder(op).create(
        "identity", {{"x", value}}, {result.getType()}, result.getName());
    takeOver(op, *passedOn->getResult());
  }
  ++numRewrites;
  eraseIfDead(op);
  return true;
}

bool CanonicalizePass::sweep(Block &block) {
  bool changed = false;
  for (Operation &op : llvm::make_early_inc_range(block.getOperations())) {
    for (const std::unique_ptr<Block> &nested : op.getBlocks())
      changed |= sweep(*nested);
    changed |= simplify(op);
  }
  return changed;
}

PassResult CanonicalizePass::run(Function &function, PassContext &context) {
  bool changed = false;
  for (int64_t i = 0; i < options.maxIterations; ++i) {
    if (!sweep(function.getBody()))
      break;
    changed = true;
    ++numSweeps;
  }
  return changedIf(changed);
}

std::unique_ptr<Pass>
createCanonicalizePass(const CanonicalizeOptions &options) {
  return std::make_unique<CanonicalizePass>(options);
}

} // namespace espresso
