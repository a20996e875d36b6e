//===- DisablePass.cpp - Executions left out ------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// --disable-pass=cse leaves out every execution of a pass, --disable-pass=cse:2
// the second one only.
//
//===----------------------------------------------------------------------===//

#include "Instrumentations.h"

#include "llvm/ADT/StringMap.h"

namespace espresso {
namespace {

class DisablePass : public PassInstrumentation {
public:
  explicit DisablePass(std::vector<DisabledPass> disabled)
      : disabled(std::move(disabled)) {}

  bool shouldRun(const PassExecution &execution) override {
    unsigned occurrence = ++occurrences[execution.getArgument()];
    for (const DisabledPass &row : disabled)
      if (row.argument == execution.getArgument() &&
          (row.occurrence == 0 || row.occurrence == occurrence))
        return false;
    return true;
  }

private:
  std::vector<DisabledPass> disabled;
  llvm::StringMap<unsigned> occurrences;
};

} // namespace

InstrumentationPtr createDisablePass(std::vector<DisabledPass> disabled) {
  return std::make_unique<DisablePass>(std::move(disabled));
}

} // namespace espresso
