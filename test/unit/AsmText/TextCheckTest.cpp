//===- TextCheckTest.cpp - Tests of what can be printed -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/AsmText/TextCheck.h"
#include "espresso/AsmText/Parser.h"

#include <gmock/gmock.h>

namespace espresso {
namespace {

using ::testing::HasSubstr;

class TextCheckTest : public testing::Test {
protected:
  TextCheckTest() {
    context.getDiagnostics().setHandler([this](const Diagnostic &diagnostic) {
      messages += diagnostic.message + "\n";
    });
    program = parseProgramText(
        context,
        "program(1.3)\n{\nfunc main<ios18>(fp16 x) {\nfp16 y = "
        "espresso.f(x = x)[name = string(\"\\n\\\"\")];\n} -> (y);\n}");
    function = program->getFunctions()[0].get();
    op = &function->getBody().getOperations().front();
  }

  /// What is said against the program.
  std::string check(TextForm form = TextForm::Ours) {
    messages.clear();
    bool ok = succeeded(checkText(*program, form));
    EXPECT_EQ(ok, messages.empty());
    return messages;
  }

  std::string messages;
  Context context;
  std::unique_ptr<Program> program;
  Function *function;
  Operation *op;
};

TEST_F(TextCheckTest, TakesWhatComesFromText) {
  EXPECT_EQ(check(), "");
  EXPECT_EQ(check(TextForm::Artifact), "");
}

TEST_F(TextCheckTest, ReportsNamesThatAreNoIdentifiers) {
  op->getResult()->setName("a b");
  EXPECT_THAT(check(), HasSubstr("value 'a b' is no identifier"));
  op->getResult()->setName("1");
  EXPECT_THAT(check(), HasSubstr("value '1' is no identifier"));
  op->getResult()->setName("\xC3\xA9\n");
  EXPECT_THAT(check(), HasSubstr("value '\\C3\\A9\\0A' is no identifier"));
  op->getResult()->setName("a@0");
  EXPECT_EQ(check(), "");
  op->setName("a..b");
  EXPECT_THAT(check(), HasSubstr("operation 'a..b' is no identifier"));
  op->setName("");
  EXPECT_THAT(check(), HasSubstr("operation '' is no identifier"));
  op->setName("f");
  op->setOperand("x.y", function->getBody().getInputs()[0].get());
  EXPECT_THAT(check(), HasSubstr("argument 'x.y' is no identifier"));
  function->setName("");
  EXPECT_THAT(check(), HasSubstr("function '' is no identifier"));
}

TEST_F(TextCheckTest, ReportsStringsThatAreNotText) {
  op->setAttribute("name", Attribute::string(context, "\xFF"));
  EXPECT_THAT(check(), HasSubstr("a string of 'name' is not UTF-8"));
  op->setAttribute("name",
                   Attribute::strings(context, {"a", std::string(1, '\0')}));
  EXPECT_THAT(check(), HasSubstr("a string of 'name' is not UTF-8"));
}

TEST_F(TextCheckTest, KeepsNestedBlocksFromArtifacts) {
  op->addBlock();
  EXPECT_EQ(check(), "");
  EXPECT_THAT(check(TextForm::Artifact), HasSubstr("has nested blocks"));
}

} // namespace
} // namespace espresso
