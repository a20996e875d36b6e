//===- Pipelines.cpp - Named pipelines ------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Pipelines.h"

#include "espresso/Transforms/Passes.h"

namespace espresso {

static void buildCleanup(Pipeline &pipeline) {
  // First, so that nothing is simplified that nobody uses.
  pipeline.addPass(createDcePass());
  // Gives canonicalize constants to work with.
  pipeline.addPass(createConstantFoldPass());
  // Same things must look the same before they can be found to be.
  pipeline.addPass(createCanonicalizePass());
  pipeline.addPass(createCsePass());
  // What the others left behind.
  pipeline.addPass(createDcePass());
}

static void buildAne(Pipeline &pipeline) {
  // Composites still mark the places to cut at.
  pipeline.addPass(createSplitAtRopePass());
  // The host function is there now, and the head still a composite.
  pipeline.addPass(createPlaceHeadPass());
  // From here on the programs are MIL.
  pipeline.addPass(createLowerCompositesPass());
  // Lowering makes each flag and scalar again for every function it works on.
  buildCleanup(pipeline);
}

static void buildOptimize(Pipeline &pipeline) {
  buildCleanup(pipeline);
  // Products first: what they take over is no formula any more.
  pipeline.addPass(createFoldIntoWeightsPass());
  pipeline.addPass(createFusePatternsPass());
  // Layouts meet where the formulas were.
  pipeline.addPass(createReduceTransposesPass());
  // So that cse sees weights that are the same.
  pipeline.addPass(createDedupWeightsPass());
  buildCleanup(pipeline);
  // Last: nothing moves any more.
  pipeline.addPass(createShortenLiveRangesPass());
}

static void buildLift(Pipeline &pipeline) {
  // Formulas in one form each.
  buildCleanup(pipeline);
  pipeline.addPass(createFusePatternsPass());
  pipeline.addPass(createFoldIntoWeightsPass());
  buildCleanup(pipeline);
  // Products and norms, in columns.
  pipeline.addPass(createLiftCompositesPass());
  pipeline.addPass(createReduceTransposesPass());
  buildCleanup(pipeline);
  // What is made of them, now that nothing stands between.
  pipeline.addPass(createLiftCompositesPass());
  pipeline.addPass(createReduceTransposesPass());
  buildCleanup(pipeline);
}

static constexpr PipelineInfo kPipelines[] = {
    {"ane", "Takes a model to programs for the engine and a host schedule",
     buildAne},
    {"cleanup", "Makes a program smaller without changing what it computes",
     buildCleanup},
    {"lift", "Takes programs of others to composites", buildLift},
    {"optimize", "Makes a program smaller and faster, rounding differently",
     buildOptimize},
};

void registerPipelines(PassRegistry &registry) {
  for (const PipelineInfo &info : kPipelines)
    registry.addPipeline(info);
}

} // namespace espresso
