//===- ExecutablePath.h - Where this program is -----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_DRIVER_EXECUTABLEPATH_H
#define ESPRESSO_LIB_RUNTIME_DRIVER_EXECUTABLEPATH_H

#include <string>

namespace espresso::runtime {

/// The path of the running executable, links resolved; empty if the system
/// does not say.
[[nodiscard]] std::string getExecutablePath();

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_DRIVER_EXECUTABLEPATH_H
