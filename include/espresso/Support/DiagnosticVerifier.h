//===- DiagnosticVerifier.h - Expected messages -----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The messages a test expects stand beside their cause:
//
//   x = rleu(y = z);  // expected-error {{unknown operation 'rleu'}}
//   // expected-note@-1 {{did you mean}}
//   // expected-warning@+2 {{opaque}}
//   // expected-error@unknown {{a message without a place}}
//
// docs/Testing.md says more.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_SUPPORT_DIAGNOSTICVERIFIER_H
#define ESPRESSO_SUPPORT_DIAGNOSTICVERIFIER_H

#include "espresso/Support/Diagnostics.h"

#include <vector>

namespace espresso {

/// Takes the messages of an engine, while it lives, and compares them with the
/// `expected-...` comments of a buffer. Thread-compatible.
class DiagnosticVerifier {
public:
  /// `buffer` is one of the engine's source manager. The limit of errors is
  /// lifted.
  DiagnosticVerifier(DiagnosticEngine &engine, unsigned buffer);
  ~DiagnosticVerifier();
  DiagnosticVerifier(const DiagnosticVerifier &) = delete;
  DiagnosticVerifier &operator=(const DiagnosticVerifier &) = delete;

  /// Prints to stderr what was expected and did not come, and fails if there is
  /// any such, or if there was a message nobody expected.
  [[nodiscard]] LogicalResult finish();

private:
  struct Expectation {
    Severity severity;
    /// From 1; 0 for messages without a place in the buffer.
    unsigned line;
    llvm::StringRef text;
    bool seen = false;
  };

  void readExpectations();
  void readLine(llvm::StringRef text, unsigned line);
  void check(const Diagnostic &diagnostic, unsigned parentLine);
  unsigned getLine(const Diagnostic &diagnostic) const;
  void complain(llvm::SMLoc place, const llvm::Twine &message);

  DiagnosticEngine &engine;
  unsigned buffer;
  DiagnosticEngine::Handler previous;
  std::vector<Expectation> expectations;
  bool hasFailed = false;
};

} // namespace espresso

#endif // ESPRESSO_SUPPORT_DIAGNOSTICVERIFIER_H
