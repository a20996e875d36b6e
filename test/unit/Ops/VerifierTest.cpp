//===- VerifierTest.cpp - Structure that only builders can get wrong ------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Ops/Verifier.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

using namespace espresso;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {
struct VerifierTest : testing::Test {
  VerifierTest() {
    context.getDiagnostics().setHandler([this](const Diagnostic &diagnostic) {
      messages.push_back(diagnostic.message + " [" + diagnostic.ruleId + "]");
    });
  }

  Value *addInput(llvm::StringRef name) {
    return function.getBody().addInput(context.intern(name), type, {});
  }
  /// `name = relu(x = value)` in `block`.
  Operation *addRelu(Block &block, llvm::StringRef name, Value *value) {
    Operation *op = block.append(Operation::create(context.intern("relu"), {}));
    op->setOperand(context.intern("x"), value);
    op->addResult(context.intern(name), type, {});
    return op;
  }

  Context context;
  Program program{context};
  Function &function = *program.addFunction("main", Opset::IOS15, {});
  Type type = TensorType::get(context, DataType::Float16, {2});
  std::vector<std::string> messages;
};
} // namespace

TEST_F(VerifierTest, NamesAreUnique) {
  Value *x = addInput("x");
  addRelu(function.getBody(), "x", x);
  EXPECT_TRUE(failed(verify(program)));
  EXPECT_THAT(messages,
              ElementsAre("'x' is defined a second time [name-redefined]"));
}

TEST_F(VerifierTest, FunctionsHaveNamesOfTheirOwn) {
  program.addFunction("main", Opset::IOS15, {});
  EXPECT_TRUE(failed(verify(program)));
  EXPECT_THAT(messages, ElementsAre("there are two functions 'main' "
                                    "[name-redefined]"));
}

TEST_F(VerifierTest, ValuesAreDefinedBeforeTheyAreUsed) {
  Value *x = addInput("x");
  Operation *first = addRelu(function.getBody(), "a", x);
  Operation *second = addRelu(function.getBody(), "b", first->getResult());
  EXPECT_TRUE(succeeded(verify(program)));
  second->moveBefore(first);
  EXPECT_TRUE(failed(verify(program)));
  EXPECT_THAT(messages, ElementsAre("'a' is not defined before 'relu' uses it "
                                    "[use-undefined]"));
  first->moveBefore(second); // A block is destroyed from its end.
}

TEST_F(VerifierTest, OutputsAreDefinedInTheFunction) {
  Function &other = *program.addFunction("other", Opset::IOS15, {});
  other.getBody().addOutput(addInput("x"));
  EXPECT_TRUE(failed(verify(program)));
  EXPECT_THAT(messages, ElementsAre("output 'x' of 'other' is not defined "
                                    "[use-undefined]"));
  other.getBody().clearOutputs();
}

// A nested block sees what is around it; its own values end with it.
TEST_F(VerifierTest, ScopesNest) {
  Value *x = addInput("x");
  Operation *parent = function.getBody().append(
      Operation::create(context.intern("mystery"), {}));
  Block *block = parent->addBlock();
  Operation *inner = addRelu(*block, "a", x);
  block->addOutput(inner->getResult());
  EXPECT_TRUE(succeeded(verify(program, {.warnOpaque = false})));
  EXPECT_THAT(messages, IsEmpty());

  // The name is free again, the value out of reach.
  Operation *outer = addRelu(function.getBody(), "a", x);
  EXPECT_TRUE(succeeded(verify(program, {.warnOpaque = false})));
  addRelu(function.getBody(), "b", inner->getResult());
  EXPECT_TRUE(failed(verify(program, {.warnOpaque = false})));
  EXPECT_THAT(messages, ElementsAre("'a' is not defined before 'relu' uses it "
                                    "[use-undefined]"));
  function.getBody().getOperations().back().erase();
  outer->erase();
}
