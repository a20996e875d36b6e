//===- ActualShapes.h - Shapes that only inputs tell ------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_EVAL_ACTUALSHAPES_H
#define ESPRESSO_EVAL_ACTUALSHAPES_H

#include "espresso/Eval/Evaluator.h"

namespace espresso {

/// Whether `function` can be evaluated on these inputs as far as shapes go: the
/// rules of its operations, which let unknown extents pass, are asked again
/// with the extents that the inputs have. Reports at the operation and fails if
/// one does not fit. Extents that depend on data stay unknown, and what stands
/// in nested blocks is not looked at. Costs a copy of the program, and nothing
/// where every extent is declared.
[[nodiscard]] LogicalResult checkActualShapes(const Function &function,
                                              const NamedTensors &inputs);

} // namespace espresso

#endif // ESPRESSO_EVAL_ACTUALSHAPES_H
