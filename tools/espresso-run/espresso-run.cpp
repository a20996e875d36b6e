//===- espresso-run.cpp - A prompt in, its continuation out ---------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Runtime/RunMain.h"

int main(int argc, char **argv) {
  return espresso::runtime::espressoRunMain(argc, argv);
}
