//===- BatchFamiliesTest.cpp - Batches of every family --------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// A text of any family has the same logits, to the last bit, alone and among
// others that come and go, in each form its programs may have.

#include "BatchMaker.h"
#include "DraftMaker.h"
#include "OpenSession.h"
#include "RandomCheckpoint.h"
#include "TinyArchitectures.h"

#include "espresso/Transforms/Passes.h"

#include "gtest/gtest.h"

using namespace espresso;
using namespace espresso::test;
using namespace espresso::runtime;

namespace {

class BatchFamiliesTest : public testing::TestWithParam<ModelConfig> {
protected:
  static void SetUpTestSuite() { registerAllPasses(); }

  std::shared_ptr<const Bundle> compile(llvm::StringRef pipeline) {
    const Checkpoint checkpoint = makeRandomCheckpoint(GetParam(), 5);
    CompileOptions options;
    options.pipeline = pipeline.str();
    options.build = {DataType::Float16, kTinyContext, /*prefillLength=*/0};
    CompiledModel model;
    EXPECT_EQ(compileModel(context, checkpoint, options, model),
              CompileStatus::Success);
    return openBundle(model, makeTokenizer(GetParam()));
  }

  void expectSameBits(llvm::StringRef pipeline, int64_t slots, bool isWide) {
    auto bundle = compile(pipeline);
    ASSERT_TRUE(bundle);
    auto together = BatchSession::create(bundle, slots, {.threads = 2});
    auto alone = BatchSession::create(bundle, 1, {.threads = 1});
    ASSERT_TRUE(together.ok() && alone.ok());
    EXPECT_EQ((*together)->getObstacle().empty(), isWide)
        << (*together)->getObstacle();
    const BatchScript script = makeScript(
        slots, kTinyContext, static_cast<int32_t>(GetParam().vocabularySize));
    expectScript(**together, script, **alone);
    // One by one, as the plan has it.
    NoDevice none;
    auto plain =
        BatchSession::create(bundle, 1, {.threads = 1, .programs = &none});
    ASSERT_TRUE(plain.ok());
    expectScript(**alone,
                 makeScript(1, kTinyContext,
                            static_cast<int32_t>(GetParam().vocabularySize)),
                 **plain);
  }

  Context context;
};

TEST_P(BatchFamiliesTest, NeighboursDoNotChangeBits) {
  expectSameBits(kDefaultPipeline, 32, /*isWide=*/true);
}

TEST_P(BatchFamiliesTest, NeighboursDoNotChangeBitsOfAHeadInAProgram) {
  expectSameBits("split-at-rope{rope=graph},fuse-blocks,place-head{head=ane},"
                 "function(lower-composites),cleanup",
                 7, /*isWide=*/true);
}

// Drafts, right or wrong, change no text and leave no trace in a cache.
TEST_P(BatchFamiliesTest, DraftsDoNotChangeTexts) {
  auto bundle = compile(kDefaultPipeline);
  ASSERT_TRUE(bundle);
  GenerateOptions options;
  expectSameWithDrafts(bundle, {1, 5, 9}, options, 4);
  options.maxNewTokens = 12;
  options.sampler = {.temperature = 1.5, .seed = 3};
  expectSameWithDrafts(bundle, {1, 5, 9}, options, 4);
}

// Programs that take the rows of caches do not know columns of several texts.
TEST_P(BatchFamiliesTest, AttentionInProgramsGoesOneByOne) {
  if (GetParam().convolutionSize != 0)
    GTEST_SKIP() << "has layers without attention";
  expectSameBits("split-at-rope{attention=graph},fuse-blocks,"
                 "place-head{head=cpu},function(lower-composites),cleanup",
                 3, /*isWide=*/false);
}

INSTANTIATE_TEST_SUITE_P(Families, BatchFamiliesTest,
                         testing::ValuesIn(getTinyArchitectures()),
                         [](const testing::TestParamInfo<ModelConfig> &info) {
                           return info.param.name;
                         });

} // namespace
