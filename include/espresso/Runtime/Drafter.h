//===- Drafter.h - Guesses at the next tokens -------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_RUNTIME_DRAFTER_H
#define ESPRESSO_RUNTIME_DRAFTER_H

#include "espresso/Runtime/Bundle.h"
#include "espresso/Runtime/Device.h"

#include "absl/status/statusor.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace espresso::runtime {

/// Proposes tokens that may come next. What it proposes changes how fast a text
/// comes, never the text. Thread-compatible.
class Drafter {
public:
  virtual ~Drafter() = default;
  /// Fills `drafts` with up to `count` tokens that may follow `history`, the
  /// whole text so far, which is not empty. None is an answer.
  virtual absl::Status draft(std::span<const int32_t> history, int64_t count,
                             std::vector<int32_t> &drafts) = 0;
};

/// Longest run of tokens that a lookup drafter compares by default.
inline constexpr int64_t kDefaultLookup = 3;

/// Proposes what followed the last tokens where they stood before: the longest
/// run that has, of up to `longest` tokens, and of its places the last. Takes
/// O(longest * history) a draft.
[[nodiscard]] std::unique_ptr<Drafter>
createLookupDrafter(int64_t longest = kDefaultLookup);

/// Proposes what another model takes for the best tokens. Errors:
/// InvalidArgument if its vocabulary is not that of `target`, and those of
/// BatchSession::create.
[[nodiscard]] absl::StatusOr<std::unique_ptr<Drafter>>
createModelDrafter(std::shared_ptr<const Bundle> draft, const Bundle &target,
                   const HostOptions &options = {});

} // namespace espresso::runtime

#endif // ESPRESSO_RUNTIME_DRAFTER_H
