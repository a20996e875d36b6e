//===- Printing.cpp - Programs before and after passes --------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// --print-ir-before, --print-ir-after, --print-ir-after-change and
// --print-ir-after-failure. Each program follows a comment saying what it is,
// so that the output is MIL text itself. For a function pass only its function
// is printed; after a failure, the whole program.
//
//===----------------------------------------------------------------------===//

#include "Instrumentations.h"

#include "espresso/AsmText/Printer.h"

namespace espresso {
namespace {

class Printing : public PassInstrumentation {
public:
  Printing(const InstrumentationOptions &options, llvm::raw_ostream &os)
      : options(options), os(os) {}

  void beforePass(const PassExecution &execution) override {
    if (options.printBefore.matches(execution.getArgument()))
      print("before", execution);
  }

  PipelineStatus afterPass(const PassExecution &execution,
                           PassResult result) override {
    bool wanted = options.printAfter.matches(execution.getArgument());
    bool changed = result == PassResult::Changed;
    if (wanted || (changed && options.printAfterChange))
      print("after", execution);
    return PipelineStatus::Success;
  }

  void afterFailure(const PassExecution &execution, bool isBug) override {
    if (!options.printAfterFailure)
      return;
    printBanner("after failure of", execution);
    os << printToString(execution.program) << '\n';
  }

private:
  void printBanner(llvm::StringRef when, const PassExecution &execution) {
    os << "// ---- IR " << when << " pass '" << execution.getArgument()
       << "' on " << execution.getSubject() << " (" << execution.number
       << ") ----\n";
  }
  void print(llvm::StringRef when, const PassExecution &execution) {
    printBanner(when, execution);
    if (execution.function) {
      espresso::print(*execution.function, os);
      return;
    }
    espresso::print(execution.program, os);
    os << '\n';
  }

  InstrumentationOptions options;
  llvm::raw_ostream &os;
};

} // namespace

InstrumentationPtr createPrinting(const InstrumentationOptions &options,
                                  llvm::raw_ostream &os) {
  return std::make_unique<Printing>(options, os);
}

} // namespace espresso
