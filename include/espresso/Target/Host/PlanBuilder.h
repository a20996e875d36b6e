//===- PlanBuilder.h - Execution plans for a CPU ----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Turns a split and lowered program into the message the runtime executes. The
// format is lib/Plan/plan.proto; docs/Bundle.md says what it means.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TARGET_HOST_PLANBUILDER_H
#define ESPRESSO_TARGET_HOST_PLANBUILDER_H

#include "espresso/IR/Program.h"
#include "espresso/Model/ModelConfig.h"

#include "llvm/ADT/STLFunctionalExtras.h"

#include <string>

namespace espresso {

/// Where in the bundle the bytes of a constant are.
struct WeightPlace {
  /// Relative to the bundle.
  std::string path;
  /// Of the file at `path`, in bytes.
  uint64_t fileSize = 0;
  /// Of the first byte of data in the file.
  uint64_t offset = 0;
  uint64_t byteSize = 0;
};

/// What the plan says of the model beside its functions.
struct PlanInfo {
  ModelConfig model;
  DataType dataType = DataType::Float16;
  int64_t contextLength = 0;
  int64_t prefillLength = 0;
  uint64_t numParameters = 0;
};

/// Places the weight of a `const` operation.
using PlaceWeightFn =
    llvm::function_ref<FailureOr<WeightPlace>(const Operation &constant)>;

/// True for constants that the plan refers to as weights; the others (scalars,
/// vectors of integers) become attributes of the steps that use them.
[[nodiscard]] bool isPlanWeight(const Operation &constant);

/// The serialised plan for every <host> and <iosNN> function of `program`; the
/// same program gives the same bytes. Fails with a diagnostic on what a plan
/// cannot say: dynamic shapes, types other than bool, fp16, fp32, int8 and
/// int32, nested blocks.
[[nodiscard]] FailureOr<std::string> buildHostPlan(const Program &program,
                                                   const PlanInfo &info,
                                                   PlaceWeightFn placeWeight);

} // namespace espresso

#endif // ESPRESSO_TARGET_HOST_PLANBUILDER_H
