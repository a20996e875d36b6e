//===- CompileMain.h - The driver of espresso-compile -----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TOOLS_COMPILEMAIN_H
#define ESPRESSO_TOOLS_COMPILEMAIN_H

namespace espresso {

/// espresso-compile: a model in, a bundle out. Returns the exit code. Passes
/// must have been registered.
[[nodiscard]] int espressoCompileMain(int argc, char **argv);

} // namespace espresso

#endif // ESPRESSO_TOOLS_COMPILEMAIN_H
