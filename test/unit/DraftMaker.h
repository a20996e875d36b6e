//===- DraftMaker.h - Drafts, right and wrong -------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TEST_UNIT_DRAFTMAKER_H
#define ESPRESSO_TEST_UNIT_DRAFTMAKER_H

#include "espresso/Runtime/Session.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <vector>

namespace espresso::runtime {

/// Proposes what a known text goes on with, and after every `right` tokens one
/// that it does not go on with.
class ScriptedDrafter : public Drafter {
public:
  ScriptedDrafter(std::vector<int32_t> text, int64_t right, int32_t vocabulary)
      : text(std::move(text)), right(right), vocabulary(vocabulary) {}

  absl::Status draft(std::span<const int32_t> history, int64_t count,
                     std::vector<int32_t> &drafts) override {
    drafts.clear();
    for (size_t at = history.size();
         at < text.size() && static_cast<int64_t>(drafts.size()) < count;
         ++at) {
      const bool isRight = asked++ % (right + 1) != right;
      drafts.push_back(isRight ? text[at] : (text[at] + 1) % vocabulary);
    }
    return absl::OkStatus();
  }

private:
  std::vector<int32_t> text;
  int64_t right, asked = 0;
  int32_t vocabulary;
};

/// Expects the text and the last state of plain generation from one with
/// drafts, whether they are right or wrong.
inline void expectSameWithDrafts(std::shared_ptr<const Bundle> bundle,
                                 const std::vector<int32_t> &prompt,
                                 GenerateOptions options, int64_t tokens) {
  auto plain = Session::create(bundle, {.threads = 1});
  ASSERT_TRUE(plain.ok());
  auto expected = generate(**plain, prompt, options);
  ASSERT_TRUE(expected.ok()) << expected.status();
  std::vector<int32_t> text = prompt;
  text.insert(text.end(), expected->ids.begin(), expected->ids.end());
  const int32_t vocabulary =
      static_cast<int32_t>(bundle->getModel().vocabularySize);
  for (int64_t right : {0, 1, 2, 1000}) {
    ScriptedDrafter drafter(text, right, vocabulary);
    auto session = Session::create(bundle, {.threads = 2});
    ASSERT_TRUE(session.ok());
    options.drafter = &drafter;
    options.draftTokens = tokens;
    auto found = generate(**session, prompt, options);
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(found->ids, expected->ids) << right << " right drafts";
    EXPECT_EQ(found->reason, expected->reason);
    EXPECT_EQ(found->decodeSteps, expected->decodeSteps);
    EXPECT_EQ((*session)->getPosition(), (*plain)->getPosition());
    if (right == 0) {
      EXPECT_EQ(found->acceptedTokens, 0);
    } else if (right == 1000) {
      EXPECT_EQ(found->acceptedTokens, found->draftedTokens);
    }
    // The caches are those of the text: it goes on the same, to the last bit.
    if ((*plain)->getPosition() == (*plain)->getContextLength())
      continue;
    const int32_t next = 1;
    auto copy = Session::create(bundle, {.threads = 1});
    ASSERT_TRUE(copy.ok());
    std::vector<int32_t> seen(text.begin(),
                              text.begin() + (*plain)->getPosition());
    ASSERT_TRUE((*copy)->append(seen).ok());
    auto a = (*session)->append({&next, 1}), b = (*copy)->append({&next, 1});
    ASSERT_TRUE(a.ok() && b.ok());
    EXPECT_TRUE(std::equal(a->begin(), a->end(), b->begin()));
  }
}

} // namespace espresso::runtime

#endif // ESPRESSO_TEST_UNIT_DRAFTMAKER_H
