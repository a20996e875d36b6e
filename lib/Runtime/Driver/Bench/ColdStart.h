//===- ColdStart.h - From the start of a process to its first token -*- C++
//-*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_COLDSTART_H
#define ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_COLDSTART_H

#include "BenchOptions.h"

#include "absl/status/statusor.h"

#include <cstdint>
#include <string>
#include <vector>

namespace espresso::runtime::bench {

/// What new processes took, in seconds.
struct StartSample {
  double firstToken = 0; ///< from before its start to its first token
  double opening = 0;    ///< of these, until the session was ready
  double firstPass = 0;  ///< another one's first read of all weights
};

/// Starts with one prompt length and number of threads.
struct ColdStart {
  int64_t promptTokens = 0;
  unsigned threads = 1;
  std::vector<StartSample> cold; ///< the bundle's files not in memory before
  std::vector<StartSample> warm; ///< as the start before left them
  /// The part of the bundle that stayed in memory when it was to be dropped, at
  /// most; negative if the system does not say.
  double left = 0;
};

/// Starts processes that read a prompt with the bundle at `path`, which nobody
/// else may have mapped: what is mapped stays in memory. The executable itself
/// is in memory always. Errors: Unavailable if a process cannot be started,
/// FailedPrecondition if one fails.
[[nodiscard]] absl::StatusOr<std::vector<ColdStart>>
measureColdStart(const std::string &path, const BenchOptions &options);

/// What such a process does: its times go to stdout.
[[nodiscard]] absl::Status runChild(const BenchOptions &options);

} // namespace espresso::runtime::bench

#endif // ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_COLDSTART_H
