//===- Engine.cpp - Texts that are measured -------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Engine.h"

#include "espresso/Base/StatusMacros.h"
#include "espresso/Kernels/Reduce.h"

namespace espresso::runtime::bench {

absl::StatusOr<std::unique_ptr<Engine>>
Engine::create(std::shared_ptr<const Bundle> bundle, unsigned threads,
               int64_t streams, uint64_t seed) {
  if (streams != 1)
    return absl::UnimplementedError("several streams at a time");
  ESPRESSO_ASSIGN_OR_RETURN(
      std::unique_ptr<Session> session,
      Session::create(std::move(bundle), {.threads = threads}));
  return std::unique_ptr<Engine>(new Engine(std::move(session), seed));
}

void Engine::reset() {
  session->reset();
  random = Random(seed);
}

int32_t Engine::drawToken() {
  const double size =
      static_cast<double>(session->getBundle().getModel().vocabularySize);
  return static_cast<int32_t>(random.nextUnit() * size);
}

absl::Status Engine::read(std::span<const int32_t> tokens) {
  if (session->isGreedy())
    return session->appendGreedy(tokens).status();
  ESPRESSO_ASSIGN_OR_RETURN(std::span<const float> logits,
                            session->append(tokens));
  static_cast<void>(kernels::argMax(logits));
  return absl::OkStatus();
}

absl::Status Engine::readPrompts(int64_t count) {
  ids.resize(count);
  for (int32_t &id : ids)
    id = drawToken();
  return read(ids);
}

absl::Status Engine::generate(int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    const int32_t id = drawToken();
    ESPRESSO_RETURN_IF_ERROR(read({&id, 1}));
  }
  return absl::OkStatus();
}

} // namespace espresso::runtime::bench
