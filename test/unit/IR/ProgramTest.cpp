//===- ProgramTest.cpp - Blocks, functions and programs -------------------===//
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

// Names made unique never repeat, also against names that look generated.
TEST(ProgramTest, UniqueNamesNeverRepeat) {
  Context context;
  Program program(context);
  Function *function = program.addFunction("main", Opset::IOS18, {});
  EXPECT_EQ(function->makeUniqueName("a"), "a");
  EXPECT_TRUE(function->reserveName("a_1"));
  EXPECT_EQ(function->makeUniqueName("a"), "a_2");
  EXPECT_FALSE(function->reserveName("a_2"));
  EXPECT_EQ(function->makeUniqueName("a"), "a_3");
}

// A program can be destroyed whatever its operations refer to.
TEST(ProgramTest, DestroysCyclesOfBlocks) {
  Context context;
  auto program = std::make_unique<Program>(context);
  Function *function = program->addFunction("main", Opset::IOS18, {});
  Type type = TensorType::getScalar(context, DataType::Float16);
  Value *x = function->getBody().addInput("x", type, {});
  Builder builder(function->getBody());
  Operation *outer = builder.create("cond", {{"pred", x}}, {type}, "c");
  Block *nested = outer->addBlock();
  Builder inside(*nested);
  Operation *inner = inside.create("relu", {{"x", x}}, {type}, "r");
  nested->addOutput(inner->getResult());
  function->getBody().addOutput(outer->getResult());
  EXPECT_EQ(inner->getFunction(), function);
  EXPECT_EQ(inner->getParentOp(), outer);
  program.reset();
}

// A walk meets nested operations first and survives erasure.
TEST(ProgramTest, WalkMeetsNestedFirstAndSurvivesErasure) {
  Context context;
  Program program(context);
  Function *function = program.addFunction("main", Opset::IOS18, {});
  Builder builder(function->getBody());
  Operation *outer = builder.create("outer", {}, {}, "");
  Builder(*outer->addBlock()).create("inner", {}, {}, "");
  builder.create("last", {}, {}, "");
  std::vector<std::string> seen;
  function->walk([&](Operation &op) {
    seen.push_back(op.getName().str());
    op.erase();
  });
  EXPECT_EQ(seen, (std::vector<std::string>{"inner", "outer", "last"}));
  EXPECT_TRUE(function->getBody().empty());
}

// A clone has the same names and shares nothing mutable.
TEST(ProgramTest, CloneIsDeep) {
  Context context;
  Program program(context);
  Function *function = program.addFunction("main", Opset::IOS18, {});
  Type type = TensorType::getScalar(context, DataType::Float16);
  Value *x =
      function->getBody().addInput(function->makeUniqueName("x"), type, {});
  Builder builder(function->getBody());
  Operation *op = builder.create("relu", {{"x", x}}, {type}, "y");
  function->getBody().addOutput(op->getResult());

  std::unique_ptr<Program> copy = cloneProgram(program);
  Block &copied = copy->findFunction("main")->getBody();
  op->setName("tanh");
  EXPECT_EQ(copied.begin()->getName(), "relu");
  EXPECT_EQ(copied.begin()->getOperand("x"), copied.findInput("x"));
  EXPECT_EQ(copied.getOutput(0), copied.begin()->getResult());
  EXPECT_EQ(copied.getOutput(0)->getName(), "y");
}

// Opsets are found by either of their spellings.
TEST(ProgramTest, OpsetSpellings) {
  EXPECT_EQ(parseOpset("ios17"), Opset::IOS17);
  EXPECT_EQ(parseOpset("CoreML7"), Opset::IOS17);
  EXPECT_EQ(parseOpset("ios19"), Opset::Unknown);
  EXPECT_EQ(parseOpset("model"), Opset::Model);
  for (Opset opset : {Opset::IOS15, Opset::IOS18, Opset::Model, Opset::Host})
    EXPECT_EQ(parseOpset(getName(opset)), opset);
}

} // namespace
