//===- OpVerifier.cpp - One operation against its record ------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpVerifier.h"

#include "RuleSupport.h"

#include "espresso/Ops/Registry.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"

namespace espresso {

static InFlightDiagnostic error(const Operation &op, llvm::StringRef rule) {
  return op.emitError().setRule(rule);
}

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

namespace {
/// One argument of an input, wherever it stands.
struct ArgumentInfo {
  Type type;
  bool isCompileTime = false;
  /// The value at compile time; null if it is decompressed or computed.
  Attribute constant;
};
using ArgumentInfos = llvm::SmallVector<ArgumentInfo, 2>;
} // namespace

static ArgumentInfo describeConstant(Attribute constant) {
  return {constant.getType(), /*isCompileTime=*/true, constant};
}

/// Known at compile time are constants, and the results of what decompresses
/// constants.
static ArgumentInfo describeValue(const Value &value) {
  ArgumentInfo info{value.getType()};
  const Operation *producer = value.getDefiningOp();
  if (!producer)
    return info;
  if (producer->is("const")) {
    info.isCompileTime = true;
    info.constant = producer->getAttribute("val");
    return info;
  }
  const OpDefinition *definition = lookupOp(*producer);
  info.isCompileTime = definition && definition->hasTrait(OpTrait_Constexpr);
  return info;
}

static ArgumentInfos getArguments(const Operation &op,
                                  const OpDefinition &definition,
                                  llvm::StringRef input) {
  ArgumentInfos arguments;
  const Binding *binding = op.findBinding(input);
  for (size_t i = 0; binding && i < binding->size(); ++i) {
    const Argument &argument = (*binding)[i];
    const Value *value = argument.getValue();
    arguments.push_back(value ? describeValue(*value)
                              : describeConstant(argument.getLiteral()));
  }
  if (!binding && definition.hasTrait(OpTrait_AttributeInputs))
    if (Attribute attribute = op.getAttribute(input))
      arguments.push_back(describeConstant(attribute));
  return arguments;
}

//===----------------------------------------------------------------------===//
// Names of inputs
//===----------------------------------------------------------------------===//

/// Says why `input` is not an input of `op`: a later version has it, or it is
/// a slip of the pen.
static LogicalResult reportUnknownInput(const Operation &op,
                                        const OpDefinition &definition,
                                        llvm::StringRef input) {
  InFlightDiagnostic diagnostic = error(op, "op-input-unknown");
  diagnostic << "'" << op.getName() << "' has no input '" << input << "'";
  for (const OpDefinition &row : getAllOpDefinitions())
    if (row.name == definition.name && row.since > definition.since &&
        row.findInput(input)) {
      diagnostic << " before " << getName(row.since);
      return diagnostic;
    }
  llvm::SmallVector<llvm::StringRef, 8> names;
  for (const InputDefinition &row : definition.inputs)
    names.push_back(row.name);
  if (std::optional<llvm::StringRef> similar = findNearMiss(input, names))
    diagnostic << "; did you mean '" << *similar << "'?";
  return diagnostic;
}

static LogicalResult checkInputNames(const Operation &op,
                                     const OpDefinition &definition) {
  LogicalResult result = success();
  if (!definition.hasTrait(OpTrait_OpenInputs))
    for (const std::unique_ptr<Binding> &binding : op.getBindings())
      if (!definition.findInput(binding->getName()))
        result = reportUnknownInput(op, definition, binding->getName());
  if (definition.hasTrait(OpTrait_AttributeInputs))
    return result;
  for (const NamedAttribute &attribute : op.getAttributes())
    if (definition.findInput(attribute.name))
      result = error(op, "op-attribute")
               << "'" << attribute.name << "' of '" << op.getName()
               << "' is an input and cannot be an attribute";
  return result;
}

//===----------------------------------------------------------------------===//
// Each input
//===----------------------------------------------------------------------===//

static llvm::StringRef describe(InputKind kind) {
  switch (kind) {
  case InputKind::Tensor:
    return "a tensor";
  case InputKind::State:
    return "a state";
  case InputKind::List:
    return "a list";
  case InputKind::Any:
    return "a value";
  }
  return "";
}

/// The tensor whose elements the record constrains, or a null type.
static TensorType getElements(Type type) {
  if (auto state = type.getAs<StateType>())
    return state.getWrappedType().getAs<TensorType>();
  return type.getAs<TensorType>();
}

static bool isOfKind(Type type, InputKind kind) {
  switch (kind) {
  case InputKind::Tensor:
    return type.is<TensorType>();
  case InputKind::State:
    return type.is<StateType>();
  case InputKind::List:
    return type.is<ListType>();
  case InputKind::Any:
    return true;
  }
  return false;
}

bool hasHugeExtent(TensorType type) {
  return llvm::any_of(type.getShape(),
                      [](int64_t extent) { return extent > kMaxExtent; });
}

/// The value of a constant has a shape that can be relied on.
static LogicalResult checkConstantType(const Operation &op,
                                       const InputDefinition &input,
                                       TensorType type) {
  if (type.hasStaticShape() && !hasHugeExtent(type))
    return success();
  return error(op, "type-extent")
         << "'" << input.name << "' of '" << op.getName()
         << "' is a constant of type " << type
         << ", expected extents that are known and at most " << kMaxExtent;
}

/// A constant has elements, and a scalar that rules look at has them at hand.
static LogicalResult checkElements(const Operation &op,
                                   const InputDefinition &input,
                                   const ArgumentInfo &argument) {
  const Attribute &constant = argument.constant;
  bool hasElements = !constant || constant.getDense() || constant.getBlob();
  if (!hasElements)
    return error(op, "op-const") << "'" << input.name << "' of '"
                                 << op.getName() << "' is a constant without "
                                 << "elements";
  if (!input.isConst || input.rank != 0 || (constant && constant.getDense()))
    return success();
  return error(op, "op-const")
         << "'" << input.name << "' of '" << op.getName()
         << "' must be written in the program, not in a weight file";
}

static LogicalResult checkArgument(const Operation &op,
                                   const OpDefinition &definition,
                                   const InputDefinition &input,
                                   const ArgumentInfo &argument) {
  if (!isOfKind(argument.type, input.kind))
    return error(op, "op-type")
           << "'" << input.name << "' of '" << op.getName() << "' is "
           << argument.type << ", expected " << describe(input.kind);
  TensorType tensor = getElements(argument.type);
  if (tensor && argument.isCompileTime &&
      failed(checkConstantType(op, input, tensor)))
    return failure();
  DataTypeSet types = input.typeVariable < 0
                          ? input.types
                          : definition.typeVariables[input.typeVariable].types;
  if (tensor && !types.empty() && !types.contains(tensor.getElementType()))
    return error(op, "op-type")
           << "'" << input.name << "' of '" << op.getName() << "' is "
           << llvm::StringRef(getName(tensor.getElementType())) << ", expected "
           << types.str();
  if (tensor && input.rank >= 0 && tensor.getRank() != input.rank)
    return error(op, "op-rank")
           << "'" << input.name << "' of '" << op.getName() << "' has rank "
           << tensor.getRank() << ", expected "
           << (input.rank == 0 ? "a scalar" : "a vector");
  if (input.isConst && !argument.isCompileTime)
    return error(op, "op-const")
           << "'" << input.name << "' of '" << op.getName()
           << "' must be known at compile time";
  return tensor ? checkElements(op, input, argument) : success();
}

static LogicalResult checkInput(const Operation &op,
                                const OpDefinition &definition,
                                const InputDefinition &input,
                                llvm::ArrayRef<ArgumentInfo> arguments) {
  const Binding *binding = op.findBinding(input.name);
  if (arguments.empty() && input.isOptional && !binding)
    return success();
  if (arguments.empty())
    return error(op, "op-input-missing")
           << "'" << op.getName() << "' needs "
           << (input.isVariadic && binding ? "a value in '" : "input '")
           << input.name << "'";
  if (!input.isVariadic && arguments.size() != 1)
    return error(op, "op-type")
           << "'" << input.name << "' of '" << op.getName() << "' is a list of "
           << arguments.size() << ", expected one value";
  for (const ArgumentInfo &argument : arguments)
    if (failed(checkArgument(op, definition, input, argument)))
      return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// Type variables
//===----------------------------------------------------------------------===//

namespace {
/// The input that gave a type variable its value.
struct BoundVariable {
  llvm::StringRef input;
  DataType type = DataType::Bool;
};
} // namespace

static LogicalResult bindVariable(const Operation &op,
                                  const InputDefinition &input, TensorType type,
                                  BoundVariable &variable) {
  if (variable.input.empty())
    variable = {input.name, type.getElementType()};
  if (variable.type == type.getElementType())
    return success();
  return error(op, "op-typevar")
         << "'" << input.name << "' of '" << op.getName() << "' is "
         << llvm::StringRef(getName(type.getElementType())) << ", but '"
         << variable.input << "' is " << llvm::StringRef(getName(variable.type))
         << ": they must have one element type";
}

LogicalResult checkInputs(const Operation &op, const OpDefinition &definition) {
  LogicalResult result = checkInputNames(op, definition);
  llvm::SmallVector<BoundVariable, 4> variables(
      definition.typeVariables.size());
  for (const InputDefinition &input : definition.inputs) {
    ArgumentInfos arguments = getArguments(op, definition, input.name);
    if (failed(checkInput(op, definition, input, arguments))) {
      result = failure();
      continue;
    }
    if (input.typeVariable < 0)
      continue;
    for (const ArgumentInfo &argument : arguments)
      if (TensorType type = getElements(argument.type))
        if (failed(
                bindVariable(op, input, type, variables[input.typeVariable])))
          result = failure();
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

static LogicalResult checkResults(const Operation &op,
                                  llvm::ArrayRef<Type> inferred) {
  if (op.getNumResults() != inferred.size())
    return error(op, "op-result-count")
           << "'" << op.getName() << "' gives " << inferred.size()
           << (inferred.size() == 1 ? " result" : " results") << ", but "
           << op.getNumResults() << " are declared";
  LogicalResult result = success();
  for (auto [i, type] : llvm::enumerate(inferred)) {
    const Value &value = *op.getResult(i);
    if (rules::agree(value.getType(), type))
      continue;
    result = error(op, "op-result-type")
             << "'" << value.getName() << "' is declared as " << value.getType()
             << ", but '" << op.getName() << "' gives " << type;
  }
  return result;
}

LogicalResult verifyOperation(const Operation &op,
                              const OpDefinition &definition) {
  if (!op.getBlocks().empty() && !definition.hasTrait(OpTrait_NestedBlocks))
    return error(op, "op-block") << "'" << op.getName() << "' has no blocks";
  if (failed(checkInputs(op, definition)))
    return failure();
  if (definition.infer) {
    llvm::SmallVector<Type, 4> inferred;
    if (failed(definition.infer(op, inferred)) ||
        failed(checkResults(op, inferred)))
      return failure();
  }
  return definition.verify ? definition.verify(op) : success();
}

} // namespace espresso
