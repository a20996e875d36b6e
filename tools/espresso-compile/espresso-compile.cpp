//===- espresso-compile.cpp - A model in, a bundle out --------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Tools/CompileMain.h"
#include "espresso/Tools/InitTool.h"
#include "espresso/Transforms/Passes.h"

int main(int argc, char **argv) {
  espresso::InitTool init(argc, argv);
  espresso::registerAllPasses();
  return espresso::espressoCompileMain(argc, argv);
}
