//===- LiftComposites.cpp - Composites of programs of others --------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Finds what composites stand for in programs of MIL, ours or imported, so that
// they can be transformed at the model altitude and lowered again: norms,
// products, feed-forward blocks, attention, rotation. Patterns are in
// the other files of this directory. Composites work on columns [1, C, 1, S];
// whatever form a program has, [1, S, C] for one, is brought to columns and
// back around each of them, and the pipeline `lift` cancels that.
//
// The functions keep their opset: with composites in them, they wait for
// lower-composites. With `to-model` they become <model> functions, and
// rotations, which belong to the host, are lifted, too.
//
//===----------------------------------------------------------------------===//

#include "Columns.h"

#include "espresso/Transforms/Passes.h"

namespace espresso {
namespace {

class LiftCompositesPass : public LiftCompositesBase {
public:
  explicit LiftCompositesPass(const LiftCompositesOptions &options)
      : LiftCompositesBase(options) {
    driver.add(getLiftedAttentionPatterns());
    driver.add(getLiftedNormPatterns());
    driver.add(getLiftedLinearPatterns());
    driver.add(getLiftedFeedForwardPatterns());
    if (options.toModel)
      driver.add(getLiftedRopePatterns());
    // What is no function of the position.
    driver.add(getLiftedRotationPatterns());
  }
  PassResult run(Function &function, PassContext &context) override;

private:
  PatternDriver driver;
};

} // namespace

/// Says of attention and rotations that were left why they were.
static void explain(Function &function, PassContext &context) {
  function.walk([&](Operation &op) {
    if (llvm::StringRef reason = explainAttention(op); !reason.empty())
      context.emitRemark(op.getLocation())
          << "attention '" << op.getResult()->getName()
          << "' is left as it is: " << reason;
    if (llvm::StringRef reason = explainRotation(op); !reason.empty())
      context.emitRemark(op.getLocation())
          << "rotation '" << op.getResult()->getName()
          << "' is left as it is: " << reason;
  });
}

PassResult LiftCompositesPass::run(Function &function, PassContext &context) {
  if (!isIOS(function.getOpset()) && function.getOpset() != Opset::Model)
    return PassResult::Unchanged;
  unsigned numCut = cutProducts(function);
  bool changed = driver.run(function, options.maxIterations) || numCut != 0;
  numLifted += driver.getNumRewrites();
  if (driver.getNumRewrites() != 0)
    context.emitRemark(function.getLocation())
        << "'" << function.getName() << "': " << driver.getNumRewrites()
        << " composites recognised";
  if (options.explain)
    explain(function, context);
  if (options.toModel && function.getOpset() != Opset::Model) {
    function.setOpset(Opset::Model);
    changed = true;
  }
  if (options.layers)
    changed |= labelLayers(function);
  return changedIf(changed);
}

std::unique_ptr<Pass>
createLiftCompositesPass(const LiftCompositesOptions &options) {
  return std::make_unique<LiftCompositesPass>(options);
}

} // namespace espresso
