//===- InitTool.h - The beginning and the end of main -----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TOOLS_INITTOOL_H
#define ESPRESSO_TOOLS_INITTOOL_H

namespace espresso {

/// Makes a process behave as tools should; the first thing in main(), for its
/// whole length.
///
/// A crash, a failed assertion and a lack of memory end with exit code 70 and a
/// sentence instead of a stack trace, and unfinished output files are removed.
/// An interrupt removes them, too. Failing writes (a closed pipe, a limit on
/// file sizes) come back as errors rather than end the process.
class InitTool {
public:
  InitTool(int argc, char **argv);
  ~InitTool();
  InitTool(const InitTool &) = delete;
  InitTool &operator=(const InitTool &) = delete;
};

} // namespace espresso

#endif // ESPRESSO_TOOLS_INITTOOL_H
