//===- Subject.h - What is measured, and on what ----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_SUBJECT_H
#define ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_SUBJECT_H

#include "Workload.h"
#include "espresso/Runtime/Bundle.h"

#include "absl/status/statusor.h"

#include <cstdint>
#include <memory>
#include <string>

namespace espresso::runtime::bench {

/// What results are worth nothing without. Holds nothing of the bundle.
struct Subject {
  ModelInfo model;
  std::string source;        ///< as it was named on the command line
  uint64_t weightBytes = 0;  ///< a token reads
  std::string headKind;      ///< "logits" or "best token"
  std::string headPlacement; ///< of report.json: "cpu", "ane", "ane-tiles=N"
  /// Why columns are computed one after another; empty if they are computed
  /// together.
  std::string obstacle;

  std::string processor; ///< empty: the system does not say
  unsigned hardwareThreads = 0;
  std::string instructionSet;
  /// Of the last minute, when the run began; negative: unknown.
  double load = -1;
};

/// Errors: those of BatchSession::create.
[[nodiscard]] absl::StatusOr<Subject>
describe(const std::shared_ptr<const Bundle> &bundle, const Workload &workload,
         const std::string &source);

} // namespace espresso::runtime::bench

#endif // ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_SUBJECT_H
