//===- Main.cpp - Generator of tables from records ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// espresso-tblgen reads the records of operations, passes, chips and rules
// (*.td) and writes the C++ and Markdown derived from them. To add a backend:
// declare it in Backends.h, define it in a file of its own, add a row below.
//
//===----------------------------------------------------------------------===//

#include "Backends.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/TableGen/Main.h"

using namespace espresso::tblgen;

namespace {
struct BackendRow {
  llvm::StringRef flag;
  llvm::StringRef help;
  Backend *run;
};
} // namespace

static const BackendRow kBackends[] = {
    {"gen-ane-chip-doc", "Reference of the chips, Markdown", emitAneChipDoc},
    {"gen-ane-rule-doc", "Reference of the rules, Markdown", emitAneRuleDoc},
    {"gen-ane-tables", "Tables of chips and rules", emitAneTables},
    {"gen-op-doc", "Reference of the operations of a file, Markdown",
     emitOpDoc},
    {"gen-op-index", "List of the operations, Markdown", emitOpIndex},
    {"gen-op-registry", "Rows of the operation registry", emitOpRegistry},
    {"gen-pass-decls", "Options, base classes and table of passes",
     emitPassDecls},
    {"gen-pass-doc", "Reference of passes, Markdown", emitPassDoc},
};

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  llvm::cl::opt<const BackendRow *> backend(llvm::cl::desc("What to generate:"),
                                            llvm::cl::Required);
  for (const BackendRow &row : kBackends)
    backend.getParser().addLiteralOption(row.flag, &row, row.help);
  llvm::cl::ParseCommandLineOptions(argc, argv);
  return llvm::TableGenMain(
      argv[0], [&](llvm::raw_ostream &os, llvm::RecordKeeper &records) {
        return backend->run(os, records);
      });
}
