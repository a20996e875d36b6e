//===- PipelineMatrixTest.cpp - Architectures by every pipeline -----------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Logits of every architecture by every named pipeline, every form of the cache
// and every place of the head are those of the model. Pipelines are taken from
// the registry, and architectures from the list of tiny ones, which is held to
// have all: what is added to either is tested here.
//
//===----------------------------------------------------------------------===//

#include "ModelSession.h"
#include "RandomCheckpoint.h"
#include "RunPipeline.h"
#include "TinyArchitectures.h"

#include "espresso/IR/Builder.h"
#include "espresso/Model/ModelBuilder.h"

#include "gtest/gtest.h"

using namespace espresso;
using namespace espresso::test;

namespace {

/// Of logits around 1 in fp32: order of sums, and tables of angles.
constexpr double kFp32Tolerance = 5e-5;
constexpr int64_t kPrefillLength = 4;
/// Longer than the windows.
const std::vector<int64_t> kIds = {1, 5, 16, 0, 9, 9, 3, 12, 7};
constexpr int64_t kPromptLength = 3;

/// Where the cache is, beyond what named pipelines do; docs/Rationale/
/// CacheForms.md lists the forms.
constexpr const char *kCacheForms[] = {
    "split-at-rope{attention=host},place-head,fuse-blocks,lower-composites",
    "split-at-rope{attention=graph},place-head,fuse-blocks,lower-composites",
    "split-at-rope{attention=graph,rope=graph},place-head,lower-composites",
};

constexpr const char *kHeads[] = {"auto", "ane", "ane-tiles=3", "cpu"};

class PipelineMatrixTest : public testing::TestWithParam<ModelConfig> {
protected:
  void SetUp() override {
    Checkpoint checkpoint = makeRandomCheckpoint(GetParam(), 7);
    model = buildModel(context, checkpoint,
                       {.dataType = DataType::Float32,
                        .contextLength = kTinyContext,
                        .prefillLength = kPrefillLength},
                       context.getDiagnostics());
    ASSERT_TRUE(model);
    expected = evaluate(*model);
    ASSERT_FALSE(expected.empty());
    for (const std::unique_ptr<Function> &function : model->getFunctions())
      function->walk([&](Operation &op) {
        hasShortConvolution |= op.is("espresso.short_conv");
      });
  }

  static std::vector<std::vector<double>> evaluate(const Program &program) {
    return ModelSession(program, {NumericsMode::Fp32})
        .feed(kIds, kPromptLength);
  }

  void expectSameLogits(llvm::StringRef pipeline, llvm::StringRef head) {
    SCOPED_TRACE(pipeline.str() + ", head " + head.str());
    std::unique_ptr<Program> changed = cloneProgram(*model);
    ASSERT_TRUE(runPipeline(*changed, pipeline, {{"head", head.str()}}));
    std::vector<std::vector<double>> found = evaluate(*changed);
    // Buckets take more of the prompt, and give fewer logits then.
    ASSERT_FALSE(found.empty());
    ASSERT_LE(found.size(), expected.size());
    std::vector<std::vector<double>> last(expected.end() - found.size(),
                                          expected.end());
    EXPECT_LT(getMaxDifference(last, found), kFp32Tolerance);
  }

  Context context;
  std::unique_ptr<Program> model;
  std::vector<std::vector<double>> expected;
  bool hasShortConvolution = false;
};

TEST_P(PipelineMatrixTest, KeepsLogits) {
  std::vector<std::string> pipelines = getPipelinesOfModels();
  pipelines.insert(pipelines.end(), std::begin(kCacheForms),
                   std::end(kCacheForms));
  // Each with each for one architecture, in turn for the others.
  bool isFirst = GetParam().name == getTinyArchitectures().front().name;
  size_t numTried = 0;
  for (const std::string &pipeline : pipelines) {
    // A cache of columns before a convolution has no form as a state.
    if (hasShortConvolution && pipeline == "coreml-stateful")
      continue;
    for (size_t i = 0; i < std::size(kHeads); ++i)
      if (isFirst || i == numTried % std::size(kHeads))
        expectSameLogits(pipeline, kHeads[i]);
    ++numTried;
  }
  EXPECT_GE(numTried, 10U);
}

INSTANTIATE_TEST_SUITE_P(Architectures, PipelineMatrixTest,
                         testing::ValuesIn(getTinyArchitectures()),
                         testing::PrintToStringParamName());

} // namespace
