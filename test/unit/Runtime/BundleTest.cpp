//===- BundleTest.cpp - Damaged bundles are refused -----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Runtime/Bundle.h"

#include "BundleMaker.h"
#include "espresso/Base/Sha256.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <filesystem>

using namespace espresso::runtime;
using namespace espresso;
using testing::HasSubstr;

namespace fs = std::filesystem;

namespace {

absl::Status open(const BundleMaker &maker, const BundleOptions &options = {}) {
  return Bundle::open(maker.getPath(), options).status();
}

class BundleTest : public testing::Test {
protected:
  void SetUp() override {
    makeModel(maker, plan::FLOAT16, true, 1);
    maker.write();
    absl::Status status = open(maker);
    ASSERT_TRUE(status.ok()) << status;
  }
  void expectInvalid(const char *message, const BundleOptions &options = {}) {
    absl::Status status = open(maker, options);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(message));
    EXPECT_THAT(std::string(status.message()), HasSubstr(maker.getPath()));
  }
  /// Replaces the manifest by `text`, its digest of itself put right.
  void replaceManifest(std::string text, const std::string &from,
                       const std::string &to) {
    const size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos);
    text.replace(at, from.size(), to);
    const std::string key = "\"self_sha256\": \"";
    const size_t digits = text.find(key) + key.size();
    text.replace(digits, 64, 64, '0');
    text.replace(digits, 64, sha256Hex(std::string_view(text)));
    maker.writeFile("manifest.json", text);
  }
  BundleMaker maker;
};

TEST_F(BundleTest, SaysWhatTheModelIs) {
  auto bundle = Bundle::open(maker.getPath());
  ASSERT_TRUE(bundle.ok());
  EXPECT_EQ((*bundle)->getModel().name, "test");
  EXPECT_EQ((*bundle)->getModel().contextLength, 10);
  EXPECT_EQ((*bundle)->getModel().prefillLength, 4);
  EXPECT_EQ((*bundle)->getTokenizer().getVocabularySize(), 12);
}

TEST_F(BundleTest, TruncatedFilesAreRefused) {
  for (const char *name : {"manifest.json", "host.plan", "tokenizer.pb"}) {
    const std::string good = maker.readFile(name);
    for (size_t size = 0; size < good.size(); size += 1 + good.size() / 50) {
      maker.writeFile(name, good.substr(0, size));
      EXPECT_EQ(open(maker).code(), absl::StatusCode::kInvalidArgument)
          << name << " cut to " << size;
    }
    maker.writeFile(name, good);
  }
  EXPECT_TRUE(open(maker).ok());
}

TEST_F(BundleTest, ChangedFilesAreRefused) {
  for (const char *name :
       {"manifest.json", "host.plan", "tokenizer.pb", "weights.bin"}) {
    const std::string good = maker.readFile(name);
    for (size_t at = 0; at < good.size(); at += 1 + good.size() / 50) {
      std::string bad = good;
      bad[at] ^= static_cast<char>(1 << (at % 8));
      maker.writeFile(name, bad);
      EXPECT_EQ(open(maker).code(), absl::StatusCode::kInvalidArgument)
          << name << " changed at " << at;
    }
    maker.writeFile(name, good);
  }
}

/// Cut-off contents with a manifest that fits them.
TEST_F(BundleTest, TruncatedContentsAreRefused) {
  const std::map<std::string, std::string> good = maker.getFiles();
  for (const char *name : {"host.plan", "tokenizer.pb", "weights.bin"}) {
    std::map<std::string, std::string> files = good;
    const std::string &whole = good.at(name);
    for (size_t size = 0; size < whole.size(); size += 1 + whole.size() / 60) {
      files[name] = whole.substr(0, size);
      maker.writeFile(name, files[name]);
      maker.writeManifest(files);
      absl::Status status = open(maker);
      // A protobuf cut between two fields is a shorter message: a vocabulary
      // may then be a good one, a plan still lacks what comes last.
      EXPECT_TRUE(!status.ok() || std::string_view(name) == "tokenizer.pb")
          << name << " cut to " << size;
    }
    maker.writeFile(name, whole);
  }
}

TEST_F(BundleTest, DigestsOfWeightsAreOptional) {
  std::string weights = maker.readFile("weights.bin");
  weights[5] ^= 1;
  maker.writeFile("weights.bin", weights);
  expectInvalid("the file was changed");
  EXPECT_TRUE(open(maker, {.verifyWeights = false}).ok());
  maker.writeFile("weights.bin", weights + "x");
  expectInvalid("bytes, the manifest expects", {.verifyWeights = false});
}

TEST_F(BundleTest, MissingAndExtraFilesAreRefused) {
  maker.writeFile("programs/x/extra.txt", "?");
  expectInvalid("is not listed in manifest.json");
  fs::remove_all(fs::path(maker.getPath()) / "programs");
  fs::remove(fs::path(maker.getPath()) / "weights.bin");
  EXPECT_EQ(open(maker).code(), absl::StatusCode::kNotFound);
  fs::remove(fs::path(maker.getPath()) / "manifest.json");
  EXPECT_EQ(open(maker).code(), absl::StatusCode::kNotFound);
}

TEST_F(BundleTest, LinksAreRefused) {
  const fs::path weights = fs::path(maker.getPath()) / "weights.bin";
  const fs::path moved = maker.getPath() + ".moved";
  fs::rename(weights, moved);
  fs::create_symlink(moved, weights);
  expectInvalid("symbolic links are not allowed");
  fs::remove(weights);
  fs::rename(moved, weights);
  EXPECT_TRUE(open(maker).ok());
}

TEST_F(BundleTest, PathsThatLeaveTheBundleAreRefused) {
  for (const char *path :
       {"../weights.bin", "/etc/passwd", "", ".", "a/../weights.bin",
        "./weights.bin", "a//b", "a\\\\b", "programs/", "manifest.json"})
    ASSERT_NO_FATAL_FAILURE({
      maker.write();
      replaceManifest(maker.readFile("manifest.json"), "\"weights.bin\"",
                      "\"" + std::string(path) + "\"");
      expectInvalid("is no path inside the bundle");
    });
}

TEST_F(BundleTest, TheHeaderIsChecked) {
  const std::string good = maker.readFile("manifest.json");
  replaceManifest(good, "espresso-bundle", "espresso-bungle");
  expectInvalid("'format' is not");
  replaceManifest(good, "\"format_version\": 1", "\"format_version\": 2");
  expectInvalid("'format_version' is not 1");
  replaceManifest(good, "\"format_version\": 1", "\"format_version\": \"1\"");
  expectInvalid("'format_version' is not 1");
  replaceManifest(good, "\"files\"", "\"fields\"");
  expectInvalid("'files' is missing");
  replaceManifest(good, "\"bytes\": ", "\"bytes\": -");
  expectInvalid("must have 'bytes' and 'sha256'");
  maker.writeFile("manifest.json", "[]");
  expectInvalid("not a JSON object");
  maker.writeFile("manifest.json", std::string(100000, '['));
  expectInvalid("not a JSON object");
}

TEST_F(BundleTest, OnlyDirectoriesAreBundles) {
  EXPECT_EQ(Bundle::open(maker.getPath() + ".none").status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(Bundle::open(maker.getPath() + "/host.plan").status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Bundle::open("").status().code(), absl::StatusCode::kNotFound);
}

} // namespace
