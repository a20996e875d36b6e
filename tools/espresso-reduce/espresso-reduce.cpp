//===- espresso-reduce.cpp - Programs made smaller ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Tools/InitTool.h"
#include "espresso/Tools/ReduceMain.h"

int main(int argc, char **argv) {
  espresso::InitTool init(argc, argv);
  return espresso::espressoReduceMain(argc, argv);
}
