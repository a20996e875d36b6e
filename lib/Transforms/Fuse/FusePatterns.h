//===- FusePatterns.h - Rewrites of fuse-patterns ------------- -*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TRANSFORMS_FUSE_FUSEPATTERNS_H
#define ESPRESSO_LIB_TRANSFORMS_FUSE_FUSEPATTERNS_H

#include "../Patterns/PatternDriver.h"

namespace espresso {

// One table a family; in each, what is tried first stands first.
llvm::ArrayRef<PatternRow> getActivationPatterns();
llvm::ArrayRef<PatternRow> getNumberPatterns();
llvm::ArrayRef<PatternRow> getNormPatterns();
llvm::ArrayRef<PatternRow> getJoinPatterns();
llvm::ArrayRef<PatternRow> getImagePatterns();
llvm::ArrayRef<PatternRow> getQuantizedPatterns();

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_FUSE_FUSEPATTERNS_H
