//===- DumpPlan.h - What a bundle does, for people --------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_RUNTIME_DUMPPLAN_H
#define ESPRESSO_RUNTIME_DUMPPLAN_H

#include "espresso/Runtime/Bundle.h"

#include <string>

namespace espresso::runtime {

/// The functions of the plan as they run: for each the memory it takes, and a
/// line a step with the bytes of weights it reads, its results with their place
/// in the arena of the function ("out" for those written where the caller wants
/// them), and the steps of the plan that were fused into it.
[[nodiscard]] std::string dumpPlan(const Bundle &bundle);

} // namespace espresso::runtime

#endif // ESPRESSO_RUNTIME_DUMPPLAN_H
