//===- ReportOption.h - Options that ask for a report -----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TOOLS_REPORTOPTION_H
#define ESPRESSO_TOOLS_REPORTOPTION_H

#include "espresso/Pass/Instrumentation.h"
#include "espresso/Tools/ExitCode.h"

#include "llvm/Support/CommandLine.h"

namespace espresso {

/// Reads `--stats`, `--stats=text` and `--stats=json`; takes one line of the
/// help, which the values of an enumeration do not. Its numbers are those of
/// ReportFormat: the library prints options of its own types only.
class ReportParser : public llvm::cl::parser<unsigned> {
public:
  using parser::parser;

  /// True after reporting, as is the custom of the library.
  bool parse(llvm::cl::Option &option, llvm::StringRef name,
             llvm::StringRef text, unsigned &format);
  llvm::cl::ValueExpected getValueExpectedFlagDefault() const {
    return llvm::cl::ValueOptional;
  }
  llvm::StringRef getValueName() const override { return "json"; }
};

/// An option that asks for a report.
class ReportOption
    : public llvm::cl::opt<unsigned, /*ExternalStorage=*/false, ReportParser> {
public:
  using opt::opt;
  /// None unless it is given.
  ReportFormat getFormat() const {
    return static_cast<ReportFormat>(getValue());
  }
};

/// Writes what was asked for to standard output; reports if that fails.
[[nodiscard]] ExitCode writeReport(llvm::StringRef text);

} // namespace espresso

#endif // ESPRESSO_TOOLS_REPORTOPTION_H
