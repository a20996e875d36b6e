//===- Passes.h - Passes on any program -------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// For each pass Foo of lib/Transforms/Passes.td: FooOptions, createFooPass(),
// and FooBase, the class to derive from.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TRANSFORMS_PASSES_H
#define ESPRESSO_TRANSFORMS_PASSES_H

#include "espresso/Pass/Pass.h"

namespace espresso {

#define GEN_PASS_CLASSES
#include "espresso/Transforms/Passes.h.inc"

/// Enters every pass of this library, and the named pipelines made of them, in
/// the registry. Calling it twice does nothing.
void registerAllPasses();

} // namespace espresso

#endif // ESPRESSO_TRANSFORMS_PASSES_H
