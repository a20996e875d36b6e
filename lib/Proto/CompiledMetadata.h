//===- CompiledMetadata.h - The metadata.json of models ---------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_PROTO_COMPILEDMETADATA_H
#define ESPRESSO_LIB_PROTO_COMPILEDMETADATA_H

#include "Model.pb.h"

#include "espresso/IR/Program.h"

#include <string>

namespace espresso {

/// The text of `metadata.json` of a compiled model: what `model` takes and
/// gives, and what `program`, its program, consists of, for people and their
/// tools. The same model gives the same bytes. docs/Formats.md lists the
/// members and what is not known of them.
[[nodiscard]] std::string makeCompiledMetadata(const pb::Model &model,
                                               const Program &program);

} // namespace espresso

#endif // ESPRESSO_LIB_PROTO_COMPILEDMETADATA_H
