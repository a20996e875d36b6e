//===- OperationTest.cpp - Arguments, uses and positions ------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/IR/Builder.h"

#include "gtest/gtest.h"

using namespace espresso;

namespace {

class OperationTest : public testing::Test {
protected:
  Context context;
  Program program{context};
  Function *function = program.addFunction("main", Opset::IOS17, {});
  Block &body = function->getBody();
  Type type = TensorType::get(context, DataType::Float16, {4});
  Value *x = body.addInput(function->makeUniqueName("x"), type, {});
  Builder builder{body};

  Operation *makeAdd(Value *a, Value *b) {
    return builder.create("add", {{"x", a}, {"y", b}}, {type}, "sum");
  }
};

// Replacing a value moves every use, in arguments and in block outputs.
TEST_F(OperationTest, ReplacesAllUses) {
  Operation *first = makeAdd(x, x);
  Operation *second = makeAdd(first->getResult(), x);
  body.addOutput(first->getResult());
  EXPECT_EQ(first->getResult()->getNumUses(), 2u);
  first->getResult()->replaceAllUsesWith(x);
  EXPECT_FALSE(first->hasUses());
  EXPECT_EQ(second->getOperand("x"), x);
  EXPECT_EQ(body.getOutput(0), x);
}

// Rebinding an input drops the use of the old value.
TEST_F(OperationTest, RebindingDropsTheOldUse) {
  Operation *first = makeAdd(x, x);
  Operation *second = makeAdd(first->getResult(), x);
  second->setOperand("x", x);
  EXPECT_FALSE(first->hasUses());
  first->erase();
  EXPECT_EQ(&*body.begin(), second);
}

// A compile-time value is found as a literal, behind a const, or as attribute.
TEST_F(OperationTest, FindsConstants) {
  Value *two = builder.createConstant(builder.getInt32(2), "two");
  Operation *op = builder.create(
      "gather", {{"x", x}, {"axis", two}, {"batch_dims", builder.getInt32(0)}},
      {type}, "g");
  op->setAttribute("name", builder.getString("n"));
  EXPECT_EQ(op->getConstant("axis").getInteger(), 2);
  EXPECT_EQ(op->getConstant("batch_dims").getInteger(), 0);
  EXPECT_EQ(op->getConstant("name").getString(), "n");
  EXPECT_FALSE(op->getConstant("x"));
  EXPECT_FALSE(op->getConstant("indices"));
}

// A list binds several values under one name.
TEST_F(OperationTest, BindsLists) {
  Operation *sum = makeAdd(x, x);
  llvm::SmallVector<Value *, 2> values = {sum->getResult(), x};
  Operation *op = builder.create(
      "concat", {{"values", llvm::ArrayRef<Value *>(values)}}, {type}, "c");
  EXPECT_EQ(op->getOperands("values").size(), 2u);
  EXPECT_EQ(op->getOperand("values"), nullptr);
  EXPECT_TRUE(op->findBinding("values")->isParenthesised());
}

// Bindings are sorted by name, in whatever order they are made.
TEST_F(OperationTest, SortsBindings) {
  Operation *op = builder.create("add", {{"y", x}, {"x", x}}, {type}, "sum");
  op->setLiteral("a", builder.getInt32(0));
  ASSERT_EQ(op->getBindings().size(), 3u);
  EXPECT_EQ(op->getBindings()[0]->getName(), "a");
  EXPECT_EQ(op->getBindings()[1]->getName(), "x");
  EXPECT_EQ(op->getBindings()[2]->getName(), "y");
}

// Moving an operation changes its place and nothing else.
TEST_F(OperationTest, Moves) {
  Operation *first = makeAdd(x, x);
  Operation *second = makeAdd(x, x);
  second->moveBefore(first);
  EXPECT_EQ(&*body.begin(), second);
  EXPECT_EQ(second->getFunction(), function);
}

// The opset of an operation is its own qualifier's, else the function's.
TEST_F(OperationTest, QualifierOverridesOpset) {
  Operation *op = makeAdd(x, x);
  EXPECT_EQ(op->getOpset(), Opset::IOS17);
  op->setOpsetQualifier("ios15");
  EXPECT_EQ(op->getOpset(), Opset::IOS15);
}

} // namespace
