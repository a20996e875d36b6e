//===- espresso-compile.cpp - A model in, a bundle out --------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Tools/CompileMain.h"
#include "espresso/Tools/ToolOptions.h"
#include "espresso/Transforms/Passes.h"

#include "llvm/Support/InitLLVM.h"

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv, /*InstallPipeSignalExitHandler=*/false);
  espresso::ignoreWriteSignals();
  espresso::registerAllPasses();
  return espresso::espressoCompileMain(argc, argv);
}
