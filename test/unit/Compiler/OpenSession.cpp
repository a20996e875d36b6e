//===- OpenSession.cpp - A compiled model in the runtime ------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpenSession.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include "gtest/gtest.h"

namespace espresso::test {

TokenizerData makeTokenizer(const ModelConfig &config) {
  TokenizerData tokenizer;
  for (int64_t id = 0; id < config.vocabularySize; ++id)
    tokenizer.pieces.push_back({"t" + std::to_string(id)});
  tokenizer.addBos = false;
  return tokenizer;
}

std::shared_ptr<const runtime::Bundle>
openBundle(const CompiledModel &model, const TokenizerData &tokenizer,
           const runtime::BundleOptions &options) {
  llvm::SmallString<128> scratch;
  EXPECT_FALSE(llvm::sys::fs::createUniqueDirectory("session", scratch));
  std::string path = (scratch + "/model.espresso").str();
  BundleContents contents{.program = *model.program,
                          .tokenizer = tokenizer,
                          .plan = model.plan,
                          .decisions = model.decisions,
                          .pipeline = model.pipeline,
                          .progress = {}};
  absl::Status written = writeBundle(contents, path);
  EXPECT_TRUE(written.ok()) << written.ToString();
  auto bundle = runtime::Bundle::open(path, options);
  EXPECT_TRUE(bundle.ok()) << bundle.status().ToString();
  llvm::sys::fs::remove_directories(scratch);
  return bundle.ok() ? *bundle : nullptr;
}

std::unique_ptr<runtime::Session>
openSession(const CompiledModel &model, const TokenizerData &tokenizer,
            const runtime::BundleOptions &options) {
  std::shared_ptr<const runtime::Bundle> bundle =
      openBundle(model, tokenizer, options);
  if (!bundle)
    return nullptr;
  auto session = runtime::Session::create(bundle);
  EXPECT_TRUE(session.ok()) << session.status().ToString();
  return session.ok() ? *std::move(session) : nullptr;
}

} // namespace espresso::test
