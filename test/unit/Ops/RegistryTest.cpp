//===- RegistryTest.cpp - Look-up of operations ---------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Ops/Registry.h"

#include "llvm/ADT/STLExtras.h"
#include "gtest/gtest.h"

using namespace espresso;

// Rows are in order, so that look-up may search by halves.
TEST(RegistryTest, RowsAreSorted) {
  auto isBefore = [](const OpDefinition &a, const OpDefinition &b) {
    return std::tie(a.name, a.since) < std::tie(b.name, b.since);
  };
  EXPECT_TRUE(llvm::is_sorted(getAllOpDefinitions(), isBefore));
}

// The newest version that is not newer than the opset applies.
TEST(RegistryTest, OpsetSelectsTheVersion) {
  EXPECT_EQ(lookupOp("gather", Opset::IOS15)->since, Opset::IOS15);
  EXPECT_EQ(lookupOp("gather", Opset::IOS16)->since, Opset::IOS16);
  EXPECT_EQ(lookupOp("gather", Opset::IOS18)->since, Opset::IOS17);
  EXPECT_EQ(lookupOp("read_state", Opset::IOS17), nullptr);
  EXPECT_EQ(lookupOp("no_such_op", Opset::IOS18), nullptr);
}

// Model, host and unknown opsets take the newest definition of everything.
TEST(RegistryTest, ForeignOpsetsTakeTheNewestVersion) {
  for (Opset opset : {Opset::Model, Opset::Host, Opset::Unknown}) {
    EXPECT_EQ(lookupOp("gather", opset)->since, Opset::IOS17);
    EXPECT_NE(lookupOp("espresso.rope", opset), nullptr);
  }
  // Passes leave composites in programs; the verifier says so.
  EXPECT_NE(lookupOp("espresso.rope", Opset::IOS18), nullptr);
}

TEST(RegistryTest, FirstOpset) {
  EXPECT_EQ(getFirstOpset("topk"), Opset::IOS15);
  EXPECT_EQ(getFirstOpset("read_state"), Opset::IOS18);
  EXPECT_EQ(getFirstOpset("no_such_op"), std::nullopt);
}

TEST(RegistryTest, SuggestsNearNames) {
  EXPECT_EQ(suggestOp("rleu"), "relu");
  EXPECT_EQ(suggestOp("espresso.rop"), "espresso.rope");
  EXPECT_EQ(suggestOp("something_else_entirely"), std::nullopt);
}

TEST(RegistryTest, TypeSetsReadAsText) {
  EXPECT_EQ((DataTypeSet{DataType::Float16}.str()), "fp16");
  EXPECT_EQ((DataTypeSet{DataType::Int32, DataType::Float16}.str()),
            "fp16 or int32");
  EXPECT_EQ(
      (DataTypeSet{DataType::Bool, DataType::Int32, DataType::Float16}.str()),
      "bool, fp16 or int32");
}

// Every row can be checked and names what it does.
TEST(RegistryTest, RowsAreComplete) {
  for (const OpDefinition &row : getAllOpDefinitions()) {
    EXPECT_FALSE(row.summary.empty()) << row.name.str();
    EXPECT_NE(row.infer, nullptr) << row.name.str();
    EXPECT_NE(row.kernel.empty(), row.noKernelReason.empty()) << row.name.str();
  }
}
