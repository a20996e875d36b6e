//===- Bundle.h - Writing bundles -------------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// docs/Bundle.md describes what is written here.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_EXPORT_BUNDLE_H
#define ESPRESSO_EXPORT_BUNDLE_H

#include "espresso/IR/Program.h"
#include "espresso/Model/Checkpoint.h"
#include "espresso/Target/Host/PlanBuilder.h"

#include "absl/status/status.h"

#include <functional>
#include <string>
#include <vector>

namespace espresso {

/// Something the compiler decided, for report.json.
struct Decision {
  /// Stable id of the rule or pass ("split-at-rope").
  std::string rule;
  /// What it is about: a function or value.
  std::string subject;
  std::string message;
};

struct BundleContents {
  /// Split and lowered: <host> functions and <iosNN> functions.
  const Program &program;
  const TokenizerData &tokenizer;
  PlanInfo plan;
  /// What report.json says was decided.
  std::vector<Decision> decisions;
  /// The pipeline that made the program, as text.
  std::string pipeline;
  /// Called with bytes of weights written so far and in all.
  std::function<void(uint64_t done, uint64_t total)> progress;
};

/// Writes a bundle at `destination`, in place of one that is there. Anything
/// else that is there is refused (AlreadyExists) and left alone. The same
/// contents give the same bytes. Errors of the system come back as in
/// makeSystemError; Aborted means that a diagnostic has been reported. In every
/// case of failure the destination is as it was.
[[nodiscard]] absl::Status writeBundle(const BundleContents &contents,
                                       llvm::StringRef destination);

} // namespace espresso

#endif // ESPRESSO_EXPORT_BUNDLE_H
