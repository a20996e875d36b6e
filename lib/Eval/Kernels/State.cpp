//===- State.cpp - Reading and writing states -----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"

namespace espresso {

static void readState(KernelContext &ctx) {
  ctx.setResult(ctx.getState("input"));
}

static void writeState(KernelContext &ctx) {
  ctx.getState("input") = ctx.get("data");
}

static void updateState(KernelContext &ctx) {
  ctx.getState("state") = ctx.get("value");
  ctx.setResult(ctx.get("value"));
}

static constexpr KernelEntry kKernels[] = {
    {"CoremlUpdateState", updateState},
    {"ReadState", readState},
    {"WriteState", writeState},
};

llvm::ArrayRef<KernelEntry> getStateKernels() { return kKernels; }

} // namespace espresso
