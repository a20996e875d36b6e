//===- TrainedModelsTest.cpp - Trained models at every altitude -----------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Real models give their expected tokens as a <model> program, split, and
// lowered, in fp32 and in fp16.
//
//===----------------------------------------------------------------------===//

#include "../TestSupport.h"
#include "ModelSession.h"
#include "RunPipeline.h"

#include "espresso/Frontend/Frontend.h"
#include "espresso/Model/ModelBuilder.h"
#include "espresso/Ops/Verifier.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

#include "gtest/gtest.h"

#include <algorithm>

using namespace espresso;
using namespace espresso::test;

namespace {

/// Logits in fp32 against fp64: rounding, and six decimals in the file.
constexpr double kFp32Tolerance = 2e-4;
/// With weights in fp16, whose rounding comes before everything else.
constexpr double kFp16Tolerance = 2e-2;
/// Where the best two logits are nearer than this, fp16 may choose either.
constexpr double kFp16TieGap = 0.05;
/// Positions that are compared: those the smallest expectation has.
constexpr size_t kNumPositions = 64;

struct Expectation {
  std::vector<int64_t> promptIds;
  /// BOS, prompt and continuation.
  std::vector<int64_t> ids;
  std::vector<double> logitsAfterPrompt;
};

struct TrainedModel {
  const char *name;
  std::filesystem::path model;
  std::filesystem::path expected;
};

void PrintTo(const TrainedModel &model, std::ostream *os) { *os << model.name; }

std::vector<TrainedModel> findModels() {
  std::filesystem::path own = getSourceDirectory() / "test" / "models";
  std::vector<TrainedModel> models = {
      {"fable", own / "fable.gguf", own / "fable.expected.json"}};
  std::filesystem::path shared = findSharedModels();
  if (std::filesystem::exists(shared / "stories260K")) {
    std::filesystem::path folder = shared / "stories260K";
    std::filesystem::path expected =
        shared / "oracle" / "stories260K" / "numpy_fp64.json";
    models.push_back({"stories_bin", folder / "stories260K.bin", expected});
    models.push_back(
        {"stories_gguf", folder / "stories260K-f32.gguf", expected});
  }
  return models;
}

template <typename T>
std::vector<T> readNumbers(const llvm::json::Array *array) {
  std::vector<T> numbers;
  for (const llvm::json::Value &value : *array)
    numbers.push_back(static_cast<T>(*value.getAsNumber()));
  return numbers;
}

/// Both files of expectations: a list of prompts, or an object that has one.
std::vector<Expectation> readExpectations(const std::filesystem::path &path) {
  llvm::Expected<llvm::json::Value> json =
      llvm::json::parse(readFile(path.string()));
  if (!json) {
    ADD_FAILURE() << path << ": " << llvm::toString(json.takeError());
    return {};
  }
  const llvm::json::Array *prompts = json->getAsArray();
  if (const llvm::json::Object *object = json->getAsObject())
    prompts = object->getArray("prompts");
  std::vector<Expectation> expectations;
  for (const llvm::json::Value &value : *prompts) {
    const llvm::json::Object &prompt = *value.getAsObject();
    const llvm::json::Array *ids = prompt.getArray("greedy_ids");
    if (!ids)
      ids = prompt.getArray("greedy_64_ids");
    expectations.push_back(
        {readNumbers<int64_t>(prompt.getArray("prompt_ids")),
         readNumbers<int64_t>(ids),
         readNumbers<double>(prompt.getArray("logits_after_prompt"))});
  }
  return expectations;
}

class TrainedModelsTest : public testing::TestWithParam<TrainedModel> {
protected:
  std::unique_ptr<Program> build(BuildOptions options) {
    options.contextLength = kNumPositions;
    FailureOr<Checkpoint> checkpoint =
        readCheckpoint(GetParam().model.string(), {}, context.getDiagnostics());
    if (failed(checkpoint))
      return nullptr;
    return buildModel(context, *checkpoint, options, context.getDiagnostics());
  }

  /// Feeds the expected tokens; what the program would have chosen after each
  /// must be the next.
  void expectTokens(const Program &program, double tolerance, double tieGap) {
    for (const Expectation &expected : readExpectations(GetParam().expected)) {
      size_t count = std::min(expected.ids.size(), kNumPositions);
      std::vector<int64_t> ids(expected.ids.begin(),
                               expected.ids.begin() + count);
      auto promptLength = static_cast<int64_t>(expected.promptIds.size());
      auto logits =
          ModelSession(program, {NumericsMode::Fp32}).feed(ids, promptLength);
      ASSERT_FALSE(logits.empty());
      // Calls that prefill saves.
      size_t numSkipped = ids.size() - logits.size();
      ASSERT_LT(numSkipped, expected.promptIds.size());
      EXPECT_LT(getMaxDifference({logits[promptLength - 1 - numSkipped]},
                                 {expected.logitsAfterPrompt}),
                tolerance);
      for (size_t next = promptLength; next < ids.size(); ++next)
        expectChoice(logits[next - 1 - numSkipped], ids[next], tieGap);
    }
  }

  static void expectChoice(const std::vector<double> &logits, int64_t id,
                           double tieGap) {
    auto best = std::max_element(logits.begin(), logits.end());
    if (best - logits.begin() == id)
      return;
    EXPECT_LT(*best - logits[id], tieGap);
  }

