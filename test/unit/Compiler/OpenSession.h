//===- OpenSession.h - A compiled model in the runtime ----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TEST_UNIT_COMPILER_OPENSESSION_H
#define ESPRESSO_TEST_UNIT_COMPILER_OPENSESSION_H

#include "espresso/Compiler/Compiler.h"
#include "espresso/Runtime/Session.h"

#include <memory>

namespace espresso::test {

/// A piece for each token, so that a bundle has a vocabulary.
[[nodiscard]] TokenizerData makeTokenizer(const ModelConfig &config);

/// Writes a bundle to a scratch directory and opens it; null after a failure of
/// the test. The bundle's files are gone, but stay mapped.
[[nodiscard]] std::shared_ptr<const runtime::Bundle>
openBundle(const CompiledModel &model, const TokenizerData &tokenizer,
           const runtime::BundleOptions &options = {});

/// The same, in a session.
[[nodiscard]] std::unique_ptr<runtime::Session>
openSession(const CompiledModel &model, const TokenizerData &tokenizer,
            const runtime::BundleOptions &options = {});

/// Has no programs, and so keeps plans from being widened.
class NoDevice : public runtime::Device {
public:
  std::string_view getName() const override { return "none"; }
  bool hasProgram(std::string_view) const override { return false; }
  absl::Status run(std::string_view, std::span<const runtime::TensorRef>,
                   std::span<const runtime::TensorRef>) override {
    return absl::InternalError("has no programs");
  }
};

} // namespace espresso::test

#endif // ESPRESSO_TEST_UNIT_COMPILER_OPENSESSION_H
