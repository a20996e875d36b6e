//===- EvaluatorTest.cpp - Running functions ------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Eval/Evaluator.h"

#include "espresso/AsmText/Parser.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace espresso {
namespace {

class EvaluatorTest : public testing::Test {
protected:
  EvaluatorTest() {
    context.getDiagnostics().setHandler([this](const Diagnostic &diagnostic) {
      messages.push_back(diagnostic.message);
    });
  }

  void parse(llvm::StringRef text) {
    program = parseProgramText(context, text);
    ASSERT_NE(program, nullptr);
  }

  static Tensor vector(std::vector<float> values) {
    auto count = static_cast<int64_t>(values.size());
    return Tensor::fromElements(DataType::Float32, {count}, std::move(values));
  }

  Context context;
  std::unique_ptr<Program> program;
  std::vector<std::string> messages;
};

constexpr llvm::StringLiteral kCounter = R"(program(1.3)
{
    func main<ios18>(state<tensor<fp16, [1]>> count, tensor<fp16, [1]> x) {
            tensor<fp16, [1]> old = read_state(input = count);
            tensor<fp16, [1]> new = add(x = old, y = x);
            write_state(data = new, input = count);
        } -> (new);
})";

TEST_F(EvaluatorTest, StatesOutliveRuns) {
  parse(kCounter);
  Evaluator evaluator(*program, {NumericsMode::Fp16});
  for (float expected : {1.5F, 3.0F, 4.5F}) {
    FailureOr<NamedTensors> outputs =
        evaluator.run("main", {{"x", vector({1.5F})}});
    ASSERT_TRUE(succeeded(outputs));
    EXPECT_EQ(outputs->front().first, "new");
    EXPECT_EQ(outputs->front().second.getReal(), expected);
  }
  EXPECT_EQ(evaluator.getStates().find("count")->getReal(), 4.5);
  evaluator.getStates().set("count", vector({10}));
  FailureOr<NamedTensors> outputs = evaluator.run("main", {{"x", vector({1})}});
  ASSERT_TRUE(succeeded(outputs));
  EXPECT_EQ(outputs->front().second.getReal(), 11);
}

// A state that was set takes the type that it has in the arithmetic.
TEST_F(EvaluatorTest, StatesAreConverted) {
  parse(kCounter);
  Evaluator evaluator(*program, {NumericsMode::Fp16});
  evaluator.getStates().set(
      "count", Tensor::fromElements<double>(DataType::Float64, {1}, {2049}));
  FailureOr<NamedTensors> outputs = evaluator.run("main", {{"x", vector({2})}});
  ASSERT_TRUE(succeeded(outputs));
  EXPECT_EQ(outputs->front().second.getElementType(), DataType::Float16);
  EXPECT_EQ(outputs->front().second.getReal(), 2050);
}

// 2048 + 1 has no half; the input 0.1 is rounded on its way in.
TEST_F(EvaluatorTest, NumericsDecideWhereToRound) {
  parse(R"(program(1.3)
{
    func main<ios18>(tensor<fp16, [1]> x) {
            tensor<fp16, [1]> a = add(x = x, y = fp16(2048));
            tensor<fp16, [1]> y = sub(x = a, y = fp16(2048));
        } -> (x, y);
})");
  auto run = [&](NumericsMode mode) {
    FailureOr<NamedTensors> outputs =
        Evaluator(*program, {mode}).run("main", {{"x", vector({0.1F})}});
    EXPECT_TRUE(succeeded(outputs));
    return std::pair((*outputs)[0].second.getReal(),
                     (*outputs)[1].second.getReal());
  };
  EXPECT_EQ(run(NumericsMode::Fp16), std::pair(0x1.998p-4, 0.0));
  double single = 0.1F;
  EXPECT_EQ(run(NumericsMode::Fp32),
            std::pair(single, (0.1F + 2048.0F) - 2048.0));
  EXPECT_EQ(run(NumericsMode::Fp64), std::pair(single, (single + 2048) - 2048));
}

TEST_F(EvaluatorTest, ChecksInputs) {
  parse(kCounter);
  Evaluator evaluator(*program);
  EXPECT_TRUE(failed(evaluator.run("other", {})));
  EXPECT_TRUE(failed(evaluator.run("main", {})));
  EXPECT_TRUE(failed(evaluator.run("main", {{"x", vector({1, 2})}})));
  evaluator.getStates().set("count", vector({1, 2}));
  EXPECT_TRUE(failed(evaluator.run("main", {{"x", vector({1})}})));
  evaluator.getStates().clear();
  EXPECT_TRUE(
      failed(evaluator.run("main", {{"x", Tensor(DataType::String, {1})}})));
  EXPECT_THAT(
      messages,
      testing::ElementsAre(
          "there is no function 'other'", "function 'main' needs input 'x'",
          "input 'x' of function 'main' is declared as 'tensor<fp16, [1]>' but "
          "holds fp32 of shape [2]",
          "state 'count' of function 'main' is declared as "
          "'state<tensor<fp16, [1]>>' but holds fp32 of shape [2]",
          "input 'x' of function 'main' is declared as 'tensor<fp16, [1]>' but "
          "holds string of shape [1]"));
}

TEST_F(EvaluatorTest, RefusesEndlessRecursion) {
  parse(R"(program(1.3)
{
    func main<host>(tensor<fp32, [1]> x) {
            tensor<fp32, [1]> y = espresso.call(callee = string("main"), x = x)[outputs = list<string, 1>(["y"])];
        } -> (y);
})");
  EXPECT_TRUE(failed(Evaluator(*program).run("main", {{"x", vector({1})}})));
  EXPECT_THAT(messages,
              testing::ElementsAre("calls are nested deeper than 64"));
}

// A long chain of operations needs neither depth nor all of its values at once.
TEST_F(EvaluatorTest, RunsLongFunctions) {
  constexpr int kLength = 20000;
  std::string text = "program(1.3)\n{\nfunc main<ios18>(fp32 v0) {\n";
  for (int i = 1; i <= kLength; ++i)
    text += "fp32 v" + std::to_string(i) + " = add(x = v" +
            std::to_string(i - 1) + ", y = fp32(1));\n";
  parse(text + "} -> (v" + std::to_string(kLength) + ");\n}");
  FailureOr<NamedTensors> outputs =
      Evaluator(*program).run("main", {{"v0", Tensor(DataType::Float32, {})}});
  ASSERT_TRUE(succeeded(outputs));
  EXPECT_EQ(outputs->front().second.getReal(), kLength);
}

} // namespace
} // namespace espresso
