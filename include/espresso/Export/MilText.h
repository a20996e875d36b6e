//===- MilText.h - Programs as a device takes them --------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_EXPORT_MILTEXT_H
#define ESPRESSO_EXPORT_MILTEXT_H

#include "espresso/IR/Program.h"

#include <memory>

namespace espresso {

/// A program whose only function is a copy of `function` named `main`, with
/// every weight referring to a file of its own,
/// `@model_path/weights/<value>.bin` at offset 64, and every operation bearing
/// a `name`. In the context of `function`, which is not changed.
[[nodiscard]] std::unique_ptr<Program>
makeStandaloneProgram(const Function &function);

/// The offset of the record in a weight file of one tensor.
inline constexpr uint64_t kSingleRecordOffset = 64;
/// The offset of its data.
inline constexpr uint64_t kSingleDataOffset = 128;

} // namespace espresso

#endif // ESPRESSO_EXPORT_MILTEXT_H
