//===- PassManagerTest.cpp - Order of passes and hooks --------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Pass/PassManager.h"

#include "../TestSupport.h"

#include "espresso/Pass/Reproducer.h"

#include "llvm/ADT/StringExtras.h"

#include "gtest/gtest.h"

using namespace espresso;

namespace {

using Log = std::vector<std::string>;

constexpr PassInfo kFunctionInfo = {.argument = "on-function",
                                    .scope = PassScope::Function};
constexpr PassInfo kProgramInfo = {.argument = "on-program",
                                   .scope = PassScope::Program};

/// Notes what it is run on.
class LoggingFunctionPass : public FunctionPass {
public:
  LoggingFunctionPass(Log &log, std::string name)
      : FunctionPass(kFunctionInfo), log(log), name(std::move(name)) {}
  PassResult run(Function &function, PassContext &context) override {
    log.push_back(name + " " + function.getName().str());
    return PassResult::Unchanged;
  }
  void collectOptions(llvm::SmallVectorImpl<PassOptionValue> &) const override {
  }

private:
  Log &log;
  std::string name;
};

class LoggingProgramPass : public ProgramPass {
public:
  explicit LoggingProgramPass(Log &log) : ProgramPass(kProgramInfo), log(log) {}
  PassResult run(Program &program, PassContext &context) override {
    log.push_back("program");
    // What a later group of function passes is run on.
    program.addFunction("h", Opset::IOS18, {});
    return PassResult::Changed;
  }
  void collectOptions(llvm::SmallVectorImpl<PassOptionValue> &) const override {
  }

private:
  Log &log;
};

struct Answers {
  bool shouldRun = true;
  PipelineStatus beforePipeline = PipelineStatus::Success;
  PipelineStatus afterPass = PipelineStatus::Success;
};

/// Notes when its hooks are called, and answers as it is told.
class LoggingHooks : public PassInstrumentation {
public:
  LoggingHooks(Log &log, std::string name, Answers answers = {})
      : log(log), name(std::move(name)), answers(answers) {}

  PipelineStatus beforePipeline(const Pipeline &, Program &) override {
    note("start");
    return answers.beforePipeline;
  }
  bool shouldRun(const PassExecution &execution) override {
    return answers.shouldRun;
  }
  void beforePass(const PassExecution &execution) override {
    note("before " + std::to_string(execution.number));
  }
  PipelineStatus afterPass(const PassExecution &execution,
                           PassResult) override {
    note("after " + std::to_string(execution.number));
    return answers.afterPass;
  }
  void afterFailure(const PassExecution &, bool isBug) override {
    note(isBug ? "bug" : "failure");
  }
  PipelineStatus afterPipeline(const Pipeline &, Program &) override {
    note("end");
    return PipelineStatus::Success;
  }
  void finish(const Pipeline &) override { note("finish"); }

private:
  void note(const std::string &what) { log.push_back(name + " " + what); }

  Log &log;
  std::string name;
  Answers answers;
};

class PassManagerTest : public testing::Test {
protected:
  PassManagerTest() {
    program.addFunction("f", Opset::IOS18, {});
    program.addFunction("g", Opset::IOS18, {});
  }
  void addFunctionPass(const std::string &name) {
    manager.getPipeline().addPass(
        std::make_unique<LoggingFunctionPass>(log, name));
  }
  void addHooks(const std::string &name, Answers answers = {}) {
    manager.addInstrumentation(
        std::make_unique<LoggingHooks>(log, name, answers));
  }

