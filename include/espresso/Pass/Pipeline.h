//===- Pipeline.h - Passes in their order -----------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Pipelines and their text:
//
//   pipeline := element (',' element)*
//   element  := 'function' '(' passes ')' | passes
//   passes   := pass (',' pass)*
//   pass     := name ('{' option (',' option)* '}')?
//   option   := name '=' value | name            // a bare name sets a bool
//   value    := bare word | '"' characters '"'
//
// A name is that of a pass or of a named pipeline, which stands for its passes.
// Only function passes may stand in `function(...)`; at the top they may stand
// bare, and print inside of it.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_PASS_PIPELINE_H
#define ESPRESSO_PASS_PIPELINE_H

#include "espresso/Pass/Pass.h"

#include <vector>

namespace espresso {

class Pipeline;

/// A pipeline with a name: constant data that lives for ever.
struct PipelineInfo {
  llvm::StringRef name;
  llvm::StringRef summary;
  /// Appends the passes, each with a comment saying why it is there.
  void (*build)(Pipeline &pipeline);
};

/// Passes in the order in which they are run; owns them. Function passes next
/// to each other are run as a group: all of them on one function, then on the
/// next. Thread-compatible.
class Pipeline {
public:
  void addPass(std::unique_ptr<Pass> pass) {
    passes.push_back(std::move(pass));
  }
  void append(Pipeline &&other);
  llvm::ArrayRef<std::unique_ptr<Pass>> getPasses() const { return passes; }
  bool empty() const { return passes.empty(); }

  /// As text that parsePipeline() reads back to the same pipeline.
  void print(llvm::raw_ostream &os) const;
  std::string str() const;

private:
  std::vector<std::unique_ptr<Pass>> passes;
};

/// Every pass and named pipeline that has been registered. Thread-compatible.
class PassRegistry {
public:
  /// The one registry of the process; empty until registerAllPasses().
  static PassRegistry &get();

  /// Adding something twice does nothing; two things of one name are a bug.
  void addPass(const PassInfo &info);
  void addPipeline(const PipelineInfo &info);

  /// Null if there is none of that name.
  const PassInfo *findPass(llvm::StringRef argument) const;
  const PipelineInfo *findPipeline(llvm::StringRef name) const;
  /// By name.
  llvm::ArrayRef<const PassInfo *> getPasses() const { return passes; }
  llvm::ArrayRef<const PipelineInfo *> getPipelines() const {
    return pipelines;
  }
  /// A name like `name`, hidden passes left out; for "did you mean".
  std::optional<llvm::StringRef> suggest(llvm::StringRef name) const;

private:
  std::vector<const PassInfo *> passes;
  std::vector<const PipelineInfo *> pipelines;
};

/// Reads pipeline text; an empty text is an empty pipeline. Errors point into
/// `text`, shown as a file named `bufferName`. `context` keeps the text. Passes
/// that have an option of `defaults` and are not given it take it from there.
FailureOr<Pipeline>
parsePipeline(llvm::StringRef text, Context &context,
              llvm::StringRef bufferName = "<pipeline>",
              llvm::ArrayRef<PassOptionValue> defaults = {});

/// Every pass that is not hidden and every named pipeline, for people.
void printPassList(llvm::raw_ostream &os);
/// The same for tools: `{"passes": [...], "pipelines": [...]}`.
void printPassListAsJson(llvm::raw_ostream &os);

} // namespace espresso

#endif // ESPRESSO_PASS_PIPELINE_H
