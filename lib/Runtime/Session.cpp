//===- Session.cpp - One text in the making -------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Runtime/Session.h"

#include "espresso/Base/StatusMacros.h"

namespace espresso::runtime {

Session::Session(std::unique_ptr<BatchSession> batch)
    : batch(std::move(batch)) {}

absl::StatusOr<std::unique_ptr<Session>>
Session::create(std::shared_ptr<const Bundle> bundle,
                const HostOptions &options) {
  ESPRESSO_ASSIGN_OR_RETURN(
      std::unique_ptr<BatchSession> batch,
      BatchSession::create(std::move(bundle), /*slots=*/1, options));
  return std::unique_ptr<Session>(new Session(std::move(batch)));
}

absl::StatusOr<std::span<const float>>
Session::append(std::span<const int32_t> ids) {
  ESPRESSO_RETURN_IF_ERROR(batch->read(0, ids, BatchResult::Logits));
  return batch->getLogits(0);
}

absl::StatusOr<Session::Choice>
Session::appendGreedy(std::span<const int32_t> ids) {
  ESPRESSO_RETURN_IF_ERROR(batch->read(0, ids, BatchResult::Choice));
  return batch->getChoice(0);
}

} // namespace espresso::runtime
