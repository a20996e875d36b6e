//===- Progress.cpp - A line that says how far things are -----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Tools/Progress.h"

#include "llvm/Support/raw_ostream.h"

namespace espresso {

static constexpr std::chrono::seconds kDelay{1};
static constexpr std::chrono::milliseconds kInterval{200};
static constexpr uint64_t kMegabyte = 1000000;
/// Erases the line and returns to its start (ECMA-48: EL 2, CR).
static constexpr llvm::StringLiteral kEraseLine = "\x1b[2K\r";

ProgressLine::ProgressLine(llvm::StringRef step, bool enabled)
    : step(step), enabled(enabled), nextUpdate(Clock::now() + kDelay) {}

ProgressLine::~ProgressLine() {
  if (shown)
    llvm::errs() << kEraseLine;
}

void ProgressLine::update(uint64_t done, uint64_t total) {
  if (!enabled || Clock::now() < nextUpdate)
    return;
  nextUpdate = Clock::now() + kInterval;
  shown = true;
  llvm::errs() << kEraseLine << step << ": " << done / kMegabyte << " of "
               << total / kMegabyte << " MB";
}

} // namespace espresso
