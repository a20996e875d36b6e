//===- FusePatterns.cpp - Operations for formulas -------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Finds formulas that MIL has an operation for: activations, normalisations,
// means, joins of tensors. Patterns are in the other files of this directory,
// built on Formula.cpp, which sees through the order and the form in which a
// formula was written down.
//
// Results differ by rounding. On the direct path to the engine some of the
// operations are refused (`ane-gelu-op`, `ane-layernorm-affine`): the pass is
// for programs that go through Core ML, and for those that are lifted and
// lowered again.
//
//===----------------------------------------------------------------------===//

#include "FusePatterns.h"

#include "espresso/Transforms/Passes.h"

namespace espresso {
namespace {

class FusePatternsPass : public FusePatternsBase {
public:
  explicit FusePatternsPass(const FusePatternsOptions &options)
      : FusePatternsBase(options), driver({.useBatchNorm = options.batchNorm}) {
    // Norms and activations before the numbers in them are merged with others.
    driver.add(getActivationPatterns());
    driver.add(getNormPatterns());
    driver.add(getNumberPatterns());
    driver.add(getJoinPatterns());
    driver.add(getImagePatterns());
    driver.add(getQuantizedPatterns());
  }
  PassResult run(Function &function, PassContext &) override {
    bool changed = driver.run(function, options.maxIterations);
    numFused += driver.getNumRewrites();
    return changedIf(changed);
  }

private:
  PatternDriver driver;
};

} // namespace

std::unique_ptr<Pass>
createFusePatternsPass(const FusePatternsOptions &options) {
  return std::make_unique<FusePatternsPass>(options);
}

} // namespace espresso
