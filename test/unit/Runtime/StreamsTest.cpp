//===- StreamsTest.cpp - Many texts are those of one alone ----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BundleMaker.h"

#include "espresso/Runtime/Streams.h"

#include "gtest/gtest.h"

using namespace espresso;
using namespace espresso::runtime;

namespace {

class StreamsTest : public testing::Test {
protected:
  void SetUp() override {
    makeModel(maker, plan::FLOAT16, /*prefill=*/true);
    maker.write();
    auto opened = Bundle::open(maker.getPath());
    ASSERT_TRUE(opened.ok()) << opened.status();
    bundle = *opened;
  }

  /// Prompts and options of many kinds, some of them alike.
  static std::vector<StreamRequest> makeRequests(int count) {
    std::vector<StreamRequest> requests;
    for (int i = 0; i < count; ++i) {
      StreamRequest request{.prompt = {1, (i / 3) % 9 + 3}};
      for (int j = 0; j < i % 5; ++j)
        request.prompt.push_back((i + j) % 12);
      if (i % 4 != 0)
        request.sampler = {.temperature = 1.5,
                           .seed = static_cast<uint64_t>(i)};
      if (i % 7 == 0)
        request.sampler.repeatPenalty = 1.3;
      request.maxNewTokens = i % 6 - 1;
      requests.push_back(std::move(request));
      if (i % 3 == 0)
        requests.push_back(requests.back());
    }
    return requests;
  }

  void expectAlone(const std::vector<StreamRequest> &requests,
                   int64_t streams) {
    auto batch =
        BatchSession::create(bundle, getStreamSlots(streams), {.threads = 2});
    ASSERT_TRUE(batch.ok());
    std::vector<GenerateResult> found(requests.size());
    std::vector<int> times(requests.size());
    auto all = generateStreams(**batch, requests,
                               [&](size_t index, GenerateResult text) {
                                 found[index] = std::move(text);
                                 ++times[index];
                                 return absl::OkStatus();
                               });
    ASSERT_TRUE(all.ok()) << all.status();
    auto session = Session::create(bundle, {.threads = 1});
    ASSERT_TRUE(session.ok());
    int64_t steps = 0;
    for (size_t i = 0; i < requests.size(); ++i) {
      (*session)->reset();
      const StreamRequest &request = requests[i];
      auto alone = generate(**session, request.prompt,
                            {.sampler = request.sampler,
                             .maxNewTokens = request.maxNewTokens,
                             .endAtStopTokens = request.endAtStopTokens});
      ASSERT_TRUE(alone.ok());
      EXPECT_EQ(times[i], 1);
      EXPECT_EQ(found[i].ids, alone->ids) << "text " << i;
      EXPECT_EQ(found[i].reason, alone->reason) << "text " << i;
      EXPECT_EQ(found[i].decodeSteps, alone->decodeSteps) << "text " << i;
      steps += alone->decodeSteps;
    }
    EXPECT_EQ(all->decodeSteps, steps);
    EXPECT_LE(all->passes, steps);
  }

  BundleMaker maker;
  std::shared_ptr<const Bundle> bundle;
};

// However many texts are side by side, each is what it is alone.
TEST_F(StreamsTest, TextsAreThoseOfOneAlone) {
  for (int64_t streams : {1, 2, 7, 40})
    expectAlone(makeRequests(50), streams);
}

// A prompt that several texts have is read once.
TEST_F(StreamsTest, EqualPromptsAreReadOnce) {
  std::vector<StreamRequest> requests(20, {.prompt = {1, 5, 3}});
  for (size_t i = 0; i < requests.size(); ++i)
    requests[i].sampler = {.temperature = 2.0, .seed = i};
  expectAlone(requests, 6);
  auto batch = BatchSession::create(bundle, getStreamSlots(6));
  ASSERT_TRUE(batch.ok());
  auto all =
      generateStreams(**batch, requests, [](size_t, const GenerateResult &) {
        return absl::OkStatus();
      });
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(all->promptsRead, 3);
  EXPECT_EQ(all->promptTokens, 60);
}

TEST_F(StreamsTest, ErrorsEndIt) {
  auto batch = BatchSession::create(bundle, getStreamSlots(2));
  ASSERT_TRUE(batch.ok());
  auto run = [&](const StreamRequest &request) {
    return generateStreams(**batch, {&request, 1},
                           [](size_t, const GenerateResult &) {
                             return absl::UnavailableError("disk full");
                           })
        .status()
        .code();
  };
  EXPECT_EQ(run({.prompt = {1, 5}}), absl::StatusCode::kUnavailable);
  EXPECT_EQ(run({.prompt = {}}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(run({.prompt = std::vector<int32_t>(11, 1)}),
            absl::StatusCode::kOutOfRange);
  EXPECT_EQ(run({.prompt = {1}, .sampler = {.temperature = -1}}),
            absl::StatusCode::kInvalidArgument);
}

} // namespace
