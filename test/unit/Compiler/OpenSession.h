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

/// Writes a bundle to a scratch directory and opens it; null after a failure of
/// the test. The bundle's files are gone, but stay mapped.
[[nodiscard]] std::unique_ptr<runtime::Session>
openSession(const CompiledModel &model, const TokenizerData &tokenizer,
            const runtime::BundleOptions &options = {});

} // namespace espresso::test

#endif // ESPRESSO_TEST_UNIT_COMPILER_OPENSESSION_H
