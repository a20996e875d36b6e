//===- BisectLimit.cpp - Which execution did it? --------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// --bisect-limit=N: says the number of each execution and leaves out those
// after the N-th. Halving N between a good and a bad result finds the execution
// that makes the difference.
//
//===----------------------------------------------------------------------===//

#include "Instrumentations.h"

namespace espresso {
namespace {

class BisectLimit : public PassInstrumentation {
public:
  BisectLimit(unsigned limit, llvm::raw_ostream &os) : limit(limit), os(os) {}

  bool shouldRun(const PassExecution &execution) override {
    bool wanted = execution.number <= limit;
    os << "bisect: " << (wanted ? "running" : "skipping") << " ("
       << execution.number << ") " << execution.getArgument() << " on "
       << execution.getSubject() << '\n';
    return wanted;
  }

private:
  unsigned limit;
  llvm::raw_ostream &os;
};

} // namespace

InstrumentationPtr createBisectLimit(unsigned limit, llvm::raw_ostream &os) {
  return std::make_unique<BisectLimit>(limit, os);
}

} // namespace espresso
