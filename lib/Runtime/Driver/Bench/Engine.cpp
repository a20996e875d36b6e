//===- Engine.cpp - Texts that are measured -------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Engine.h"

#include "espresso/Base/StatusMacros.h"

#include <algorithm>

namespace espresso::runtime::bench {

absl::StatusOr<std::unique_ptr<Engine>>
Engine::create(std::shared_ptr<const Bundle> bundle, unsigned threads,
               int64_t streams, uint64_t seed) {
  ESPRESSO_ASSIGN_OR_RETURN(std::unique_ptr<BatchSession> session,
                            BatchSession::create(std::move(bundle), streams + 1,
                                                 {.threads = threads}));
  return std::unique_ptr<Engine>(new Engine(std::move(session), streams, seed));
}

int32_t Engine::drawToken(Random &from) const {
  const double size =
      static_cast<double>(session->getBundle().getModel().vocabularySize);
  return static_cast<int32_t>(from.nextUnit() * size);
}

absl::Status Engine::prepare(int64_t depth) {
  random = Random(seed);
  const int64_t held = session->getLength(streams);
  if (held < depth) {
    Random tokens(~seed);
    context.resize(depth);
    for (int32_t &id : context)
      id = drawToken(tokens);
    ESPRESSO_RETURN_IF_ERROR(
        session->read(streams, std::span<const int32_t>(context).subspan(held),
                      BatchResult::Choice));
  }
  for (int64_t slot = 0; slot < streams; ++slot) {
    if (depth > 0)
      ESPRESSO_RETURN_IF_ERROR(session->copy(streams, slot));
    session->rollBack(slot, depth);
  }
  return absl::OkStatus();
}

absl::Status Engine::readPrompts(int64_t count) {
  ids.resize(count);
  for (int64_t slot = 0; slot < streams; ++slot) {
    for (int32_t &id : ids)
      id = drawToken(random);
    ESPRESSO_RETURN_IF_ERROR(session->read(slot, ids, BatchResult::Choice));
  }
  return absl::OkStatus();
}

absl::Status Engine::generate(int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    for (int64_t first = 0; first < streams;
         first += BatchSession::kMaxColumns) {
      const int64_t end = std::min(streams, first + BatchSession::kMaxColumns);
      columns.clear();
      for (int64_t slot = first; slot < end; ++slot)
        columns.push_back({.slot = slot, .token = drawToken(random)});
      ESPRESSO_RETURN_IF_ERROR(session->run(columns, BatchResult::Choice));
    }
  return absl::OkStatus();
}

} // namespace espresso::runtime::bench
