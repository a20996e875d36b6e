//===- ReduceMain.h - The driver of espresso-reduce -------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TOOLS_REDUCEMAIN_H
#define ESPRESSO_TOOLS_REDUCEMAIN_H

namespace espresso {

/// espresso-reduce: a program and a command that fails on it in, a smaller one
/// out. Returns the exit code; 128 + N after signal N. See docs/Reduce.md.
[[nodiscard]] int espressoReduceMain(int argc, char **argv);

} // namespace espresso

#endif // ESPRESSO_TOOLS_REDUCEMAIN_H
