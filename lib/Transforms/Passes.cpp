//===- Passes.cpp - Table of passes and pipelines -------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Transforms/Passes.h"

#include "Pipelines.h"

namespace espresso {

#define GEN_PASS_TABLE
#include "espresso/Transforms/Passes.h.inc"

void registerAllPasses() {
  PassRegistry &registry = PassRegistry::get();
  for (const PassInfo *info : kPasses)
    registry.addPass(*info);
  registerPipelines(registry);
}

} // namespace espresso
