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
  // What loops do not change is known in them.
  pipeline.addPass(createLoopInvariantsPass());
  // Same things must look the same before they can be found to be.
  pipeline.addPass(createCanonicalizePass());
  pipeline.addPass(createCsePass());
  // What the others left behind.
  pipeline.addPass(createDcePass());
}

/// Numbers that the engine can hold, and operations that it takes: for the chip
/// and the way to it that are asked for, or else for all.
static void buildLegal(Pipeline &pipeline) {
  // Where programs are fp16; while a norm is still one formula. Matrices are
  // not read for it, only vectors. Nor are products rescaled, which reads every
  // weight: it is for models in which --lint finds something.
  constexpr int64_t kVectors = 65536;
  RangeSafeNormsOptions norms;
  norms.maxElements = kVectors;
  pipeline.addPass(createRangeSafeNormsPass(norms));
  // Last of what writes operations: it holds them to the rules. What type they
  // have has been said with the model.
  LegalizeAneOptions legalize;
  legalize.warnFp32 = false;
  pipeline.addPass(createLegalizeAnePass(legalize));
}

/// From host functions and programs of composites to programs of MIL.
static void buildPrograms(Pipeline &pipeline) {
  // From here on the programs are MIL.
  pipeline.addPass(createLowerCompositesPass());
  // Lowering makes each flag and scalar again for every function it works on.
  buildCleanup(pipeline);
  // On what is left. A clean-up behind it would fold what it has spread out.
  buildLegal(pipeline);
  // Constants that it names may be there already.
  pipeline.addPass(createCsePass());
  pipeline.addPass(createDcePass());
}

/// Fewer dispatches, but programs that can be loaded.
static void buildJoined(Pipeline &pipeline) {
  // While programs are as small as they get, and still composites.
  pipeline.addPass(createFuseBlocksPass());
  // What no join made too large may have been from the beginning.
  pipeline.addPass(createSegmentPass());
}

static void buildO0(Pipeline &pipeline) {
  // Composites still mark the places to cut at.
  pipeline.addPass(createSplitAtRopePass());
  // The host function is there now, and the head still a composite.
  pipeline.addPass(createPlaceHeadPass());
  // Nothing but what is needed for the programs to be MIL that the engine
  // takes.
  pipeline.addPass(createLowerCompositesPass());
  buildLegal(pipeline);
}

static void buildO1(Pipeline &pipeline) {
  // As at level 0; what is joined later hides what a layer is made of.
  pipeline.addPass(createSplitAtRopePass());
  pipeline.addPass(createPlaceHeadPass());
  buildPrograms(pipeline);
}

static void buildAne(Pipeline &pipeline) {
  // Composites still mark the places to cut at.
  pipeline.addPass(createSplitAtRopePass());
  // The host function is there now, and the head still a composite. Before
  // programs are joined: that of the head can be joined with the last layer.
  pipeline.addPass(createPlaceHeadPass());
  buildJoined(pipeline);
  buildPrograms(pipeline);
}

/// Rotation and attention in programs, so that whole layers can be joined.
static void buildWholeLayers(Pipeline &pipeline) {
  SplitAtRopeOptions split;
  split.attention = "graph";
  split.rope = "graph";
  // Nothing of a layer but its cache is left to the host.
  pipeline.addPass(createSplitAtRopePass(split));
  // Before programs are joined, so that its program can be.
  pipeline.addPass(createPlaceHeadPass());
  buildJoined(pipeline);
}

static void buildO3(Pipeline &pipeline) {
  buildWholeLayers(pipeline);
  buildPrograms(pipeline);
}

static void buildAneDecode(Pipeline &pipeline) {
  buildWholeLayers(pipeline);
  // Composites still say what a column is.
  pipeline.addPass(createPadToMinimumPass());
  buildPrograms(pipeline);
}

static void buildAnePrefill(Pipeline &pipeline) {
  // While there is one function, which the others differ from in a length.
  pipeline.addPass(createBucketPrefillPass());
  // At position 0 attention is in the graph by itself.
  SplitAtRopeOptions split;
  split.rope = "graph";
  pipeline.addPass(createSplitAtRopePass(split));
  pipeline.addPass(createPlaceHeadPass());
  buildJoined(pipeline);
  // Short prompts have columns that are too small.
  pipeline.addPass(createPadToMinimumPass());
  buildPrograms(pipeline);
}

static void buildCoremlStateful(Pipeline &pipeline) {
  // There is no host: its work goes into the program.
  pipeline.addPass(createToStatefulPass());
  // Core ML has the operation, and fuses it.
  LowerCompositesOptions lower;
  lower.silu = "op";
  pipeline.addPass(createLowerCompositesPass(lower));
  // Reads of states that serve several operations, and shared flags.
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
  // Values that states take over, now that all of them are there.
  pipeline.addPass(createPlaceStateWritesPass());
  // Last: nothing moves any more.
  pipeline.addPass(createShortenLiveRangesPass());
}

static void buildLifting(Pipeline &pipeline, bool toModel) {
  // Formulas in one form each.
  buildCleanup(pipeline);
  pipeline.addPass(createFusePatternsPass());
  pipeline.addPass(createFoldIntoWeightsPass());
  buildCleanup(pipeline);
  // Products and norms, in columns.
  LiftCompositesOptions first;
  first.explain = false;
  first.toModel = toModel;
  pipeline.addPass(createLiftCompositesPass(first));
  pipeline.addPass(createReduceTransposesPass());
  buildCleanup(pipeline);
  // What is made of them, now that nothing stands between. Layers last: nothing
  // is made any more.
  LiftCompositesOptions second;
  second.toModel = second.layers = toModel;
  pipeline.addPass(createLiftCompositesPass(second));
  pipeline.addPass(createReduceTransposesPass());
  buildCleanup(pipeline);
}

static void buildLift(Pipeline &pipeline) {
  buildLifting(pipeline, /*toModel=*/false);
}

static void buildLiftToModel(Pipeline &pipeline) {
  buildLifting(pipeline, /*toModel=*/true);
}

static constexpr PipelineInfo kPipelines[] = {
    {"O0", "As ane, with nothing joined and nothing cleaned up", buildO0},
    {"O1", "As ane, with nothing joined", buildO1},
    {"O2", "The same as ane", buildAne},
    {"O3", "Whole layers in programs, the cache as their input", buildO3},
    {"ane", "Takes a model to programs for the engine and a host schedule",
     buildAne},
    {"ane-decode", "As O3, with boundary tensors of the engine's minimum",
     buildAneDecode},
    {"ane-prefill",
     "Prompts of several lengths, with boundary tensors of the engine's "
     "minimum",
     buildAnePrefill},
    {"cleanup", "Makes a program smaller without changing what it computes",
     buildCleanup},
    {"coreml-stateful",
     "Takes a model to programs that keep the cache in states, without a host",
     buildCoremlStateful},
    {"lift", "Takes programs of others to composites", buildLift},
    {"lift-to-model",
     "Takes programs of others to models, whose layers can be cut and joined",
     buildLiftToModel},
    {"optimize", "Makes a program smaller and faster, rounding differently",
     buildOptimize},
};

void registerPipelines(PassRegistry &registry) {
  for (const PipelineInfo &info : kPipelines)
    registry.addPipeline(info);
}

} // namespace espresso
