//===- espresso-opt.cpp - MIL text in, MIL text out -----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Tools/DiffStage.h"
#include "espresso/Tools/EvaluateStage.h"
#include "espresso/Tools/InitTool.h"
#include "espresso/Tools/LintStage.h"
#include "espresso/Tools/ListOpsStage.h"
#include "espresso/Tools/OptMain.h"
#include "espresso/Tools/PassStage.h"
#include "espresso/Tools/StatsStage.h"
#include "espresso/Transforms/Passes.h"

int main(int argc, char **argv) {
  espresso::InitTool init(argc, argv);
  espresso::registerAllPasses();
  espresso::PassStage passes;
  espresso::EvaluateStage evaluation;
  espresso::LintStage lint(evaluation);
  espresso::StatsStage stats;
  espresso::DiffStage diff;
  espresso::ListOpsStage listOps;
  return espresso::espressoOptMain(
      argc, argv, {&passes, &lint, &evaluation, &stats, &diff, &listOps});
}
