//===- BusyCore.cpp - Generation beside a busy core -----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BusyCore.h"

#include "Runtime/Driver/Progress.h"
#include "TestRunner.h"
#include "espresso/Base/StatusMacros.h"

#include "absl/strings/str_cat.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

namespace espresso::runtime::bench {

/// How long the other process may take to be running.
static constexpr std::chrono::milliseconds kStartTime{20};
/// Steps between two looks at whether the parent still lives: some
/// milliseconds.
static constexpr uint64_t kStepsBetweenLooks = uint64_t{1} << 23;

/// What the other process does, until it is ended or its parent is gone. It
/// was forked from a process with threads: nothing here allocates or locks.
[[noreturn]] static void spin(pid_t parent) {
  volatile uint64_t state = 1;
  for (uint64_t i = 1;; ++i) {
    state = state * 6364136223846793005U + i;
    if (i % kStepsBetweenLooks == 0 && ::getppid() != parent)
      ::_exit(0);
  }
}

absl::StatusOr<std::unique_ptr<BusyProcess>> BusyProcess::start() {
  const pid_t parent = ::getpid();
  const pid_t process = ::fork();
  if (process < 0)
    return absl::UnavailableError(absl::StrCat(
        "cannot start a process to keep a core busy: ", std::strerror(errno)));
  if (process == 0)
    spin(parent);
  std::unique_ptr<BusyProcess> busy(new BusyProcess(process));
  std::this_thread::sleep_for(kStartTime);
  return busy;
}

BusyProcess::~BusyProcess() {
  ::kill(process, SIGKILL);
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
}

std::vector<double> BusyMeasurement::getRatio() const {
  const std::vector<double> before = quiet.getTokensPerSecond();
  std::vector<double> ratios = busy.getTokensPerSecond();
  for (size_t i = 0; i < ratios.size(); ++i)
    ratios[i] /= before[i];
  return ratios;
}

/// One round: quiet and busy, the order alternating.
static absl::Status measureRound(TestRunner &runner, BusyMeasurement &m,
                                 bool busyFirst) {
  for (const bool isBusy : {busyFirst, !busyFirst}) {
    Measurement &side = isBusy ? m.busy : m.quiet;
    // The limits are measured before the other process is there.
    TestRunner::Interruption interruption;
    std::unique_ptr<BusyProcess> process;
    if (isBusy)
      interruption = [&]() -> absl::Status {
        ESPRESSO_ASSIGN_OR_RETURN(process, BusyProcess::start());
        return absl::OkStatus();
      };
    ESPRESSO_ASSIGN_OR_RETURN(
        Sample sample,
        runner.measure(side.test, /*limitsFirst=*/true, interruption));
    side.samples.push_back(sample);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<BusyMeasurement>>
measureBusyCore(const std::shared_ptr<const Bundle> &bundle,
                const Workload &workload, const BenchOptions &options) {
  std::vector<BusyMeasurement> all;
  for (const BenchTest &test : listTests(options)) {
    BenchTest quiet = test;
    quiet.threads = 1;
    all.push_back({.quiet = makeMeasurement(quiet, workload),
                   .busy = makeMeasurement(test, workload)});
  }
  TestRunner runner(bundle, workload, options);
  if (!options.noWarmup)
    for (const BusyMeasurement &m : all) {
      ESPRESSO_RETURN_IF_ERROR(runner.warmUp(m.quiet.test));
      ESPRESSO_RETURN_IF_ERROR(runner.warmUp(m.busy.test));
    }
  for (int64_t round = 0; round < options.repetitions; ++round)
    for (BusyMeasurement &m : all) {
      const Progress progress(
          options.wantsProgress(),
          absl::StrCat("round ", round + 1, " of ", options.repetitions));
      ESPRESSO_RETURN_IF_ERROR(measureRound(runner, m, round % 2 != 0));
    }
  return all;
}

} // namespace espresso::runtime::bench
