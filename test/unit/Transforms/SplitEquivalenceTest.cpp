//===- SplitEquivalenceTest.cpp - Before and after the split --------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// The tokens of a model do not depend on where its operations run: the logits
// of the <model> program, of the split one and of the lowered one agree over a
// prompt and the decoding after it.
//
//===----------------------------------------------------------------------===//

#include "ModelSession.h"
#include "RandomCheckpoint.h"
#include "RunPipeline.h"

#include "espresso/IR/Builder.h"
#include "espresso/Model/ModelBuilder.h"
#include "espresso/Ops/Verifier.h"

#include "gtest/gtest.h"

using namespace espresso;
using namespace espresso::test;

namespace {

/// Of logits around 1 in fp32, where sums are formed in another order.
constexpr double kFp32Tolerance = 2e-5;
/// The mask's -40000 leaves nothing of a weight, and only the order of sums
/// differs.
constexpr double kFp64Tolerance = 1e-12;

/// Positions in the cache: some remain free.
constexpr int64_t kContext = 18;

const std::vector<int64_t> kIds = {1, 5, 16, 0, 9, 9, 3, 12, 7};

struct Shape {
  int64_t numHeads;
  int64_t numKVHeads;
  int64_t prefillLength;
  int64_t promptLength;
};

/// A copy of `program` after the pipeline, or null if that fails.
std::unique_ptr<Program> runOnCopy(const Program &program,
                                   llvm::StringRef text) {
  std::unique_ptr<Program> copy = cloneProgram(program);
  return runPipeline(*copy, text) ? std::move(copy) : nullptr;
}

void PrintTo(const Shape &shape, std::ostream *os) {
  *os << "H" << shape.numHeads << "G" << shape.numKVHeads << "Prefill"
      << shape.prefillLength << "Prompt" << shape.promptLength;
}

class SplitEquivalenceTest : public testing::TestWithParam<Shape> {
protected:
  void SetUp() override {
    auto [numHeads, numKVHeads, prefillLength, promptLength] = GetParam();
    Checkpoint checkpoint =
        makeRandomCheckpoint(makeTinyConfig(numHeads, numKVHeads), 3);
    model = buildModel(context, checkpoint,
                       {.dataType = DataType::Float32,
                        .contextLength = kContext,
                        .prefillLength = prefillLength},
                       context.getDiagnostics());
    ASSERT_TRUE(model);
  }

  std::vector<std::vector<double>> evaluate(const Program &program,
                                            NumericsMode mode) {
    return ModelSession(program, {mode}).feed(kIds, GetParam().promptLength);
  }

  void expectSameLogits(llvm::StringRef pipeline,
                        double fp64Tolerance = kFp64Tolerance) {
    std::unique_ptr<Program> changed = runOnCopy(*model, pipeline);
    ASSERT_TRUE(changed);
    EXPECT_TRUE(succeeded(verify(*changed)));
    EXPECT_LT(getMaxDifference(evaluate(*model, NumericsMode::Fp32),
                               evaluate(*changed, NumericsMode::Fp32)),
              kFp32Tolerance);
    EXPECT_LT(getMaxDifference(evaluate(*model, NumericsMode::Fp64),
                               evaluate(*changed, NumericsMode::Fp64)),
              fp64Tolerance);
  }

