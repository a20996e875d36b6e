//===- BatchMaker.h - Texts that come and go --------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TEST_UNIT_BATCHMAKER_H
#define ESPRESSO_TEST_UNIT_BATCHMAKER_H

#include "espresso/Runtime/BatchSession.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

namespace espresso::runtime {

/// What happens in the slots of a batch session, step by step.
struct BatchScript {
  struct Text {
    int64_t slot = 0;
    int64_t start = 0; ///< the step before which the prompt is read
    std::vector<int32_t> ids;
    size_t promptLength = 1;
    std::vector<std::vector<float>> logits; ///< found
  };
  std::vector<Text> texts;
  int64_t steps = 0;
};

/// Texts of reproducible tokens and lengths, one after another in each slot,
/// each of which begins at a step of its own.
inline BatchScript makeScript(int64_t slots, int64_t context,
                              int32_t vocabulary) {
  BatchScript script;
  uint64_t seed = 1;
  auto next = [&](int64_t count) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return static_cast<int64_t>(seed >> 33) % count;
  };
  for (int64_t slot = 0; slot < slots; ++slot) {
    int64_t start = next(5);
    for (int64_t i = 0; i < 2; ++i) {
      BatchScript::Text text{.slot = slot, .start = start};
      text.ids.resize(2 + next(context - 1));
      for (int32_t &id : text.ids)
        id = static_cast<int32_t>(next(vocabulary));
      text.promptLength = 1 + next(static_cast<int64_t>(text.ids.size()));
      start += static_cast<int64_t>(text.ids.size()) + next(3);
      script.texts.push_back(std::move(text));
    }
    script.steps = std::max(script.steps, start);
  }
  return script;
}

/// Runs a script; at each step, all texts that are under way have a column.
inline void runScript(BatchSession &batch, BatchScript &script) {
  for (int64_t step = 0; step < script.steps; ++step) {
    std::vector<BatchColumn> columns;
    std::vector<BatchScript::Text *> owners;
    for (BatchScript::Text &text : script.texts) {
      const size_t at = text.promptLength + step - text.start - 1;
      if (step == text.start) {
        batch.reset(text.slot);
        absl::Status read =
            batch.read(text.slot, std::span(text.ids).first(text.promptLength),
                       BatchResult::Logits);
        ASSERT_TRUE(read.ok()) << read;
        text.logits.emplace_back(batch.getLogits(0).begin(),
                                 batch.getLogits(0).end());
      } else if (step > text.start && at < text.ids.size()) {
        columns.push_back({text.slot, text.ids[at]});
        owners.push_back(&text);
      }
    }
    if (columns.empty())
      continue;
    absl::Status run = batch.run(columns, BatchResult::Logits);
    ASSERT_TRUE(run.ok()) << run;
    for (size_t i = 0; i < columns.size(); ++i)
      owners[i]->logits.emplace_back(batch.getLogits(i).begin(),
                                     batch.getLogits(i).end());
  }
}

/// Expects of each text of a script what it has in slot 0 of `alone`.
inline void expectScript(BatchSession &batch, BatchScript script,
                         BatchSession &alone) {
  runScript(batch, script);
  for (size_t i = 0; i < script.texts.size(); ++i) {
    const BatchScript::Text &text = script.texts[i];
    BatchScript one{.texts = {text},
                    .steps = static_cast<int64_t>(text.ids.size())};
    one.texts[0].slot = one.texts[0].start = 0;
    one.texts[0].logits.clear();
    runScript(alone, one);
    ASSERT_EQ(text.logits.size(), text.ids.size() - text.promptLength + 1);
    EXPECT_EQ(text.logits, one.texts[0].logits) << "text " << i;
  }
}

} // namespace espresso::runtime

#endif // ESPRESSO_TEST_UNIT_BATCHMAKER_H
