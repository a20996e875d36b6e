//===- Verifier.cpp - Is this a valid program? ----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Ops/Verifier.h"

#include "OpVerifier.h"

#include "espresso/Ops/Registry.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringSet.h"

namespace espresso {

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

namespace {
/// Checks one function after another; remembers what it has warned of.
class FunctionVerifier {
public:
  FunctionVerifier(const VerifyOptions &options, DiagnosticEngine &diagnostics)
      : options(options), diagnostics(diagnostics) {}

  LogicalResult run(const Function &function);

private:
  LogicalResult checkBlock(const Block &block);
  LogicalResult checkOperation(const Operation &op);
  LogicalResult checkOpset(Location location, llvm::StringRef spelling);
  LogicalResult checkStates(const Function &function);
  LogicalResult checkUses(const Operation &op);
  LogicalResult checkOutputs(const Block &block);
  LogicalResult checkUnknown(const Operation &op);
  /// Makes `value` visible; its name must be free.
  LogicalResult define(const Value &value);
  void leave(const Block &block);
  bool isNews(llvm::StringRef name);
  InFlightDiagnostic emitOpaque(Location location, llvm::StringRef rule);

  const VerifyOptions &options;
  DiagnosticEngine &diagnostics;
  llvm::DenseSet<const Value *> visible;
  llvm::DenseMap<llvm::StringRef, const Value *> byName;
  llvm::StringSet<> warned;
};
} // namespace

LogicalResult FunctionVerifier::run(const Function &function) {
  visible.clear();
  byName.clear();
  LogicalResult opset =
      checkOpset(function.getLocation(), function.getOpsetSpelling());
  LogicalResult states = checkStates(function);
  LogicalResult body = checkBlock(function.getBody());
  return success(succeeded(opset) && succeeded(states) && succeeded(body));
}

LogicalResult FunctionVerifier::checkBlock(const Block &block) {
  LogicalResult result = success();
  for (const std::unique_ptr<Value> &input : block.getInputs())
    if (failed(define(*input)))
      result = failure();
  for (const Operation &op : block.getOperations()) {
    if (failed(checkUses(op)) || failed(checkOperation(op)))
      result = failure();
    for (const std::unique_ptr<Block> &nested : op.getBlocks())
      if (failed(checkBlock(*nested)))
        result = failure();
    for (const std::unique_ptr<Value> &opResult : op.getResults())
      if (failed(define(*opResult)))
        result = failure();
  }
  if (failed(checkOutputs(block)))
    result = failure();
  leave(block);
  return result;
}

LogicalResult FunctionVerifier::define(const Value &value) {
  visible.insert(&value);
  auto tensor = value.getTensorType();
  if (tensor && hasHugeExtent(tensor))
    return diagnostics.emitError(value.getLocation()).setRule("type-extent")
           << "'" << value.getName() << "' is " << tensor
           << "; an extent is at most " << kMaxExtent;
  auto [entry, isNew] = byName.try_emplace(value.getName(), &value);
  if (isNew)
    return success();
  return diagnostics.emitError(value.getLocation())
             .setRule("name-redefined")
             .addNote(entry->second->getLocation(), "the first one is here")
         << "'" << value.getName() << "' is defined a second time";
}

void FunctionVerifier::leave(const Block &block) {
  if (!block.getParentOp())
    return;
  auto forget = [&](const Value &value) {
    visible.erase(&value);
    auto entry = byName.find(value.getName());
    if (entry != byName.end() && entry->second == &value)
      byName.erase(entry);
  };
  for (const std::unique_ptr<Value> &input : block.getInputs())
    forget(*input);
  for (const Operation &op : block.getOperations())
    for (const std::unique_ptr<Value> &result : op.getResults())
      forget(*result);
}

LogicalResult FunctionVerifier::checkUses(const Operation &op) {
  for (const Value *value : op.getAllOperands())
    if (!visible.contains(value))
      return op.emitError().setRule("use-undefined")
             << "'" << value->getName() << "' is not defined before '"
             << op.getName() << "' uses it";
  return success();
}

LogicalResult FunctionVerifier::checkOutputs(const Block &block) {
  const Function &function = *block.getFunction();
  llvm::DenseSet<const Value *> seen;
  for (size_t i = 0; i < block.getNumOutputs(); ++i) {
    const Value *output = block.getOutput(i);
    if (!visible.contains(output))
      return diagnostics.emitError(function.getLocation())
                 .setRule("use-undefined")
             << "output '" << output->getName() << "' of '"
             << function.getName() << "' is not defined";
    if (!block.getParentOp() && !seen.insert(output).second)
      return diagnostics.emitError(function.getLocation())
                 .setRule("output-twice")
             << "'" << output->getName() << "' is an output of '"
             << function.getName() << "' twice";
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

bool FunctionVerifier::isNews(llvm::StringRef name) {
  return options.strict || (options.warnOpaque && warned.insert(name).second);
}

InFlightDiagnostic FunctionVerifier::emitOpaque(Location location,
                                                llvm::StringRef rule) {
  Severity severity = options.strict ? Severity::Error : Severity::Warning;
  return diagnostics.emit(severity, location).setRule(rule);
}

LogicalResult FunctionVerifier::checkOpset(Location location,
                                           llvm::StringRef spelling) {
  if (parseOpset(spelling) != Opset::Unknown)
    return success();
  if (isNews(spelling))
    emitOpaque(location, "opset-unknown")
        << "unknown opset '" << spelling
        << "'; the newest definition of each operation applies";
  return success(!options.strict);
}

LogicalResult FunctionVerifier::checkStates(const Function &function) {
  if (!isIOS(function.getOpset()) || function.getOpset() >= Opset::IOS18)
    return success();
  for (const std::unique_ptr<Value> &input : function.getBody().getInputs())
    if (input->getType().is<StateType>())
      return diagnostics.emitError(input->getLocation()).setRule("state-opset")
             << "'" << input->getName() << "' is a state, which needs ios18, "
             << "but '" << function.getName() << "' is of "
             << function.getOpsetSpelling();
  return success();
}

LogicalResult FunctionVerifier::checkOperation(const Operation &op) {
  if (!op.getOpsetQualifier().empty() &&
      failed(checkOpset(op.getLocation(), op.getOpsetQualifier())))
    return failure();
  const OpDefinition *definition = lookupOp(op);
  if (!definition)
    return checkUnknown(op);
  // Passes leave composites in programs for lower-composites to find.
  if (definition->hasTrait(OpTrait_Composite) && isIOS(op.getOpset()) &&
      isNews(op.getName())) {
    emitOpaque(op.getLocation(), "op-composite-in-ios")
        << "'" << op.getName() << "' is no operation of "
        << getName(op.getOpset())
        << "; it stands for others until 'lower-composites'";
    if (options.strict)
      return failure();
  }
  return verifyOperation(op, *definition);
}

LogicalResult FunctionVerifier::checkUnknown(const Operation &op) {
  llvm::StringRef name = op.getName();
  if (lookupOp(name, Opset::Unknown))
    return op.emitError().setRule("op-opset")
           << "'" << name << "' needs " << getName(*getFirstOpset(name))
           << ", but stands in " << getName(op.getOpset());
  if (!isNews(name))
    return success();
  InFlightDiagnostic diagnostic = emitOpaque(op.getLocation(), "op-unknown");
  diagnostic << "unknown operation '" << name << "'";
  if (std::optional<llvm::StringRef> similar = suggestOp(name))
    diagnostic << "; did you mean '" << *similar << "'?";
  else if (!options.strict)
    diagnostic << " is passed through as it is";
  return success(!options.strict);
}

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

namespace {
/// Finds functions that call themselves through others.
class CallGraph {
public:
  explicit CallGraph(const Program &program) : program(program) {}

  LogicalResult check(Function &function) {
    auto [entry, isNew] = state.try_emplace(&function, Visiting);
    if (!isNew)
      return success();
    LogicalResult result = success();
    function.walk([&](Operation &op) {
      if (op.is("espresso.call") && failed(checkCall(function, op)))
        result = failure();
    });
    state[&function] = Done;
    return result;
  }

private:
  enum State { Visiting, Done };

  LogicalResult checkCall(Function &caller, const Operation &op) {
    Attribute name = op.getConstant("callee");
    auto type = name ? name.getType().getAs<TensorType>() : TensorType();
    if (!type || type.getElementType() != DataType::String ||
        !type.isScalar() || !name.getDense())
      return success(); // Reported with the operation.
    Function *callee = program.findFunction(name.getString());
    if (!callee || callee == &caller)
      return success(); // Likewise.
    auto found = state.find(callee);
    if (found != state.end() && found->second == Visiting)
      return op.emitError().setRule("op-call")
             << "'" << callee->getName() << "' calls itself through '"
             << caller.getName() << "'";
    return check(*callee);
  }

  const Program &program;
  llvm::DenseMap<const Function *, State> state;
};
} // namespace

LogicalResult verify(const Function &function, const VerifyOptions &options) {
  return FunctionVerifier(options, function.getContext().getDiagnostics())
      .run(function);
}

LogicalResult verify(const Program &program, const VerifyOptions &options) {
  DiagnosticEngine &diagnostics = program.getContext().getDiagnostics();
  FunctionVerifier verifier(options, diagnostics);
  CallGraph calls(program);
  llvm::StringSet<> names;
  LogicalResult result = success();
  for (const std::unique_ptr<Function> &function : program.getFunctions()) {
    if (!names.insert(function->getName()).second)
      result = diagnostics.emitError(function->getLocation())
                   .setRule("name-redefined")
               << "there are two functions '" << function->getName() << "'";
    if (failed(verifier.run(*function)))
      result = failure();
    if (failed(calls.check(*function)))
      result = failure();
  }
  return result;
}

} // namespace espresso
