//===- ReportOption.cpp - Options that ask for a report -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Tools/ReportOption.h"

#include "espresso/Tools/OutputFile.h"
#include "espresso/Tools/ToolOptions.h"

#include "llvm/ADT/StringSwitch.h"

namespace espresso {

bool ReportParser::parse(llvm::cl::Option &option, llvm::StringRef name,
                         llvm::StringRef text, unsigned &format) {
  ReportFormat chosen = llvm::StringSwitch<ReportFormat>(text)
                            .Cases("", "text", ReportFormat::Text)
                            .Case("json", ReportFormat::Json)
                            .Default(ReportFormat::None);
  if (chosen == ReportFormat::None)
    return option.error("'" + text + "' is neither 'text' nor 'json'");
  format = static_cast<unsigned>(chosen);
  return false;
}

ExitCode writeReport(llvm::StringRef text) {
  absl::Status status = writeOutput("-", text);
  if (!status.ok())
    reportToolError(
        llvm::StringRef(status.message().data(), status.message().size()));
  return getExitCodeForWrite(status);
}

} // namespace espresso
