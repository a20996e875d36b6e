//===- SpeculationTest.cpp - Drafts do not change texts -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BundleMaker.h"
#include "DraftMaker.h"

#include "espresso/Runtime/Drafter.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

using namespace espresso;
using namespace espresso::runtime;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

std::shared_ptr<const Bundle>
openModel(BundleMaker &maker, plan::ElementType type, bool stops = false) {
  makeModel(maker, type, /*prefill=*/true);
  if (!stops)
    maker.tokenizer.clear_stop();
  maker.write();
  auto bundle = Bundle::open(maker.getPath());
  EXPECT_TRUE(bundle.ok()) << bundle.status();
  return *bundle;
}

// Whatever is drafted, and however a text is sampled, it is the text of one
// token after another.
TEST(Speculation, DraftsDoNotChangeTexts) {
  BundleMaker maker;
  auto bundle = openModel(maker, plan::FLOAT16);
  const std::vector<int32_t> prompt = {1, 5};
  for (int64_t tokens : {0, 1, 3, 31})
    for (int64_t length : {-1, 0, 1, 4}) {
      GenerateOptions options{.maxNewTokens = length};
      expectSameWithDrafts(bundle, prompt, options, tokens);
      options.sampler = {.repeatPenalty = 1.5};
      expectSameWithDrafts(bundle, prompt, options, tokens);
      options.sampler = {.temperature = 2.0, .topK = 7, .seed = 11};
      expectSameWithDrafts(bundle, prompt, options, tokens);
    }
}

// Stop tokens end texts within drafts, too.
TEST(Speculation, StopTokensEndTexts) {
  BundleMaker maker;
  for (int32_t stop = 0; stop < 12; ++stop)
    maker.tokenizer.add_stop(stop);
  auto bundle = openModel(maker, plan::FLOAT32, /*stops=*/true);
  expectSameWithDrafts(bundle, {1, 5}, {}, 4);
  for (uint64_t seed = 0; seed < 8; ++seed) {
    BundleMaker one;
    one.tokenizer.add_stop(static_cast<int32_t>(seed));
    expectSameWithDrafts(openModel(one, plan::FLOAT32, /*stops=*/true), {1, 5},
                         {.sampler = {.temperature = 3.0, .seed = seed}}, 4);
  }
}

TEST(Speculation, LookupProposesWhatFollowedBefore) {
  auto lookup = createLookupDrafter(3);
  std::vector<int32_t> drafts;
  auto draft = [&](std::vector<int32_t> history, int64_t count) {
    EXPECT_TRUE(lookup->draft(history, count, drafts).ok());
    return drafts;
  };
  // The longest run counts, then the last place.
  EXPECT_THAT(draft({1, 2, 3, 9, 4, 3, 8, 1, 2, 3}, 2), ElementsAre(9, 4));
  EXPECT_THAT(draft({2, 3, 9, 4, 3, 8, 7, 5, 3}, 3), ElementsAre(8, 7, 5));
  EXPECT_THAT(draft({7, 7}, 5), ElementsAre(7));
  EXPECT_THAT(draft({1, 2, 3}, 5), IsEmpty());
  EXPECT_THAT(draft({1}, 5), IsEmpty());
  EXPECT_THAT(draft({1, 2, 1}, 0), IsEmpty());
}

// A model that drafts for itself is always right.
TEST(Speculation, ModelDraftsForItself) {
  BundleMaker maker;
  auto bundle = openModel(maker, plan::FLOAT16);
  auto drafter = createModelDrafter(bundle, *bundle, {.threads = 1});
  ASSERT_TRUE(drafter.ok()) << drafter.status();
  auto session = Session::create(bundle, {.threads = 1});
  ASSERT_TRUE(session.ok());
  for (int round = 0; round < 2; ++round) {
    // The second text is another: what the drafter has read is rolled back.
    const std::vector<int32_t> prompt = {1, 5 + round};
    (*session)->reset();
    auto plain = generate(**session, prompt, {});
    (*session)->reset();
    auto found = generate(**session, prompt,
                          {.drafter = drafter->get(), .draftTokens = 3});
    ASSERT_TRUE(plain.ok() && found.ok()) << found.status();
    EXPECT_EQ(found->ids, plain->ids);
    EXPECT_GT(found->draftedTokens, 0);
    EXPECT_EQ(found->acceptedTokens, found->draftedTokens);
    EXPECT_LT(found->passes, found->decodeSteps);
  }
}

TEST(Speculation, OtherVocabulariesAreRefused) {
  BundleMaker maker, other, fewer;
  auto bundle = openModel(maker, plan::FLOAT16);
  makeModel(other, plan::FLOAT16, /*prefill=*/false, /*layers=*/1);
  other.tokenizer.mutable_pieces(4)->set_text("z");
  other.write();
  auto drafter = createModelDrafter(*Bundle::open(other.getPath()), *bundle);
  EXPECT_EQ(drafter.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(drafter.status().message()),
              HasSubstr("token 4 is 'z', expected 'b'"));
}

// Drafts that are no tokens are left out.
TEST(Speculation, SenselessDraftsAreLeftOut) {
  class Senseless : public Drafter {
    absl::Status draft(std::span<const int32_t>, int64_t count,
                       std::vector<int32_t> &drafts) override {
      drafts.assign(count + 40, -7);
      drafts[0] = 3;
      return absl::OkStatus();
    }
  } drafter;
  BundleMaker maker;
  auto bundle = openModel(maker, plan::FLOAT16);
  auto a = generate(**Session::create(bundle), std::vector<int32_t>{1, 5},
                    {.drafter = &drafter});
  auto b = generate(**Session::create(bundle), std::vector<int32_t>{1, 5}, {});
  ASSERT_TRUE(a.ok() && b.ok()) << a.status();
  EXPECT_EQ(a->ids, b->ids);
}

} // namespace
