//===- StagedDirectoryTest.cpp - Directories that appear whole ------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Support/StagedDirectory.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include "gtest/gtest.h"

#include <csignal>

#include <sys/wait.h>
#include <unistd.h>

using namespace espresso;
namespace fs = llvm::sys::fs;

namespace {

class StagedDirectoryTest : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(fs::createUniqueDirectory("staged-directory", scratch));
    destination = (scratch + "/out").str();
  }
  void TearDown() override { fs::remove_directories(scratch); }

  std::unique_ptr<StagedDirectory> stage(llvm::StringRef contents) {
    auto directory = StagedDirectory::create(destination);
    EXPECT_TRUE(directory.ok()) << directory.status().ToString();
    EXPECT_TRUE((*directory)->writeFile("file", contents).ok());
    return std::move(*directory);
  }
  std::string readDestination() {
    auto buffer = llvm::MemoryBuffer::getFile(destination + "/file");
    return buffer ? (*buffer)->getBuffer().str() : "";
  }
  int countEntries() {
    int count = 0;
    std::error_code error;
    for (fs::directory_iterator entry(scratch, error), end; entry != end;
         entry.increment(error))
      ++count;
    return count;
  }

  llvm::SmallString<128> scratch;
  std::string destination;
};

// Nothing is seen at the destination before commit, everything after.
TEST_F(StagedDirectoryTest, AppearsAtCommit) {
  auto directory = stage("new");
  EXPECT_FALSE(fs::exists(destination));
  EXPECT_TRUE(directory->commit().ok());
  EXPECT_EQ(readDestination(), "new");
  EXPECT_EQ(countEntries(), 1);
}

// A directory that is not committed leaves no trace and no damage.
TEST_F(StagedDirectoryTest, VanishesWithoutCommit) {
  ASSERT_TRUE(stage("old")->commit().ok());
  stage("new").reset();
  EXPECT_EQ(readDestination(), "old");
  EXPECT_EQ(countEntries(), 1);
}

// Commit replaces what was there, whole: no file of the old one remains.
TEST_F(StagedDirectoryTest, ReplacesWhole) {
  auto old = stage("old");
  ASSERT_TRUE(old->writeFile("extra", "x").ok());
  ASSERT_TRUE(old->commit().ok());
  ASSERT_TRUE(stage("new")->commit().ok());
  EXPECT_EQ(readDestination(), "new");
  EXPECT_FALSE(fs::exists(destination + "/extra"));
  EXPECT_EQ(countEntries(), 1);
}

// What a killed process left is removed by the next one.
TEST_F(StagedDirectoryTest, RemovesLeftoversOfTheDead) {
  pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto directory = stage("never");
    ::raise(SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(countEntries(), 1);
  ASSERT_TRUE(stage("new")->commit().ok());
  EXPECT_EQ(countEntries(), 1);
  EXPECT_EQ(readDestination(), "new");
}

// Linked files have the same contents under both names.
TEST_F(StagedDirectoryTest, LinksFiles) {
  auto directory = stage("shared");
  ASSERT_TRUE(directory->makeDirectory("a/b").ok());
  ASSERT_TRUE(directory->linkFile("file", "a/b/link").ok());
  auto buffer = llvm::MemoryBuffer::getFile(directory->getPath("a/b/link"));
  ASSERT_TRUE(buffer);
  EXPECT_EQ((*buffer)->getBuffer(), "shared");
}

// A parent that does not exist is an error that says so.
TEST_F(StagedDirectoryTest, MissingParentIsAnError) {
  auto directory = StagedDirectory::create((scratch + "/none/out").str());
  ASSERT_FALSE(directory.ok());
  EXPECT_EQ(directory.status().code(), absl::StatusCode::kNotFound);
}

} // namespace
