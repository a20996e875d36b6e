//===- NestedBlocksTest.cpp - Clean-up inside of blocks -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Blocks nested in operations have no text form, so that what the clean-up
// passes do with them is tested here.
//
//===----------------------------------------------------------------------===//

#include "RunPipeline.h"

#include "espresso/IR/Builder.h"

#include "gtest/gtest.h"

using namespace espresso;
using namespace espresso::test;

namespace {

/// A `cond` with two empty blocks, and an operation before it.
class NestedBlocksTest : public testing::Test {
protected:
  NestedBlocksTest() {
    x = body.addInput("x", type, {});
    pred = body.addInput("pred", TensorType::getScalar(context, DataType::Bool),
                         {});
    outer = builder.create("exp", {{"x", x}}, {type}, "outer")->getResult();
    cond = builder.create("cond", {{"pred", pred}}, {type}, "c");
    first = cond->addBlock();
    second = cond->addBlock();
  }

  Value *addExp(Block &block, Value *input, llvm::StringRef name) {
    return Builder(block)
        .create("exp", {{"x", input}}, {type}, name)
        ->getResult();
  }
  size_t count(const Block &block) {
    return std::distance(block.getOperations().begin(),
                         block.getOperations().end());
  }

  Context context;
  Program program{context};
  Function &function = *program.addFunction("main", Opset::IOS18, {});
  Block &body = function.getBody();
  Builder builder{body};
  Type type = TensorType::get(context, DataType::Float16, {2});
  Value *x, *pred, *outer;
  Operation *cond;
  Block *first, *second;
};

// What is computed before the operation serves its blocks; what one block
// computes serves neither the other nor what follows.
TEST_F(NestedBlocksTest, CseLooksOutwardsOnly) {
  first->addOutput(addExp(*first, x, "a"));
  Value *b = addExp(*second, outer, "b");
  second->addOutput(b);
  addExp(*first, outer, "d");
  Value *after = addExp(body, outer, "after");
  body.addOutput(cond->getResult());
  body.addOutput(after);
  ASSERT_TRUE(runPipeline(program, "cse"));
  EXPECT_EQ(first->getOutput(0), outer);
  EXPECT_EQ(second->getOutput(0), b);
  EXPECT_EQ(body.getOutput(1), after);
  EXPECT_EQ(count(*first), 1U);
}

// The name of a function's output never moves into a block.
TEST_F(NestedBlocksTest, OutputsOfBlocksMayBeRenamed) {
  first->addOutput(addExp(*first, x, "a"));
  second->addOutput(addExp(*second, x, "b"));
  body.addOutput(cond->getResult());
  body.addOutput(outer);
  ASSERT_TRUE(runPipeline(program, "cse"));
  EXPECT_EQ(first->getOutput(0), outer);
  EXPECT_EQ(second->getOutput(0), outer);
  EXPECT_EQ(outer->getName(), "outer");
}

// Uses inside of a block keep what is outside alive; what a block does not need
// goes, and frees what it used.
TEST_F(NestedBlocksTest, DceSeesUsesInBlocks) {
  addExp(*first, outer, "dead");
  first->addOutput(x);
  second->addOutput(x);
  body.addOutput(cond->getResult());
  ASSERT_TRUE(runPipeline(program, "dce"));
  EXPECT_EQ(count(*first), 0U);
  EXPECT_EQ(count(body), 1U);
}

// Patterns reach into blocks, and remove what is left unused outside of them.
TEST_F(NestedBlocksTest, CanonicalizeReachesIntoBlocks) {
  Builder inside(*first);
  Value *copy =
      inside.create("identity", {{"x", x}}, {type}, "copy")->getResult();
  first->addOutput(copy);
  second->addOutput(outer);
  body.addOutput(cond->getResult());
  ASSERT_TRUE(runPipeline(program, "canonicalize"));
  EXPECT_EQ(first->getOutput(0), x);
  EXPECT_EQ(count(*first), 0U);
}

} // namespace
