//===- TextBench.cpp - How long text takes to read and write --------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// usage: espresso-text-bench FILE...
//
// Prints, for each file, its operations, and the milliseconds of processor
// time that parsing, verifying and printing took: the best of three runs.

#include "espresso/AsmText/Parser.h"
#include "espresso/AsmText/Printer.h"
#include "espresso/Ops/Verifier.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/MemoryBuffer.h"

#include <algorithm>
#include <ctime>

using namespace espresso;

static constexpr int kRuns = 3;

namespace {
struct Times {
  double parse = 0, verify = 0, print = 0;
};
} // namespace

/// Runs `work` and returns the milliseconds of processor time it took.
template <typename Work>
static double measure(const Work &work) {
  std::clock_t start = std::clock();
  work();
  return 1e3 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

static size_t countOperations(const Program &program) {
  size_t count = 0;
  for (const std::unique_ptr<Function> &function : program.getFunctions())
    function->walk([&](Operation &) { ++count; });
  return count;
}

/// False if the text is not valid.
static bool runOnce(llvm::StringRef text, Times &times, size_t &operations) {
  Context context;
  std::unique_ptr<Program> program;
  times.parse = measure([&] { program = parseProgramText(context, text); });
  if (!program)
    return false;
  bool isValid = false;
  times.verify = measure([&] { isValid = succeeded(verify(*program)); });
  times.print = measure([&] { (void)printToString(*program); });
  operations = countOperations(*program);
  return isValid;
}

static bool runFile(const char *path) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer) {
    llvm::errs() << "cannot read '" << path << "'\n";
    return false;
  }
  Times best{1e9, 1e9, 1e9};
  size_t operations = 0;
  for (int run = 0; run < kRuns; ++run) {
    Times times;
    if (!runOnce((*buffer)->getBuffer(), times, operations))
      return false;
    best = {std::min(best.parse, times.parse),
            std::min(best.verify, times.verify),
            std::min(best.print, times.print)};
  }
  llvm::outs() << llvm::format("%9zu %9.1f %9.1f %9.1f\n", operations,
                               best.parse, best.verify, best.print);
  return true;
}

int main(int argc, char **argv) {
  llvm::outs() << "      ops  parse/ms verify/ms  print/ms\n";
  bool isGood = argc > 1;
  for (int i = 1; i < argc; ++i)
    isGood &= runFile(argv[i]);
  return isGood ? 0 : 1;
}
