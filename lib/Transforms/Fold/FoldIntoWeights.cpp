//===- FoldIntoWeights.cpp - Fewer operations around products -------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Lets convolutions and products of matrices take over what stands around them:
// scales, shifts, normalisations by given statistics, paddings, transposes.
// Patterns are in Products.cpp and Padding.cpp. Weights are scaled in fp32 and
// rounded once, so that results differ by the rounding of a weight.
//
//===----------------------------------------------------------------------===//

#include "FoldPatterns.h"

#include "espresso/Transforms/Passes.h"

namespace espresso {
namespace {

class FoldIntoWeightsPass : public FoldIntoWeightsBase {
public:
  explicit FoldIntoWeightsPass(const FoldIntoWeightsOptions &options)
      : FoldIntoWeightsBase(options), driver({.convBias = options.convBias}) {
    driver.add(getPaddingPatterns());
    driver.add(getProductPatterns());
  }
  PassResult run(Function &function, PassContext &) override {
    bool changed = driver.run(function, options.maxIterations);
    numFolded += driver.getNumRewrites();
    return changedIf(changed);
  }

private:
  PatternDriver driver;
};

} // namespace

std::unique_ptr<Pass>
createFoldIntoWeightsPass(const FoldIntoWeightsOptions &options) {
  return std::make_unique<FoldIntoWeightsPass>(options);
}

} // namespace espresso
