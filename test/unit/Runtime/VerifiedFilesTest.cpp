//===- VerifiedFilesTest.cpp - Tests of files known to be right -----------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Runtime/VerifiedFiles.h"

#include "BundleMaker.h"
#include "espresso/Base/Platform.h"
#include "espresso/Runtime/Bundle.h"

#include "gtest/gtest.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

using namespace espresso;
using namespace espresso::runtime;

namespace fs = std::filesystem;

namespace {

/// A bundle old enough for a record.
class VerifiedFilesTest : public testing::Test {
protected:
  void SetUp() override {
    if (getBootId().empty())
      GTEST_SKIP() << "the starts of this machine cannot be told apart";
    makeModel(maker, plan::FLOAT16, false, 1);
    maker.write();
    records = maker.getPath() + ".verified";
    std::this_thread::sleep_for(std::chrono::milliseconds(2100));
  }
  void TearDown() override { fs::remove_all(records); }

  absl::Status open() {
    return Bundle::open(maker.getPath(), {.verifiedFiles = records}).status();
  }
  /// The only record, or an empty path.
  fs::path getRecord() const {
    fs::path found;
    if (fs::exists(records))
      for (const fs::directory_entry &entry : fs::directory_iterator(records)) {
        EXPECT_TRUE(found.empty());
        found = entry.path();
      }
    return found;
  }
  static std::string read(const fs::path &path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  void damageWeights() {
    std::string bytes = maker.readFile("weights.bin");
    bytes[bytes.size() / 2] ^= 1;
    maker.writeFile("weights.bin", bytes);
  }

  BundleMaker maker;
  std::string records;
};

// What was found right is noted, and found damaged when it is damaged later,
// also at the size it had.
TEST_F(VerifiedFilesTest, FindsLaterDamage) {
  ASSERT_TRUE(open().ok());
  ASSERT_FALSE(getRecord().empty());
  EXPECT_TRUE(open().ok());
  damageWeights();
  EXPECT_EQ(open().code(), absl::StatusCode::kInvalidArgument);
  // And it is not noted that it was damaged.
  EXPECT_EQ(open().code(), absl::StatusCode::kInvalidArgument);
}

// A file that a record names is not read: a record that says of damage that it
// was found right is believed, but not one from before the machine started.
TEST_F(VerifiedFilesTest, TrustsRecordsOfThisStart) {
  ASSERT_TRUE(open().ok());
  const fs::path record = getRecord();
  ASSERT_FALSE(record.empty());
  damageWeights();
  const std::string path = maker.getPath() + "/weights.bin";
  const FileIdentity id = *getFileIdentity(path);
  const std::string text = read(record);
  const std::string header = text.substr(0, text.find('\n') + 1);
  std::ostringstream line;
  line << id.device << ' ' << id.inode << ' ' << id.size << ' ' << id.modifiedNs
       << ' ' << id.changedNs << ' ' << "weights.bin" << '\n';
  std::ofstream(record) << header << line.str();
  EXPECT_TRUE(open().ok());
  std::ofstream(record) << "espresso-verified-1 another start\n" << line.str();
  EXPECT_EQ(open().code(), absl::StatusCode::kInvalidArgument);
}

// Records that cannot be read, and places where none can be written, cost a
// check and nothing else.
TEST_F(VerifiedFilesTest, NeedsNoRecord) {
  ASSERT_TRUE(open().ok());
  const fs::path record = getRecord();
  ASSERT_FALSE(record.empty());
  const std::string good = read(record);
  for (size_t size = 0; size < good.size(); size += 7) {
    std::ofstream(record) << good.substr(0, size);
    EXPECT_TRUE(open().ok());
  }
  EXPECT_TRUE(
      Bundle::open(maker.getPath(), {.verifiedFiles = "/dev/null/nowhere"})
          .ok());
}

// Of a file that has just been written nothing is noted: another change might
// bear the same time.
TEST_F(VerifiedFilesTest, DoesNotTrustNewFiles) {
  maker.writeFile("weights.bin", maker.readFile("weights.bin"));
  ASSERT_TRUE(open().ok());
  EXPECT_TRUE(getRecord().empty());
}

} // namespace
