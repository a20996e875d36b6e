//===- TensorTest.cpp - Conversions of tensors ----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Eval/Tensor.h"

#include "espresso/IR/Context.h"

#include "gtest/gtest.h"

#include <cmath>
#include <limits>

namespace espresso {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

Tensor floats(DataType type, std::vector<float> values) {
  auto count = static_cast<int64_t>(values.size());
  return Tensor::fromElements(type, {count}, std::move(values));
}

// Floats become integers by truncation toward zero; what does not fit takes the
// nearest bound, and NaN becomes zero.
TEST(TensorTest, FloatToIntegerTruncatesAndSaturates) {
  Tensor x = floats(DataType::Float32, {2.75F, -2.75F, 300, -300, NAN,
                                        kInfinity, -kInfinity, -0.0F});
  EXPECT_EQ(x.convertedTo(DataType::Int8).get<int64_t>(),
            (std::vector<int64_t>{2, -2, 127, -128, 0, 127, -128, 0}));
  EXPECT_EQ(x.convertedTo(DataType::UInt8).get<int64_t>(),
            (std::vector<int64_t>{2, 0, 255, 0, 0, 255, 0, 0}));
  EXPECT_EQ(x.convertedTo(DataType::Bool).get<int64_t>(),
            (std::vector<int64_t>{1, 1, 1, 1, 1, 1, 1, 0}));
}

TEST(TensorTest, IntegersWrapToTheirWidth) {
  Tensor x =
      Tensor::fromElements<int64_t>(DataType::Int32, {3}, {300, -1, 128});
  EXPECT_EQ(x.convertedTo(DataType::Int8).get<int64_t>(),
            (std::vector<int64_t>{44, -1, -128}));
  EXPECT_EQ(x.convertedTo(DataType::UInt8).get<int64_t>(),
            (std::vector<int64_t>{44, 255, 128}));
}

// 2049 and 2051 lie halfway between halves; 65520 is the least that overflows.
TEST(TensorTest, RoundsToNearestEven) {
  Tensor x = floats(DataType::Float16, {2049, 2051, 65519, 65520, 0x1p-25F});
  x.round();
  EXPECT_EQ(x.get<float>(),
            (std::vector<float>{2048, 2052, 65504, kInfinity, 0}));
}

TEST(TensorTest, AttributesRoundTrip) {
  Context context;
  Tensor x = floats(DataType::Float16, {1.5F, -0.0F, kInfinity});
  Attribute attribute = tensorToAttribute(context, x);
  EXPECT_EQ(attribute.getBits(0), 0x3E00U);
  EXPECT_EQ(attribute.getBits(1), 0x8000U);
  FailureOr<Tensor> back = tensorFromAttribute(attribute, {NumericsMode::Fp16},
                                               context.getDiagnostics());
  ASSERT_TRUE(succeeded(back));
  EXPECT_EQ(back->getElementType(), DataType::Float16);
  EXPECT_EQ(back->get<float>(), x.get<float>());
}

// In fp64 every float tensor is one of doubles, and in fp32 one of floats.
TEST(TensorTest, NumericsDecideTheType) {
  Context context;
  Attribute half = Attribute::real(context, 0.5, DataType::Float16);
  FailureOr<Tensor> wide =
      tensorFromAttribute(half, {NumericsMode::Fp64}, context.getDiagnostics());
  ASSERT_TRUE(succeeded(wide));
  EXPECT_EQ(wide->getElementType(), DataType::Float64);
  EXPECT_EQ(wide->get<double>(), std::vector<double>{0.5});
  FailureOr<Tensor> single =
      tensorFromAttribute(half, {NumericsMode::Fp32}, context.getDiagnostics());
  ASSERT_TRUE(succeeded(single));
  EXPECT_EQ(single->getElementType(), DataType::Float32);
}

/// Four-bit numbers 1, -1, 7, -8 packed two a byte.
class PackedSource : public WeightSource {
public:
  int64_t getNumElements() const override { return 4; }
  DataType getElementType() const override { return DataType::Int4; }
  LogicalResult read(llvm::MutableArrayRef<uint8_t> out,
                     DiagnosticEngine &) const override {
    out[0] = 0xF1;
    out[1] = 0x87;
    return success();
  }
  std::string getKey() const override { return "packed"; }
};

TEST(TensorTest, UnpacksBlobs) {
  Context context;
  BlobReference reference{"w.bin", 64, std::make_shared<PackedSource>()};
  auto type = TensorType::get(context, DataType::Int4, {2, 2});
  FailureOr<Tensor> tensor = tensorFromAttribute(
      Attribute::blob(type, reference), {}, context.getDiagnostics());
  ASSERT_TRUE(succeeded(tensor));
  EXPECT_EQ(tensor->get<int64_t>(), (std::vector<int64_t>{1, -1, 7, -8}));
}

} // namespace
} // namespace espresso
