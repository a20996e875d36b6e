//===- PropertyTest.cpp - Properties of random programs -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Random programs through everything that reads, writes and changes programs.
// How many, and from which seed: PropertyCheck.h and docs/Testing.md.
//
//===----------------------------------------------------------------------===//

#include "PropertyCheck.h"

#include "espresso/AsmText/Parser.h"
#include "espresso/AsmText/Printer.h"
#include "espresso/IR/Builder.h"
#include "espresso/IR/Fingerprint.h"
#include "espresso/Ops/Verifier.h"
#include "espresso/Pass/PassManager.h"
#include "espresso/Proto/ProgramExport.h"
#include "espresso/Proto/ProgramImport.h"
#include "espresso/Transforms/Passes.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"

#include "gtest/gtest.h"

#include <cctype>

using namespace espresso;
using namespace espresso::test;

namespace {

void expectProperty(const Property &property,
                    const GeneratorOptions &options = {}) {
  std::optional<std::string> found =
      findCounterexample(PropertySettings::read(), options, property);
  EXPECT_FALSE(found) << *found;
}

/// The first error in `capture`, or `otherwise`.
std::string getError(const DiagnosticCapture &capture,
                     const std::string &otherwise) {
  const Diagnostic *error = capture.findError();
  if (!error)
    return otherwise;
  std::string text = error->message;
  for (const Diagnostic &note : error->notes)
    text += "\n  " + note.message;
  return text;
}

//===----------------------------------------------------------------------===//
// Reading and writing
//===----------------------------------------------------------------------===//

std::optional<std::string> isNotValid(const Program &program) {
  DiagnosticCapture capture(program.getContext().getDiagnostics());
  if (succeeded(verify(program)))
    return std::nullopt;
  return "it does not verify: " + getError(capture, "");
}

// What the generator makes is valid.
TEST(PropertyTest, GeneratedProgramsVerify) {
  expectProperty(isNotValid);
  expectProperty(isNotValid, {.kind = ProgramKind::Host});
  expectProperty(isNotValid,
                 {.kind = ProgramKind::Composites, .numOperations = 6});
}

std::optional<std::string> changesInText(const Program &program) {
  Context &context = program.getContext();
  DiagnosticCapture capture(context.getDiagnostics());
  std::string text = printToString(program);
  std::unique_ptr<Program> parsed = parseProgramText(context, text);
  if (!parsed)
    return "its text cannot be read: " + getError(capture, "");
  if (printToString(*parsed) != text)
    return "its text reads back as another";
  if (getFingerprint(*parsed) != getFingerprint(program))
    return "its text reads back as another program";
  return std::nullopt;
}

// What is printed reads back to the same program and prints as the same bytes.
TEST(PropertyTest, TextReadsBack) { expectProperty(changesInText); }
TEST(PropertyTest, TextOfCallsReadsBack) {
  expectProperty(changesInText, {.kind = ProgramKind::Host});
}

std::optional<std::string> changesInModel(const Program &program) {
  Context &context = program.getContext();
  DiagnosticCapture capture(context.getDiagnostics());
  FailureOr<std::string> bytes = exportProgram(program);
  if (failed(bytes))
    return "it cannot be written: " + getError(capture, "");
  auto read = [&](const std::string &from) {
    return importProgram(
        context, {reinterpret_cast<const uint8_t *>(from.data()), from.size()},
        "test");
  };
  std::unique_ptr<Program> imported = read(*bytes);
  if (!imported)
    return "what is written cannot be read: " + getError(capture, "");
  if (failed(verify(*imported)))
    return "what is read does not verify: " + getError(capture, "");
  FailureOr<std::string> again = exportProgram(*imported);
  if (failed(again) || *again != *bytes)
    return "what is read is written as other bytes";
  if (getFingerprint(*imported) != getFingerprint(program))
    return "it reads back as another program:\n" + printToString(*imported);
  return std::nullopt;
}

// Through a Core ML model and back, a program stays as it is.
TEST(PropertyTest, ModelReadsBack) { expectProperty(changesInModel); }

//===----------------------------------------------------------------------===//
// Passes
//===----------------------------------------------------------------------===//

/// How often passes did what.
struct PassTally {
  uint64_t numRuns = 0;
  /// Executions whose numbers could not be compared.
  uint64_t numUnchecked = 0;
};

/// What a pass that runs under all checks does wrong. That it reports an error
/// about the program is its right.
std::optional<std::string> breaksPromise(const Program &program,
                                         llvm::StringRef pipelineText,
                                         PassTally &tally,
                                         uint64_t numericsSeed) {
  Context &context = program.getContext();
  FailureOr<Pipeline> pipeline = parsePipeline(pipelineText, context);
  if (failed(pipeline))
    return "there is no such pipeline";
  std::unique_ptr<Program> changed = cloneProgram(program);
  PassManager manager(context);
  manager.setPipeline(std::move(*pipeline));
  InstrumentationOptions options;
  options.checkChanges = true;
  options.verifyRoundtrip = true;
  options.checkNumerics.isEnabled = true;
  options.checkNumerics.seed = numericsSeed;
  // Bugs are shown as text; no files.
  options.reproducerFile = "/dev/null";
  std::string output;
  llvm::raw_string_ostream os(output);
  addInstrumentations(manager, options, os);
  PipelineStatus status;
  DiagnosticCapture capture(context.getDiagnostics());
  status = manager.run(*changed);
  ++tally.numRuns;
  for (const Diagnostic &diagnostic : capture.get())
    if (diagnostic.ruleId == "check-numerics") {
      ++tally.numUnchecked;
      break;
    }
  if (status == PipelineStatus::Bug)
    return "'" + pipelineText.str() +
           "' breaks a promise: " + getError(capture, "no message");
  return std::nullopt;
}

void expectPromisesKept(llvm::StringRef pipeline,
                        const GeneratorOptions &options) {
  PassTally tally;
  expectProperty(
      [&](const Program &program) {
        return breaksPromise(program, pipeline, tally, 1);
      },
      options);
  // The check means something only if most programs can be evaluated.
  EXPECT_LE(tally.numUnchecked * 10, tally.numRuns) << pipeline.str();
}

/// Every pass and pipeline that is not hidden, with default options.
std::vector<std::string> getPipelines() {
  registerAllPasses();
  std::vector<std::string> pipelines;
  for (const PassInfo *pass : PassRegistry::get().getPasses())
    if (!pass->isHidden)
      pipelines.push_back(pass->argument.str());
  for (const PipelineInfo *pipeline : PassRegistry::get().getPipelines())
    pipelines.push_back(pipeline->name.str());
  return pipelines;
}

std::string makeTestName(const testing::TestParamInfo<std::string> &info) {
  std::string name;
  for (char c : info.param)
    name += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
}

class PassPropertyTest : public testing::TestWithParam<std::string> {
protected:
  PassPropertyTest() { registerAllPasses(); }
};

// A pass keeps what programs compute, says what it changes, and leaves what is
// valid and prints; whatever program it gets.
TEST_P(PassPropertyTest, KeepsItsPromises) {
  expectPromisesKept(GetParam(), {});
}

TEST_P(PassPropertyTest, KeepsItsPromisesOnComposites) {
  expectPromisesKept(GetParam(),
                     {.kind = ProgramKind::Composites, .numOperations = 6});
}

INSTANTIATE_TEST_SUITE_P(Passes, PassPropertyTest,
                         testing::ValuesIn(getPipelines()), makeTestName);

INSTANTIATE_TEST_SUITE_P(
    Options, PassPropertyTest,
    testing::Values("canonicalize{allow-lossy-casts}",
                    "fuse-patterns{batch-norm}", "lower-composites{silu=tanh}",
                    "lower-composites{silu=op}",
                    "canonicalize,cse,constant-fold,canonicalize,cse,dce"),
    makeTestName);

class FixedPointTest : public PassPropertyTest {};

std::optional<std::string> movesOn(const Program &program,
                                   llvm::StringRef pipelineText) {
  Context &context = program.getContext();
  std::unique_ptr<Program> changed = cloneProgram(program);
  for (int run = 0; run < 2; ++run) {
    uint64_t before = getFingerprint(*changed);
    PassManager manager(context);
    manager.setPipeline(std::move(*parsePipeline(pipelineText, context)));
    DiagnosticCapture capture(context.getDiagnostics());
    if (manager.run(*changed) != PipelineStatus::Success)
      return "'" + pipelineText.str() + "' fails: " + getError(capture, "");
    if (run == 1 && getFingerprint(*changed) != before)
      return "'" + pipelineText.str() + "' changes what it has made";
  }
  return std::nullopt;
}

// What has been brought to its simplest form stays as it is.
TEST_P(FixedPointTest, IsReached) {
  expectProperty(
      [&](const Program &program) { return movesOn(program, GetParam()); });
}

INSTANTIATE_TEST_SUITE_P(Passes, FixedPointTest,
                         testing::Values("canonicalize{max-iterations=100}",
                                         "cse", "constant-fold", "dce",
                                         "loop-invariants",
                                         "place-state-writes", "to-ane-layout",
                                         "to-ane-layout{boundary=columns}"),
                         makeTestName);

//===----------------------------------------------------------------------===//
// The harness itself
//===----------------------------------------------------------------------===//

// Programs depend on nothing but the seed, and different seeds give different
// ones.
TEST(PropertyHarnessTest, SeedsDecide) {
  llvm::StringSet<> texts;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Context first, second;
    std::string text = printToString(*generateProgram(first, seed));
    EXPECT_EQ(text, printToString(*generateProgram(second, seed)));
    texts.insert(text);
  }
  EXPECT_EQ(texts.size(), 20U);
}

