//===- ActivationArguments.h - Arguments of composites -------- -*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_ACTIVATIONARGUMENTS_H
#define ESPRESSO_LIB_RUNTIME_ACTIVATIONARGUMENTS_H

#include "StepContext.h"

namespace espresso::runtime {

/// Activations [1, C, 1, S].
struct Columns {
  Tensor tensor;
  int64_t channels = 0, count = 0;
};
absl::StatusOr<Columns> getColumns(StepContext &context, std::string_view name);

/// A matrix [rows, columns]; sizes of -1 fit anything.
absl::StatusOr<Matrix> getMatrix(StepContext &context, std::string_view name,
                                 int64_t rows, int64_t columns);

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_ACTIVATIONARGUMENTS_H
