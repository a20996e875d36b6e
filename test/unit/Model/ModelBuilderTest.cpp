//===- ModelBuilderTest.cpp - Programs from checkpoints -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Model/ModelBuilder.h"

#include "ModelSession.h"
#include "NaiveDecoder.h"
#include "RandomCheckpoint.h"

#include "espresso/Ops/Verifier.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <functional>

using namespace espresso;
using namespace espresso::test;

namespace {

/// Between an evaluation in fp64 and plain loops over doubles: epsilon alone is
/// fp32 in the program.
constexpr double kFp64Tolerance = 1e-7;

constexpr int64_t kContext = 18;
const std::vector<int64_t> kIds = {1, 5, 16, 0, 9, 9, 3, 12, 7};

class ModelBuilderTest : public testing::Test {
protected:
  std::unique_ptr<Program> build(const Checkpoint &checkpoint,
                                 const BuildOptions &options) {
    return buildModel(context, checkpoint, options, context.getDiagnostics());
  }

  Context context;
};

Operation *findOp(const Program &program, llvm::StringRef function,
                  llvm::StringRef op) {
  Operation *found = nullptr;
  program.findFunction(function)->walk([&](Operation &candidate) {
    if (!found && candidate.is(op))
      found = &candidate;
  });
  return found;
}

// Ports are those of docs/Composites.md, sorted by name.
TEST_F(ModelBuilderTest, PortsAreDocumented) {
  Checkpoint checkpoint = makeRandomCheckpoint(makeTinyConfig(), 1);
  auto program = build(
      checkpoint,
      {.dataType = DataType::Float16, .contextLength = 8, .prefillLength = 4});
  ASSERT_TRUE(program);
  EXPECT_TRUE(succeeded(verify(*program)));
  auto describe = [&](llvm::StringRef name) {
    std::vector<std::string> ports;
    const Function *function = program->findFunction(name);
    EXPECT_EQ(function->getOpset(), Opset::Model);
    for (const std::unique_ptr<Value> &input : function->getBody().getInputs())
      ports.push_back(input->getType().str() + " " + input->getName().str());
    Value *output = function->getBody().getOutput(0);
    ports.push_back(output->getType().str() + " " + output->getName().str());
    return ports;
  };
  EXPECT_THAT(describe("decode"),
              testing::ElementsAre("tensor<int32, [1]> ids",
                                   "state<tensor<fp16, [8, 8]>> k_cache_0",
                                   "state<tensor<fp16, [8, 8]>> k_cache_1",
                                   "tensor<int32, [1]> position",
                                   "state<tensor<fp16, [8, 8]>> v_cache_0",
                                   "state<tensor<fp16, [8, 8]>> v_cache_1",
                                   "tensor<fp32, [1, 17, 1, 1]> logits"));
  EXPECT_THAT(describe("prefill"),
              testing::ElementsAre("tensor<int32, [4]> ids",
                                   "state<tensor<fp16, [8, 8]>> k_cache_0",
                                   "state<tensor<fp16, [8, 8]>> k_cache_1",
                                   "tensor<int32, [1]> last",
                                   "state<tensor<fp16, [8, 8]>> v_cache_0",
                                   "state<tensor<fp16, [8, 8]>> v_cache_1",
                                   "tensor<fp32, [1, 17, 1, 1]> logits"));
}

TEST_F(ModelBuilderTest, PrefillIsOptional) {
  Checkpoint checkpoint = makeRandomCheckpoint(makeTinyConfig(), 1);
  auto program = build(checkpoint, {});
  ASSERT_TRUE(program);
  EXPECT_EQ(program->getFunctions().size(), 1u);
}

// Unasked, the cache is what the model states, within bounds; what is asked for
// stands.
TEST_F(ModelBuilderTest, DefaultContextIsBounded) {
  ModelConfig config = makeTinyConfig();
  EXPECT_EQ(getContextLength(config, {}), kDefaultMinContext);
  config.contextLength = kDefaultMinContext + 1;
  EXPECT_EQ(getContextLength(config, {}), kDefaultMinContext + 1);
  config.contextLength = kDefaultMaxContext + 1;
  EXPECT_EQ(getContextLength(config, {}), kDefaultMaxContext);
  EXPECT_EQ(getContextLength(config, {.contextLength = 9}), 9);
}

// A tied head is the constant of the embedding; an untied one its own.
TEST_F(ModelBuilderTest, TiedHeadSharesTheTable) {
  for (bool tied : {true, false}) {
    Checkpoint checkpoint = makeRandomCheckpoint(makeTinyConfig(6, 2, tied), 1);
    auto program = build(checkpoint, {});
    ASSERT_TRUE(program);
    Value *table =
        findOp(*program, "decode", "espresso.embedding")->getOperand("table");
    Value *head =
        findOp(*program, "decode", "espresso.head")->getOperand("weight");
    EXPECT_EQ(table == head, tied);
  }
}

// Functions share the sources of their weights, converted once.
TEST_F(ModelBuilderTest, FunctionsShareWeights) {
  Checkpoint checkpoint = makeRandomCheckpoint(makeTinyConfig(), 1);
  auto program = build(checkpoint, {.prefillLength = 4});
  ASSERT_TRUE(program);
  Attribute decode =
      findOp(*program, "decode", "espresso.linear")->getConstant("weight");
  Attribute prefill =
      findOp(*program, "prefill", "espresso.linear")->getConstant("weight");
  ASSERT_TRUE(decode.getBlob());
  EXPECT_EQ(decode.getBlob()->path, "@checkpoint/layers.0.wq");
  EXPECT_EQ(decode.getBlob()->source, prefill.getBlob()->source);
  EXPECT_EQ(decode.getBlob()->source->getElementType(), DataType::Float16);
}

// What belongs to a layer says so; what does not says nothing.
TEST_F(ModelBuilderTest, OperationsNameTheirLayer) {
  Checkpoint checkpoint = makeRandomCheckpoint(makeTinyConfig(), 1);
  auto program = build(checkpoint, {});
  ASSERT_TRUE(program);
  std::vector<std::string> seen;
  program->findFunction("decode")->walk([&](Operation &op) {
    if (op.is("const"))
      return;
    Attribute layer = op.getAttribute("layer");
    seen.push_back((layer ? std::to_string(layer.getInteger()) : "-") + " " +
                   op.getResult()->getName().str());
  });
  std::vector<std::string> expected = {"- x"};
  for (std::string layer : {"0", "1"})
    for (const char *name : {"norm", "q", "k", "v", "q_rot", "k_rot", "attn",
                             "o", "h", "ffn_norm", "ffn", "out"})
      expected.push_back(layer + " l" + layer + "_" + name);
  expected.push_back("- final_norm");
  expected.push_back("- logits");
  EXPECT_EQ(seen, expected);
}

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

struct Shape {
  int64_t numHeads;
  int64_t numKVHeads;
  bool tiedHead;
};

void PrintTo(const Shape &shape, std::ostream *os) {
  *os << "H" << shape.numHeads << "G" << shape.numKVHeads
      << (shape.tiedHead ? "Tied" : "Untied");
}

class ModelNumbersTest : public ModelBuilderTest,
                         public testing::WithParamInterface<Shape> {};

// The program computes what plain loops compute, token by token.
TEST_P(ModelNumbersTest, DecodeAgreesWithPlainLoops) {
  auto [numHeads, numKVHeads, tiedHead] = GetParam();
  Checkpoint checkpoint =
      makeRandomCheckpoint(makeTinyConfig(numHeads, numKVHeads, tiedHead), 7);
  auto program = build(
      checkpoint, {.dataType = DataType::Float32, .contextLength = kContext});
  ASSERT_TRUE(program);
  ModelSession session(*program, {NumericsMode::Fp64});
  EXPECT_LT(getMaxDifference(session.feed(kIds, 0),
                             runNaiveDecoder(checkpoint, kIds, kContext)),
            kFp64Tolerance);
}

// Prefill with prompts that are longer, as long, and shorter than it, and
// decoding after it: also over rows of the cache that padding has written.
TEST_P(ModelNumbersTest, PrefillAgreesWithPlainLoops) {
  auto [numHeads, numKVHeads, tiedHead] = GetParam();
  Checkpoint checkpoint =
      makeRandomCheckpoint(makeTinyConfig(numHeads, numKVHeads, tiedHead), 8);
  auto expected = runNaiveDecoder(checkpoint, kIds, kContext);
  constexpr std::pair<int64_t, int64_t> kLengths[] = {
      {4, 9}, {9, 9}, {16, 5}, {12, 1}};
  for (auto [prefillLength, promptLength] : kLengths) {
    auto program = build(checkpoint, {.dataType = DataType::Float32,
                                      .contextLength = kContext,
                                      .prefillLength = prefillLength});
    ASSERT_TRUE(program);
    ModelSession session(*program, {NumericsMode::Fp64});
    auto logits = session.feed(kIds, promptLength);
    int64_t numSkipped = std::min(prefillLength, promptLength) - 1;
    decltype(expected) rest(expected.begin() + numSkipped, expected.end());
    EXPECT_LT(getMaxDifference(logits, rest), kFp64Tolerance)
        << prefillLength << " " << promptLength;
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, ModelNumbersTest,
                         testing::Values(Shape{4, 4, true}, Shape{6, 2, true},
                                         Shape{6, 2, false}, Shape{3, 1, true},
                                         Shape{4, 2, false}),
                         testing::PrintToStringParamName());

//===----------------------------------------------------------------------===//
// Refusals
//===----------------------------------------------------------------------===//

using Change = std::function<void(Checkpoint &, BuildOptions &)>;

std::vector<std::string> buildAfter(const Change &change) {
  Context context;
  std::vector<std::string> messages;
  context.getDiagnostics().setHandler([&](const Diagnostic &diagnostic) {
    EXPECT_EQ(diagnostic.subject, "random");
    messages.push_back(diagnostic.message);
  });
  Checkpoint checkpoint = makeRandomCheckpoint(makeTinyConfig(), 1);
  BuildOptions options;
  change(checkpoint, options);
  EXPECT_FALSE(
      buildModel(context, checkpoint, options, context.getDiagnostics()));
  return messages;
}

TEST(ModelBuilderErrors, UnknownArchitecture) {
  EXPECT_THAT(buildAfter([](Checkpoint &checkpoint, BuildOptions &) {
                checkpoint.config.architecture = "falcon";
              }),
              testing::ElementsAre(testing::AllOf(
                  testing::StartsWith("architecture 'falcon' is not supported; "
                                      "there is gemma, gemma2, "),
                  testing::HasSubstr(" llama, "))));
}

// What an architecture does not honour is named.
TEST(ModelBuilderErrors, UnsupportedFeatures) {
  EXPECT_THAT(
      buildAfter([](Checkpoint &checkpoint, BuildOptions &) {
        checkpoint.config.isParallel = true;
        checkpoint.config.logitSoftCap = 30;
      }),
      testing::ElementsAre(
          "the model has parallel attention and feed-forward, which the "
          "architecture 'llama' does not support yet",
          "the model has a soft cap of logits, which the architecture 'llama' "
          "does not support yet"));
}

TEST(ModelBuilderErrors, MissingAndMisshapenTensors) {
  EXPECT_THAT(
      buildAfter([](Checkpoint &checkpoint, BuildOptions &) {
        checkpoint.tensors.erase("layers.1.wk");
        checkpoint.tensors["layers.0.wo"].shape = {24, 16};
      }),
      testing::ElementsAre("tensor 'layers.0.wo' has shape [24, 16], expected "
                           "[16, 24]",
                           "tensor 'layers.1.wk' is missing"));
}

TEST(ModelBuilderErrors, OptionsThatDoNotFit) {
  EXPECT_THAT(buildAfter([](Checkpoint &, BuildOptions &options) {
                options.contextLength = -1;
              }),
              testing::ElementsAre("a context of -1 positions is not within 1 "
                                   "and 268435456"));
  EXPECT_THAT(buildAfter([](Checkpoint &, BuildOptions &options) {
                options.contextLength = 8;
                options.prefillLength = 9;
              }),
              testing::ElementsAre("a prefill of 9 tokens does not fit a "
                                   "context of 8 positions"));
  EXPECT_THAT(
      buildAfter([](Checkpoint &, BuildOptions &options) {
        options.dataType = DataType::BFloat16;
      }),
      testing::ElementsAre("cannot compute in bf16, only in fp16 or fp32"));
}

} // namespace
