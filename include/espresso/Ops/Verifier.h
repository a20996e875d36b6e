//===- Verifier.h - Is this a valid program? --------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_OPS_VERIFIER_H
#define ESPRESSO_OPS_VERIFIER_H

#include "espresso/IR/Builder.h"
#include "espresso/IR/Program.h"

namespace espresso {

struct VerifyOptions {
  /// Unknown operations and opsets are errors rather than warnings.
  bool strict = false;
  /// Report opaque operations at all (once a name); off when verifying between
  /// passes.
  bool warnOpaque = true;
};

/// Checks structure (names unique, values defined before use in scope, outputs
/// present, functions and calls resolved) and every operation against its
/// record: inputs known, present, of their type, compile-time where they must
/// be; type variables agree; declared result types equal the inferred ones (a
/// `?` agrees with any extent). Reports everything it finds; fails on any
/// error.
[[nodiscard]] LogicalResult verify(const Program &program,
                                   const VerifyOptions &options = {});
[[nodiscard]] LogicalResult verify(const Function &function,
                                   const VerifyOptions &options = {});

/// The result types of `op` by its record; fails with a report.
[[nodiscard]] LogicalResult
inferResultTypes(const Operation &op, llvm::SmallVectorImpl<Type> &types);

/// Builder::create with inferred result types. For passes and builders: that
/// inference fails is a bug of the caller, and asserted.
Operation *buildOp(Builder &builder, llvm::StringRef opName,
                   llvm::ArrayRef<NamedArgument> args,
                   const llvm::Twine &resultName);

/// buildOp for `espresso.call`: one argument for each input of `callee`, which
/// must have all `outputs`.
Operation *buildCall(Builder &builder, llvm::StringRef callee,
                     llvm::ArrayRef<NamedArgument> args,
                     llvm::ArrayRef<std::string> outputs,
                     const llvm::Twine &resultName);

} // namespace espresso

#endif // ESPRESSO_OPS_VERIFIER_H
