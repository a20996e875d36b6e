//===- Streams.h - Many texts generated together ----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_RUNTIME_STREAMS_H
#define ESPRESSO_RUNTIME_STREAMS_H

#include "espresso/Runtime/BatchSession.h"
#include "espresso/Runtime/Session.h"

#include "absl/status/status.h"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace espresso::runtime {

/// A text to be generated.
struct StreamRequest {
  std::vector<int32_t> prompt;
  SamplerOptions sampler;
  /// As in GenerateOptions.
  int64_t maxNewTokens = -1;
  bool endAtStopTokens = true;
};

/// What all texts took together.
struct StreamsResult {
  int64_t promptTokens = 0; ///< of all prompts
  int64_t promptsRead = 0;  ///< tokens that were read for them
  double promptSeconds = 0;
  int64_t decodeSteps = 0; ///< tokens read after prompts
  int64_t passes = 0;      ///< batches that read them
  double decodeSeconds = 0;
};

/// Slots that generateStreams() wants for texts side by side: one more holds a
/// prompt that several texts have.
[[nodiscard]] inline int64_t getStreamSlots(int64_t streams) {
  return streams + 1;
}

/// Generates the texts of all requests, as many side by side as the session has
/// slots but one: each step reads a token of every text that is under way, in
/// batches of up to BatchSession::kMaxColumns. A text begins when another has
/// ended, in the order of the requests; each is what generate() would give it
/// alone. A prompt that follows an equal one is copied, not read.
///
/// `onText` is called with each text as it ends, by number of the request; an
/// error ends everything. Errors: those of BatchSession and Sampler.
[[nodiscard]] absl::StatusOr<StreamsResult> generateStreams(
    BatchSession &batch, std::span<const StreamRequest> requests,
    const std::function<absl::Status(size_t, GenerateResult)> &onText);

} // namespace espresso::runtime

#endif // ESPRESSO_RUNTIME_STREAMS_H
