//===- TestRunner.h - Runs tests once ---------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_TESTRUNNER_H
#define ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_TESTRUNNER_H

#include "Engine.h"
#include "Limits.h"
#include "Throughput.h"

#include <functional>
#include <map>
#include <memory>
#include <utility>

namespace espresso::runtime::bench {

/// Runs tests, and measures the limits beside them. Tests of the same number of
/// threads and streams share their sessions, which live as long as it does.
class TestRunner {
public:
  TestRunner(std::shared_ptr<const Bundle> bundle, const Workload &workload,
             const BenchOptions &options)
      : bundle(std::move(bundle)), workload(workload), options(options) {}

  /// Called right before the clock starts; an error ends the measurement.
  using Interruption = std::function<absl::Status()>;

  /// One round of `test`, with the limits measured right before it or right
  /// after. Errors: those of the session, and of `before`.
  [[nodiscard]] absl::StatusOr<Sample> measure(const BenchTest &test,
                                               bool limitsFirst,
                                               const Interruption &before = {});

  /// Touches all memory and code that the test will: a whole prompt, or one
  /// token of a generation.
  [[nodiscard]] absl::Status warmUp(const BenchTest &test);

private:
  absl::StatusOr<Engine *> getEngine(const BenchTest &test);
  Limits &getLimits(unsigned threads);
  void measureLimits(const BenchTest &test, Sample &sample);

  std::shared_ptr<const Bundle> bundle;
  const Workload &workload;
  const BenchOptions &options;
  std::map<std::pair<unsigned, int64_t>, std::unique_ptr<Engine>> engines;
  std::map<unsigned, std::unique_ptr<Limits>> limits;
};

} // namespace espresso::runtime::bench

#endif // ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_TESTRUNNER_H
