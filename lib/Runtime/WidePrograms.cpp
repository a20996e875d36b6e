//===- WidePrograms.cpp - Programs for batches, made as needed ------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "WidePrograms.h"

#include "espresso/Base/StatusMacros.h"
#include "espresso/Runtime/BatchSession.h"

#include <algorithm>

namespace espresso::runtime {

/// Programs for blocks of a prompt that are kept, beside those for up to
/// kMaxColumns and for kMaxBlock columns.
static constexpr int kMaxBlocksKept = 4;

absl::StatusOr<Executor *> WidePrograms::get(int64_t columns, int form) {
  auto found = std::find_if(parts.begin(), parts.end(), [&](const Part &part) {
    return part.columns == columns && part.form == form;
  });
  if (found != parts.end()) {
    parts.splice(parts.begin(), parts, found);
    return found->executor.get();
  }
  Part part{.columns = columns, .form = form};
  ESPRESSO_ASSIGN_OR_RETURN(
      CheckedPlan plan,
      form < 0 ? decode.makeTrunk(columns)
               : decode.makeHead(columns, static_cast<HeadForm>(form)));
  ESPRESSO_ASSIGN_OR_RETURN(part.program,
                            Program::compile(std::move(plan), options));
  ESPRESSO_ASSIGN_OR_RETURN(
      part.executor, Executor::create(*part.program, workspace, nullptr));
  parts.push_front(std::move(part));
  int kept = 0;
  parts.remove_if([&](const Part &other) {
    return other.columns > BatchSession::kMaxColumns &&
           other.columns != BatchSession::kMaxBlock && ++kept > kMaxBlocksKept;
  });
  return parts.front().executor.get();
}

absl::StatusOr<Executor *> WidePrograms::getTrunk(int64_t columns) {
  return get(columns, -1);
}

absl::StatusOr<Executor *> WidePrograms::getHead(int64_t columns,
                                                 HeadForm form) {
  return get(columns, static_cast<int>(form));
}

} // namespace espresso::runtime
