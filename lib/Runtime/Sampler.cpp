//===- Sampler.cpp - Choosing the next token ------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Runtime/Sampler.h"

#include "espresso/Base/StatusMacros.h"

#include "espresso/Kernels/Reduce.h"

#include "absl/strings/str_cat.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace espresso::runtime {

//===----------------------------------------------------------------------===//
// Random
//===----------------------------------------------------------------------===//

Random::Random(uint64_t seed) {
  for (uint64_t &word : state) {
    // SplitMix64
    seed += 0x9E3779B97F4A7C15u;
    uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    word = z ^ (z >> 31);
  }
}

uint64_t Random::next() {
  const uint64_t result = std::rotl(state[1] * 5, 7) * 9;
  const uint64_t shifted = state[1] << 17;
  state[2] ^= state[0];
  state[3] ^= state[1];
  state[1] ^= state[2];
  state[0] ^= state[3];
  state[2] ^= shifted;
  state[3] = std::rotl(state[3], 45);
  return result;
}

double Random::nextUnit() {
  return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

//===----------------------------------------------------------------------===//
// Sampler
//===----------------------------------------------------------------------===//

absl::Status checkOptions(const SamplerOptions &options) {
  auto invalid = [](const char *name, double value, const char *range) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, " is ", value, ", expected ", range));
  };
  if (!(options.repeatPenalty > 0) || std::isinf(options.repeatPenalty))
    return invalid("repeat penalty", options.repeatPenalty,
                   "a positive number");
  if (options.repeatWindow < 0)
    return invalid("repeat window", static_cast<double>(options.repeatWindow),
                   "0 or more");
  if (!(options.temperature >= 0) || std::isinf(options.temperature))
    return invalid("temperature", options.temperature, "0 or more");
  if (options.topK < 0)
    return invalid("top-k", static_cast<double>(options.topK), "0 or more");
  if (!(options.topP > 0 && options.topP <= 1))
    return invalid("top-p", options.topP, "more than 0 and at most 1");
  if (!(options.minP >= 0 && options.minP <= 1))
    return invalid("min-p", options.minP, "0 to 1");
  return absl::OkStatus();
}

void Sampler::penalise(std::span<const int32_t> history) {
  const size_t window = std::min<size_t>(history.size(), options.repeatWindow);
  std::vector<int32_t> recent(history.end() - window, history.end());
  std::sort(recent.begin(), recent.end());
  recent.erase(std::unique(recent.begin(), recent.end()), recent.end());
  const float penalty = static_cast<float>(options.repeatPenalty);
  for (int32_t id : recent) {
    if (id < 0 || static_cast<size_t>(id) >= adjusted.size())
      continue;
    float &logit = adjusted[id];
    logit = logit > 0 ? logit / penalty : logit * penalty;
  }
}

/// Sorts the candidates, most probable first, and leaves the `topK` first.
void Sampler::keepLargest() {
  auto before = [](const Candidate &a, const Candidate &b) {
    return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
  };
  if (options.topK > 0 &&
      static_cast<size_t>(options.topK) < candidates.size()) {
    std::partial_sort(candidates.begin(), candidates.begin() + options.topK,
                      candidates.end(), before);
    candidates.resize(options.topK);
    return;
  }
  std::sort(candidates.begin(), candidates.end(), before);
}

/// Draws from the sorted candidates, after top-p and min-p.
int32_t Sampler::draw() {
  weights.clear();
  double total = 0;
  for (const Candidate &candidate : candidates) {
    weights.push_back(std::exp(candidate.logit - candidates[0].logit));
    total += weights.back();
  }
  size_t kept = weights.size();
  if (options.topP < 1) {
    double sum = 0;
    for (kept = 0; kept < weights.size() && sum < options.topP * total; ++kept)
      sum += weights[kept];
  }
  // The first weight is 1, the probability of the most probable its share.
  while (kept > 1 && weights[kept - 1] < options.minP)
    --kept;
  kept = std::max<size_t>(kept, 1);
  total = 0;
  for (size_t i = 0; i < kept; ++i)
    total += weights[i];
  const double point = random.nextUnit() * total;
  double sum = 0;
  for (size_t i = 0; i < kept; ++i) {
    sum += weights[i];
    if (point < sum)
      return candidates[i].id;
  }
  return candidates[kept - 1].id; // rounding left the sum short of the point
}

absl::StatusOr<int32_t> toToken(const TokenChoice &choice) {
  if (choice.id < 0 || choice.logit == -std::numeric_limits<float>::infinity())
    return absl::FailedPreconditionError("no logit is a number above -inf");
  return choice.id;
}

absl::StatusOr<int32_t> Sampler::sample(std::span<const float> logits,
                                        std::span<const int32_t> history) {
  adjusted.assign(logits.begin(), logits.end());
  if (options.repeatPenalty != 1)
    penalise(history);
  const int64_t best = kernels::argMax(adjusted);
  const TokenChoice choice{.id = static_cast<int32_t>(best),
                           .logit = best < 0 ? 0 : adjusted[best]};
  ESPRESSO_RETURN_IF_ERROR(toToken(choice).status());
  // Nothing compares with infinity: it is certain.
  if (options.temperature == 0 || std::isinf(adjusted[best]))
    return static_cast<int32_t>(best);
  candidates.clear();
  for (size_t i = 0; i < adjusted.size(); ++i)
    if (adjusted[i] > -std::numeric_limits<float>::infinity())
      candidates.push_back(
          {adjusted[i] / options.temperature, static_cast<int32_t>(i)});
  keepLargest();
  return draw();
}

} // namespace espresso::runtime
