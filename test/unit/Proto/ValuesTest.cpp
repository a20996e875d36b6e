//===- ValuesTest.cpp - Tests of types and values -------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProtoTest.h"
#include "ValueExport.h"

namespace espresso::test {
namespace {

using ::testing::HasSubstr;

/// Values of every kind: what goes into a message comes out of it.
class RoundTrip : public ProtoTest,
                  public testing::WithParamInterface<const char *> {};

TEST_P(RoundTrip, KeepsValue) {
  Attribute value = parseValue(context, GetParam());
  ASSERT_TRUE(value) << messages;
  pb::Value message;
  ASSERT_TRUE(
      succeeded(ValueExporter(context, nullptr).exportValue(value, message)))
      << messages;
  // Through bytes, so that presence is what the wire has.
  pb::Value read;
  ASSERT_TRUE(read.ParseFromString(message.SerializeAsString()));
  Attribute back = ValueImporter(context).importValue(read);
  ASSERT_TRUE(back) << messages;
  EXPECT_EQ(back, value);
}

INSTANTIATE_TEST_SUITE_P(
    Values, RoundTrip,
    testing::Values(
        "bool(true)", "tensor<bool, [3]>([true, false, true])",
        "string(\"a \\\" b\")", "tensor<string, [2]>([\"x\", \"\"])",
        "fp16(0x1.8p+1)", "tensor<fp16, [2, 2]>([[1, -2], [0x1p-24, -inf]])",
        "fp32(0x1.fffffep+127)", "tensor<fp32, [0]>([])", "fp64(0x1p-1074)",
        "bf16(0x1p+100)", "fp8e4m3fn(448)", "fp8e5m2(-0x1p-16)", "fp32(nan)",
        "int4(-8)", "tensor<int4, [5]>([-8, -1, 0, 1, 7])", "int8(-128)",
        "int16(-32768)", "tensor<int16, [2]>([-1, 32767])",
        "int32(-2147483648)", "int64(-9223372036854775808)",
        "tensor<uint1, [9]>([1, 0, 0, 0, 0, 0, 0, 1, 1])",
        "tensor<uint2, [5]>([0, 1, 2, 3, 1])", "tensor<uint3, [3]>([7, 0, 5])",
        "tensor<uint4, [3]>([15, 0, 9])", "tensor<uint6, [3]>([63, 1, 32])",
        "uint8(255)", "uint16(65535)", "uint32(4294967295)",
        "uint64(18446744073709551615)", "tensor<int32, [?]>([1, 2, 3])",
        "tensor<int32, [2, ?]>([[1, 2], [3, 4]])", "tensor<int32, [?, ?]>([])",
        "list<string, 2>([\"a\", \"b\"])",
        "list<tensor<int32, [2]>, ?>([[1, 2]])", "list<int32, ?>([])",
        "tuple<int32, string>((1, \"x\"))", "tuple<>(())",
        "dict<string, fp64>({{\"a\", 0.5}, {\"b\", 2}})",
        "dict<string, dict<string, tensor<int32, [?]>>>({{\"k\", {{\"x\", "
        "[1]}}}})",
        "dict<string, string>({})", "dict<string, string>()",
        "tensor<fp16, [2]>()",
        "tensor<int4, [8]>(BLOBFILE(path = string(\"@model_path/w.bin\"), "
        "offset = uint64(64)))",
        "fp16(BLOBFILE(path = string(\"w\"), offset = uint64(0)))"));

/// A tensor message of `type` in text, with elements that `fill` sets.
class TensorMessages : public ProtoTest {
protected:
  template <typename Fill>
  Attribute import(llvm::StringRef type, const Fill &fill) {
    messages.clear();
    pb::Value message;
    EXPECT_TRUE(succeeded(
        ValueExporter(context, nullptr)
            .exportType(parseType(context, type), *message.mutable_type())));
    fill(*message.mutable_immediate()->mutable_tensor());
    return ValueImporter(context).importValue(message);
  }
};

TEST_F(TensorMessages, TakesIntegersOfAnyFieldThatHoldsThem) {
  Attribute expected = parseValue(context, "tensor<int16, [2]>([-2, 3])");
  EXPECT_EQ(import("tensor<int16, [2]>",
                   [](pb::TensorValue &value) {
                     value.mutable_ints()->add_values(-2);
                     value.mutable_ints()->add_values(3);
                   }),
            expected);
  EXPECT_EQ(import("tensor<int16, [2]>",
                   [](pb::TensorValue &value) {
                     value.mutable_bytes()->set_values(
                         std::string("\xFE\xFF\x03\x00", 4));
                   }),
            expected);
  EXPECT_EQ(import("tensor<int16, [2]>",
                   [](pb::TensorValue &value) {
                     value.mutable_long_ints()->add_values(-2);
                     value.mutable_long_ints()->add_values(3);
                   }),
            expected);
}

TEST_F(TensorMessages, RefusesElementsWithoutValue) {
  Attribute dict =
      parseValue(context, "dict<string, string>({{\"a\", \"b\"}})");
  pb::Value message;
  ASSERT_TRUE(
      succeeded(ValueExporter(context, nullptr).exportValue(dict, message)));
  EXPECT_TRUE(ValueImporter(context).importValue(message)) << messages;
  message.mutable_immediate()
      ->mutable_dict()
      ->mutable_entries(0)
      ->mutable_value()
      ->clear_immediate();
  EXPECT_FALSE(ValueImporter(context).importValue(message));
  EXPECT_THAT(messages, HasSubstr("found none"));
}

TEST_F(TensorMessages, PacksFromTheLeastSignificantBit) {
  pb::Value message;
  ASSERT_TRUE(
      succeeded(ValueExporter(context, nullptr)
                    .exportValue(parseValue(context, "tensor<uint3, [3]>([1, "
                                                     "2, 7])"),
                                 message)));
  // 1 | 2 << 3 | 7 << 6, in nine bits.
  EXPECT_EQ(message.immediate().tensor().bytes().values(), "\xD1\x01");
}

TEST_F(TensorMessages, RefusesWhatDoesNotFitTheType) {
  EXPECT_FALSE(import("tensor<int8, [1]>", [](pb::TensorValue &value) {
    value.mutable_ints()->add_values(128);
  }));
  EXPECT_THAT(messages, HasSubstr("128 is out of range of a 'tensor<int8"));
  EXPECT_FALSE(import("tensor<fp32, [2]>", [](pb::TensorValue &value) {
    value.mutable_floats()->add_values(1);
  }));
  EXPECT_THAT(messages, HasSubstr("1 elements do not make up"));
  EXPECT_FALSE(import("tensor<fp16, [1]>", [](pb::TensorValue &value) {
    value.mutable_floats()->add_values(1);
  }));
  EXPECT_THAT(messages, HasSubstr("floats cannot be elements"));
  EXPECT_FALSE(import("tensor<fp32, [1]>", [](pb::TensorValue &value) {
    value.mutable_ints()->add_values(1);
  }));
  EXPECT_THAT(messages, HasSubstr("integers cannot be elements"));
  EXPECT_FALSE(import("tensor<fp16, [1]>", [](pb::TensorValue &value) {
    value.mutable_bytes()->set_values("abc");
  }));
  EXPECT_THAT(messages, HasSubstr("3 bytes do not make up"));
  EXPECT_FALSE(import("tensor<uint4, [4]>", [](pb::TensorValue &value) {
    value.mutable_bytes()->set_values("abc");
  }));
  EXPECT_THAT(messages, HasSubstr("3 bytes do not make up"));
  EXPECT_FALSE(import("tensor<int32, [?, ?]>", [](pb::TensorValue &value) {
    value.mutable_ints()->add_values(1);
  }));
  EXPECT_THAT(messages, HasSubstr("1 elements do not make up"));
  EXPECT_FALSE(import("string", [](pb::TensorValue &value) {
    value.mutable_bytes()->set_values("abc");
  }));
  EXPECT_THAT(messages, HasSubstr("strings cannot be given as bytes"));
}

TEST_F(TensorMessages, RefusesExtentsBeyondAnyTensor) {
  pb::Value value;
  pb::TensorType &tensor = *value.mutable_type()->mutable_tensor();
  tensor.set_element(pb::ELEMENT_FLOAT32);
  tensor.set_rank(2);
  for (int i = 0; i < 2; ++i)
    tensor.add_dimensions()->mutable_constant()->set_size(uint64_t(1) << 62);
  value.mutable_immediate()->mutable_tensor()->mutable_floats();
  EXPECT_FALSE(ValueImporter(context).importValue(value));
  EXPECT_THAT(messages, HasSubstr("a tensor of 2^63 bytes or more"));

  pb::ValueType type;
  type.mutable_tensor()->set_element(pb::ELEMENT_FLOAT16);
  type.mutable_tensor()->set_rank(1);
  pb::Dimension &dimension = *type.mutable_tensor()->add_dimensions();
  dimension.mutable_constant()->set_size(uint64_t(1) << 63);
  EXPECT_FALSE(ValueImporter(context).importType(type));
  EXPECT_THAT(messages, HasSubstr("9223372036854775808 is beyond"));
  dimension.mutable_unknown()->set_variadic(true);
  EXPECT_FALSE(ValueImporter(context).importType(type));
  EXPECT_THAT(messages, HasSubstr("any number of extents"));
  type.mutable_tensor()->set_rank(-1);
  EXPECT_FALSE(ValueImporter(context).importType(type));
  EXPECT_THAT(messages, HasSubstr("unknown rank"));
  type.mutable_tensor()->set_rank(7);
  EXPECT_FALSE(ValueImporter(context).importType(type));
  EXPECT_THAT(messages, HasSubstr("expected 7 dimensions"));
}

TEST_F(TensorMessages, BoundsNesting) {
  pb::ValueType type;
  pb::ValueType *inner = &type;
  for (unsigned i = 0; i < kMaxValueNesting; ++i)
    inner = inner->mutable_state()->mutable_wrapped();
  inner->mutable_tensor()->set_element(pb::ELEMENT_BOOL);
  EXPECT_FALSE(ValueImporter(context).importType(type));
  EXPECT_THAT(messages, HasSubstr("nested deeper than 16"));

  std::string deep = "bool";
  for (unsigned i = 0; i < kMaxValueNesting; ++i)
    deep = "state<" + deep + ">";
  EXPECT_FALSE(succeeded(ValueExporter(context, nullptr)
                             .exportType(parseType(context, deep), type)));
}

TEST_F(TensorMessages, RefusesTypesThatModelsDoNotHave) {
  pb::ValueType type;
  EXPECT_FALSE(succeeded(
      ValueExporter(context, nullptr)
          .exportType(parseType(context, "tensor_buffer<fp16, shape=[1]>"),
                      type)));
  EXPECT_THAT(messages, HasSubstr("exists in text only"));
}

} // namespace
} // namespace espresso::test
