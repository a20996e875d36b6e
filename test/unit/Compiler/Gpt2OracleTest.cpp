//===- Gpt2OracleTest.cpp - GPT-2 from its folder to numbers --------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A GPT-2 with random weights from outside of the project, whose expected
// logits and greedy ids were computed elsewhere.
//
//===----------------------------------------------------------------------===//

#include "../TestSupport.h"
#include "OpenSession.h"

#include "espresso/Frontend/Frontend.h"
#include "espresso/Transforms/Passes.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <cmath>

using namespace espresso;
using namespace espresso::test;

namespace {

const std::vector<int32_t> kPrompt = {0, 0, 0, 52};
constexpr int kNumGreedy = 6;
constexpr int32_t kGreedyId = 204; // again and again
const std::vector<float> kFirstLogits = {
    -0.126754f, -0.056025f, 0.116621f, 0.007378f, 0.115772f,  -0.076593f,
    0.249044f,  0.025937f,  0.031688f, 0.044764f, -0.133087f, 0.043006f,
    0.04331f,   0.098094f,  0.039094f, -0.062454f};

class Gpt2OracleTest : public ::testing::Test {
protected:
  static void SetUpTestSuite() { registerAllPasses(); }

  void SetUp() override {
    folder = findSharedModels() / "tiny-random-gpt2";
    if (!std::filesystem::exists(folder))
      GTEST_SKIP() << "no shared models; set ESPRESSO_SHARED";
  }

  std::unique_ptr<runtime::Session> compile(DataType type) {
    Messages messages;
    auto checkpoint =
        readCheckpoint(folder.string(), {.needsTokenizer = false}, messages);
    EXPECT_TRUE(succeeded(checkpoint)) << messages.str();
    if (failed(checkpoint))
      return nullptr;
    // The folder has no vocabulary.
    const TokenizerData tokenizer = makeTokenizer(checkpoint->config);
    CompileOptions options;
    options.build.dataType = type;
    options.build.prefillLength = 3;
    CompiledModel model;
    EXPECT_EQ(compileModel(context, *checkpoint, options, model),
              CompileStatus::Success);
    return model.program ? openSession(model, tokenizer) : nullptr;
  }

  void expectOracle(DataType type, float tolerance) {
    std::unique_ptr<runtime::Session> session = compile(type);
    ASSERT_TRUE(session);
    std::vector<int32_t> next = kPrompt;
    for (int step = 0; step < kNumGreedy; ++step) {
      auto logits = session->append(next);
      ASSERT_TRUE(logits.ok()) << logits.status();
      for (size_t i = 0; step == 0 && i < kFirstLogits.size(); ++i)
        EXPECT_NEAR((*logits)[i], kFirstLogits[i], tolerance) << i;
      auto best = std::max_element(logits->begin(), logits->end());
      next = {static_cast<int32_t>(best - logits->begin())};
      EXPECT_EQ(next[0], kGreedyId) << step;
    }
  }

  std::filesystem::path folder;
  Context context;
};

} // namespace

// Transposed linear layers, queries, keys and values taken apart, a table of
// positions: everything must be where GPT-2 has it.
TEST_F(Gpt2OracleTest, SingleAgrees) { expectOracle(DataType::Float32, 2e-6f); }

TEST_F(Gpt2OracleTest, HalfIsNear) { expectOracle(DataType::Float16, 1e-3f); }
