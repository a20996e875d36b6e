//===- AttributeTest.cpp - Compile-time values ----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/IR/Attribute.h"
#include "espresso/IR/Context.h"

#include "gtest/gtest.h"

#include <cmath>

using namespace espresso;

namespace {

// Integers read back with their sign, whatever their width.
TEST(AttributeTest, IntegersKeepTheirSign) {
  Context context;
  for (DataType type : {DataType::Int4, DataType::Int8, DataType::Int16,
                        DataType::Int32, DataType::Int64})
    EXPECT_EQ(Attribute::integer(context, -3, type).getInteger(), -3)
        << getName(type);
  EXPECT_EQ(Attribute::integer(context, 200, DataType::UInt8).getInteger(),
            200);
}

// Floats are rounded to their type once.
TEST(AttributeTest, RealsRoundToTheirType) {
  Context context;
  EXPECT_EQ(Attribute::real(context, 1e-5, DataType::Float16).getReal(),
            168 * std::ldexp(1.0, -24));
  EXPECT_EQ(Attribute::real(context, 0.1, DataType::Float32).getReal(),
            static_cast<double>(0.1f));
  EXPECT_TRUE(
      std::isinf(Attribute::real(context, 65520, DataType::Float16).getReal()));
}

// Equality is of type and bits: -0 is not +0, fp16 1 is not fp32 1.
TEST(AttributeTest, EqualityIsOfTypeAndBits) {
  Context context;
  EXPECT_EQ(Attribute::integers(context, {1, 2}),
            Attribute::integers(context, {1, 2}));
  EXPECT_NE(Attribute::integers(context, {1, 2}),
            Attribute::integers(context, {2, 1}));
  EXPECT_NE(Attribute::real(context, 0.0, DataType::Float32),
            Attribute::real(context, -0.0, DataType::Float32));
  EXPECT_NE(Attribute::real(context, 1, DataType::Float32),
            Attribute::real(context, 1, DataType::Float16));
  EXPECT_NE(Attribute(), Attribute::boolean(context, false));
}

class FakeSource : public WeightSource {
public:
  explicit FakeSource(std::string key) : key(std::move(key)) {}
  int64_t getNumElements() const override { return 4; }
  DataType getElementType() const override { return DataType::Float16; }
  LogicalResult read(llvm::MutableArrayRef<uint8_t>,
                     DiagnosticEngine &) const override {
    return failure();
  }
  std::string getKey() const override { return key; }

private:
  std::string key;
};

// Blob references with sources are equal if the sources yield the same bytes,
// wherever the text says they are.
TEST(AttributeTest, BlobsCompareBySource) {
  Context context;
  auto type = TensorType::get(context, DataType::Float16, {4});
  auto make = [&](std::string path, std::string key) {
    return Attribute::blob(
        type, {std::move(path), 64, std::make_shared<FakeSource>(key)});
  };
  EXPECT_EQ(make("a", "k"), make("b", "k"));
  EXPECT_NE(make("a", "k"), make("a", "l"));
  EXPECT_EQ(Attribute::blob(type, {"a", 64, nullptr}),
            Attribute::blob(type, {"a", 64, nullptr}));
  EXPECT_NE(Attribute::blob(type, {"a", 64, nullptr}),
            Attribute::blob(type, {"a", 128, nullptr}));
}

// An attribute list keeps the order of first setting and replaces in place.
TEST(AttributeTest, ListKeepsOrder) {
  Context context;
  AttributeList list;
  list.set("b", Attribute::boolean(context, true));
  list.set("a", Attribute::boolean(context, true));
  list.set("b", Attribute::boolean(context, false));
  ASSERT_EQ(list.getEntries().size(), 2u);
  EXPECT_EQ(list.getEntries()[0].name, "b");
  EXPECT_FALSE(list.get("b").getBool());
  EXPECT_TRUE(list.remove("b"));
  EXPECT_FALSE(list.remove("b"));
}

} // namespace
