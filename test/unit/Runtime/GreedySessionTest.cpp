//===- GreedySessionTest.cpp - Models whose head chooses ------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BundleMaker.h"
#include "espresso/Runtime/Session.h"

#include "gtest/gtest.h"

#include <algorithm>

using namespace espresso;
using namespace espresso::runtime;

static std::unique_ptr<Session> openSession(BundleMaker &maker) {
  auto bundle = Bundle::open(maker.getPath());
  EXPECT_TRUE(bundle.ok()) << bundle.status();
  auto session = Session::create(*bundle, {.threads = 2});
  EXPECT_TRUE(session.ok()) << session.status();
  return *std::move(session);
}

TEST(GreedySession, HeadThatChoosesGivesTheSameTokens) {
  std::vector<int32_t> ids[2];
  for (bool greedy : {false, true}) {
    BundleMaker maker;
    makeModel(maker, plan::FLOAT32, /*prefill=*/true, /*layers=*/2, greedy);
    maker.tokenizer.clear_stop();
    maker.write();
    auto session = openSession(maker);
    EXPECT_EQ(session->isGreedy(), greedy);
    auto result = generate(*session, std::vector<int32_t>{1, 3}, {});
    ASSERT_TRUE(result.ok()) << result.status();
    ids[greedy] = result->ids;
  }
  EXPECT_EQ(ids[0], ids[1]);
  EXPECT_FALSE(ids[0].empty());
}

TEST(GreedySession, HeadThatChoosesLeavesNothingToSample) {
  BundleMaker maker;
  makeModel(maker, plan::FLOAT32, /*prefill=*/true, /*layers=*/1,
            /*greedy=*/true);
  maker.write();
  auto session = openSession(maker);
  const std::vector<int32_t> prompt = {1, 3};
  EXPECT_EQ(session->append(prompt).status().code(),
            absl::StatusCode::kFailedPrecondition);
  for (SamplerOptions sampler :
       {SamplerOptions{.temperature = 0.5}, {.repeatPenalty = 2}})
    EXPECT_EQ(generate(*session, prompt, {.sampler = sampler}).status().code(),
              absl::StatusCode::kFailedPrecondition);
  auto choice = session->appendGreedy(prompt);
  ASSERT_TRUE(choice.ok()) << choice.status();
  EXPECT_GE(choice->id, 0);
  EXPECT_EQ(session->appendGreedy({}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

// A head that gives logits chooses, too, if the best token is all that is asked
// for.
TEST(GreedySession, LogitsAreNotNeededForTheBestToken) {
  BundleMaker maker;
  makeModel(maker, plan::FLOAT32, /*prefill=*/false, /*layers=*/1);
  maker.write();
  auto chooses = openSession(maker), samples = openSession(maker);
  for (int32_t id : {1, 5, 3}) {
    auto choice = chooses->appendGreedy({&id, 1});
    auto logits = samples->append({&id, 1});
    ASSERT_TRUE(choice.ok() && logits.ok()) << choice.status();
    const auto best = std::max_element(logits->begin(), logits->end());
    EXPECT_EQ(choice->id, best - logits->begin());
    EXPECT_EQ(choice->logit, *best);
  }
}
