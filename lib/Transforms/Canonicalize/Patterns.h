//===- Patterns.h - Rewrites of canonicalize --------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TRANSFORMS_CANONICALIZE_PATTERNS_H
#define ESPRESSO_LIB_TRANSFORMS_CANONICALIZE_PATTERNS_H

#include "../Patterns/Match.h"
#include "../Patterns/PatternDriver.h"

namespace espresso {

// One table a family; in each, what is tried first stands first.
llvm::ArrayRef<PatternRow> getIdentityPatterns();
llvm::ArrayRef<PatternRow> getArithmeticPatterns();
llvm::ArrayRef<PatternRow> getSelectPatterns();
llvm::ArrayRef<PatternRow> getCastPatterns();
llvm::ArrayRef<PatternRow> getShapePatterns();
llvm::ArrayRef<PatternRow> getTransposePatterns();
llvm::ArrayRef<PatternRow> getSlicePatterns();
llvm::ArrayRef<PatternRow> getPartPatterns();
llvm::ArrayRef<PatternRow> getCompressedPatterns();
llvm::ArrayRef<PatternRow> getCommutativePatterns();

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_CANONICALIZE_PATTERNS_H
