//===- RuleInventoryTest.cpp - Every rule refuses something ---------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// What tables cannot say (shapes, groups, axes, permutations, masks, …) is
// checked by the functions that a record names. Each version of each operation
// that has one must be refused by it in some program of test/Ops/*-errors.mil;
// RecordConstraintTest.cpp does the same for what tables say.
//
//===----------------------------------------------------------------------===//

#include "../../../lib/Ops/RuleSupport.h"

#include "espresso/AsmText/Parser.h"
#include "espresso/Ops/Registry.h"
#include "espresso/Ops/Verifier.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "gtest/gtest.h"

#include <map>
#include <set>

using namespace espresso;

/// Functions that take whatever a table lets through.
static bool acceptsEverything(InferFn infer) {
  const InferFn accepting[] = {rules::inferSameAsX,    rules::inferSameTypeAsX,
                               rules::inferReadState,  rules::inferShape,
                               rules::inferListLength, rules::inferNonZero,
                               rules::inferFillLike,   rules::inferConst};
  return !infer || llvm::is_contained(accepting, infer);
}

/// Whether messages of `rule` come from such functions.
static bool isRuleOfFunctions(llvm::StringRef rule) {
  return rule == "op-shape" || rule == "op-value" || rule == "op-type" ||
         rule == "op-block" || rule == "op-call" || rule == "op-rank";
}

namespace {

/// The versions of operations that programs were refused for.
class Refusals {
public:
  /// Verifies each program of a file of cases.
  void addFile(llvm::StringRef path);
  bool contains(const OpDefinition &definition) const {
    return seen.count(&definition);
  }

private:
  void addProgram(llvm::StringRef text);

  std::set<const OpDefinition *> seen;
};

} // namespace

/// Operations by where they stand, those of nested blocks included.
static void
collectOperations(const Block &block,
                  std::map<const char *, const Operation *> &operations) {
  for (const Operation &op : block.getOperations()) {
    operations[op.getLocation().getStart().getPointer()] = &op;
    for (const std::unique_ptr<Block> &nested : op.getBlocks())
      collectOperations(*nested, operations);
  }
}

void Refusals::addProgram(llvm::StringRef text) {
  Context context;
  std::vector<const char *> places;
  context.getDiagnostics().setHandler([&](const Diagnostic &diagnostic) {
    if (isRuleOfFunctions(diagnostic.ruleId))
      places.push_back(diagnostic.location.getStart().getPointer());
  });
  context.getDiagnostics().setMaxErrors(0);
  std::unique_ptr<Program> program = parseProgramText(context, text);
  if (!program)
    return;
  std::map<const char *, const Operation *> operations;
  for (const std::unique_ptr<Function> &function : program->getFunctions())
    collectOperations(function->getBody(), operations);
  (void)verify(*program, {.strict = true});
  for (const char *place : places)
    if (auto op = operations.find(place); op != operations.end())
      if (const OpDefinition *definition = lookupOp(*op->second))
        seen.insert(definition);
}

void Refusals::addFile(llvm::StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  ASSERT_TRUE(buffer) << path.str();
  llvm::SmallVector<llvm::StringRef, 32> programs;
  (*buffer)->getBuffer().split(programs, "// -----");
  for (llvm::StringRef text : programs)
    addProgram(text);
}

TEST(RuleInventoryTest, EveryRuleRefusesSomethingInEveryVersion) {
  Refusals refusals;
  std::error_code error;
  for (llvm::sys::fs::directory_iterator file(ESPRESSO_OPS_EXAMPLES, error),
       end;
       file != end && !error; file.increment(error))
    if (llvm::StringRef(file->path()).ends_with("-errors.mil"))
      refusals.addFile(file->path());

  for (const OpDefinition &row : getAllOpDefinitions()) {
    if (acceptsEverything(row.infer) && !row.verify)
      continue;
    EXPECT_TRUE(refusals.contains(row))
        << "no program of test/Ops/*-errors.mil is refused by the rules of "
        << row.name.str() << " since " << getName(row.since).str();
  }
}
