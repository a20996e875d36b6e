//===- ProgramImport.cpp - Programs from protobuf -------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Proto/ProgramImport.h"

#include "ProgramMessages.h"
#include "ValueImport.h"
#include "Wire.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/ScopeExit.h"

namespace espresso {

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

namespace {

/// Fills one function.
class FunctionImporter {
public:
  FunctionImporter(Function &function, ValueImporter &values)
      : function(function), context(function.getContext()), values(values) {}

  LogicalResult run(const pb::Function &message);

private:
  /// Names that end with a block.
  using Names = std::vector<llvm::StringRef>;

  LogicalResult importSignature(const pb::Function &message, Names &names);
  LogicalResult importBlock(const pb::Block &message, Block &block,
                            Names &names);
  LogicalResult importNested(const pb::Operation &message, Operation &op);
  LogicalResult importOperation(const pb::Operation &message, Block &block,
                                Names &names);
  LogicalResult importArguments(const pb::Operation &message, Operation &op);
  LogicalResult importBinding(const pb::Argument::Binding &message,
                              Operation &op, Binding &binding);
  LogicalResult define(Value *value, Names &names);
  /// Makes errors be about `name` of the function.
  Location enter(llvm::StringRef name);

  Function &function;
  Context &context;
  ValueImporter &values;
  llvm::StringMap<Value *> visible;
  unsigned depth = 0;
};

} // namespace

/// What an operation is called in messages.
static llvm::StringRef getLabel(const pb::Operation &message) {
  return message.outputs_size() != 0 ? message.outputs(0).name()
                                     : message.type();
}

Location FunctionImporter::enter(llvm::StringRef name) {
  std::string label = (function.getName() + "/" + name).str();
  Location location = Location::name(context.intern(label));
  values.setLocation(location);
  return location;
}

LogicalResult FunctionImporter::define(Value *value, Names &names) {
  if (value->getName().empty())
    return values.emitError() << "expected a name for a value, found none";
  if (!visible.try_emplace(value->getName(), value).second)
    return values.emitError()
           << "'" << value->getName() << "' is defined twice";
  function.reserveName(value->getName());
  names.push_back(value->getName());
  return success();
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

LogicalResult
FunctionImporter::importBinding(const pb::Argument::Binding &message,
                                Operation &op, Binding &binding) {
  switch (message.binding_case()) {
  case pb::Argument::Binding::kName: {
    auto found = visible.find(message.name());
    if (found == visible.end())
      return values.emitError()
             << "'" << message.name() << "' is not defined before '"
             << op.getName() << "' uses it";
    binding.addValue(found->second, &op);
    return success();
  }
  case pb::Argument::Binding::kValue: {
    Attribute literal = values.importValue(message.value());
    if (!literal)
      return failure();
    binding.addLiteral(std::move(literal));
    return success();
  }
  case pb::Argument::Binding::BINDING_NOT_SET:
    break;
  }
  return values.emitError() << "expected a name or a value for '"
                            << binding.getName() << "', found neither";
}

LogicalResult FunctionImporter::importArguments(const pb::Operation &message,
                                                Operation &op) {
  if (message.inputs_size() > kMaxNamedEntries)
    return values.emitError()
           << "more than " << kMaxNamedEntries << " arguments";
  for (const auto *entry : getSorted(message.inputs())) {
    const pb::Argument &argument = entry->second;
    auto binding = std::make_unique<Binding>(
        context.intern(entry->first),
        /*parenthesised=*/argument.arguments_size() != 1);
    for (const pb::Argument::Binding &element : argument.arguments())
      if (failed(importBinding(element, op, *binding)))
        return failure();
    op.setBinding(std::move(binding));
  }
  return success();
}

LogicalResult FunctionImporter::importNested(const pb::Operation &message,
                                             Operation &op) {
  for (const pb::Block &nested : message.blocks()) {
    Names names;
    Block &block = *op.addBlock();
    for (const pb::NamedType &input : nested.inputs()) {
      Type type = values.importType(input.type());
      if (!type || failed(define(block.addInput(context.intern(input.name()),
                                                type, op.getLocation()),
                                 names)))
        return failure();
    }
    if (failed(importBlock(nested, block, names)))
      return failure();
    for (llvm::StringRef name : names)
      visible.erase(name);
    values.setLocation(op.getLocation());
  }
  return success();
}

LogicalResult FunctionImporter::importOperation(const pb::Operation &message,
                                                Block &block, Names &names) {
  Location location = enter(getLabel(message));
  if (message.type().empty())
    return values.emitError() << "expected the type of the operation, found "
                                 "none";
  Operation &op = *block.append(
      Operation::create(context.intern(message.type()), location));
  AttributeList attributes;
  if (failed(importArguments(message, op)) ||
      failed(values.importAttributes(message.attributes(), attributes)) ||
      failed(importNested(message, op)))
    return failure();
  for (const NamedAttribute &attribute : attributes)
    op.setAttribute(attribute.name, attribute.value);
  for (const pb::NamedType &output : message.outputs()) {
    Type type = values.importType(output.type());
    if (!type || failed(define(op.addResult(context.intern(output.name()), type,
                                            location),
                               names)))
      return failure();
  }
  return success();
}

LogicalResult FunctionImporter::importBlock(const pb::Block &message,
                                            Block &block, Names &names) {
  ++depth;
  auto leave = llvm::make_scope_exit([&] { --depth; });
  if (depth > kMaxBlockNesting)
    return values.emitError()
           << "blocks are nested deeper than " << kMaxBlockNesting;
  for (const pb::Operation &op : message.operations())
    if (failed(importOperation(op, block, names)))
      return failure();
  for (const std::string &output : message.outputs()) {
    auto found = visible.find(output);
    if (found == visible.end())
      return values.emitError() << "output '" << output << "' of the block is "
                                << "not defined";
    block.addOutput(found->second);
  }
  return success();
}

LogicalResult FunctionImporter::importSignature(const pb::Function &message,
                                                Names &names) {
  for (const pb::NamedType &input : message.inputs()) {
    Location location = enter(input.name());
    Type type = values.importType(input.type());
    if (!type ||
        failed(define(function.getBody().addInput(context.intern(input.name()),
                                                  type, location),
                      names)))
      return failure();
  }
  values.setLocation(function.getLocation());
  return values.importAttributes(message.attributes(),
                                 function.getAttributes());
}

LogicalResult FunctionImporter::run(const pb::Function &message) {
  Names names;
  values.setLocation(function.getLocation());
  auto body = message.specializations().find(message.opset());
  if (body == message.specializations().end())
    return values.emitError() << "the function has no body for its opset, '"
                              << message.opset() << "'";
  if (body->second.inputs_size() != 0)
    return values.emitError() << "the body of a function has inputs of its own";
  if (failed(importSignature(message, names)))
    return failure();
  return importBlock(body->second, function.getBody(), names);
}

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

/// The spelling in text of the opset that a model calls `name`.
static llvm::StringRef getTextOpset(llvm::StringRef name) {
  Opset opset = parseOpset(name);
  return isIOS(opset) ? getName(opset) : name;
}

/// From this version on Apple's compiler writes dialect 1.3 whatever the opset.
static constexpr unsigned kFirstCompilerOfNewText = 3520;

/// Whether `buildInfo` says that the program went through such a compiler.
static bool isFromNewCompiler(const Attribute &buildInfo) {
  const DictElements *dict = buildInfo.getDict();
  if (!dict)
    return false;
  auto isString = [](const Attribute &attribute) {
    auto type = attribute.getType().getAs<TensorType>();
    return type && type.isScalar() && attribute.getDense() &&
           type.getElementType() == DataType::String;
  };
  for (const auto &[key, value] : dict->entries) {
    unsigned version = 0;
    if (isString(key) && isString(value) &&
        key.getString() == "coremlc-version" &&
        !value.getString().split('.').first.getAsInteger(10, version))
      return version >= kFirstCompilerOfNewText;
  }
  return false;
}

static TextVersion chooseTextVersion(const Program &program) {
  bool old = llvm::all_of(program.getFunctions(), [](const auto &function) {
    return isIOS(function->getOpset()) && function->getOpset() < Opset::IOS18;
  });
  if (old && !isFromNewCompiler(program.getAttributes().get("buildInfo")))
    return {1, 0};
  return {1, 3};
}

using FunctionEntry =
    google::protobuf::Map<std::string, pb::Function>::value_type;

static std::vector<const FunctionEntry *>
orderFunctions(const pb::Program &message, llvm::ArrayRef<std::string> order) {
  std::vector<const FunctionEntry *> functions = getSorted(message.functions());
  llvm::stable_sort(functions, [&](const auto *a, const auto *b) {
    return llvm::find(order, a->first) < llvm::find(order, b->first);
  });
  return functions;
}

static constexpr int64_t kProgramVersion = 1;

std::unique_ptr<Program>
importProgramMessage(Context &context, const pb::Program &message,
                     llvm::StringRef subject,
                     llvm::ArrayRef<std::string> order) {
  auto program = std::make_unique<Program>(context);
  ValueImporter values(context);
  values.setLocation(Location::name(context.intern(subject)));
  if (message.version() != kProgramVersion) {
    values.emitError() << "expected an ML program of version "
                       << kProgramVersion << ", found version "
                       << message.version();
    return nullptr;
  }
  if (failed(values.importAttributes(message.attributes(),
                                     program->getAttributes())))
    return nullptr;
  program->setAttributeBrackets(!program->getAttributes().empty());
  for (const FunctionEntry *entry : orderFunctions(message, order)) {
    Function &function =
        *program->addFunction(entry->first, getTextOpset(entry->second.opset()),
                              Location::name(context.intern(entry->first)));
    if (failed(FunctionImporter(function, values).run(entry->second)))
      return nullptr;
  }
  program->setTextVersion(chooseTextVersion(*program));
  return program;
}

std::unique_ptr<Program> importProgram(Context &context,
                                       llvm::ArrayRef<uint8_t> bytes,
                                       llvm::StringRef subject) {
  pb::Program message;
  if (failed(parseMessage(message, bytes, subject, context.getDiagnostics())))
    return nullptr;
  return importProgramMessage(context, message, subject);
}

} // namespace espresso
