//===- InventoryTest.cpp - Kernels, records and tests agree ---------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/AsmText/Parser.h"
#include "espresso/Eval/Kernel.h"
#include "espresso/Eval/Numerics.h"
#include "espresso/Ops/Registry.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Regex.h"

#include "gtest/gtest.h"

#include <set>

namespace espresso {
namespace {

TEST(InventoryTest, KernelsOfRecordsExist) {
  for (const OpDefinition &definition : getAllOpDefinitions()) {
    if (definition.kernel.empty())
      continue;
    EXPECT_NE(lookupKernel(definition.kernel), nullptr)
        << definition.name.str() << " names " << definition.kernel.str();
  }
}

TEST(InventoryTest, KernelsAreNamedByRecords) {
  llvm::StringSet<> named;
  for (const OpDefinition &definition : getAllOpDefinitions())
    named.insert(definition.kernel);
  for (const KernelEntry &kernel : getAllKernels())
    EXPECT_TRUE(named.contains(kernel.name)) << kernel.name.str();
}

TEST(InventoryTest, KernelNamesAreUnique) {
  llvm::StringSet<> names;
  for (const KernelEntry &kernel : getAllKernels())
    EXPECT_TRUE(names.insert(kernel.name).second) << kernel.name.str();
}

//===----------------------------------------------------------------------===//
// Evaluation tests
//===----------------------------------------------------------------------===//

/// An evaluation test of a version of an operation is a RUN line of a file in
/// test/Eval that evaluates a function with it, in fp32 or fp16 arithmetic, on
/// tensors of fp32 or fp16. Files that a RUN line makes with sed count, too.
class EvaluationTests {
public:
  void read(llvm::StringRef text);

  bool covers(const OpDefinition &definition, NumericsMode mode) const {
    DataType type =
        mode == NumericsMode::Fp16 ? DataType::Float16 : DataType::Float32;
    // What takes no floats is shown by whatever is evaluated in that mode.
    DataType wanted = takes(definition, type) ? type : DataType::Bool;
    return seen.count({&definition, mode, wanted});
  }

private:
  static bool takes(const OpDefinition &definition, DataType type);
  void evaluate(llvm::StringRef program, llvm::StringRef function,
                NumericsMode mode);
  void addOps(const Block &block, NumericsMode mode);

