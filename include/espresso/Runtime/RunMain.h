//===- RunMain.h - The driver of espresso-run -------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_RUNTIME_RUNMAIN_H
#define ESPRESSO_RUNTIME_RUNMAIN_H

namespace espresso::runtime {

/// Runs espresso-run with main's arguments; returns its exit code:
/// 0 success, 1 the run failed, 2 usage, 3 input unreadable or invalid,
/// 5 output or environment, or that of espresso-compile if it failed.
int espressoRunMain(int argc, char **argv);

} // namespace espresso::runtime

#endif // ESPRESSO_RUNTIME_RUNMAIN_H
