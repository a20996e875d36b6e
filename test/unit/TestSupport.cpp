//===- TestSupport.cpp - Where unit tests find files ----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestSupport.h"

namespace espresso::test {

std::filesystem::path getSourceDirectory() { return ESPRESSO_SOURCE_DIR; }

} // namespace espresso::test
