//===- TestPasses.cpp - Passes that test the manager ----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Passes that misbehave in known ways, so that the tests can show that the
// manager notices: test-lie about changes, test-break the program, test-fail.
// test-program is a well-behaved program pass. Hidden from help.
//
//===----------------------------------------------------------------------===//

#include "espresso/Transforms/Passes.h"

#include <cstdlib>

namespace espresso {
namespace {

class TestLiePass : public TestLieBase {
public:
  using TestLieBase::TestLieBase;
  PassResult run(Function &function, PassContext &context) override;
};

class TestBreakPass : public TestBreakBase {
public:
  using TestBreakBase::TestBreakBase;
  PassResult run(Function &function, PassContext &context) override;
};

class TestFailPass : public TestFailBase {
public:
  using TestFailBase::TestFailBase;
  PassResult run(Function &function, PassContext &context) override;
};

class TestProgramPass : public TestProgramBase {
public:
  using TestProgramBase::TestProgramBase;
  PassResult run(Program &program, PassContext &context) override;
};

} // namespace

PassResult TestLiePass::run(Function &function, PassContext &context) {
  if (options.about == "something")
    return PassResult::Changed;
  for (Operation &op : function.getBody()) {
    if (op.getResults().empty())
      continue;
    op.getResult()->setName(function.makeUniqueName("renamed"));
    break;
  }
  return PassResult::Unchanged;
}

PassResult TestBreakPass::run(Function &function, PassContext &context) {
  for (Operation &op : function.getBody()) {
    if (op.getBindings().empty())
      continue;
    if (options.what == "numbers") {
      if (!op.is("add"))
        continue;
      op.setName(function.getContext().intern("sub"));
    }
    if (options.what == "name")
      op.getResult()->setName("not a name");
    while (options.what == "inputs" && !op.getBindings().empty())
      op.removeBinding(op.getBindings().front()->getName());
    return PassResult::Changed;
  }
  return PassResult::Unchanged;
}

PassResult TestFailPass::run(Function &function, PassContext &context) {
  for (Operation &op : function.getBody()) {
    if (!options.on.empty() && !op.is(options.on))
      continue;
    if (options.how == "crashing")
      std::abort();
    if (options.how != "silently")
      (void)(op.emitError() << "'" << op.getName() << "' is what fails");
    return options.how == "unnoticed" ? PassResult::Unchanged
                                      : PassResult::Failed;
  }
  return PassResult::Unchanged;
}

PassResult TestProgramPass::run(Program &program, PassContext &context) {
  for (const std::unique_ptr<Function> &function : program.getFunctions()) {
    ++numFunctions;
    context.emitRemark(function->getLocation())
        << "function '" << function->getName() << "' seen";
  }
  Function *unwanted = program.findFunction(options.remove);
  if (!unwanted)
    return PassResult::Unchanged;
  program.eraseFunction(unwanted);
  return PassResult::Changed;
}

std::unique_ptr<Pass> createTestLiePass(const TestLieOptions &options) {
  return std::make_unique<TestLiePass>(options);
}

std::unique_ptr<Pass> createTestBreakPass(const TestBreakOptions &options) {
  return std::make_unique<TestBreakPass>(options);
}

std::unique_ptr<Pass> createTestFailPass(const TestFailOptions &options) {
  return std::make_unique<TestFailPass>(options);
}

std::unique_ptr<Pass> createTestProgramPass(const TestProgramOptions &options) {
  return std::make_unique<TestProgramPass>(options);
}

} // namespace espresso
