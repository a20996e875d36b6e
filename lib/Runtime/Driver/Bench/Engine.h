//===- Engine.h - Texts that are measured -----------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_ENGINE_H
#define ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_ENGINE_H

#include "espresso/Runtime/Session.h"

#include "absl/status/statusor.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace espresso::runtime::bench {

/// Streams of random tokens through one model, all of the same length. Every
/// step ends with the choice of the best next token, which is not used: the
/// tokens come from a generator, the same for the same seed.
class Engine {
public:
  /// Errors: those of Session::create.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Engine>>
  create(std::shared_ptr<const Bundle> bundle, unsigned threads,
         int64_t streams, uint64_t seed);

  /// Forgets everything, and begins the tokens anew.
  void reset();
  /// Reads `count` tokens into each stream as a prompt.
  [[nodiscard]] absl::Status readPrompts(int64_t count);
  /// Reads `count` tokens into each stream, one in each after the other.
  [[nodiscard]] absl::Status generate(int64_t count);

private:
  Engine(std::unique_ptr<Session> session, uint64_t seed)
      : session(std::move(session)), seed(seed), random(seed) {}
  absl::Status read(std::span<const int32_t> ids);
  int32_t drawToken();

  std::unique_ptr<Session> session;
  const uint64_t seed;
  Random random;
  std::vector<int32_t> ids;
};

} // namespace espresso::runtime::bench

#endif // ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_ENGINE_H
