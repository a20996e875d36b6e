//===- CompilerSupport.h - For targets of compiler layers -------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TEST_FUZZ_COMPILERSUPPORT_H
#define ESPRESSO_TEST_FUZZ_COMPILERSUPPORT_H

#include "FuzzSupport.h"

#include "espresso/AsmText/Parser.h"
#include "espresso/AsmText/Printer.h"
#include "espresso/IR/Context.h"
#include "espresso/Weights/WeightSources.h"

#include "llvm/ADT/ArrayRef.h"

#include <vector>

namespace espresso::fuzz {

/// Whatever is read must fit: no input is as large.
inline constexpr uint64_t kMaxReadBytes = 1 << 20;

/// Renders messages, which is code too, and throws them away.
inline void renderNowhere(DiagnosticEngine &diagnostics) {
  diagnostics.setHandler([&diagnostics](const Diagnostic &diagnostic) {
    std::string text;
    llvm::raw_string_ostream os(text);
    printDiagnostic(diagnostic, diagnostics.getSourceMgr(), os,
                    /*useColor=*/false);
    require(!os.str().empty(), "messages have a text");
  });
}

/// A failure without an error would leave the user without a reason.
inline void requireReason(const DiagnosticEngine &diagnostics) {
  require(diagnostics.hasErrors(), "a refusal has a reason");
}

/// `text` was printed by us: it parses, and prints as the same bytes.
inline void requireRoundTrip(const std::string &text) {
  Context context;
  std::unique_ptr<Program> program = parseProgramText(context, text);
  require(program != nullptr, "what is printed can be parsed");
  require(printToString(*program) == text, "it prints as the same bytes");
}

/// Reads all elements, if they are few.
inline void readAll(const WeightSource &source, DiagnosticEngine &diagnostics) {
  std::optional<uint64_t> size =
      getPackedByteSize(source.getElementType(), source.getNumElements());
  if (!size || *size > kMaxReadBytes)
    return;
  std::vector<uint8_t> bytes(*size);
  require(succeeded(source.read(bytes, diagnostics)) || diagnostics.hasErrors(),
          "a refusal has a reason");
}

} // namespace espresso::fuzz

#endif // ESPRESSO_TEST_FUZZ_COMPILERSUPPORT_H
