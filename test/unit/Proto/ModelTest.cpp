//===- ModelTest.cpp - Tests of models ------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelMessages.h"
#include "ProtoTest.h"

#include "espresso/IR/Builder.h"

namespace espresso::test {
namespace {

using ::testing::HasSubstr;

/// Field 1000 of any message: four bytes, "kept".
const std::string kUnknown = "\xC2\x3E\x04kept";

const char kSmall[] =
    "program(1.3)\n{\n"
    "    func main<ios18>(state<tensor<fp16, [4]>> s, tensor<fp16, [4]> x) {\n"
    "            tensor<fp16, [4]> a = read_state(input = s)[name = "
    "string(\"a\")];\n"
    "            tensor<int16, [2]> c = const()[name = string(\"c\"), val = "
    "tensor<int16, [2]>([1, 2])];\n"
    "            tensor<fp16, [4]> y = add(x = a, y = x)[name = "
    "string(\"y\")];\n"
    "            write_state(data = y, input = s)[name = string(\"w\")];\n"
    "            tensor<fp16, [8]> z = concat(axis = int32(0), interleave = "
    "bool(false), values = (y, a))[name = string(\"z\")];\n"
    "        } -> (z);\n"
    "}";

class ModelTest : public ProtoTest {
protected:
  pb::Model parseModel(const std::string &bytes) {
    pb::Model model;
    EXPECT_TRUE(model.ParseFromString(bytes));
    return model;
  }

