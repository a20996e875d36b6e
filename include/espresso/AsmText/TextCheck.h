//===- TextCheck.h - What can be printed ------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_ASMTEXT_TEXTCHECK_H
#define ESPRESSO_ASMTEXT_TEXTCHECK_H

#include "espresso/IR/Program.h"

namespace espresso {

/// Whom text is for.
enum class TextForm : uint8_t {
  /// Ourselves: with our notation of nested blocks.
  Ours,
  /// Apple's tools: what their language is known to have.
  Artifact,
};

/// Reports everything in `program` that text of that form cannot say: names
/// that are no identifiers, strings that are not UTF-8 or hold null bytes;
/// for artifacts, nested blocks. What comes from text passes as Ours.
[[nodiscard]] LogicalResult checkText(const Program &program, TextForm form);

} // namespace espresso

#endif // ESPRESSO_ASMTEXT_TEXTCHECK_H
