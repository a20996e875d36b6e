//===- BuildOpTest.cpp - Operations with inferred results -----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Ops/Registry.h"
#include "espresso/Ops/Verifier.h"

#include "gtest/gtest.h"

using namespace espresso;

namespace {
struct BuildOpTest : testing::Test {
  Value *addInput(Function &function, llvm::StringRef name, DataType element,
                  llvm::ArrayRef<int64_t> shape) {
    return function.getBody().addInput(function.makeUniqueName(name),
                                       TensorType::get(context, element, shape),
                                       {});
  }

  Context context;
  Program program{context};
};
} // namespace

// Results get the types that inference gives and names after the stem.
TEST_F(BuildOpTest, InfersTypesAndNames) {
  Function &function = *program.addFunction("main", Opset::IOS18, {});
  Value *x = addInput(function, "x", DataType::Float16, {1, 8, 1, 4});
  Builder builder(function.getBody());
  Operation *split = buildOp(builder, "split",
                             {{"x", x},
                              {"num_splits", builder.getInt32(2)},
                              {"axis", builder.getInt32(1)}},
                             "half");
  ASSERT_EQ(split->getNumResults(), 2u);
  EXPECT_EQ(split->getResult(1)->getName(), "half_1");
  EXPECT_EQ(split->getResult(1)->getType().str(), "tensor<fp16, [1, 4, 1, 4]>");
  Operation *sum =
      buildOp(builder, "add",
              {{"x", split->getResult(0)}, {"y", split->getResult(1)}}, "sum");
  function.getBody().addOutput(sum->getResult());
  EXPECT_TRUE(succeeded(verify(program)));
}

// Of an operation without a record no result types are known, which is an
// error.
TEST_F(BuildOpTest, RefusesToInferResultsOfUnknownOperations) {
  std::string message;
  context.getDiagnostics().setHandler(
      [&](const Diagnostic &diagnostic) { message = diagnostic.message; });
  Function &function = *program.addFunction("main", Opset::IOS18, {});
  Operation *op = Builder(function.getBody()).create("rleu", {}, {}, "y");
  llvm::SmallVector<Type, 4> types;
  EXPECT_TRUE(failed(inferResultTypes(*op, types)));
  EXPECT_EQ(message, "the result types of 'rleu' are not known");
}

// A call takes the types of the callee's outputs.
TEST_F(BuildOpTest, CallsOtherFunctions) {
  Function &callee = *program.addFunction("block", Opset::IOS18, {});
  Value *x = addInput(callee, "x", DataType::Float16, {1, 8});
  Builder inCallee(callee.getBody());
  callee.getBody().addOutput(
      buildOp(inCallee, "relu", {{"x", x}}, "y")->getResult());

  Function &host = *program.addFunction("decode", Opset::Host, {});
  Value *z = addInput(host, "z", DataType::Float16, {1, 8});
  Builder builder(host.getBody());
  Operation *call = buildCall(builder, "block", {{"x", z}}, {"y"}, "r");
  EXPECT_EQ(call->getResult()->getType().str(), "tensor<fp16, [1, 8]>");
  host.getBody().addOutput(call->getResult());
  EXPECT_TRUE(succeeded(verify(program)));
}

// Defaults have the element type of the input that shares their variable.
TEST_F(BuildOpTest, DefaultsFollowTheirTypeVariable) {
  Function &function = *program.addFunction("main", Opset::IOS15, {});
  Value *x = addInput(function, "x", DataType::Float16, {4});
  Builder builder(function.getBody());
  Operation *rsqrt = buildOp(builder, "rsqrt", {{"x", x}}, "r");
  Attribute epsilon = getConstantOrDefault(*rsqrt, "epsilon");
  ASSERT_TRUE(epsilon);
  EXPECT_EQ(epsilon.getType().str(), "fp16");
  Operation *softmax = buildOp(builder, "softmax", {{"x", x}}, "s");
  EXPECT_EQ(getConstantOrDefault(*softmax, "axis").getInteger(), -1);
  Operation *gelu = buildOp(builder, "gelu", {{"x", x}}, "g");
  EXPECT_EQ(getConstantOrDefault(*gelu, "mode").getString(), "EXACT");
  EXPECT_FALSE(getConstantOrDefault(*gelu, "x"));
}