  Context context;
  std::unique_ptr<Program> model;
};

TEST_P(SplitEquivalenceTest, Default) {
  expectSameLogits("split-at-rope,function(lower-composites)");
}

TEST_P(SplitEquivalenceTest, AttentionOnTheHost) {
  expectSameLogits("split-at-rope{attention=host},function(lower-composites)");
}

TEST_P(SplitEquivalenceTest, RotationInTheGraph) {
  expectSameLogits("split-at-rope{rope=graph}");
  expectSameLogits("split-at-rope{rope=graph},function(lower-composites)");
}

TEST_P(SplitEquivalenceTest, AttentionOverCacheRows) {
  expectSameLogits("split-at-rope{attention=graph}");
  expectSameLogits("split-at-rope{attention=graph},function(lower-composites)");
}

TEST_P(SplitEquivalenceTest, WholeLayers) {
  expectSameLogits("split-at-rope{attention=graph,rope=graph},"
                   "function(lower-composites),cleanup");
}

TEST_P(SplitEquivalenceTest, Fused) {
  expectSameLogits("split-at-rope,fuse-blocks,function(lower-composites)");
  expectSameLogits("split-at-rope{attention=graph,rope=graph},fuse-blocks,"
                   "function(lower-composites),cleanup");
}

TEST_P(SplitEquivalenceTest, Segmented) {
  // Less than a layer has, more than any one of its matrices.
  expectSameLogits("split-at-rope{attention=graph,rope=graph},"
                   "segment{max-bytes=6000},function(lower-composites)");
}

TEST_P(SplitEquivalenceTest, PaddedToTheMinimum) {
  expectSameLogits("split-at-rope,pad-to-minimum,function(lower-composites)");
  expectSameLogits("split-at-rope{attention=graph,rope=graph},fuse-blocks,"
                   "pad-to-minimum{min-bytes=3000},lower-composites,cleanup");
  expectSameLogits("split-at-rope,fuse-blocks,pad-to-minimum{equal-sizes,"
                   "min-bytes=3000},lower-composites,cleanup");
}

TEST_P(SplitEquivalenceTest, States) {
  // Angles stand in a table, rounded to fp32.
  constexpr double kTableTolerance = 1e-6;
  expectSameLogits("to-stateful", kTableTolerance);
  expectSameLogits("to-stateful,lower-composites,cleanup", kTableTolerance);
}

TEST_P(SplitEquivalenceTest, TanhSilu) {
  expectSameLogits("split-at-rope,function(lower-composites{silu=tanh})");
}

TEST_P(SplitEquivalenceTest, SiluOperation) {
  expectSameLogits("split-at-rope,function(lower-composites{silu=op})");
}

TEST_P(SplitEquivalenceTest, CleanedUp) {
  expectSameLogits("split-at-rope,function(lower-composites),cleanup");
}

INSTANTIATE_TEST_SUITE_P(Shapes, SplitEquivalenceTest,
                         testing::Values(Shape{4, 4, 4, 9}, Shape{6, 2, 4, 9},
                                         Shape{6, 2, 16, 5}, Shape{3, 1, 8, 8},
                                         Shape{4, 2, 12, 1}, Shape{4, 2, 0, 9}),
                         testing::PrintToStringParamName());

// In fp16 the programs compute the same up to the rounding of their results:
// declared types, each result rounded.
TEST(SplitPrecisionTest, Fp16StaysNearFp32) {
  // About 40 roundings to 11 bits between a token and its logits around 1.
  constexpr double kFp16Tolerance = 3e-2;
  Context context;
  Checkpoint checkpoint = makeRandomCheckpoint(makeTinyConfig(), 5);
  auto model = buildModel(context, checkpoint,
                          {.dataType = DataType::Float16,
                           .contextLength = kContext,
                           .prefillLength = 4},
                          context.getDiagnostics());
  ASSERT_TRUE(model);
  auto lowered = runOnCopy(*model, "split-at-rope,function(lower-composites)");
  ASSERT_TRUE(lowered);
  EXPECT_LT(getMaxDifference(
                ModelSession(*model, {NumericsMode::Fp32}).feed(kIds, 6),
                ModelSession(*lowered, {NumericsMode::Fp16}).feed(kIds, 6)),
            kFp16Tolerance);
}

// The programs of all layers differ in their weights only, and share those
// with the programs of the other function.
TEST(SplitSharingTest, FunctionsShareSources) {
  Context context;
  Checkpoint checkpoint = makeRandomCheckpoint(makeTinyConfig(), 5);
  auto model = buildModel(context, checkpoint,
                          {.contextLength = kContext, .prefillLength = 4},
                          context.getDiagnostics());
  ASSERT_TRUE(model);
  auto lowered = runOnCopy(*model, "split-at-rope,function(lower-composites)");
  ASSERT_TRUE(lowered);
  auto getQuerySource = [&](llvm::StringRef function) {
    const WeightSource *source = nullptr;
    lowered->findFunction(function)->walk([&](Operation &op) {
      if (op.is("const") && op.getResult()->getName() == "wq")
        source = op.getAttribute("val").getBlob()->source.get();
    });
    return source;
  };
  EXPECT_TRUE(getQuerySource("decode_l0_pre"));
  EXPECT_EQ(getQuerySource("decode_l0_pre"), getQuerySource("prefill_l0_pre"));
  EXPECT_NE(getQuerySource("decode_l0_pre"), getQuerySource("decode_l1_pre"));
}

// Nested blocks have no text form yet, hence no test in text.
TEST(SplitErrorsTest, NestedBlocksHaveNoPlace) {
  Context context;
  std::vector<std::string> messages;
  context.getDiagnostics().setHandler([&](const Diagnostic &diagnostic) {
    messages.push_back(diagnostic.message);
  });
  Program program(context);
  Function *function = program.addFunction("f", Opset::Model, {});
  Type type = TensorType::get(context, DataType::Float16, {1, 4, 1, 2});
  Value *x = function->getBody().addInput("x", type, {});
  Builder builder(function->getBody());
  Operation *op = builder.create("cond", {{"pred", x}}, {type}, "y");
  op->addBlock()->addOutput(x);
  function->getBody().addOutput(op->getResult());
  EXPECT_FALSE(runPipeline(program, "split-at-rope"));
  EXPECT_EQ(messages, std::vector<std::string>{
                          "cannot place 'cond': it has nested blocks"});
}

} // namespace
