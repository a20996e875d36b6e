//===- Session.h - One text in the making -----------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_RUNTIME_SESSION_H
#define ESPRESSO_RUNTIME_SESSION_H

#include "espresso/Runtime/BatchSession.h"
#include "espresso/Runtime/Bundle.h"
#include "espresso/Runtime/Device.h"
#include "espresso/Runtime/Drafter.h"
#include "espresso/Runtime/Sampler.h"

#include "absl/status/statusor.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace espresso::runtime {

/// A language model with a context: tokens go in, logits or the best token come
/// out. Thread-compatible; sessions of one bundle share its weights.
class Session {
public:
  /// Errors: as of BatchSession::create.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Session>>
  create(std::shared_ptr<const Bundle> bundle, const HostOptions &options = {});

  const Bundle &getBundle() const { return batch->getBundle(); }
  /// What computes: a batch session whose slot 0 is the context.
  BatchSession &getBatch() { return *batch; }
  /// Tokens seen so far.
  int64_t getPosition() const { return batch->getLength(0); }
  int64_t getContextLength() const { return batch->getContextLength(); }

  /// Appends `ids` to the context; returns the logits after the last, one for
  /// each piece of the vocabulary, valid until the next call. Errors:
  /// OutOfRange if the context has no room for all of them, InvalidArgument for
  /// no ids or an id outside the vocabulary, FailedPrecondition if the head
  /// gives no logits. After an error: reset.
  [[nodiscard]] absl::StatusOr<std::span<const float>>
  append(std::span<const int32_t> ids);

  /// True if the head of the bundle chooses: there are no logits, and
  /// appendGreedy() takes the place of append().
  bool isGreedy() const { return batch->isGreedy(); }

  using Choice = TokenChoice;
  /// Appends `ids` likewise; returns the best token after the last. The logits
  /// need not be in memory for it.
  [[nodiscard]] absl::StatusOr<Choice>
  appendGreedy(std::span<const int32_t> ids);

  /// Forgets the tokens from `length` on, of which there are as many or more.
  void rollBack(int64_t length) { batch->rollBack(0, length); }
  /// Forgets everything.
  void reset() { rollBack(0); }

private:
  explicit Session(std::unique_ptr<BatchSession> batch);

  std::unique_ptr<BatchSession> batch;
};

struct GenerateOptions {
  SamplerOptions sampler;
  /// New tokens at most; negative: as many as the context holds.
  int64_t maxNewTokens = -1;
  /// Ids past which the text does not go on; false: they are ordinary.
  bool endAtStopTokens = true;
  /// Tokens that the session has read already, oldest first, for the penalty on
  /// repetition. They need to live for the call only.
  std::span<const int32_t> history = {};
  /// Proposes tokens that are verified together; null: tokens come one by one.
  /// The text is the same. `history` must then be all that the session has
  /// read. Not owned.
  Drafter *drafter = nullptr;
  /// Tokens proposed at a time, at most BatchSession::kMaxColumns - 1; 0: more
  /// while they are right, fewer while they are wrong.
  int64_t draftTokens = 0;
};

/// InvalidArgument for options out of their range; FailedPrecondition if the
/// head chooses (`isGreedy`) and so leaves nothing to such a sampler.
[[nodiscard]] absl::Status checkSampler(bool isGreedy,
                                        const SamplerOptions &options);

enum class StopReason : uint8_t {
  StopToken,   ///< the model ended the text
  MaxTokens,   ///< as many as were asked for
  ContextFull, ///< the cache has no row left
  Cancelled,   ///< the callback returned false
};

/// "stop token", "token limit", "context full", "cancelled".
[[nodiscard]] std::string_view getName(StopReason reason);

struct GenerateResult {
  /// New tokens; a stop token is not among them.
  std::vector<int32_t> ids;
  StopReason reason = StopReason::MaxTokens;
  double promptSeconds = 0;     ///< reading the prompt
  double firstTokenSeconds = 0; ///< from the call to the first choice
  double decodeSeconds = 0;     ///< everything after the first choice
  int64_t promptTokens = 0;
  int64_t decodeSteps = 0; ///< tokens read after the prompt
  /// Reads that gave one or more of them, and tokens on trial in these: all,
  /// and those that were right.
  int64_t passes = 0, draftedTokens = 0, acceptedTokens = 0;
};

/// What happens as a text is generated; each may be left empty.
struct GenerateCallbacks {
  /// Called when the prompt has been read; an error ends the generation.
  std::function<absl::Status()> onPrompt;
  /// Called then with the logits after the prompt, none of them if the head of
  /// the bundle chooses; likewise.
  std::function<absl::Status(std::span<const float>)> onPromptLogits;
  /// Called with each new token; false ends the generation.
  std::function<bool(int32_t)> onToken;
};

/// Reads `prompt` into the session, then chooses and reads tokens one by one.
/// Errors are those of Session::append and Sampler::sample; the session must
/// then be reset.
[[nodiscard]] absl::StatusOr<GenerateResult>
generate(Session &session, std::span<const int32_t> prompt,
         const GenerateOptions &options,
         const GenerateCallbacks &callbacks = {});

} // namespace espresso::runtime

#endif // ESPRESSO_RUNTIME_SESSION_H
