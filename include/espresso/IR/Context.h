//===- Context.h - Owner of what is immutable and shared --------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_IR_CONTEXT_H
#define ESPRESSO_IR_CONTEXT_H

#include "espresso/IR/Type.h"
#include "espresso/Support/Diagnostics.h"

#include <memory>

namespace espresso {

/// Owns what is immutable and shared: types and interned names. A Program owns
/// what is mutable and unique; every other pointer does not own. All programs
/// of one compilation share a context and its diagnostics. Thread-compatible.
class Context {
public:
  Context();
  ~Context();
  Context(const Context &) = delete;
  Context &operator=(const Context &) = delete;

  DiagnosticEngine &getDiagnostics() { return diagnostics; }

  /// A copy of `text` that lives as long as the context; equal texts share one.
  llvm::StringRef intern(llvm::StringRef text);

  /// The one storage equal to `storage`.
  const TypeStorage *unique(TypeStorage storage);

private:
  struct Impl;
  DiagnosticEngine diagnostics;
  std::unique_ptr<Impl> impl;
};

} // namespace espresso

#endif // ESPRESSO_IR_CONTEXT_H
