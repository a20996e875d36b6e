//===- BusyCore.h - Generation beside a busy core ---------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_BUSYCORE_H
#define ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_BUSYCORE_H

#include "Throughput.h"

#include "absl/status/statusor.h"

#include <memory>
#include <vector>

#include <sys/types.h>

namespace espresso::runtime::bench {

/// A process that keeps a core busy for as long as the object lives.
class BusyProcess {
public:
  /// Errors: Unavailable.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<BusyProcess>> start();
  ~BusyProcess();
  BusyProcess(const BusyProcess &) = delete;
  BusyProcess &operator=(const BusyProcess &) = delete;

private:
  explicit BusyProcess(pid_t process) : process(process) {}
  pid_t process;
};

/// A test with one thread and nothing beside it, and with several beside a busy
/// core.
struct BusyMeasurement {
  Measurement quiet;
  Measurement busy;

  /// For each round: the speed beside the busy core over that of the quiet
  /// thread.
  [[nodiscard]] std::vector<double> getRatio() const;
};

/// Measures each test of generation in rounds, quiet and busy in turn. The
/// limits of both are those of the quiet machine. Errors: those of the session,
/// Unavailable if there is no other process to be had.
[[nodiscard]] absl::StatusOr<std::vector<BusyMeasurement>>
measureBusyCore(const std::shared_ptr<const Bundle> &bundle,
                const Workload &workload, const BenchOptions &options);

} // namespace espresso::runtime::bench

#endif // ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_BUSYCORE_H
