//===- DiffStage.cpp - Comparing programs in espresso-opt -----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Tools/DiffStage.h"

#include "espresso/Analysis/ProgramDiff.h"

namespace espresso {

namespace cl = llvm::cl;

struct DiffStage::Options {
  explicit Options(cl::OptionCategory &category)
      : before("diff",
               cl::desc("Print in what the input differs from this program; "
                        "exit code 1 if it does"),
               cl::value_desc("file"), cl::cat(category)) {}

  bool isRequested() const { return before.getNumOccurrences() > 0; }

  cl::opt<std::string> before;
};

DiffStage::DiffStage() = default;
DiffStage::~DiffStage() = default;

void DiffStage::addOptions(cl::OptionCategory &category) {
  options = std::make_unique<Options>(category);
}

ExitCode DiffStage::run(Program &program) {
  if (!options->isRequested())
    return ExitCode::Success;
  ReadResult before = readProgram(options->before);
  if (before.code != ExitCode::Success)
    return before.code;
  Context &context = program.getContext();
  std::vector<Difference> differences = diffPrograms(*before.program, program);
  areDifferent |= !differences.empty();
  llvm::raw_string_ostream os(outputText);
  if (chooseFormat(ReportFormat::Text) == ReportFormat::Text) {
    printDifferences(differences, context, os);
    return ExitCode::Success;
  }
  llvm::json::OStream json(os, /*IndentSize=*/2);
  printDifferencesAsJson(differences, context, json);
  os << '\n';
  return ExitCode::Success;
}

bool DiffStage::printResult(llvm::raw_ostream &os) {
  if (!options->isRequested())
    return false;
  os << std::exchange(outputText, {});
  return true;
}

ExitCode DiffStage::getFinalExitCode() const {
  return areDifferent ? ExitCode::Failed : ExitCode::Success;
}

} // namespace espresso
