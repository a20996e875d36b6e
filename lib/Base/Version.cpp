//===- Version.cpp - The version of this project --------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Base/Version.h"

namespace espresso {

const char *const kVersionText = "Espresso " ESPRESSO_VERSION;

} // namespace espresso
