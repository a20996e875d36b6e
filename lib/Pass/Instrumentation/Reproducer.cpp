//===- Reproducer.cpp - Failures to run again -----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// --reproducer=FILE: when a pass fails, or breaks a promise, FILE gets the
// program as it was before that pass, under a line that says how to run it:
//
//   // RUN: espresso-opt %s --no-weights --pipeline='function(cse)'
//
// `espresso-opt --no-weights --run-reproducer=FILE` does so: weights are not
// copied, and their files may be elsewhere, or a checkpoint. To have the
// program, a copy is taken before each execution: of one function for a
// function pass, so that the cost stays linear.
//
//===----------------------------------------------------------------------===//

#include "espresso/Pass/Reproducer.h"

#include "Instrumentations.h"
#include "ProgramCopy.h"

#include "espresso/AsmText/Printer.h"
#include "espresso/IR/Builder.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FileSystem.h"

namespace espresso {

static constexpr llvm::StringLiteral kRunLine =
    "// RUN: espresso-opt %s --no-weights --pipeline='";

std::optional<std::string> findReproducerPipeline(llvm::StringRef text) {
  while (text.starts_with("//")) {
    auto [line, rest] = text.split('\n');
    if (line.consume_front(kRunLine) && line.contains('\''))
      return line.split('\'').first.str();
    text = rest;
  }
  return std::nullopt;
}

namespace {

class Reproducer : public PassInstrumentation {
public:
  Reproducer(llvm::StringRef path, llvm::raw_ostream &os)
      : path(path), os(os) {}

  void beforePass(const PassExecution &execution) override {
    if (!execution.function) {
      snapshot = cloneProgram(execution.program);
      return;
    }
    snapshot = makeEmptyLike(execution.program);
    copyFunction(*execution.function, *snapshot);
  }

  PipelineStatus afterPass(const PassExecution &execution,
                           PassResult result) override {
    snapshot.reset();
    return PipelineStatus::Success;
  }

  void afterFailure(const PassExecution &execution, bool isBug) override;

private:
  std::unique_ptr<Program> assemble(const PassExecution &execution);
  std::string getHeader(const PassExecution &execution);
  std::string choosePath(bool isBug);

  std::string path;
  llvm::raw_ostream &os;
  /// The program, or a program of only the function, before the current pass.
  std::unique_ptr<Program> snapshot;
};

} // namespace

/// The whole program before the failing pass: the snapshot in place of the
/// function that the pass worked on.
std::unique_ptr<Program> Reproducer::assemble(const PassExecution &execution) {
  if (!execution.function)
    return std::move(snapshot);
  std::unique_ptr<Program> whole = makeEmptyLike(execution.program);
  for (const std::unique_ptr<Function> &function :
       execution.program.getFunctions())
    copyFunction(function.get() == execution.function
                     ? *snapshot->getFunctions().front()
                     : *function,
                 *whole);
  return whole;
}

std::string Reproducer::getHeader(const PassExecution &execution) {
  std::string pass;
  llvm::raw_string_ostream passStream(pass);
  execution.pass.print(passStream);
  std::string pipeline = execution.function ? "function(" + pass + ")" : pass;
  return (kRunLine + pipeline + "'\n// The program before pass '" +
          execution.getArgument() + "' failed on " + execution.getSubject() +
          ".\n")
      .str();
}

/// Empty if nothing is to be written, or nowhere to write it is found.
std::string Reproducer::choosePath(bool isBug) {
  if (!path.empty() || !isBug)
    return path;
  llvm::SmallString<128> temporary;
  if (llvm::sys::fs::createTemporaryFile("espresso-reproducer", "mil",
                                         temporary))
    return "";
  return temporary.str().str();
}

void Reproducer::afterFailure(const PassExecution &execution, bool isBug) {
  if (!snapshot)
    return;
  std::string file = choosePath(isBug);
  if (file.empty())
    return;
  std::string text = getHeader(execution) + printToString(*assemble(execution));
  llvm::Error error = llvm::writeToOutput(file, [&](llvm::raw_ostream &stream) {
    stream << text << '\n';
    return llvm::Error::success();
  });
  if (error) {
    os << file << ": error: cannot write the reproducer: "
       << llvm::toString(std::move(error)) << '\n';
    return;
  }
  os << "note: to see this again: espresso-opt --no-weights --run-reproducer="
     << file << '\n';
}

InstrumentationPtr createReproducer(llvm::StringRef path,
                                    llvm::raw_ostream &os) {
  return std::make_unique<Reproducer>(path, os);
}

} // namespace espresso
