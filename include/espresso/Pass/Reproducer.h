//===- Reproducer.h - Failures to run again ---------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_PASS_REPRODUCER_H
#define ESPRESSO_PASS_REPRODUCER_H

#include "llvm/ADT/StringRef.h"

#include <optional>
#include <string>

namespace espresso {

/// The pipeline that a reproducer names in its first lines,
///
///   // RUN: espresso-opt %s --no-weights --pipeline='function(cse)'
///
/// or nothing if `text` is not one. The rest of `text` is the program before
/// the failing pass.
[[nodiscard]] std::optional<std::string>
findReproducerPipeline(llvm::StringRef text);

} // namespace espresso

#endif // ESPRESSO_PASS_REPRODUCER_H
