//===- Generate.cpp - From a prompt to its continuation -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StatusMacros.h"
#include "espresso/Runtime/Session.h"

#include <chrono>

namespace espresso::runtime {

std::string_view getName(StopReason reason) {
  switch (reason) {
  case StopReason::StopToken:
    return "stop token";
  case StopReason::MaxTokens:
    return "token limit";
  case StopReason::ContextFull:
    return "context full";
  case StopReason::Cancelled:
    return "cancelled";
  }
  return "";
}

using Clock = std::chrono::steady_clock;

static double getSecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

absl::StatusOr<GenerateResult> generate(Session &session,
                                        std::span<const int32_t> prompt,
                                        const GenerateOptions &options,
                                        const GenerateCallbacks &callbacks) {
  ESPRESSO_RETURN_IF_ERROR(checkOptions(options.sampler));
  const Tokenizer &tokenizer = session.getBundle().getTokenizer();
  Sampler sampler(options.sampler);
  GenerateResult result;
  std::vector<int32_t> history(prompt.begin(), prompt.end());
  const Clock::time_point start = Clock::now();
  ESPRESSO_ASSIGN_OR_RETURN(std::span<const float> logits,
                            session.append(prompt));
  result.promptTokens = static_cast<int64_t>(prompt.size());
  result.promptSeconds = getSecondsSince(start);
  if (callbacks.onPromptLogits)
    ESPRESSO_RETURN_IF_ERROR(callbacks.onPromptLogits(logits));

  Clock::time_point firstChoice = Clock::now();
  for (;;) {
    if (options.maxNewTokens >= 0 &&
        static_cast<int64_t>(result.ids.size()) >= options.maxNewTokens) {
      result.reason = StopReason::MaxTokens;
      break;
    }
    ESPRESSO_ASSIGN_OR_RETURN(int32_t id, sampler.sample(logits, history));
    if (result.firstTokenSeconds == 0) {
      result.firstTokenSeconds = getSecondsSince(start);
      firstChoice = Clock::now();
    }
    if (options.endAtStopTokens && tokenizer.isStop(id)) {
      result.reason = StopReason::StopToken;
      break;
    }
    result.ids.push_back(id);
    history.push_back(id);
    if (callbacks.onToken && !callbacks.onToken(id)) {
      result.reason = StopReason::Cancelled;
      break;
    }
    // The last token wanted need not be read.
    if (static_cast<int64_t>(result.ids.size()) == options.maxNewTokens)
      continue;
    if (session.getPosition() == session.getContextLength()) {
      result.reason = StopReason::ContextFull;
      break;
    }
    ESPRESSO_ASSIGN_OR_RETURN(logits, session.append({&id, 1}));
    ++result.decodeSteps;
  }
  result.decodeSeconds = getSecondsSince(firstChoice);
  return result;
}

} // namespace espresso::runtime
