//===- LegalizeAne.cpp - What the engine does not take --------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Rewrites what a rule of the target forbids into what it allows. Each rewrite
// is a row in one of the tables of this directory and names the rule that asks
// for it; rules that do not hold for `chip` and `path`, or that `disable`
// names, ask for nothing. What is left that breaks a rule is a warning.
//
//   y = rsqrt(x = x, epsilon = fp16(0x1p-10))
//   =>
//   s = add(x = x, y = epsilon)
//   y = pow(x = s, y = minus_half)
//
//===----------------------------------------------------------------------===//

#include "Legalize.h"

#include "../Replacement.h"
#include "espresso/Transforms/Passes.h"

#include "llvm/ADT/SmallPtrSet.h"

namespace espresso {
namespace {

/// Sweeps, at most: rewrites lead to others, but not for ever.
constexpr unsigned kMaxSweeps = 8;

class LegalizeAnePass : public LegalizeAneBase {
public:
  using LegalizeAneBase::LegalizeAneBase;
  PassResult run(Function &function, PassContext &context) override;

private:
  FailureOr<ane::Target> findTarget(const Function &function,
                                    PassContext &context) const;
  bool sweep(Function &function, Legalizer &legalizer);
};

} // namespace

FailureOr<ane::Target> LegalizeAnePass::findTarget(const Function &function,
                                                   PassContext &context) const {
  std::string error;
  std::optional<ane::Target> target = ane::findTarget(options.chip, error);
  if (!target)
    return context.getDiagnostics()
               .emitError(function.getLocation())
               .setRule(getArgument())
           << error;
  std::optional<ane::PathSet> paths = ane::findPaths(options.path);
  assert(paths && "the record lists the ways");
  target->paths = *paths;
  return *target;
}

static Value *findReplacement(Operation &op, Legalizer &legalizer) {
  for (llvm::ArrayRef<LegalizationRow> table :
       {getAttentionLegalizations(), getOperatorLegalizations(),
        getProductLegalizations(), getAxisLegalizations(),
        getRankLegalizations()})
    for (const LegalizationRow &row : table) {
      bool isNamed = row.opName.empty() || op.is(row.opName);
      // Attention has reasons of its own.
      bool holds =
          legalizer.holds(row.rule) || row.rule == ane::RuleId::SdpaMask;
      if (!isNamed || !holds)
        continue;
      OpBuilder b(op, op.getResult()->getName());
      if (Value *value = row.rewrite(op, b, legalizer))
        return value;
    }
  return nullptr;
}

bool LegalizeAnePass::sweep(Function &function, Legalizer &legalizer) {
  llvm::SmallVector<Operation *> ops;
  function.walk([&](Operation &op) {
    if (!op.is("const") && op.getNumResults() == 1)
      ops.push_back(&op);
  });
  bool changed = false;
  llvm::SmallPtrSet<Operation *, 16> gone;
  for (Operation *op : llvm::reverse(ops)) {
    // Fusing takes away what stands before.
    if (gone.contains(op) || !op->hasUses())
      continue;
    Value *value = findReplacement(*op, legalizer);
    if (!value)
      continue;
    replaceUses(*op->getResult(), *value);
    ++numRewrites;
    changed = true;
    gone.insert(op);
  }
  for (Operation *op : llvm::reverse(ops))
    if (gone.contains(op))
      eraseIfDead(*op);
  return changed;
}

PassResult LegalizeAnePass::run(Function &function, PassContext &context) {
  if (!isIOS(function.getOpset()))
    return PassResult::Unchanged;
  FailureOr<ane::Target> target = findTarget(function, context);
  if (failed(target))
    return PassResult::Failed;
  Legalizer legalizer(*target, context, options.attention,
                      options.rewriteConcat, options.warnFp32);
  bool changed = false;
  for (unsigned i = 0; i < kMaxSweeps && sweep(function, legalizer); ++i)
    changed = true;
  changed |= legalizeConstants(function, legalizer);
  reportBreaches(function, legalizer);
  return changedIf(changed);
}

std::unique_ptr<Pass> createLegalizeAnePass(const LegalizeAneOptions &options) {
  return std::make_unique<LegalizeAnePass>(options);
}

} // namespace espresso
