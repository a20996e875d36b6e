//===- Report.h - Results as a table, JSON or CSV ---------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_REPORT_H
#define ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_REPORT_H

#include "BusyCore.h"
#include "ColdStart.h"
#include "Subject.h"
#include "Throughput.h"

#include <span>
#include <string>

namespace espresso::runtime::bench {

// Each gives all that is written, with a line end at its end. The JSON has
// every round; docs/Measuring.md says what its members mean.

[[nodiscard]] std::string format(const Subject &subject,
                                 const BenchOptions &options,
                                 std::span<const Measurement> measurements);
[[nodiscard]] std::string format(const Subject &subject,
                                 const BenchOptions &options,
                                 std::span<const ColdStart> starts);
[[nodiscard]] std::string format(const Subject &subject,
                                 const BenchOptions &options,
                                 std::span<const BusyMeasurement> measurements);

} // namespace espresso::runtime::bench

#endif // ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_REPORT_H
