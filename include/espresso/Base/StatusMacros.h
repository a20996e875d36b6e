//===- StatusMacros.h - Early return on errors ------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_BASE_STATUSMACROS_H
#define ESPRESSO_BASE_STATUSMACROS_H

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define ESPRESSO_CONCAT_INNER(a, b) a##b
#define ESPRESSO_CONCAT(a, b) ESPRESSO_CONCAT_INNER(a, b)

/// Returns from the function if `expression`, an absl::Status, is an error.
#define ESPRESSO_RETURN_IF_ERROR(expression)                                   \
  do {                                                                         \
    absl::Status status_ = (expression);                                       \
    if (!status_.ok())                                                         \
      return status_;                                                          \
  } while (false)

/// Defines `declaration` as the value of `expression`, an absl::StatusOr, or
/// returns its error.
#define ESPRESSO_ASSIGN_OR_RETURN(declaration, expression)                     \
  ESPRESSO_ASSIGN_OR_RETURN_INNER(ESPRESSO_CONCAT(statusOr_, __LINE__),        \
                                  declaration, expression)
#define ESPRESSO_ASSIGN_OR_RETURN_INNER(temporary, declaration, expression)    \
  auto temporary = (expression);                                               \
  if (!temporary.ok())                                                         \
    return temporary.status();                                                 \
  declaration = *std::move(temporary)

#endif // ESPRESSO_BASE_STATUSMACROS_H
