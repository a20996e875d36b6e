//===- LowerEquivalenceTest.cpp - Composites and their MIL ----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Every composite that has a lowering computes the same before and after it.
//
//===----------------------------------------------------------------------===//

#include "RandomCheckpoint.h"

#include "espresso/Eval/Evaluator.h"
#include "espresso/Ops/Verifier.h"
#include "espresso/Pass/PassManager.h"
#include "espresso/Transforms/Passes.h"
#include "espresso/Weights/WeightSources.h"

#include "gtest/gtest.h"

#include <cstring>

using namespace espresso;
using namespace espresso::test;

namespace {

/// Evaluated in fp64, with extents that make all constants exact: nothing but
/// the order of sums differs.
constexpr double kTolerance = 1e-12;

class LowerEquivalenceTest : public testing::Test {
protected:
  LowerEquivalenceTest()
      : program(context), function(program.addFunction("f", Opset::Model, {})),
        builder(function->getBody()) {}

  /// Rows of a cache: an input of another form.
  Value *addRows(llvm::StringRef name, int64_t rows, int64_t width) {
    return addInput(name, rows, width);
  }

  /// An input whose elements are uniform in [-1, 1).
  Value *addInput(llvm::StringRef name, int64_t channels, int64_t tokens) {
    llvm::SmallVector<int64_t, 4> shape = {1, channels, 1, tokens};
    std::vector<float> elements(channels * tokens);
    for (float &element : elements)
      element = random.next();
    inputs.emplace_back(
        name.str(),
        Tensor::fromElements(DataType::Float32, shape, std::move(elements)));
    return function->getBody().addInput(
        function->makeUniqueName(name),
        TensorType::get(context, DataType::Float32, shape), {});
  }

  /// A constant whose elements are in a blob, or in the program.
  Value *addWeight(llvm::StringRef name, llvm::ArrayRef<int64_t> shape,
                   bool inBlob = true) {
    int64_t count = espresso::getNumElements(shape);
    std::vector<uint8_t> bytes(count * sizeof(float));
    for (int64_t i = 0; i < count; ++i) {
      float value = random.next();
      std::memcpy(bytes.data() + i * sizeof(float), &value, sizeof(float));
    }
    TensorType type = TensorType::get(context, DataType::Float32, shape);
    if (!inBlob)
      return builder.createConstant(
          Attribute::dense(type, {{shape.begin(), shape.end()}, bytes, {}}),
          name);
    auto source = makeMemorySource(DataType::Float32, count, std::move(bytes));
    return builder.createConstant(
        Attribute::blob(type, {"@test/" + name.str(), 0, source}), name);
  }

  Attribute real(double value) {
    return builder.getReal(value, DataType::Float32);
  }

  std::vector<double> evaluate() {
    EXPECT_TRUE(succeeded(verify(program)));
    Evaluator evaluator(program, {NumericsMode::Fp64});
    FailureOr<NamedTensors> outputs = evaluator.run("f", inputs);
    if (failed(outputs) || outputs->size() != 1)
      return {};
    EXPECT_EQ(outputs->front().first, "y");
    std::vector<double> elements;
    for (int64_t i = 0; i < outputs->front().second.getNumElements(); ++i)
      elements.push_back(outputs->front().second.getReal(i));
    return elements;
  }

  /// `y` is the composite and the only output.
  void expectSameAfterLowering(llvm::ArrayRef<NamedArgument> args,
                               llvm::StringRef composite,
                               LowerCompositesOptions options = {}) {
    Operation *op = buildOp(builder, composite, args, "y");
    function->getBody().addOutput(op->getResult());
    std::vector<double> before = evaluate();
    function->setOpset(Opset::IOS18);
    PassManager manager(context);
    manager.getPipeline().addPass(createLowerCompositesPass(options));
    ASSERT_EQ(manager.run(program), PipelineStatus::Success);
    for (const Operation &remaining : function->getBody().getOperations())
      EXPECT_FALSE(remaining.getName().starts_with("espresso."));
    std::vector<double> after = evaluate();
    ASSERT_EQ(before.size(), after.size());
    ASSERT_FALSE(before.empty());
    for (size_t i = 0; i < before.size(); ++i)
      ASSERT_NEAR(before[i], after[i], tolerance) << i;
  }

