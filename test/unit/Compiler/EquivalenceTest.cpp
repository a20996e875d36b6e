//===- EquivalenceTest.cpp - One model, three ways to run it --------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// The model as built, the same split into programs, and the bundle in the
// runtime must choose the same tokens. The first two run in the reference
// evaluator.

#include "OpenSession.h"

#include "espresso/Eval/Evaluator.h"
#include "espresso/Frontend/Frontend.h"
#include "espresso/Transforms/Passes.h"

#include "gtest/gtest.h"

#include <algorithm>

using namespace espresso;
using namespace espresso::test;

namespace {

using Ids = std::vector<int32_t>;

constexpr int64_t kPrefillLength = 8;
constexpr int64_t kContextLength = 64;
constexpr int64_t kNewTokens = 12;

class EquivalenceTest : public testing::TestWithParam<DataType> {
protected:
  static void SetUpTestSuite() { registerAllPasses(); }

  CompiledModel compile(llvm::StringRef pipeline) {
    FailureOr<Checkpoint> read = readCheckpoint(
        ESPRESSO_TEST_MODELS "/fable.gguf", {}, context.getDiagnostics());
    EXPECT_TRUE(succeeded(read));
    checkpoint = std::move(*read);
    CompileOptions options;
    options.build = {GetParam(), kContextLength, kPrefillLength};
    options.pipeline = pipeline.str();
    CompiledModel model;
    EXPECT_EQ(compileModel(context, checkpoint, options, model),
              CompileStatus::Success);
    return model;
  }

  Context context;
  Checkpoint checkpoint;
};

Tensor makeInts(const std::vector<int64_t> &values) {
  return Tensor::fromElements<int64_t>(
      DataType::Int32, {static_cast<int64_t>(values.size())}, values);
}

/// Greedy decoding as docs/Bundle.md describes it, in the evaluator.
class EvaluatedModel {
public:
  EvaluatedModel(const Program &program, Numerics numerics)
      : evaluator(program, numerics) {}

  Ids generate(const Ids &prompt) {
    int64_t taken =
        std::min<int64_t>(kPrefillLength, static_cast<int64_t>(prompt.size()));
    std::vector<int64_t> columns(kPrefillLength, 0);
    std::copy_n(prompt.begin(), taken, columns.begin());
    int32_t next = run("prefill", {{"ids", makeInts(columns)},
                                   {"last", makeInts({taken - 1})}});
    int64_t position = taken;
    for (; position < static_cast<int64_t>(prompt.size()); ++position)
      next = decode(prompt[position], position);
    Ids ids = {next};
    while (static_cast<int64_t>(ids.size()) < kNewTokens)
      ids.push_back(decode(ids.back(), position++));
    return ids;
  }

private:
  int32_t decode(int32_t id, int64_t position) {
    return run("decode",
               {{"ids", makeInts({id})}, {"position", makeInts({position})}});
  }

  int32_t run(llvm::StringRef function, const NamedTensors &inputs) {
    FailureOr<NamedTensors> outputs = evaluator.run(function, inputs);
    if (failed(outputs)) {
      ADD_FAILURE() << "evaluation failed";
      return 0;
    }
    const Tensor &logits = outputs->front().second;
    int64_t best = 0;
    for (int64_t i = 1; i < logits.getNumElements(); ++i)
      if (logits.getReal(i) > logits.getReal(best))
        best = i;
    return static_cast<int32_t>(best);
  }

  Evaluator evaluator;
};

Ids generateInRuntime(const CompiledModel &model,
                      const TokenizerData &tokenizer, const Ids &prompt) {
  std::unique_ptr<runtime::Session> session = openSession(model, tokenizer);
  if (!session)
    return {};
  runtime::GenerateOptions options;
  options.maxNewTokens = kNewTokens;
  options.endAtStopTokens = false;
  auto result = runtime::generate(*session, prompt, options);
  EXPECT_TRUE(result.ok()) << result.status().ToString();
  return result.ok() ? result->ids : Ids();
}

/// A prompt shorter than the prefill function, and one that goes on past it.
const Ids kShortPrompt = {1, 300, 301};
const Ids kLongPrompt = {1, 300, 301, 302, 303, 304, 305, 306, 307, 308, 309};

// The model, its split form and the bundle agree token by token.
TEST_P(EquivalenceTest, ThreeWaysAgree) {
  Numerics numerics{NumericsMode::Fp32};
  CompiledModel whole = compile("");
  CompiledModel split = compile(kDefaultPipeline);
  for (const Ids &prompt : {kShortPrompt, kLongPrompt}) {
    Ids expected = EvaluatedModel(*whole.program, numerics).generate(prompt);
    EXPECT_EQ(EvaluatedModel(*split.program, numerics).generate(prompt),
              expected);
    EXPECT_EQ(generateInRuntime(split, checkpoint.tokenizer, prompt), expected);
  }
}

INSTANTIATE_TEST_SUITE_P(DataTypes, EquivalenceTest,
                         testing::Values(DataType::Float32, DataType::Float16),
                         [](const auto &info) {
                           return std::string(getName(info.param));
                         });

} // namespace