  Context context;
  Program program{context};
  PassManager manager{context};
  Log log;
};

// A group of function passes finishes with one function before it comes to the
// next; a program pass ends the group, and the next one sees what it made.
TEST_F(PassManagerTest, GroupsFunctionPasses) {
  addFunctionPass("a");
  addFunctionPass("b");
  manager.getPipeline().addPass(std::make_unique<LoggingProgramPass>(log));
  addFunctionPass("c");
  EXPECT_EQ(manager.run(program), PipelineStatus::Success);
  EXPECT_EQ(log,
            (Log{"a f", "b f", "a g", "b g", "program", "c f", "c g", "c h"}));
}

// Hooks nest: the last one added is next to the pass.
TEST_F(PassManagerTest, HooksNest) {
  program.eraseFunction(program.findFunction("g"));
  addFunctionPass("a");
  addHooks("outer");
  addHooks("inner");
  EXPECT_EQ(manager.run(program), PipelineStatus::Success);
  EXPECT_EQ(log,
            (Log{"outer start", "inner start", "outer before 1",
                 "inner before 1", "a f", "inner after 1", "outer after 1",
                 "inner end", "outer end", "outer finish", "inner finish"}));
}

// A hook that finds a bug stops the hooks outside of it and the pipeline; all
// are told of the failure, and finish.
TEST_F(PassManagerTest, BugsEndThePipeline) {
  addFunctionPass("a");
  addHooks("outer");
  addHooks("inner", {.afterPass = PipelineStatus::Bug});
  EXPECT_EQ(manager.run(program), PipelineStatus::Bug);
  EXPECT_EQ(log, (Log{"outer start", "inner start", "outer before 1",
                      "inner before 1", "a f", "inner after 1", "inner bug",
                      "outer bug", "outer finish", "inner finish"}));
}

// Nothing runs if a hook cannot do its work.
TEST_F(PassManagerTest, HooksMayRefuseToBegin) {
  addFunctionPass("a");
  addHooks("outer", {.beforePipeline = PipelineStatus::IoError});
  addHooks("inner");
  EXPECT_EQ(manager.run(program), PipelineStatus::IoError);
  EXPECT_EQ(log, (Log{"outer start", "outer finish", "inner finish"}));
}

// What one hook skips no hook sees.
TEST_F(PassManagerTest, HooksMaySkip) {
  addFunctionPass("a");
  addHooks("outer");
  addHooks("inner", {.shouldRun = false});
  EXPECT_EQ(manager.run(program), PipelineStatus::Success);
  EXPECT_EQ(log, (Log{"outer start", "inner start", "inner end", "outer end",
                      "outer finish", "inner finish"}));
}

//===----------------------------------------------------------------------===//
// Options
//===----------------------------------------------------------------------===//

TEST(PassFilterTest, MatchesNamesOrAll) {
  EXPECT_TRUE(PassFilter::parse("").empty());
  PassFilter some = PassFilter::parse("cse, dce");
  EXPECT_TRUE(some.matches("cse"));
  EXPECT_TRUE(some.matches("dce"));
  EXPECT_FALSE(some.matches("canonicalize"));
  EXPECT_TRUE(PassFilter::parse("all").matches("canonicalize"));
}

TEST(DisabledPassTest, ParsesOccurrences) {
  EXPECT_EQ(DisabledPass::parse("cse")->occurrence, 0U);
  EXPECT_EQ(DisabledPass::parse("cse:12")->occurrence, 12U);
  EXPECT_EQ(DisabledPass::parse("cse:12")->argument, "cse");
  for (llvm::StringRef text : {"", ":1", "cse:", "cse:0", "cse:-1", "cse:x"})
    EXPECT_FALSE(DisabledPass::parse(text)) << text.str();
}

TEST(ReproducerTest, FindsThePipeline) {
  EXPECT_EQ(findReproducerPipeline(
                "// A remark.\n// RUN: espresso-opt %s "
                "--no-weights --pipeline='function(cse)'\nprogram(1.3)"),
            "function(cse)");
  EXPECT_FALSE(findReproducerPipeline("program(1.3)"));
  EXPECT_FALSE(findReproducerPipeline(""));
  EXPECT_FALSE(findReproducerPipeline("// only a comment"));
  EXPECT_FALSE(findReproducerPipeline(
      "// RUN: espresso-opt %s --no-weights --pipeline='open\n"));
}

} // namespace
