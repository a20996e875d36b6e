//===- Progress.cpp - A sign of life --------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Progress.h"

#include "absl/strings/str_format.h"

#include <chrono>
#include <cstdio>

#include <unistd.h>

namespace espresso::runtime {

using Clock = std::chrono::steady_clock;

static constexpr std::chrono::seconds kPatience{1};
static constexpr std::chrono::milliseconds kInterval{200};

Progress::Progress(bool isWanted, std::string step) : step(std::move(step)) {
  if (isWanted && ::isatty(STDERR_FILENO))
    thread = std::thread([this] { show(); });
}

Progress::~Progress() {
  if (!thread.joinable())
    return;
  {
    std::lock_guard<std::mutex> lock(mutex);
    isDone = true;
  }
  changed.notify_all();
  thread.join();
}

void Progress::show() {
  const Clock::time_point start = Clock::now();
  std::unique_lock<std::mutex> lock(mutex);
  auto done = [this] { return isDone; };
  if (changed.wait_for(lock, kPatience, done))
    return;
  do {
    const std::chrono::duration<double> passed = Clock::now() - start;
    absl::FPrintF(stderr, "\r%s: %.1f s", step, passed.count());
    std::fflush(stderr);
  } while (!changed.wait_for(lock, kInterval, done));
  absl::FPrintF(stderr, "\r\033[K");
  std::fflush(stderr);
}

} // namespace espresso::runtime