  /// Larger where constants of a formula are no floats.
  double tolerance = kTolerance;
  Context context;
  Program program;
  Function *function;
  Builder builder;
  NamedTensors inputs;
  UniformSource random{11};
};

TEST_F(LowerEquivalenceTest, RmsNorm) {
  expectSameAfterLowering({{"x", addInput("x", 8, 3)},
                           {"weight", addWeight("w", {8})},
                           {"epsilon", real(0.25)}},
                          "espresso.rms_norm");
}

TEST_F(LowerEquivalenceTest, Rotate) {
  expectSameAfterLowering({{"x", addInput("x", 12, 3)},
                           {"angles", addInput("angles", 4, 3)},
                           {"head_dim", builder.getInt32(4)}},
                          "espresso.rotate");
}

TEST_F(LowerEquivalenceTest, RotatePart) {
  expectSameAfterLowering({{"x", addInput("x", 12, 1)},
                           {"angles", addInput("angles", 6, 1)},
                           {"head_dim", builder.getInt32(6)},
                           {"rotary_dim", builder.getInt32(4)}},
                          "espresso.rotate");
}

TEST_F(LowerEquivalenceTest, MaskedAttention) {
  Value *k = addInput("k", 4, 1), *v = addInput("v", 4, 1);
  Value *keyRows = addRows("k_rows", 5, 4),
        *valueRows = addRows("v_rows", 5, 4);
  expectSameAfterLowering({{"q", addInput("q", 4, 1)},
                           {"k", k},
                           {"v", v},
                           {"k_rows", keyRows},
                           {"v_rows", valueRows},
                           {"mask", addInput("mask", 5, 1)},
                           {"head_dim", builder.getInt32(4)}},
                          "espresso.masked_attention");
}

TEST_F(LowerEquivalenceTest, MaskedAttentionOfGroupsInAWindow) {
  Value *k = addInput("k", 8, 3), *v = addInput("v", 8, 3);
  Value *keyRows = addRows("k_rows", 5, 8),
        *valueRows = addRows("v_rows", 5, 8);
  expectSameAfterLowering({{"q", addInput("q", 24, 3)},
                           {"k", k},
                           {"v", v},
                           {"k_rows", keyRows},
                           {"v_rows", valueRows},
                           {"mask", addInput("mask", 5, 3)},
                           {"head_dim", builder.getInt32(4)},
                           {"scale", real(0.25)},
                           {"softcap", real(2)},
                           {"window", builder.getInt32(2)}},
                          "espresso.masked_attention");
}

TEST_F(LowerEquivalenceTest, AttentionOverRowsAlone) {
  Value *keyRows = addRows("k_rows", 5, 8),
        *valueRows = addRows("v_rows", 5, 8);
  expectSameAfterLowering({{"q", addInput("q", 24, 3)},
                           {"k_rows", keyRows},
                           {"v_rows", valueRows},
                           {"mask", addInput("mask", 5, 3)},
                           {"head_dim", builder.getInt32(4)}},
                          "espresso.masked_attention");
}

TEST_F(LowerEquivalenceTest, AttentionOverRowsWithoutMask) {
  Value *keyRows = addRows("k_rows", 5, 8),
        *valueRows = addRows("v_rows", 5, 8);
  expectSameAfterLowering({{"q", addInput("q", 8, 3)},
                           {"k_rows", keyRows},
                           {"v_rows", valueRows},
                           {"head_dim", builder.getInt32(4)},
                           {"softcap", real(2)}},
                          "espresso.masked_attention");
}

TEST_F(LowerEquivalenceTest, LayerNormWithBeta) {
  expectSameAfterLowering({{"x", addInput("x", 8, 3)},
                           {"gamma", addWeight("g", {8})},
                           {"beta", addWeight("b", {8})},
                           {"epsilon", real(0.25)}},
                          "espresso.layer_norm");
}

TEST_F(LowerEquivalenceTest, LayerNormWithoutBeta) {
  expectSameAfterLowering({{"x", addInput("x", 8, 3)},
                           {"gamma", addWeight("g", {8})},
                           {"epsilon", real(0.25)}},
                          "espresso.layer_norm");
}

TEST_F(LowerEquivalenceTest, Linear) {
  expectSameAfterLowering(
      {{"x", addInput("x", 6, 3)}, {"weight", addWeight("w", {4, 6})}},
      "espresso.linear");
}

TEST_F(LowerEquivalenceTest, LinearWithBiasInTheProgram) {
  expectSameAfterLowering({{"x", addInput("x", 6, 3)},
                           {"weight", addWeight("w", {4, 6}, false)},
                           {"bias", addWeight("b", {4}, false)}},
                          "espresso.linear");
}

class SwiGLUTest : public LowerEquivalenceTest,
                   public testing::WithParamInterface<const char *> {};

TEST_P(SwiGLUTest, EveryFormOfSilu) {
  expectSameAfterLowering({{"x", addInput("x", 6, 3)},
                           {"gate", addWeight("gate", {5, 6})},
                           {"up", addWeight("up", {5, 6})},
                           {"down", addWeight("down", {6, 5})}},
                          "espresso.ffn", {.silu = GetParam()});
}

INSTANTIATE_TEST_SUITE_P(Forms, SwiGLUTest,
                         testing::Values("sigmoid", "tanh", "op"),
                         [](const testing::TestParamInfo<const char *> &info) {
                           return std::string(info.param);
                         });

// One matrix for two purposes is not reshaped under its other user.
TEST_F(LowerEquivalenceTest, SharedWeight) {
  Value *matrix = addWeight("w", {5, 6});
  expectSameAfterLowering({{"x", addInput("x", 6, 3)},
                           {"gate", matrix},
                           {"up", matrix},
                           {"down", addWeight("down", {6, 5})}},
                          "espresso.ffn");
}

class ActivationTest : public LowerEquivalenceTest,
                       public testing::WithParamInterface<const char *> {};

TEST_P(ActivationTest, PlainNetworkWithBiases) {
  tolerance = 1e-7;
  expectSameAfterLowering({{"x", addInput("x", 6, 3)},
                           {"up", addWeight("up", {5, 6})},
                           {"down", addWeight("down", {6, 5})},
                           {"up_bias", addWeight("up_bias", {5})},
                           {"down_bias", addWeight("down_bias", {6})},
                           {"activation", builder.getString(GetParam())}},
                          "espresso.ffn");
}

TEST_P(ActivationTest, GatedExpertWithBias) {
  tolerance = 1e-7;
  expectSameAfterLowering({{"x", addInput("x", 6, 3)},
                           {"gate", addWeight("gate", {5, 6})},
                           {"gate_bias", addWeight("gate_bias", {5})},
                           {"up", addWeight("up", {5, 6})},
                           {"down", addWeight("down", {6, 5})},
                           {"route", addInput("route", 4, 3)},
                           {"expert", builder.getInt32(2)},
                           {"activation", builder.getString(GetParam())}},
                          "espresso.ffn");
}

INSTANTIATE_TEST_SUITE_P(Functions, ActivationTest,
                         testing::Values("silu", "gelu", "gelu_tanh", "relu"),
                         [](const testing::TestParamInfo<const char *> &info) {
                           return std::string(info.param);
                         });

TEST_F(LowerEquivalenceTest, NormsByGroups) {
  expectSameAfterLowering({{"x", addInput("x", 16, 3)},
                           {"weight", addWeight("w", {4})},
                           {"groups", builder.getInt32(4)},
                           {"epsilon", real(0.25)}},
                          "espresso.rms_norm");
}

TEST_F(LowerEquivalenceTest, NormsByGroupsWithGainsOfTheirOwn) {
  expectSameAfterLowering({{"x", addInput("x", 16, 3)},
                           {"gamma", addWeight("g", {16})},
                           {"beta", addWeight("b", {4})},
                           {"groups", builder.getInt32(4)},
                           {"epsilon", real(0.25)}},
                          "espresso.layer_norm");
}

class RouterTest : public LowerEquivalenceTest,
                   public testing::WithParamInterface<int> {};

TEST_P(RouterTest, KeepsAsMany) {
  expectSameAfterLowering({{"x", addInput("x", 6, 4)},
                           {"weight", addWeight("w", {5, 6})},
                           {"top_k", builder.getInt32(GetParam())},
                           {"normalize", builder.getBool(GetParam() != 2)}},
                          "espresso.router");
}

// Experts with the same row have the same weight: the first ones are taken.
TEST_F(LowerEquivalenceTest, RouterTakesTheFirstOfEquals) {
  std::vector<uint8_t> zeros(4 * 6 * sizeof(float));
  TensorType type = TensorType::get(context, DataType::Float32, {4, 6});
  Value *weight = builder.createConstant(
      Attribute::blob(
          type, {"@test/w", 0, makeMemorySource(DataType::Float32, 24, zeros)}),
      "w");
  expectSameAfterLowering({{"x", addInput("x", 6, 3)},
                           {"weight", weight},
                           {"top_k", builder.getInt32(2)}},
                          "espresso.router");
}

INSTANTIATE_TEST_SUITE_P(Counts, RouterTest, testing::Values(1, 2, 3, 5));

struct Heads {
  int64_t query;
  int64_t key;
  int64_t size;
  int64_t tokens;
};

void PrintTo(const Heads &heads, std::ostream *os) {
  *os << "H" << heads.query << "G" << heads.key << "d" << heads.size << "S"
      << heads.tokens;
}

class CausalAttentionTest : public LowerEquivalenceTest,
                            public testing::WithParamInterface<Heads> {};

TEST_P(CausalAttentionTest, DefaultScale) {
  auto [query, key, size, tokens] = GetParam();
  expectSameAfterLowering({{"q", addInput("q", query * size, tokens)},
                           {"k", addInput("k", key * size, tokens)},
                           {"v", addInput("v", key * size, tokens)},
                           {"head_dim", builder.getInt32(size)}},
                          "espresso.causal_attention");
}

TEST_P(CausalAttentionTest, GivenScaleAndMask) {
  auto [query, key, size, tokens] = GetParam();
  expectSameAfterLowering({{"q", addInput("q", query * size, tokens)},
                           {"k", addInput("k", key * size, tokens)},
                           {"v", addInput("v", key * size, tokens)},
                           {"head_dim", builder.getInt32(size)},
                           {"scale", real(1.5)}},
                          "espresso.causal_attention", {.maskValue = -1000});
}

TEST_P(CausalAttentionTest, WindowAndSoftCap) {
  auto [query, key, size, tokens] = GetParam();
  expectSameAfterLowering({{"q", addInput("q", query * size, tokens)},
                           {"k", addInput("k", key * size, tokens)},
                           {"v", addInput("v", key * size, tokens)},
                           {"head_dim", builder.getInt32(size)},
                           {"softcap", real(0.5)},
                           {"window", builder.getInt32(2)}},
                          "espresso.causal_attention");
}

INSTANTIATE_TEST_SUITE_P(Shapes, CausalAttentionTest,
                         testing::Values(Heads{3, 3, 4, 5}, Heads{6, 2, 4, 5},
                                         Heads{4, 1, 1, 7}, Heads{1, 1, 4, 1},
                                         Heads{8, 4, 16, 3}),
                         testing::PrintToStringParamName());

} // namespace
