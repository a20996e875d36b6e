//===- Version.h - The version of this project ------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_BASE_VERSION_H
#define ESPRESSO_BASE_VERSION_H

namespace espresso {

/// "Espresso 0.1.0": what artifacts say made them. Part of cache keys.
extern const char *const kVersionText;

} // namespace espresso

#endif // ESPRESSO_BASE_VERSION_H
