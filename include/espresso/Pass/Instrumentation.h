//===- Instrumentation.h - Watching passes run ------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Hooks around each execution of a pass, and the ones that exist: printing,
// checking, counting, timing, bisecting, reproducing. Each has a file in
// lib/Pass/Instrumentation. Tools fill an InstrumentationOptions from their
// flags; see docs/PassManager.md.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_PASS_INSTRUMENTATION_H
#define ESPRESSO_PASS_INSTRUMENTATION_H

#include "espresso/Pass/Pass.h"

#include <optional>
#include <vector>

namespace espresso {

class PassManager;
class Pipeline;

/// How a pipeline, or a step of it, ended; the exit code of a tool follows from
/// it.
enum class PipelineStatus : uint8_t {
  Success,
  /// A pass reported an error about the program: exit code 1.
  Failed,
  /// A pass broke a promise: exit code 70.
  Bug,
  /// Something asked for could not be written: exit code 5.
  IoError,
};

/// One run of one pass on one thing.
struct PassExecution {
  /// Counts all executions of a PassManager from 1, skipped ones included.
  unsigned number;
  /// Place of the pass in the pipeline, from 0.
  unsigned position;
  const Pass &pass;
  Program &program;
  /// What a function pass is run on; null for a program pass.
  Function *function;

  llvm::StringRef getArgument() const { return pass.getArgument(); }
  /// "function 'main'" or "program".
  std::string getSubject() const;
};

/// Hooks. A PassManager calls `before` hooks in the order in which
/// instrumentations were added and `after` hooks in the reverse order, so that
/// they nest. Hooks must not change the program.
class PassInstrumentation {
public:
  virtual ~PassInstrumentation();

  /// Anything but success has been reported, and ends the pipeline; so below.
  virtual PipelineStatus beforePipeline(const Pipeline &pipeline,
                                        Program &program) {
    return PipelineStatus::Success;
  }
  /// All are asked, in order; one `false` skips the execution.
  virtual bool shouldRun(const PassExecution &execution) { return true; }
  virtual void beforePass(const PassExecution &execution) {}
  /// Not called if the pass failed. Bug if the pass has broken a promise.
  virtual PipelineStatus afterPass(const PassExecution &execution,
                                   PassResult result) {
    return PipelineStatus::Success;
  }
  /// Called, instead of or after afterPass(), when the pass failed (`isBug`
  /// false) or broke a promise. The pipeline ends here.
  virtual void afterFailure(const PassExecution &execution, bool isBug) {}
  /// Called after the last pass, unless one failed.
  virtual PipelineStatus afterPipeline(const Pipeline &pipeline,
                                       Program &program) {
    return PipelineStatus::Success;
  }
  /// Called last in any case: reports go here.
  virtual void finish(const Pipeline &pipeline) {}
};

//===----------------------------------------------------------------------===//
// What tools offer
//===----------------------------------------------------------------------===//

/// Some passes by argument, or all.
struct PassFilter {
  bool all = false;
  std::vector<std::string> arguments;

  /// `text` is "all", or arguments separated by commas.
  static PassFilter parse(llvm::StringRef text);
  bool empty() const { return !all && arguments.empty(); }
  bool matches(llvm::StringRef argument) const;
};

enum class ReportFormat : uint8_t { None, Text, Json };

/// One execution of a pass to leave out, or all of them.
struct DisabledPass {
  std::string argument;
  /// The k-th execution of that pass, from 1; 0 for all.
  unsigned occurrence = 0;

  /// `cse` or `cse:2`; nothing if `text` is neither.
  static std::optional<DisabledPass> parse(llvm::StringRef text);
};

/// What is compared before and after passes.
struct NumericsCheckOptions {
  bool isEnabled = false;
  /// Of the inputs and states that are made.
  uint64_t seed = 1;
  /// Functions that do more arithmetic than this, or compute more elements, are
  /// left out.
  uint64_t maxCost = 200'000'000;
  /// Whether a remark says what is left out.
  bool remarks = true;
};

/// What to watch. The defaults are those of a compiler; espresso-opt also
/// checks changes.
struct InstrumentationOptions {
  PassFilter printBefore;
  PassFilter printAfter;
  bool printAfterChange = false;
  bool printAfterFailure = false;
  /// Where to write a file per changing execution; empty for nowhere.
  std::string treeDirectory;
  /// Verify what each changing pass leaves.
  bool verifyEach = true;
  /// Hold each pass to what it says of changes.
  bool checkChanges = false;
  /// Print, parse and print again, before, after and between passes.
  bool verifyRoundtrip = false;
  /// Evaluate what each changing pass leaves, and what was before.
  NumericsCheckOptions checkNumerics;
  ReportFormat timing = ReportFormat::None;
  ReportFormat statistics = ReportFormat::None;
  /// Say the number of each execution, and skip those after this one.
  std::optional<unsigned> bisectLimit;
  std::vector<DisabledPass> disabled;
  /// Where to write the program before a failing pass. If empty, one is
  /// written, to the directory of temporary files, only for bugs of ours.
  std::string reproducerFile;
};

/// Adds what `options` ask for, in the order in which they nest. Reports and
/// printed programs go to `os`.
void addInstrumentations(PassManager &manager,
                         const InstrumentationOptions &options,
                         llvm::raw_ostream &os);

} // namespace espresso

#endif // ESPRESSO_PASS_INSTRUMENTATION_H
