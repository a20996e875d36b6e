//===- ProgramText.h - A program as text beside its weights -----*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_EXPORT_PROGRAMTEXT_H
#define ESPRESSO_EXPORT_PROGRAMTEXT_H

#include "espresso/IR/Program.h"

#include "absl/status/status.h"

namespace espresso {

/// Writes a directory that has the whole program, `<model>` and `<host>`
/// functions included: `program.mil`, and `weights/weight.bin` with every
/// constant that lies outside of it. espresso-opt reads it as it is. What was
/// at `path` is replaced in one step, or left if something fails; it must not
/// be anything but such a directory. Aborted means that a diagnostic has said
/// why.
[[nodiscard]] absl::Status writeProgramText(const Program &program,
                                            llvm::StringRef path);

} // namespace espresso

#endif // ESPRESSO_EXPORT_PROGRAMTEXT_H
