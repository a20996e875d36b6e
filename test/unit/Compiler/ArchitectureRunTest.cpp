//===- ArchitectureRunTest.cpp - Every family, compiled and run -----------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// From a checkpoint through split, lowering, bundle and runtime, the logits of
// every family are those of plain loops over doubles; so are those of the
// split and lowered program in the reference evaluator.
//
//===----------------------------------------------------------------------===//

#include "ModelSession.h"
#include "NaiveDecoder.h"
#include "OpenSession.h"
#include "RandomCheckpoint.h"
#include "TinyArchitectures.h"

#include "espresso/Runtime/DumpPlan.h"
#include "espresso/Transforms/Passes.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <cmath>

using namespace espresso;
using namespace espresso::test;

namespace {

using Logits = std::vector<std::vector<double>>;

constexpr int64_t kPrefillLength = 5;
const std::vector<int64_t> kIds = {1, 5, 16, 0, 9, 9, 3, 12, 7, 2, 11, 5};
/// The first call takes a part of prefill, or all of it and goes on.
constexpr int64_t kPromptLengths[] = {3, 7};

class ArchitectureRunTest : public testing::TestWithParam<ModelConfig> {
protected:
  static void SetUpTestSuite() { registerAllPasses(); }

  void SetUp() override {
    checkpoint = makeRandomCheckpoint(GetParam(), 5);
    expected = runNaiveDecoder(checkpoint, kIds, kTinyContext);
  }

  CompiledModel compile(DataType type,
                        llvm::StringRef pipeline = kDefaultPipeline) {
    CompileOptions options;
    options.pipeline = pipeline.str();
    options.build = {type, kTinyContext, kPrefillLength};
    CompiledModel model;
    EXPECT_EQ(compileModel(context, checkpoint, options, model),
              CompileStatus::Success);
    return model;
  }

  /// The logits after the prompt and after each token behind it.
  static Logits run(runtime::Session &session, int64_t promptLength) {
    std::vector<int32_t> ids(kIds.begin(), kIds.end());
    Logits logits;
    session.reset();
    for (size_t done = 0; done < ids.size();) {
      size_t count = done == 0 ? promptLength : 1;
      auto result = session.append(std::span(ids).subspan(done, count));
      EXPECT_TRUE(result.ok()) << result.status();
      if (!result.ok())
        return {};
      logits.emplace_back(result->begin(), result->end());
      done += count;
    }
    return logits;
  }

  void expectSameInEvaluator(const CompiledModel &model) {
    ASSERT_TRUE(model.program);
    for (int64_t promptLength : kPromptLengths) {
      ModelSession session(*model.program, {NumericsMode::Fp64});
      Logits logits = session.feed(kIds, promptLength);
      int64_t first = std::min(promptLength, kPrefillLength);
      EXPECT_LT(getMaxDifference(logits, getExpectedFrom(first)), 1e-5);
    }
  }

  /// Compares relative to the largest logit; with prompts read in blocks, where
  /// the plan can be widened, and by its own functions.
  void expectSameInRuntime(const CompiledModel &model, double tolerance) {
    for (bool fuse : {true, false}) {
      auto bundle =
          openBundle(model, makeTokenizer(GetParam()), {.fuseSteps = fuse});
      ASSERT_TRUE(bundle);
      NoDevice none;
      for (runtime::Device *device : {static_cast<runtime::Device *>(nullptr),
                                      static_cast<runtime::Device *>(&none)}) {
        auto session = runtime::Session::create(bundle, {.programs = device});
        ASSERT_TRUE(session.ok()) << session.status();
        for (int64_t promptLength : kPromptLengths)
          EXPECT_LT(getMaxDifference(run(**session, promptLength),
                                     getExpectedFrom(promptLength)),
                    tolerance * std::max(getLargest(), 1.0))
              << (fuse ? "fused" : "step by step");
      }
      // Norms of every family are recognised.
      const std::string plan = dumpPlan(*bundle);
      EXPECT_EQ(plan.find("  pow -> ") == std::string::npos, fuse) << plan;
    }
  }

  Logits getExpectedFrom(int64_t promptLength) const {
    return {expected.begin() + promptLength - 1, expected.end()};
  }
  double getLargest() const {
    double largest = 0;
    for (const std::vector<double> &row : expected)
      for (double logit : row)
        largest = std::max(largest, std::abs(logit));
    return largest;
  }

  Context context;
  Checkpoint checkpoint;
  Logits expected;
};

TEST_P(ArchitectureRunTest, LoweredProgramAgreesInEvaluator) {
  expectSameInEvaluator(compile(DataType::Float32));
}

// In binary32, within what its sums lose.
TEST_P(ArchitectureRunTest, BundleAgreesInRuntime) {
  expectSameInRuntime(compile(DataType::Float32), 2e-5);
}

// With weights, activations and caches in binary16, of 11 bits.
TEST_P(ArchitectureRunTest, HalfBundleIsNear) {
  expectSameInRuntime(compile(DataType::Float16), 2e-2);
}

// With rotation, attention and head in the programs, and these joined.
TEST_P(ArchitectureRunTest, OtherFormsAgree) {
  CompiledModel model =
      compile(DataType::Float32,
              "split-at-rope{attention=graph,rope=graph},fuse-blocks,"
              "place-head{head=ane},function(lower-composites),"
              "cleanup");
  expectSameInEvaluator(model);
  expectSameInRuntime(model, 2e-5);
}

// With prompts of several lengths, programs cut by their weights, and columns
// of no meaning.
TEST_P(ArchitectureRunTest, PaddedFormsAgree) {
  CompiledModel model =
      compile(DataType::Float32,
              "bucket-prefill{lengths=2/5},"
              "split-at-rope{attention=graph,rope=graph},fuse-blocks,"
              "segment{max-bytes=20000},pad-to-minimum{min-bytes=512},"
              "place-head{head=ane},function(lower-composites),cleanup");
  expectSameInEvaluator(model);
  expectSameInRuntime(model, 2e-5);
}

// With caches in states, which execution plans do not have. Convolutions over a
// cache have no such form.
// Other ways to write norms and gates are recognised, too.
TEST_P(ArchitectureRunTest, OtherNormsAndGatesAgree) {
  for (llvm::StringRef silu : {"tanh", "op"})
    expectSameInRuntime(
        compile(DataType::Float16,
                ("split-at-rope,fuse-blocks,function(lower-composites{silu=" +
                 silu + "}),function(range-safe-norms),cleanup")
                    .str()),
        2e-2);
}

TEST_P(ArchitectureRunTest, StatefulProgramAgreesInEvaluator) {
  if (GetParam().convolutionSize != 0)
    GTEST_SKIP() << "has convolutions over a cache";
  expectSameInEvaluator(compile(DataType::Float32, "coreml-stateful"));
}

INSTANTIATE_TEST_SUITE_P(Families, ArchitectureRunTest,
                         testing::ValuesIn(getTinyArchitectures()),
                         [](const testing::TestParamInfo<ModelConfig> &info) {
                           return info.param.name;
                         });

} // namespace
