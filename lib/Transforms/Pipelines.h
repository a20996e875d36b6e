//===- Pipelines.h - Named pipelines ----------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TRANSFORMS_PIPELINES_H
#define ESPRESSO_LIB_TRANSFORMS_PIPELINES_H

#include "espresso/Pass/Pipeline.h"

namespace espresso {

/// Enters the pipelines of this library.
void registerPipelines(PassRegistry &registry);

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_PIPELINES_H
