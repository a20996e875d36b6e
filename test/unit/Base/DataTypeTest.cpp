//===- DataTypeTest.cpp - Tests of the scalar types -----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Base/DataType.h"

#include <gtest/gtest.h>

#include <limits>

namespace espresso {
namespace {

TEST(DataType, NamesReadBack) {
  for (unsigned i = 0; i < kNumDataTypes; ++i) {
    auto type = static_cast<DataType>(i);
    EXPECT_EQ(parseDataType(getName(type)), type);
  }
  EXPECT_FALSE(parseDataType("fp17"));
  EXPECT_FALSE(parseDataType(""));
}

TEST(DataType, RangesAreThoseOfTheirBits) {
  EXPECT_EQ(getMinValue(DataType::Int4), -8);
  EXPECT_EQ(getMaxValue(DataType::Int4), 7);
  EXPECT_EQ(getMaxValue(DataType::UInt6), 63);
  EXPECT_EQ(getMaxValue(DataType::UInt1), 1);
  EXPECT_EQ(getMinValue(DataType::Int64), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(getMaxValue(DataType::Int64), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(getMinValue(DataType::UInt64), 0);
}

TEST(DataType, PackedSizesRoundUpToBytes) {
  EXPECT_EQ(getPackedByteSize(DataType::UInt3, 8), 3u);
  EXPECT_EQ(getPackedByteSize(DataType::UInt3, 9), 4u);
  EXPECT_EQ(getPackedByteSize(DataType::UInt1, 0), 0u);
  EXPECT_EQ(getPackedByteSize(DataType::Int4, 3), 2u);
  EXPECT_EQ(getPackedByteSize(DataType::Float16, 3), 6u);
  EXPECT_FALSE(getPackedByteSize(DataType::String, 1));
  EXPECT_FALSE(getPackedByteSize(DataType::Float64,
                                 std::numeric_limits<uint64_t>::max()));
}

} // namespace
} // namespace espresso
