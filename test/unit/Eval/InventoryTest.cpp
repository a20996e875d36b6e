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
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

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

// An evaluation test of an operation is a line of a file in test/Eval that uses
// it, such as "= slice_by_index(".
TEST(InventoryTest, OperationsHaveEvaluationTests) {
  std::string texts;
  std::error_code error;
  for (llvm::sys::fs::directory_iterator file(ESPRESSO_EVAL_TESTS, error), end;
       file != end && !error; file.increment(error)) {
    auto buffer = llvm::MemoryBuffer::getFile(file->path());
    ASSERT_TRUE(buffer) << file->path();
    texts += (*buffer)->getBuffer();
  }
  ASSERT_FALSE(error) << error.message();
  for (const OpDefinition &definition : getAllOpDefinitions()) {
    if (definition.kernel.empty())
      continue;
    std::string use = " " + definition.name.str() + "(";
    EXPECT_NE(texts.find(use), std::string::npos)
        << "no test in test/Eval uses '" << definition.name.str() << "'";
  }
}

} // namespace
} // namespace espresso
