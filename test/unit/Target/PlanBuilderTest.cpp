//===- PlanBuilderTest.cpp - Execution plans for a CPU --------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Target/Host/PlanBuilder.h"

#include "espresso/AsmText/Parser.h"
#include "espresso/Plan/plan.pb.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

using namespace espresso;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

constexpr llvm::StringLiteral kProgram = R"(program(1.3)
{
  func step<host>(tensor<fp16, [1, 4, 1, 1]> x,
                  state<tensor<fp16, [8, 4]>> k_cache) {
    espresso.cache_write(cache = k_cache, position = int32(0), x = x);
    tensor<fp16, [1, 4, 1, 1]> y = espresso.call(callee = string("half"), x = x)
      [outputs = list<string, 1>(["twice"])];
  } -> (y);
  func half<ios18>(tensor<fp16, [1, 4, 1, 1]> x) {
    int32 axis = const()[val = int32(1)];
    fp16 two = const()[val = fp16(2)];
    tensor<int32, [2]> perm = const()[val = tensor<int32, [2]>([1, 0])];
    tensor<fp16, [1, 4, 1, 1]> w = const()[val = tensor<fp16, [1, 4, 1, 1]>(
      BLOBFILE(path = string("@checkpoint/w"), offset = uint64(0)))];
    tensor<fp16, [1, 4, 1, 1]> a = mul(x = x, y = w);
    tensor<fp16, [1, 4, 1, 1]> b = mul(x = a, y = two);
    tensor<fp16, [1, 4, 1, 1]> twice = softmax(axis = axis, x = b);
  } -> (twice);
  func unused<model>() {
  } -> ();
})";

class PlanBuilderTest : public testing::Test {
protected:
  PlanBuilderTest() {
    context.getDiagnostics().setHandler([this](const Diagnostic &diagnostic) {
      messages += diagnostic.message + "\n";
    });
  }

  /// The plan of `text`, or nothing after a diagnostic.
  std::optional<plan::Plan> build(llvm::StringRef text) {
    program = parseProgramText(context, text, "test.mil");
    EXPECT_TRUE(program) << messages;
    auto place = [](const Operation &) -> FailureOr<WeightPlace> {
      return WeightPlace{"w.bin", 1024, 128, 8};
    };
    FailureOr<std::string> bytes = buildHostPlan(*program, {}, place);
    if (failed(bytes))
      return std::nullopt;
    plan::Plan plan;
    EXPECT_TRUE(plan.ParseFromString(*bytes));
    return plan;
  }

  Context context;
  std::unique_ptr<Program> program;
  std::string messages;
};

// Host functions come first, programs follow, model functions are left out.
TEST_F(PlanBuilderTest, KeepsHostAndPrograms) {
  auto plan = build(kProgram);
  ASSERT_TRUE(plan) << messages;
  ASSERT_EQ(plan->functions_size(), 2);
  EXPECT_EQ(plan->functions(0).name(), "step");
  EXPECT_EQ(plan->functions(0).kind(), plan::Function::HOST);
  EXPECT_EQ(plan->functions(1).name(), "half");
  EXPECT_EQ(plan->functions(1).kind(), plan::Function::PROGRAM);
}

// A call names its callee and the callee's output that each result takes.
TEST_F(PlanBuilderTest, CallsBindByName) {
  auto plan = build(kProgram);
  ASSERT_TRUE(plan) << messages;
  const plan::Step &call = plan->functions(0).steps(1);
  EXPECT_EQ(call.op(), "espresso.call");
  EXPECT_EQ(call.callee(), 1u);
  ASSERT_EQ(call.results_size(), 1);
  EXPECT_EQ(call.results(0).name(), "twice");
  ASSERT_EQ(call.operands_size(), 1);
  EXPECT_EQ(call.operands(0).name(), "x");
  EXPECT_EQ(call.attributes_size(), 0);
}

// States are listed once, by name, and are no ports.
TEST_F(PlanBuilderTest, StatesAreNoPorts) {
  auto plan = build(kProgram);
  ASSERT_TRUE(plan) << messages;
  ASSERT_EQ(plan->states_size(), 1);
  EXPECT_EQ(plan->states(0).name(), "k_cache");
  EXPECT_THAT(plan->states(0).shape(), ElementsAre(8, 4));
  ASSERT_EQ(plan->functions(0).inputs_size(), 1);
  EXPECT_EQ(plan->functions(0).inputs(0).name(), "x");
}

// Scalars become attributes of the steps that use them; tensors become weights.
TEST_F(PlanBuilderTest, ConstantsBecomeAttributesOrWeights) {
  auto plan = build(kProgram);
  ASSERT_TRUE(plan) << messages;
  const plan::Function &half = plan->functions(1);
  ASSERT_EQ(half.steps_size(), 3);
  ASSERT_EQ(half.steps(0).operands_size(), 2);
  EXPECT_EQ(half.steps(1).attributes(0).real(), 2.0);
  EXPECT_EQ(half.steps(2).attributes(0).integer(), 1);
  ASSERT_EQ(plan->weights_size(), 1);
  EXPECT_EQ(plan->weights(0).offset(), 128u);
  EXPECT_EQ(plan->weight_files(0).path(), "w.bin");
}

// What a plan cannot hold is refused, by the name of the value.
TEST_F(PlanBuilderTest, RefusesDynamicShapes) {
  EXPECT_FALSE(build(R"(program(1.3)
{
  func f<ios18>(tensor<fp16, [?]> x) {
    tensor<fp16, [?]> y = relu(x = x);
  } -> (y);
})"));
  EXPECT_THAT(messages, HasSubstr("'x' has type tensor<fp16, [?]>"));
}

// A program that takes a state is refused: states belong to the host.
TEST_F(PlanBuilderTest, RefusesStatesOfPrograms) {
  EXPECT_FALSE(build(R"(program(1.3)
{
  func f<ios18>(state<tensor<fp16, [4]>> s) {
  } -> ();
})"));
  EXPECT_THAT(messages, HasSubstr("takes the state 's'"));
}

} // namespace
