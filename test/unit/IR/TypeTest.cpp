//===- TypeTest.cpp - Types are uniqued and print as MIL ------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/IR/Context.h"

#include "gtest/gtest.h"

using namespace espresso;

namespace {

// Types built twice from the same parts are the same type.
TEST(TypeTest, EqualPartsGiveOneType) {
  Context context;
  auto a = TensorType::get(context, DataType::Float16, {1, 4});
  auto b = TensorType::get(context, DataType::Float16, {1, 4});
  EXPECT_EQ(a, b);
  EXPECT_EQ(StateType::get(context, a), StateType::get(context, b));
}

// Any difference in a part makes another type.
TEST(TypeTest, DifferentPartsGiveDifferentTypes) {
  Context context;
  auto base = TensorType::get(context, DataType::Float16, {1, 4});
  EXPECT_NE(base, TensorType::get(context, DataType::Float32, {1, 4}));
  EXPECT_NE(base, TensorType::get(context, DataType::Float16, {4, 1}));
  EXPECT_NE(base, TensorType::get(context, DataType::Float16, {1, 4, 1}));
  EXPECT_NE(ListType::get(context, base, 2), ListType::get(context, base, 3));
  EXPECT_NE(TupleType::get(context, {base}),
            Type(ListType::get(context, base, 1)));
  EXPECT_NE(
      TensorBufferType::get(context, DataType::Float16, {{"shape", {1}}}),
      TensorBufferType::get(context, DataType::Float16, {{"strides", {1}}}));
}

// str() writes dialect 1.3.
TEST(TypeTest, PrintsAsMil) {
  Context context;
  auto scalar = TensorType::getScalar(context, DataType::Int32);
  auto tensor = TensorType::get(context, DataType::Float16, {1, kDynamic});
  EXPECT_EQ(scalar.str(), "int32");
  EXPECT_EQ(tensor.str(), "tensor<fp16, [1, ?]>");
  EXPECT_EQ(StateType::get(context, tensor).str(),
            "state<tensor<fp16, [1, ?]>>");
  EXPECT_EQ(ListType::get(context, scalar, kDynamic).str(), "list<int32, ?>");
  EXPECT_EQ(DictType::get(context, scalar, tensor).str(),
            "dict<int32, tensor<fp16, [1, ?]>>");
  EXPECT_EQ(TupleType::get(context, {}).str(), "tuple<>");
  EXPECT_EQ(TensorBufferType::get(context, DataType::Float16,
                                  {{"shape", {1, 2}}, {"strides", {2, 1}}})
                .str(),
            "tensor_buffer<fp16, shape=[1, 2], strides=[2, 1]>");
}

// The number of elements is known only for static shapes that fit 63 bits.
TEST(TypeTest, CountsElements) {
  Context context;
  auto count = [&](llvm::ArrayRef<int64_t> shape) {
    return TensorType::get(context, DataType::Float16, shape).getNumElements();
  };
  EXPECT_EQ(count({}), 1);
  EXPECT_EQ(count({2, 3}), 6);
  EXPECT_EQ(count({2, 0}), 0);
  EXPECT_EQ(count({2, kDynamic}), std::nullopt);
  EXPECT_EQ(count({int64_t{1} << 32, int64_t{1} << 32}), std::nullopt);
}

// A type converts to the class of its kind only.
TEST(TypeTest, ConvertsToItsKind) {
  Context context;
  Type type = TensorType::getScalar(context, DataType::Bool);
  EXPECT_TRUE(type.is<TensorType>());
  EXPECT_FALSE(type.getAs<StateType>());
  EXPECT_FALSE(Type().getAs<TensorType>());
}

} // namespace
