//===- TreeDump.cpp - A file for each change ------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// --print-ir-tree-dir: `0000_input.mil`, and after each execution that changed
// something the whole program in `<number>_function_<name>_<pass>.mil` or
// `<number>_program_<pass>.mil`. Numbers are those of --bisect-limit, so that
// the files sort in the order of time and a gap is an execution that changed
// nothing.
//
//===----------------------------------------------------------------------===//

#include "Instrumentations.h"

#include "espresso/AsmText/Printer.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"

namespace espresso {
namespace {

class TreeDump : public PassInstrumentation {
public:
  explicit TreeDump(llvm::StringRef directory) : directory(directory) {}

  PipelineStatus beforePipeline(const Pipeline &pipeline,
                                Program &program) override {
    std::error_code error = llvm::sys::fs::create_directories(directory);
    if (error) {
      program.getContext().getDiagnostics().emitError(directory)
          << "cannot make the directory: " << error.message();
      return PipelineStatus::IoError;
    }
    return write(program, "0000_input");
  }

  PipelineStatus afterPass(const PassExecution &execution,
                           PassResult result) override {
    if (result != PassResult::Changed)
      return PipelineStatus::Success;
    std::string subject = "program";
    if (execution.function)
      subject = "function_" + makeFileName(execution.function->getName());
    return write(execution.program,
                 llvm::formatv("{0:d4}_{1}_{2}", execution.number, subject,
                               execution.getArgument())
                     .str());
  }

private:
  /// Function names from elsewhere may hold anything.
  static std::string makeFileName(llvm::StringRef name) {
    std::string result;
    for (char c : name)
      result += llvm::isAlnum(c) || c == '-' || c == '.' ? c : '_';
    return result;
  }

  PipelineStatus write(const Program &program, llvm::StringRef name) {
    llvm::SmallString<128> path(directory);
    llvm::sys::path::append(path, name + ".mil");
    std::error_code error;
    llvm::raw_fd_ostream file(path, error);
    if (!error) {
      file << printToString(program) << '\n';
      file.close();
      error = file.error();
      file.clear_error();
    }
    if (!error)
      return PipelineStatus::Success;
    program.getContext().getDiagnostics().emitError(llvm::Twine(path))
        << "cannot write: " << error.message();
    return PipelineStatus::IoError;
  }

  std::string directory;
};

} // namespace

InstrumentationPtr createTreeDump(llvm::StringRef directory) {
  return std::make_unique<TreeDump>(directory);
}

} // namespace espresso
