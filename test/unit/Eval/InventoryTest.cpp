//===- InventoryTest.cpp - Kernels, records and tests agree ---------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Eval/Kernel.h"
#include "espresso/Ops/Registry.h"

#include "llvm/ADT/StringSet.h"

#include "gtest/gtest.h"

namespace espresso {
namespace {

TEST(InventoryTest, KernelsOfRecordsExist) {
  for (const OpDefinition &definition : getAllOpDefinitions()) {
    if (definition.kernel.empty())
      continue;
    EXPECT_NE(lookupKernel(definition.kernel), nullptr)
        << definition.name.str() << " names " << definition.kernel.str();
  }
}

TEST(InventoryTest, KernelsAreNamedByRecords) {
  llvm::StringSet<> named;
  for (const OpDefinition &definition : getAllOpDefinitions())
    named.insert(definition.kernel);
  for (const KernelEntry &kernel : getAllKernels())
    EXPECT_TRUE(named.contains(kernel.name)) << kernel.name.str();
}

TEST(InventoryTest, KernelNamesAreUnique) {
  llvm::StringSet<> names;
  for (const KernelEntry &kernel : getAllKernels())
    EXPECT_TRUE(names.insert(kernel.name).second) << kernel.name.str();
}

} // namespace
} // namespace espresso
