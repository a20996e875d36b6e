//===- FoldTest.cpp - Evaluating single operations ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Eval/Evaluator.h"
#include "espresso/IR/Builder.h"

#include "gtest/gtest.h"

namespace espresso {
namespace {

class FoldTest : public testing::Test {
protected:
  Operation *create(llvm::StringRef name, llvm::ArrayRef<NamedArgument> args,
                    DataType type) {
    return builder.create(name, args, {TensorType::getScalar(context, type)},
                          "r");
  }
  Attribute half(double value) {
    return Attribute::real(context, value, DataType::Float16);
  }

  Context context;
  Program program{context};
  Function *function = program.addFunction("main", Opset::IOS18, Location());
  Builder builder{function->getBody()};
};

TEST_F(FoldTest, RoundsToTheDeclaredType) {
  Operation *op =
      create("add", {{"x", half(2048)}, {"y", half(3)}}, DataType::Float16);
  FailureOr<llvm::SmallVector<Attribute>> results = evaluateOp(*op);
  ASSERT_TRUE(succeeded(results));
  ASSERT_EQ(results->size(), 1U);
  EXPECT_EQ((*results)[0], half(2052));
}

TEST_F(FoldTest, ReadsConstOperations) {
  Value *x = builder.createConstant(half(-2), "x");
  Operation *op = create("abs", {{"x", x}}, DataType::Float16);
  FailureOr<llvm::SmallVector<Attribute>> results = evaluateOp(*op);
  ASSERT_TRUE(succeeded(results));
  EXPECT_EQ((*results)[0], half(2));
}

TEST_F(FoldTest, LeavesWhatIsNotConstant) {
  Value *x = function->getBody().addInput(
      "x", TensorType::getScalar(context, DataType::Float16), Location());
  Operation *op = create("abs", {{"x", x}}, DataType::Float16);
  EXPECT_TRUE(failed(evaluateOp(*op)));
}

// The axis of softmax is -1 by its record.
TEST_F(FoldTest, KnowsDefaults) {
  auto type = TensorType::get(context, DataType::Float16, {1, 2});
  Attribute zeros = Attribute::dense(type, {{1, 2}, {0, 0, 0, 0}, {}});
  Operation *op = builder.create("softmax", {{"x", zeros}}, {type}, "r");
  FailureOr<llvm::SmallVector<Attribute>> results = evaluateOp(*op);
  ASSERT_TRUE(succeeded(results));
  EXPECT_EQ((*results)[0].getReal(0), 0.5);
  EXPECT_EQ((*results)[0].getReal(1), 0.5);
}

TEST_F(FoldTest, GivesAllResults) {
  auto type = TensorType::get(context, DataType::Int32, {1});
  Operation *op = builder.create("split",
                                 {{"x", builder.getInt32s({3, 4})},
                                  {"num_splits", builder.getInt32(2)},
                                  {"axis", builder.getInt32(0)}},
                                 {type, type}, "r");
  FailureOr<llvm::SmallVector<Attribute>> results = evaluateOp(*op);
  ASSERT_TRUE(succeeded(results));
  ASSERT_EQ(results->size(), 2U);
  EXPECT_EQ((*results)[0], builder.getInt32s({3}));
  EXPECT_EQ((*results)[1], builder.getInt32s({4}));
}

TEST_F(FoldTest, LeavesWhatKernelsRefuse) {
  Operation *op = create(
      "floor_div", {{"x", builder.getInt32(1)}, {"y", builder.getInt32(0)}},
      DataType::Int32);
  EXPECT_TRUE(failed(evaluateOp(*op)));
  EXPECT_EQ(context.getDiagnostics().getNumErrors(), 0U);
}

TEST_F(FoldTest, LeavesUnknownOperations) {
  Operation *op = create("frobnicate", {{"x", half(1)}}, DataType::Float16);
  EXPECT_TRUE(failed(evaluateOp(*op)));
}

TEST_F(FoldTest, LeavesWeightsThatAreNotThere) {
  auto type = TensorType::get(context, DataType::Float16, {4});
  Attribute blob = Attribute::blob(type, {"missing.bin", 64, nullptr});
  Operation *op = builder.create("abs", {{"x", blob}}, {type}, "r");
  EXPECT_TRUE(failed(evaluateOp(*op)));
  EXPECT_EQ(context.getDiagnostics().getNumErrors(), 0U);
}

} // namespace
} // namespace espresso
