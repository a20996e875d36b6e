//===- ProgramTest.cpp - Tests of programs in messages --------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProgramMessages.h"
#include "ProtoTest.h"

namespace espresso::test {
namespace {

using ::testing::HasSubstr;

class ProgramTest : public ProtoTest {
protected:
  /// A message of one function `main`, with `edit` applied to its operation.
  template <typename Edit>
  std::unique_ptr<Program> importEdited(const Edit &edit) {
    messages.clear();
    pb::Program message;
    EXPECT_TRUE(succeeded(exportProgramMessage(
        *parse("program(1.3)\n{\n    func main<ios18>(fp16 x) {\n"
               "            fp16 y = relu(x = x);\n        } -> (y);\n}"),
        nullptr, nullptr, message)));
    pb::Function &function = (*message.mutable_functions())["main"];
    pb::Block &body = (*function.mutable_specializations())["CoreML8"];
    edit(message, function, body, *body.mutable_operations(0));
    return importProgramMessage(context, message, "test");
  }
};

TEST_F(ProgramTest, NamesOpsetsAsModelsDo) {
  pb::Program message;
  std::unique_ptr<Program> program =
      parse("program(1.3)\n{\nfunc a<ios15>() {} -> ();\nfunc b<ios18>() {} "
            "-> ();\nfunc c<CoreML9>() {} -> ();\n}");
  ASSERT_TRUE(
      succeeded(exportProgramMessage(*program, nullptr, nullptr, message)));
  EXPECT_EQ(message.version(), 1);
  EXPECT_EQ(message.functions().at("a").opset(), "CoreML5");
  EXPECT_TRUE(
      message.functions().at("b").specializations().contains("CoreML8"));
  EXPECT_EQ(message.functions().at("c").opset(), "CoreML9");

  std::unique_ptr<Program> back =
      importProgramMessage(context, message, "test", {"c", "b"});
  ASSERT_TRUE(back) << messages;
  // In the order asked for, the rest by name.
  EXPECT_EQ(back->getFunctions()[0]->getName(), "c");
  EXPECT_EQ(back->getFunctions()[1]->getName(), "b");
  EXPECT_EQ(back->getFunctions()[1]->getOpsetSpelling(), "ios18");
  EXPECT_EQ(back->getFunctions()[2]->getOpsetSpelling(), "ios15");
}

TEST_F(ProgramTest, ChoosesTheDialectOfTheText) {
  auto getMinor = [&](llvm::StringRef text) {
    auto bytes = exportProgram(*parse(text));
    return importProgram(context, bytesOf(*bytes), "test")
        ->getTextVersion()
        .minorNumber;
  };
  EXPECT_EQ(getMinor("program(1.3)\n{\nfunc a<ios17>() {} -> ();\n}"), 0u);
  EXPECT_EQ(getMinor("program(1.3)\n{\nfunc a<ios18>() {} -> ();\n}"), 3u);
  EXPECT_EQ(getMinor("program(1.3)\n[buildInfo = dict<string, "
                     "string>({{\"coremlc-version\", \"3520.1\"}})]\n{\nfunc "
                     "a<ios17>() {} -> ();\n}"),
            3u);
}

TEST_F(ProgramTest, KeepsNestedBlocks) {
  pb::Program message;
  message.set_version(1);
  pb::Function &function = (*message.mutable_functions())["main"];
  function.set_opset("CoreML6");
  auto setType = [](pb::NamedType &named, const char *name) {
    named.set_name(name);
    named.mutable_type()->mutable_tensor()->set_element(pb::ELEMENT_BOOL);
  };
  setType(*function.add_inputs(), "p");
  pb::Block &body = (*function.mutable_specializations())["CoreML6"];
  pb::Operation &loop = *body.add_operations();
  loop.set_type("while_loop");
  (*loop.mutable_inputs())["loop_vars"].add_arguments()->set_name("p");
  setType(*loop.add_outputs(), "r");
  for (int i = 0; i < 2; ++i) {
    // Siblings may use the same names.
    pb::Block &block = *loop.add_blocks();
    setType(*block.add_inputs(), "v");
    pb::Operation &op = *block.add_operations();
    op.set_type("logical_not");
    (*op.mutable_inputs())["x"].add_arguments()->set_name(i == 0 ? "v" : "p");
    setType(*op.add_outputs(), "w");
    block.add_outputs("w");
  }
  body.add_outputs("r");

  std::unique_ptr<Program> program =
      importProgramMessage(context, message, "test");
  ASSERT_TRUE(program) << messages;
  Operation &op = program->getFunctions()[0]->getBody().getOperations().front();
  ASSERT_EQ(op.getBlocks().size(), 2u);
  EXPECT_EQ(op.getBlocks()[0]->getInputs()[0]->getName(), "v");
  EXPECT_EQ(op.getBlocks()[1]->getOutput(0)->getName(), "w");
  EXPECT_EQ(op.getLocation().getName(), "main/r");

  pb::Program back;
  ASSERT_TRUE(
      succeeded(exportProgramMessage(*program, nullptr, nullptr, back)));
  EXPECT_EQ(serialize(back), serialize(message));

  // A name of an inner block is unknown outside of it.
  body.set_outputs(0, "w");
  EXPECT_FALSE(importProgramMessage(context, message, "test"));
  EXPECT_THAT(messages, HasSubstr("output 'w' of the block is not defined"));
}

TEST_F(ProgramTest, KeepsNamesThatTextCannotHave) {
  std::unique_ptr<Program> program =
      importEdited([](auto &, auto &, pb::Block &body, pb::Operation &op) {
        op.mutable_outputs(0)->set_name("a b/\xFF");
        body.set_outputs(0, "a b/\xFF");
      });
  ASSERT_TRUE(program) << messages;
  auto bytes = exportProgram(*program);
  ASSERT_TRUE(succeeded(bytes));
  EXPECT_THAT(*bytes, HasSubstr("a b/\xFF"));
}

TEST_F(ProgramTest, KeepsAnEmptyListOfArguments) {
  std::unique_ptr<Program> program =
      importEdited([](auto &, auto &, auto &, pb::Operation &op) {
        (*op.mutable_inputs())["x"].clear_arguments();
      });
  ASSERT_TRUE(program) << messages;
  EXPECT_THAT(printToString(*program), HasSubstr("relu(x = ())"));
}

TEST_F(ProgramTest, ReportsWhatIsMissing) {
  auto expect = [&](const char *text, auto edit) {
    EXPECT_FALSE(importEdited(edit)) << text;
    EXPECT_THAT(messages, HasSubstr(text));
  };
  expect("expected an ML program of version 1, found version 2",
         [](pb::Program &program, auto &, auto &, auto &) {
           program.set_version(2);
         });
  expect("main: the function has no body for its opset, 'CoreML7'",
         [](auto &, pb::Function &function, auto &, auto &) {
           function.set_opset("CoreML7");
         });
  expect("main: the body of a function has inputs of its own",
         [](auto &, auto &, pb::Block &body, auto &) {
           body.add_inputs()->set_name("z");
         });
  expect("main/y: 'q' is not defined before 'relu' uses it",
         [](auto &, auto &, auto &, pb::Operation &op) {
           (*op.mutable_inputs())["x"].mutable_arguments(0)->set_name("q");
         });
  expect("expected a name or a value for 'x', found neither",
         [](auto &, auto &, auto &, pb::Operation &op) {
           (*op.mutable_inputs())["x"].mutable_arguments(0)->Clear();
         });
  expect("'x' is defined twice", [](auto &, auto &, auto &, pb::Operation &op) {
    op.mutable_outputs(0)->set_name("x");
  });
  expect("expected a name for a value, found none",
         [](auto &, auto &, auto &, pb::Operation &op) {
           op.mutable_outputs(0)->clear_name();
         });
  expect("expected the type of the operation, found none",
         [](auto &, auto &, auto &, pb::Operation &op) { op.clear_type(); });
  expect("expected a type, found none",
         [](auto &, auto &, auto &, pb::Operation &op) {
           op.mutable_outputs(0)->clear_type();
         });
  expect("output 'gone' of the block is not defined",
         [](auto &, auto &, pb::Block &body, auto &) {
           body.set_outputs(0, "gone");
         });
  expect("expected a type, found none",
         [](auto &, auto &, auto &, pb::Operation &op) {
           (*op.mutable_attributes())["a"];
         });
  expect("more than 1024 arguments",
         [](auto &, auto &, auto &, pb::Operation &op) {
           for (int i = 0; i < 1025; ++i)
             (*op.mutable_inputs())["a" + std::to_string(i)];
         });
  expect("blocks are nested deeper than 16",
         [](auto &, auto &, auto &, pb::Operation &op) {
           pb::Operation *inner = &op;
           for (int i = 0; i < 16; ++i) {
             inner = inner->add_blocks()->add_operations();
             inner->set_type("cond");
           }
           inner->add_blocks();
         });
}

TEST_F(ProgramTest, RefusesWhatModelsDoNotHave) {
  auto expect = [&](const char *text, const char *program) {
    messages.clear();
    EXPECT_FALSE(succeeded(exportProgram(*parse(program))));
    EXPECT_THAT(messages, HasSubstr(text));
  };
  expect("'main' is of opset 'host'",
         "program(1.3)\n{\nfunc main<host>() {} -> ();\n}");
  expect("'relu<ios17>': an operation has no opset of its own",
         "program(1.3)\n{\nfunc main<ios18>(fp16 x) {\nfp16 y = relu<ios17>(x "
         "= x);\n} -> (y);\n}");
}

} // namespace
} // namespace espresso::test
