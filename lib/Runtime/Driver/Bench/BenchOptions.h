//===- BenchOptions.h - What espresso-run bench was asked for ---*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_BENCHOPTIONS_H
#define ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_BENCHOPTIONS_H

#include "Runtime/Driver/ModelCache.h"

#include "absl/status/statusor.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace espresso::runtime::bench {

enum class Format : uint8_t { Table, Json, Csv };

/// What a process of its own does for --cold: see ColdStart.h.
enum class Child : uint8_t { None, FirstToken, FirstPass };

struct BenchOptions {
  ModelRequest source;
  bool noVerify = false;

  // Every combination is measured. 0 threads: all the machine has.
  std::vector<int64_t> promptTokens;
  std::vector<int64_t> genTokens;
  std::vector<int64_t> depths = {0};
  std::vector<int64_t> threads = {0};
  std::vector<int64_t> streams = {1};
  int64_t repetitions = 5;
  int64_t seed = 1;
  bool products = false;
  bool noWarmup = false;

  bool cold = false;
  bool busyCore = false;
  Child child = Child::None;

  Format format = Format::Table;
  std::string output = "-";

  bool quiet = false;
  bool verbose = false;
  bool noProgress = false;
  bool help = false;
  bool helpAll = false;

  bool wantsProgress() const { return !quiet && !noProgress; }
  /// Positions that the longest test takes in the cache.
  int64_t getContextNeeded() const;
};

/// Parses the arguments after `bench`. Errors: InvalidArgument.
[[nodiscard]] absl::StatusOr<BenchOptions>
parseBenchOptions(std::span<const std::string_view> arguments);

/// The text of --help, or of --help-all.
[[nodiscard]] std::string getBenchHelp(bool all);

} // namespace espresso::runtime::bench

#endif // ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_BENCHOPTIONS_H
