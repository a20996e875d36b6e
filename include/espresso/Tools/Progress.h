//===- Progress.h - A line that says how far things are ---------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TOOLS_PROGRESS_H
#define ESPRESSO_TOOLS_PROGRESS_H

#include "llvm/ADT/StringRef.h"

#include <chrono>
#include <cstdint>
#include <string>

namespace espresso {

/// Shows "<step>: 12 of 345 MB" on stderr, rewritten in place, once the step
/// has taken a second. Silent if not enabled. Erases its line when destroyed.
class ProgressLine {
public:
  ProgressLine(llvm::StringRef step, bool enabled);
  ~ProgressLine();
  ProgressLine(const ProgressLine &) = delete;
  ProgressLine &operator=(const ProgressLine &) = delete;

  /// Bytes done and in all.
  void update(uint64_t done, uint64_t total);

private:
  using Clock = std::chrono::steady_clock;
  std::string step;
  bool enabled;
  bool shown = false;
  Clock::time_point nextUpdate;
};

} // namespace espresso

#endif // ESPRESSO_TOOLS_PROGRESS_H