  Context context;
};

TEST_P(TrainedModelsTest, Model) {
  auto program = build({.dataType = DataType::Float32});
  ASSERT_TRUE(program);
  expectTokens(*program, kFp32Tolerance, /*tieGap=*/0);
}

TEST_P(TrainedModelsTest, Split) {
  auto program = build({.dataType = DataType::Float32, .prefillLength = 4});
  ASSERT_TRUE(program);
  ASSERT_TRUE(runPipeline(*program, "split-at-rope"));
  expectTokens(*program, kFp32Tolerance, /*tieGap=*/0);
}

TEST_P(TrainedModelsTest, Lowered) {
  auto program = build({.dataType = DataType::Float32, .prefillLength = 16});
  ASSERT_TRUE(program);
  ASSERT_TRUE(
      runPipeline(*program, "split-at-rope,function(lower-composites)"));
  expectTokens(*program, kFp32Tolerance, /*tieGap=*/0);
}

TEST_P(TrainedModelsTest, LoweredFp16) {
  auto program = build({.dataType = DataType::Float16, .prefillLength = 16});
  ASSERT_TRUE(program);
  ASSERT_TRUE(
      runPipeline(*program, "split-at-rope,function(lower-composites)"));
  expectTokens(*program, kFp16Tolerance, kFp16TieGap);
}

/// Ways to cut a model into programs. None may change a token.
constexpr const char *kStructures[] = {
    "split-at-rope,fuse-blocks,lower-composites,cleanup",
    "split-at-rope{attention=host,rope=graph},fuse-blocks,lower-composites",
    "split-at-rope{attention=graph},fuse-blocks,lower-composites",
    "split-at-rope{attention=graph,rope=graph},fuse-blocks,lower-composites,"
    "cleanup",
    "split-at-rope{attention=graph,rope=graph},segment{max-bytes=700000},"
    "lower-composites",
    "split-at-rope,fuse-blocks,pad-to-minimum,lower-composites",
    "to-stateful,lower-composites,cleanup",
};

TEST_P(TrainedModelsTest, Structures) {
  for (const char *structure : kStructures) {
    SCOPED_TRACE(structure);
    auto program = build({.dataType = DataType::Float32, .prefillLength = 8});
    ASSERT_TRUE(program);
    ASSERT_TRUE(runPipeline(*program, structure));
    ASSERT_TRUE(succeeded(verify(*program, {.strict = true})));
    expectTokens(*program, kFp32Tolerance, /*tieGap=*/0);
  }
}

constexpr const char *kHeads[] = {"auto", "ane", "ane-tiles=3", "cpu"};

// A pipeline that is registered is among them, with the head at each place.
TEST_P(TrainedModelsTest, NamedPipelines) {
  for (const std::string &pipeline : getPipelinesOfModels())
    for (const char *head : kHeads) {
      SCOPED_TRACE(pipeline + ", head " + head);
      auto program = build({.dataType = DataType::Float32, .prefillLength = 8});
      ASSERT_TRUE(program);
      ASSERT_TRUE(runPipeline(*program, pipeline, {{"head", head}}));
      expectTokens(*program, kFp32Tolerance, /*tieGap=*/0);
    }
}

TEST_P(TrainedModelsTest, NamedPipelinesFp16) {
  for (const std::string &pipeline : getPipelinesOfModels()) {
    SCOPED_TRACE(pipeline);
    auto program = build({.dataType = DataType::Float16, .prefillLength = 8});
    ASSERT_TRUE(program);
    ASSERT_TRUE(runPipeline(*program, pipeline));
    expectTokens(*program, kFp16Tolerance, kFp16TieGap);
  }
}

TEST_P(TrainedModelsTest, HeadOnTheEngine) {
  for (llvm::StringRef place : {"ane", "ane-tiles=3"}) {
    auto program = build({.dataType = DataType::Float32, .prefillLength = 16});
    ASSERT_TRUE(program);
    ASSERT_TRUE(runPipeline(*program, ("split-at-rope,place-head{head=\"" +
                                       place + "\"},function(lower-composites)")
                                          .str()));
    EXPECT_TRUE(program->findFunction("head"));
    expectTokens(*program, kFp32Tolerance, /*tieGap=*/0);
  }
}

TEST_P(TrainedModelsTest, StructuresFp16) {
  for (const char *structure : kStructures) {
    SCOPED_TRACE(structure);
    auto program = build({.dataType = DataType::Float16, .prefillLength = 8});
    ASSERT_TRUE(program);
    ASSERT_TRUE(runPipeline(*program, structure));
    expectTokens(*program, kFp16Tolerance, kFp16TieGap);
  }
}

TEST_P(TrainedModelsTest, HeadOnTheEngineFp16) {
  auto program = build({.dataType = DataType::Float16, .prefillLength = 16});
  ASSERT_TRUE(program);
  ASSERT_TRUE(runPipeline(*program,
                          "split-at-rope,place-head{head=\"ane-tiles=2\"},"
                          "function(lower-composites)"));
  expectTokens(*program, kFp16Tolerance, kFp16TieGap);
}

INSTANTIATE_TEST_SUITE_P(Models, TrainedModelsTest,
                         testing::ValuesIn(findModels()),
                         testing::PrintToStringParamName());

} // namespace
