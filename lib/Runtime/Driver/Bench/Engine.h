//===- Engine.h - Texts that are measured -----------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_ENGINE_H
#define ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_ENGINE_H

#include "espresso/Runtime/BatchSession.h"

#include "absl/status/statusor.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace espresso::runtime::bench {

/// Streams of random tokens through one model, all of the same length. Every
/// step ends with the choice of the best next token of each stream, which is
/// not used: the tokens come from a generator, the same for the same seed.
class Engine {
public:
  /// Errors: those of BatchSession::create.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Engine>>
  create(std::shared_ptr<const Bundle> bundle, unsigned threads,
         int64_t streams, uint64_t seed);

  /// Puts the same `depth` tokens into each stream and nothing else.
  [[nodiscard]] absl::Status prepare(int64_t depth);
  /// Reads `count` tokens into each stream as a prompt, stream by stream.
  [[nodiscard]] absl::Status readPrompts(int64_t count);
  /// Reads `count` tokens into each stream, one in each after the other.
  [[nodiscard]] absl::Status generate(int64_t count);

private:
  Engine(std::unique_ptr<BatchSession> session, int64_t streams, uint64_t seed)
      : session(std::move(session)), streams(streams), seed(seed),
        random(seed) {}
  int32_t drawToken(Random &from) const;

  /// The slot behind those of the streams holds the longest context that was
  /// asked for, of which the streams get copies.
  std::unique_ptr<BatchSession> session;
  const int64_t streams;
  const uint64_t seed;
  Random random;
  std::vector<int32_t> context;
  std::vector<int32_t> ids;
  std::vector<BatchColumn> columns;
};

} // namespace espresso::runtime::bench

#endif // ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_ENGINE_H
