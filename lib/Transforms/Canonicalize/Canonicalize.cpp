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

#include "Patterns.h"

#include "espresso/Transforms/Passes.h"

namespace espresso {
namespace {

class CanonicalizePass : public CanonicalizeBase {
public:
  explicit CanonicalizePass(const CanonicalizeOptions &options);
  PassResult run(Function &function, PassContext &context) override;
  NumericTolerance getTolerance() const override {
    // Half a unit for each cast that is dropped; chains of arithmetic between
    // them make more of it.
    return options.allowLossyCasts ? NumericTolerance{32, 32}
                                   : CanonicalizeBase::getTolerance();
  }

private:
  PatternDriver driver;
};

} // namespace

CanonicalizePass::CanonicalizePass(const CanonicalizeOptions &options)
    : CanonicalizeBase(options),
      driver({.allowLossyCasts = options.allowLossyCasts}) {
  driver.add(getIdentityPatterns());
  driver.add(getArithmeticPatterns());
  driver.add(getSelectPatterns());
  driver.add(getCastPatterns());
  driver.add(getShapePatterns());
  driver.add(getTransposePatterns());
  driver.add(getSlicePatterns());
  driver.add(getPartPatterns());
  driver.add(getCompressedPatterns());
  driver.add(getCommutativePatterns());
}

PassResult CanonicalizePass::run(Function &function, PassContext &) {
  bool changed = driver.run(function, options.maxIterations);
  numRewrites += driver.getNumRewrites();
  numSweeps += driver.getNumSweeps();
  return changedIf(changed);
}

std::unique_ptr<Pass>
createCanonicalizePass(const CanonicalizeOptions &options) {
  return std::make_unique<CanonicalizePass>(options);
}

} // namespace espresso