  /// Reads and writes a message; the bytes, or what was said against it.
  std::string through(const pb::Model &model) {
    std::string bytes = serialize(model);
    auto document = readModel(context, bytesOf(bytes), "test");
    if (failed(document))
      return messages;
    auto written = writeModel(*document);
    return succeeded(written) ? *written : messages;
  }
};

TEST_F(ModelTest, DescribesPorts) {
  pb::Model model = parseModel(makeModel(kSmall));
  EXPECT_EQ(model.specification_version(), 9);
  const pb::ModelDescription &description = model.description();
  ASSERT_EQ(description.input_size(), 1);
  EXPECT_EQ(description.input(0).name(), "x");
  const pb::ArrayFeature &array = description.input(0).type().array_type();
  EXPECT_EQ(array.element(), pb::ARRAY_FLOAT16);
  EXPECT_THAT(array.shape(), testing::ElementsAre(4));
  ASSERT_EQ(description.state_size(), 1);
  EXPECT_EQ(description.state(0).name(), "s");
  EXPECT_EQ(description.state(0).type().state_type().array_type().shape(0), 4);
  ASSERT_EQ(description.output_size(), 1);
  EXPECT_EQ(description.output(0).name(), "z");
  EXPECT_EQ(description.functions_size(), 0);
}

TEST_F(ModelTest, TextComesBack) { EXPECT_EQ(throughModel(kSmall), kSmall); }

TEST_F(ModelTest, ChoosesTheSmallestVersion) {
  auto getVersion = [&](llvm::StringRef opset, llvm::StringRef type) {
    return parseModel(makeModel(("program(1.3)\n{\nfunc main<" + opset +
                                 ">(tensor<" + type + ", [1]> x) {} -> (x);\n}")
                                    .str()))
        .specification_version();
  };
  EXPECT_EQ(getVersion("ios15", "fp32"), 6);
  EXPECT_EQ(getVersion("ios15", "fp16"), 7);
  EXPECT_EQ(getVersion("ios16", "int32"), 7);
  EXPECT_EQ(getVersion("ios17", "fp32"), 8);
  EXPECT_EQ(getVersion("ios18", "fp32"), 9);
  EXPECT_EQ(getVersion("CoreML9", "fp32"), 10);
}

TEST_F(ModelTest, ListsFunctionsWhereThereAreSeveral) {
  std::string text =
      "program(1.3)\n{\n"
      "    func prefill<ios18>(tensor<fp32, [2]> x) {\n        } -> (x);\n"
      "    func decode<ios18>(tensor<fp32, [1]> x) {\n        } -> (x);\n}";
  pb::Model model = parseModel(makeModel(text));
  ASSERT_EQ(model.description().functions_size(), 2);
  EXPECT_EQ(model.description().input_size(), 0);
  EXPECT_EQ(model.description().functions(0).name(), "prefill");
  EXPECT_EQ(model.description().functions(1).input(0).name(), "x");
  EXPECT_EQ(model.description().default_function_name(), "prefill");
  // The order of the list is that of the program.
  EXPECT_EQ(throughModel(text), text);
}

//===----------------------------------------------------------------------===//
// Nothing is lost
//===----------------------------------------------------------------------===//

TEST_F(ModelTest, KeepsUnknownFieldsEverywhere) {
  pb::Model model = parseModel(makeModel(kSmall));
  auto mark = [](auto &message) {
    *message.mutable_unknown_fields() = kUnknown;
  };
  mark(model);
  pb::ModelDescription &description = *model.mutable_description();
  mark(description);
  mark(*description.mutable_input(0));
  mark(*description.mutable_input(0)->mutable_type()->mutable_array_type());
  mark(*description.mutable_state(0)->mutable_type());
  description.mutable_output(0)->set_short_description("what comes out");
  mark(*description.mutable_metadata());
  (*description.mutable_metadata()->mutable_user_defined())["k"] = "v";
  pb::Program &program = *model.mutable_ml_program();
  mark(program);
  program.set_doc_string("about the program");
  pb::Function &function = (*program.mutable_functions())["main"];
  mark(function);
  mark(*function.mutable_inputs(1));
  mark(*function.mutable_inputs(1)->mutable_type()->mutable_tensor());
  // A body for another opset that is not in use.
  (*function.mutable_specializations())["CoreML7"].add_outputs("elsewhere");
  pb::Block &body = (*function.mutable_specializations())["CoreML8"];
  mark(body);
  (*body.mutable_attributes())["b"].set_doc_string("of the block");
  for (pb::Operation &op : *body.mutable_operations()) {
    mark(op);
    for (auto &[name, argument] : *op.mutable_inputs()) {
      mark(argument);
      mark(*argument.mutable_arguments(0));
    }
    for (auto &[name, value] : *op.mutable_attributes()) {
      mark(value);
      value.set_doc_string("of the value");
      mark(*value.mutable_type());
    }
    for (pb::NamedType &output : *op.mutable_outputs())
      mark(output);
  }
  // Another spelling of the same elements.
  pb::Value &constant =
      (*body.mutable_operations(1)->mutable_attributes())["val"];
  constant.mutable_immediate()->mutable_tensor()->mutable_bytes()->set_values(
      std::string("\x01\x00\x02\x00", 4));
  EXPECT_EQ(through(model), serialize(model));
}

TEST_F(ModelTest, KeepsWhatIsStillThereAfterAChange) {
  pb::Model model = parseModel(makeModel(kSmall));
  pb::Block &body = (*(*model.mutable_ml_program()->mutable_functions())["main"]
                          .mutable_specializations())["CoreML8"];
  for (pb::Operation &op : *body.mutable_operations())
    *op.mutable_unknown_fields() = kUnknown;
  std::string bytes = serialize(model);
  auto document = readModel(context, bytesOf(bytes), "test");
  ASSERT_TRUE(succeeded(document)) << messages;
  Block &block = document->getProgram().getFunctions()[0]->getBody();
  std::next(block.begin())->erase(); // The constant, which is not used.
  Builder(block.getOperations().front())
      .createConstant(Attribute::boolean(context, true), "fresh");

  pb::Model changed = parseModel(*writeModel(*document));
  const pb::Block &after =
      changed.ml_program().functions().at("main").specializations().at(
          "CoreML8");
  ASSERT_EQ(after.operations_size(), 5);
  EXPECT_EQ(after.operations(0).unknown_fields(), "");
  for (int i = 1; i < 5; ++i)
    EXPECT_EQ(after.operations(i).unknown_fields(), kUnknown)
        << after.operations(i).type();
}

TEST_F(ModelTest, KeepsImagesAsTheyAre) {
  pb::Model model = parseModel(makeModel(
      "program(1.0)\n{\nfunc main<ios15>(tensor<fp32, [1, 3, 8, 8]> x) {} -> "
      "(x);\n}"));
  pb::FeatureType &type =
      *model.mutable_description()->mutable_input(0)->mutable_type();
  *type.mutable_image_type()->mutable_unknown_fields() = kUnknown;
  EXPECT_EQ(through(model), serialize(model));
}

//===----------------------------------------------------------------------===//
// Flexible shapes
//===----------------------------------------------------------------------===//

TEST_F(ModelTest, TakesRangesToTheDescriptionAndBack) {
  std::string text =
      "program(1.3)\n{\n    func main<ios18>(tensor<fp32, [1, ?]> x) "
      "[FlexibleShapeInformation = tuple<tuple<string, dict<string, "
      "tensor<int32, [?]>>>, tuple<string, dict<string, list<tensor<int32, "
      "[2]>, ?>>>>(((\"DefaultShapes\", {{\"x\", [1, 4]}}), (\"RangeDims\", "
      "{{\"x\", [[1, 1], [0, -1]]}})))] {\n        } -> (x);\n}";
  pb::Model model = parseModel(makeModel(text));
  EXPECT_TRUE(model.ml_program().functions().at("main").attributes().empty());
  const pb::ArrayFeature &array =
      model.description().input(0).type().array_type();
  EXPECT_THAT(array.shape(), testing::ElementsAre(1, 4));
  EXPECT_EQ(array.range().ranges(0).lower(), 1u);
  EXPECT_EQ(array.range().ranges(1).upper(), -1);
  EXPECT_EQ(throughModel(text), text);
}

TEST_F(ModelTest, TakesChoicesToTheDescriptionAndBack) {
  std::string text =
      "program(1.3)\n{\nfunc main<ios18>(tensor<fp32, [?]> x) "
      "[FlexibleShapeInformation = tuple<tuple<string, dict<string, "
      "tensor<int32, [?]>>>, tuple<string, dict<string, dict<string, "
      "tensor<int32, [?]>>>>>(((\"DefaultShapes\", {{\"x\", [2]}}), "
      "(\"EnumeratedShapes\", {{\"00000000\", {{\"x\", [1]}}}, {\"11111111\", "
      "{{\"x\", [2]}}}})))] {} -> (x);\n}";
  pb::Model model = parseModel(makeModel(text));
  const pb::ArrayFeature &array =
      model.description().input(0).type().array_type();
  EXPECT_THAT(array.shape(), testing::ElementsAre(2));
  ASSERT_EQ(array.enumerated().shapes_size(), 2);
  EXPECT_THAT(array.enumerated().shapes(0).extents(), testing::ElementsAre(1));
  // Keys are ours the second time; from then on nothing changes.
  std::string once = throughModel(text);
  EXPECT_THAT(once, HasSubstr("(\"EnumeratedShapes\", {{\""));
  EXPECT_EQ(throughModel(once), once);
}

TEST_F(ModelTest, ReportsPortsThatModelsDoNotHave) {
  auto expect = [&](const char *text, const char *signature) {
    messages.clear();
    std::string program = "program(1.3)\n{\nfunc main<ios18>(";
    EXPECT_EQ(makeModel(program + signature + " {} -> ();\n}"), "");
    EXPECT_THAT(messages, HasSubstr(text));
  };
  expect("at least one dimension for input 'x'", "fp32 x)");
  expect("expected fp16, fp32 or int32 for input 'x'", "tensor<bool, [1]> x)");
  expect("the extents of input 'x' are unknown", "tensor<fp32, [?]> x)");
  expect("expected a static shape of fp16 for state 'x'",
         "state<tensor<fp32, [1]>> x)");
  expect("in FlexibleShapeInformation, found a 'int32'",
         "tensor<fp32, [?]> x) [FlexibleShapeInformation = int32(1)]");
  expect("FlexibleShapeInformation of input 'x' does not fit",
         "tensor<fp32, [?]> x) [FlexibleShapeInformation = tuple<tuple<string, "
         "dict<string, tensor<int32, [?]>>>>(((\"DefaultShapes\", {{\"x\", [1, "
         "4]}})))]");
}

//===----------------------------------------------------------------------===//
// Descriptions that contradict the program
//===----------------------------------------------------------------------===//

TEST_F(ModelTest, ReportsContradictions) {
  auto expect = [&](const char *text, auto edit) {
    messages.clear();
    pb::Model model = parseModel(makeModel(kSmall));
    edit(*model.mutable_description());
    EXPECT_THAT(through(model), HasSubstr(text));
  };
  expect("main/q: the description has an input that the function does not have",
         [](pb::ModelDescription &description) {
           description.mutable_input(0)->set_name("q");
         });
  expect("main/x: an input of the function is missing",
         [](pb::ModelDescription &description) { description.clear_input(); });
  expect("main/x: described twice", [](pb::ModelDescription &description) {
    *description.add_input() = description.input(0);
  });
  expect("main/s: the description has an input that the function does not have",
         [](pb::ModelDescription &description) {
           description.mutable_input(0)->set_name("s");
         });
  expect("main/z: the description does not fit the type",
         [](pb::ModelDescription &description) {
           description.mutable_output(0)
               ->mutable_type()
               ->mutable_array_type()
               ->set_element(pb::ARRAY_FLOAT32);
         });
  expect("main/x: the description does not fit the type",
         [](pb::ModelDescription &description) {
           description.mutable_input(0)
               ->mutable_type()
               ->mutable_array_type()
               ->set_shape(0, 5);
         });
  expect(
      "main/x: expected shapes of rank 1",
      [](pb::ModelDescription &description) {
        pb::ArrayFeature &array =
            *description.mutable_input(0)->mutable_type()->mutable_array_type();
        array.mutable_range()->add_ranges();
        array.mutable_range()->add_ranges();
      });
  expect("other: the description has a function that the program does not have",
         [](pb::ModelDescription &description) {
           description.add_functions()->set_name("other");
         });
}

TEST_F(ModelTest, NamesOtherKindsOfModels) {
  // Field 400 + 2 and field 500, each an empty message.
  for (auto [bytes, kind] :
       {std::pair(std::string("\x08\x01\x92\x19\x00", 5),
                  "test: not an ML program: it is a tree ensemble classifier"),
        std::pair(std::string("\xA2\x1F\x00", 3),
                  "test: not an ML program: it is a neural network"),
        std::pair(std::string("\x08\x09"),
                  "test: not an ML program: the message holds none")}) {
    messages.clear();
    EXPECT_FALSE(succeeded(readModel(context, bytesOf(bytes), "test")));
    EXPECT_THAT(messages, HasSubstr(kind));
  }
}

} // namespace
} // namespace espresso::test