// The generator makes every operation that its steps name, so that no step is
// refused each time without anybody's notice.
TEST(PropertyHarnessTest, OperationsAreMade) {
  llvm::StringSet<> names;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    Context context;
    std::unique_ptr<Program> program = generateProgram(context, seed);
    for (const auto &function : program->getFunctions())
      function->walk([&](Operation &op) { names.insert(op.getName()); });
  }
  for (const char *name : {"relu",
                           "add",
                           "real_div",
                           "floor_div",
                           "mod",
                           "less",
                           "select",
                           "cast",
                           "clip",
                           "elu",
                           "reshape",
                           "expand_dims",
                           "squeeze",
                           "transpose",
                           "slice_by_size",
                           "slice_by_index",
                           "tile",
                           "pad",
                           "concat",
                           "stack",
                           "split",
                           "reverse",
                           "gather",
                           "shape",
                           "reduce_sum",
                           "reduce_argmax",
                           "softmax",
                           "cumsum",
                           "topk",
                           "matmul",
                           "linear",
                           "conv",
                           "layer_norm",
                           "read_state",
                           "write_state",
                           "logical_not",
                           "linear_activation"})
    EXPECT_TRUE(names.contains(name)) << name;
}

// A property that does not hold is reported with its seed, and with a program
// of little more than what it takes.
TEST(PropertyHarnessTest, CounterexamplesAreShrunk) {
  std::optional<std::string> found = findCounterexample(
      {.numPrograms = 100, .firstSeed = 7}, {}, [](const Program &program) {
        bool hasTranspose = false;
        for (const auto &function : program.getFunctions())
          function->walk(
              [&](Operation &op) { hasTranspose |= op.is("transpose"); });
        return hasTranspose ? std::optional<std::string>("it has a transpose")
                            : std::nullopt;
      });
  ASSERT_TRUE(found);
  EXPECT_NE(found->find("it has a transpose"), std::string::npos) << *found;
  EXPECT_NE(found->find("ESPRESSO_PROPERTY_SEED="), std::string::npos);
  EXPECT_NE(found->find("operations to "), std::string::npos) << *found;
}

} // namespace
