//===- Sampler.h - Choosing the next token ----------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_RUNTIME_SAMPLER_H
#define ESPRESSO_RUNTIME_SAMPLER_H

#include "absl/status/statusor.h"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace espresso::runtime {

/// xoshiro256** (Blackman and Vigna, 2018), its state filled by SplitMix64 from
/// the seed. The same seed gives the same numbers on every platform.
class Random {
public:
  explicit Random(uint64_t seed);
  [[nodiscard]] uint64_t next();
  /// In [0, 1): the upper 53 bits over 2^53.
  [[nodiscard]] double nextUnit();

private:
  std::array<uint64_t, 4> state;
};

/// Steps apply in the order of the fields; the defaults switch each off and
/// leave the arg-max.
struct SamplerOptions {
  /// Logits of tokens among the last `repeatWindow` are divided by this if
  /// positive, multiplied if not. 1: off.
  double repeatPenalty = 1.0;
  int64_t repeatWindow = 64;
  /// Logits are divided by it. 0: the first of the largest logits, always.
  double temperature = 0.0;
  /// Only the k largest, the lower id before equals. 0: all.
  int64_t topK = 0;
  /// Only the most probable whose probabilities first add up to p. 1: all.
  double topP = 1.0;
  /// Only those at least p times as probable as the most probable. 0: all.
  double minP = 0.0;
  uint64_t seed = 0;
};

/// InvalidArgument naming the first option out of its range.
[[nodiscard]] absl::Status checkOptions(const SamplerOptions &options);

/// The first of the largest logits. `id` is -1 if no logit is a number.
struct TokenChoice {
  int32_t id = -1;
  float logit = 0;
};

/// The id. Errors: FailedPrecondition if no logit is above -inf.
[[nodiscard]] absl::StatusOr<int32_t> toToken(const TokenChoice &choice);

/// Chooses tokens. Thread-compatible.
class Sampler {
public:
  explicit Sampler(const SamplerOptions &options)
      : options(options), random(options.seed) {}

  /// Whether the best token is all it ever takes, so that no logits are needed.
  [[nodiscard]] bool takesBest() const {
    return options.temperature == 0 && options.repeatPenalty == 1;
  }

  /// The next id, after `history` (all tokens so far, oldest first). NaN is
  /// never chosen. Errors: FailedPrecondition if no logit is above -inf.
  [[nodiscard]] absl::StatusOr<int32_t>
  sample(std::span<const float> logits, std::span<const int32_t> history);

private:
  struct Candidate {
    double logit;
    int32_t id;
  };
  void penalise(std::span<const int32_t> history);
  void keepLargest();
  int32_t draw();

  SamplerOptions options;
  Random random;
  std::vector<float> adjusted;
  std::vector<Candidate> candidates;
  std::vector<double> weights;
};

} // namespace espresso::runtime

#endif // ESPRESSO_RUNTIME_SAMPLER_H