  /// Bool stands for operations on whatever types.
  std::set<std::tuple<const OpDefinition *, NumericsMode, DataType>> seen;
};

bool EvaluationTests::takes(const OpDefinition &definition, DataType type) {
  for (const InputDefinition &input : definition.inputs) {
    const DataTypeSet &types =
        input.typeVariable < 0
            ? input.types
            : definition.typeVariables[input.typeVariable].types;
    bool takesTensors =
        input.kind == InputKind::Tensor || input.kind == InputKind::State;
    if (types.contains(type) || (takesTensors && types.empty()))
      return true;
  }
  return false;
}

/// `text` after the substitutions s/a/b/g of a sed command.
std::string substitute(std::string text, llvm::StringRef command) {
  llvm::Regex pattern("s/([^/]*)/([^/]*)/g");
  llvm::SmallVector<llvm::StringRef, 3> groups;
  for (; pattern.match(command, &groups);
       command = command.substr(command.find(groups[0]) + groups[0].size())) {
    std::string result;
    llvm::StringRef rest = text;
    for (size_t at; (at = rest.find(groups[1])) != llvm::StringRef::npos;
         rest = rest.substr(at + groups[1].size()))
      result += rest.substr(0, at).str() + groups[2].str();
    text = result + rest.str();
  }
  return text;
}

void EvaluationTests::read(llvm::StringRef text) {
  llvm::StringMap<std::string> files;
  files["%s"] = text.str();
  llvm::SmallVector<llvm::StringRef> lines, groups;
  text.split(lines, '\n');
  llvm::Regex sed("^ *sed .* (%[a-z0-9.]+) > (%[a-z0-9.]+)$");
  llvm::Regex run("^ *espresso-opt (%[a-z0-9.]+) .*--evaluate(=[a-z0-9_]+)?");
  llvm::Regex numerics("--numerics=(fp32|fp16)( |$)");
  for (llvm::StringRef line : lines) {
    llvm::StringRef command = line.split("RUN:").second;
    if (sed.match(command, &groups)) {
      std::string from = files[groups[1]];
      files[groups[2]] = substitute(from, command);
    } else if (run.match(command, &groups)) {
      llvm::StringRef file = groups[1], function = groups[2];
      NumericsMode mode = NumericsMode::Fp32;
      if (numerics.match(command, &groups))
        mode = groups[1] == "fp16" ? NumericsMode::Fp16 : NumericsMode::Fp32;
      else if (command.contains("--numerics="))
        continue;
      evaluate(files[file], function.drop_front(function.empty() ? 0 : 1),
               mode);
    }
  }
}

void EvaluationTests::evaluate(llvm::StringRef text, llvm::StringRef function,
                               NumericsMode mode) {
  Context context;
  context.getDiagnostics().setHandler([](const Diagnostic &) {});
  std::unique_ptr<Program> program = parseProgramText(context, text);
  if (!program)
    return;
  const Function *chosen = program->getFunctions().size() == 1
                               ? program->getFunctions().front().get()
                               : program->findFunction("main");
  if (!function.empty())
    chosen = program->findFunction(function);
  // Called functions are evaluated with their callers.
  for (const auto &other : program->getFunctions())
    if (other.get() == chosen || (chosen && chosen->getName() == "main"))
      addOps(other->getBody(), mode);
}

void EvaluationTests::addOps(const Block &block, NumericsMode mode) {
  for (const Operation &op : block.getOperations()) {
    for (const std::unique_ptr<Block> &nested : op.getBlocks())
      addOps(*nested, mode);
    const OpDefinition *definition = lookupOp(op);
    // What nothing uses shows nothing.
    if (!definition || (op.getNumResults() > 0 && !op.hasUses()))
      continue;
    seen.insert({definition, mode, DataType::Bool});
    auto add = [&](Type type) {
      if (auto state = type.getAs<StateType>())
        type = state.getWrappedType();
      if (auto tensor = type.getAs<TensorType>())
        seen.insert({definition, mode, tensor.getElementType()});
    };
    for (const auto &result : op.getResults())
      add(result->getType());
    for (const NamedAttribute &attribute : op.getAttributes())
      add(attribute.value.getType());
    for (const auto &binding : op.getBindings())
      for (size_t i = 0; i < binding->size(); ++i) {
        const Argument &argument = (*binding)[i];
        add(argument.getValue() ? argument.getValue()->getType()
                                : argument.getLiteral().getType());
      }
  }
}

TEST(InventoryTest, EveryVersionHasEvaluationTests) {
  EvaluationTests tests;
  std::error_code error;
  for (llvm::sys::fs::directory_iterator file(ESPRESSO_EVAL_TESTS, error), end;
       file != end && !error; file.increment(error)) {
    if (!llvm::StringRef(file->path()).ends_with(".mil"))
      continue;
    auto buffer = llvm::MemoryBuffer::getFile(file->path());
    ASSERT_TRUE(buffer) << file->path();
    tests.read((*buffer)->getBuffer());
  }
  ASSERT_FALSE(error) << error.message();
  for (const OpDefinition &definition : getAllOpDefinitions()) {
    if (definition.kernel.empty())
      continue;
    for (NumericsMode mode : {NumericsMode::Fp32, NumericsMode::Fp16})
      EXPECT_TRUE(tests.covers(definition, mode))
          << "no test in test/Eval shows '" << definition.name.str() << "' of "
          << getName(definition.since).str() << " in " << getName(mode).str();
  }
}

} // namespace
} // namespace espresso
