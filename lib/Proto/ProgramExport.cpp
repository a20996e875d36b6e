//===- ProgramExport.cpp - Programs to protobuf ---------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Proto/ProgramExport.h"

#include "ProgramMessages.h"
#include "ValueExport.h"
#include "Wire.h"

namespace espresso {

WeightPlacer::~WeightPlacer() = default;

//===----------------------------------------------------------------------===//
// Operations of an original
//===----------------------------------------------------------------------===//

namespace {

/// Finds the operations of an original block again: those with results by the
/// first one's name, the others by type and arguments.
class OriginalBlock {
public:
  explicit OriginalBlock(const pb::Block *block);

  const pb::Operation *find(const pb::Operation &exported) const {
    auto found = operations.find(getKey(exported));
    bool same =
        found != operations.end() && found->second->type() == exported.type();
    return same ? found->second : nullptr;
  }

private:
  static std::string getKey(const pb::Operation &op);

  llvm::StringMap<const pb::Operation *> operations;
};

/// Exports one function.
class FunctionExporter {
public:
  FunctionExporter(const Function &function, ValueExporter &values)
      : function(function), values(values) {}

  LogicalResult run(const pb::Function *original, pb::Function &out);

private:
  LogicalResult exportBlock(const Block &block, const pb::Block *original,
                            pb::Block &out);
  /// Type, results' names and arguments that are values: what find() needs.
  void exportSkeleton(const Operation &op, pb::Operation &out);
  LogicalResult exportOperation(const Operation &op,
                                const OriginalBlock &originals,
                                pb::Operation &out);
  LogicalResult exportArguments(const Operation &op,
                                const pb::Operation *original,
                                pb::Operation &out);
  LogicalResult exportNested(const Operation &op, const pb::Operation *original,
                             pb::Operation &out);

  const Function &function;
  ValueExporter &values;
  unsigned depth = 0;
};

} // namespace

template <typename Map>
static const typename Map::mapped_type *lookup(const Map &map,
                                               llvm::StringRef key) {
  auto found = map.find(key.str());
  return found == map.end() ? nullptr : &found->second;
}

OriginalBlock::OriginalBlock(const pb::Block *block) {
  if (!block)
    return;
  for (const pb::Operation &op : block->operations())
    operations.try_emplace(getKey(op), &op);
}

std::string OriginalBlock::getKey(const pb::Operation &op) {
  if (op.outputs_size() != 0)
    return "=" + op.outputs(0).name();
  std::string key = op.type();
  for (const auto *entry : getSorted(op.inputs())) {
    key += "," + entry->first;
    for (const pb::Argument::Binding &binding : entry->second.arguments())
      key += "=" + binding.name();
  }
  return key;
}

template <typename Map>
static LogicalResult
exportAttributes(const AttributeList &attributes, const Map *original,
                 ValueExporter &values, WeightRole role,
                 llvm::function_ref<bool(llvm::StringRef)> isExported,
                 Map &out) {
  // Weights are placed in order of their names, whatever the order here.
  llvm::SmallVector<const NamedAttribute *, 8> sorted;
  for (const NamedAttribute &attribute : attributes)
    if (isExported(attribute.name))
      sorted.push_back(&attribute);
  llvm::sort(sorted, [](const NamedAttribute *a, const NamedAttribute *b) {
    return a->name < b->name;
  });
  for (const NamedAttribute *attribute : sorted)
    if (failed(values.exportValue(
            attribute->value, out[attribute->name.str()],
            original ? lookup(*original, attribute->name) : nullptr, role)))
      return failure();
  return success();
}

static bool exportAll(llvm::StringRef) { return true; }

/// Whether the parameters of `op` are weights.
static WeightRole getRole(const Operation &op) {
  return op.is("const") || op.getName().starts_with("constexpr_")
             ? WeightRole::Constant
             : WeightRole::Plain;
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

void FunctionExporter::exportSkeleton(const Operation &op, pb::Operation &out) {
  out.set_type(op.getName().str());
  for (const std::unique_ptr<Value> &result : op.getResults())
    out.add_outputs()->set_name(result->getName().str());
  for (const std::unique_ptr<Binding> &binding : op.getBindings()) {
    pb::Argument &argument = (*out.mutable_inputs())[binding->getName().str()];
    for (size_t i = 0; i < binding->size(); ++i) {
      pb::Argument::Binding &element = *argument.add_arguments();
      if (const Value *value = (*binding)[i].getValue())
        element.set_name(value->getName().str());
    }
  }
}

LogicalResult FunctionExporter::exportArguments(const Operation &op,
                                                const pb::Operation *original,
                                                pb::Operation &out) {
  llvm::SmallVector<const Binding *, 8> bindings;
  for (const std::unique_ptr<Binding> &binding : op.getBindings())
    bindings.push_back(binding.get());
  llvm::sort(bindings, [](const Binding *a, const Binding *b) {
    return a->getName() < b->getName();
  });
  for (const Binding *binding : bindings) {
    pb::Argument &argument = (*out.mutable_inputs())[binding->getName().str()];
    const pb::Argument *before =
        original ? lookup(original->inputs(), binding->getName()) : nullptr;
    if (before)
      copyUnknownFields(*before, argument);
    for (size_t i = 0; i < binding->size(); ++i) {
      int index = static_cast<int>(i);
      const pb::Argument::Binding *old =
          before && index < before->arguments_size() ? &before->arguments(index)
                                                     : nullptr;
      pb::Argument::Binding &element = *argument.mutable_arguments(index);
      if (old)
        copyUnknownFields(*old, element);
      if ((*binding)[i].getValue())
        continue;
      if (failed(values.exportValue(
              (*binding)[i].getLiteral(), *element.mutable_value(),
              old && old->has_value() ? &old->value() : nullptr, getRole(op))))
        return failure();
    }
  }
  return success();
}

LogicalResult FunctionExporter::exportNested(const Operation &op,
                                             const pb::Operation *original,
                                             pb::Operation &out) {
  int index = 0;
  for (const std::unique_ptr<Block> &block : op.getBlocks()) {
    const pb::Block *before = original && index < original->blocks_size()
                                  ? &original->blocks(index)
                                  : nullptr;
    ++index;
    if (failed(exportBlock(*block, before, *out.add_blocks())))
      return failure();
    values.setLocation(op.getLocation());
  }
  return success();
}

static LogicalResult exportNamedType(const Value &value,
                                     const pb::NamedType *original,
                                     ValueExporter &values,
                                     pb::NamedType &out) {
  if (original)
    copyUnknownFields(*original, out);
  out.set_name(value.getName().str());
  return values.exportType(value.getType(), *out.mutable_type(),
                           original ? &original->type() : nullptr);
}

LogicalResult FunctionExporter::exportOperation(const Operation &op,
                                                const OriginalBlock &originals,
                                                pb::Operation &out) {
  values.setLocation(op.getLocation());
  if (!op.getOpsetQualifier().empty())
    return values.emitError() << "'" << op.getName() << "<"
                              << op.getOpsetQualifier() << ">': an operation "
                              << "has no opset of its own in a model";
  exportSkeleton(op, out);
  const pb::Operation *original = originals.find(out);
  if (original)
    copyUnknownFields(*original, out);
  for (unsigned i = 0; i < op.getNumResults(); ++i) {
    int index = static_cast<int>(i);
    const pb::NamedType *before = original && index < original->outputs_size()
                                      ? &original->outputs(index)
                                      : nullptr;
    if (failed(exportNamedType(*op.getResult(i), before, values,
                               *out.mutable_outputs(index))))
      return failure();
  }
  const auto *attributes = original ? &original->attributes() : nullptr;
  if (failed(exportArguments(op, original, out)) ||
      failed(exportAttributes(op.getAttributes(), attributes, values,
                              getRole(op), exportAll,
                              *out.mutable_attributes())))
    return failure();
  return exportNested(op, original, out);
}

LogicalResult FunctionExporter::exportBlock(const Block &block,
                                            const pb::Block *original,
                                            pb::Block &out) {
  if (++depth > kMaxBlockNesting)
    return values.emitError()
           << "blocks are nested deeper than " << kMaxBlockNesting;
  if (original) {
    copyUnknownFields(*original, out);
    *out.mutable_attributes() = original->attributes();
  }
  if (block.getParentOp()) {
    int index = 0;
    for (const std::unique_ptr<Value> &input : block.getInputs()) {
      const pb::NamedType *before = original && index < original->inputs_size()
                                        ? &original->inputs(index)
                                        : nullptr;
      ++index;
      if (failed(exportNamedType(*input, before, values, *out.add_inputs())))
        return failure();
    }
  }
  OriginalBlock originals(original);
  for (const Operation &op : block.getOperations())
    if (failed(exportOperation(op, originals, *out.add_operations())))
      return failure();
  for (size_t i = 0; i < block.getNumOutputs(); ++i)
    out.add_outputs(block.getOutput(i)->getName().str());
  --depth;
  return success();
}

//===----------------------------------------------------------------------===//
// Functions and programs
//===----------------------------------------------------------------------===//

/// "CoreML8" for ios18.
static FailureOr<std::string> getModelOpset(const Function &function,
                                            ValueExporter &values) {
  Opset opset = function.getOpset();
  switch (opset) {
  case Opset::IOS15:
    return std::string("CoreML5");
  case Opset::IOS16:
    return std::string("CoreML6");
  case Opset::IOS17:
    return std::string("CoreML7");
  case Opset::IOS18:
    return std::string("CoreML8");
  case Opset::Unknown:
    return function.getOpsetSpelling().str();
  case Opset::Model:
  case Opset::Host:
    break;
  }
  return values.emitError()
         << "function '" << function.getName() << "' is of opset '"
         << function.getOpsetSpelling() << "', which models do not have";
}

LogicalResult FunctionExporter::run(const pb::Function *original,
                                    pb::Function &out) {
  values.setLocation(function.getLocation());
  FailureOr<std::string> opset = getModelOpset(function, values);
  if (failed(opset))
    return failure();
  if (original) {
    copyUnknownFields(*original, out);
    *out.mutable_specializations() = original->specializations();
    out.mutable_specializations()->erase(original->opset());
  }
  out.set_opset(*opset);
  llvm::StringMap<const pb::NamedType *> before;
  if (original)
    for (const pb::NamedType &input : original->inputs())
      before[input.name()] = &input;
  for (const std::unique_ptr<Value> &input : function.getBody().getInputs())
    if (failed(exportNamedType(*input, before.lookup(input->getName()), values,
                               *out.add_inputs())))
      return failure();
  const auto *attributes = original ? &original->attributes() : nullptr;
  auto isExported = [&](llvm::StringRef name) {
    return name != kFlexibleShapes || (attributes && lookup(*attributes, name));
  };
  if (failed(exportAttributes(function.getAttributes(), attributes, values,
                              WeightRole::Plain, isExported,
                              *out.mutable_attributes())))
    return failure();
  const pb::Block *body =
      original ? lookup(original->specializations(), original->opset())
               : nullptr;
  pb::Block &block = (*out.mutable_specializations())[*opset];
  block.Clear();
  return exportBlock(function.getBody(), body, block);
}

LogicalResult exportProgramMessage(const Program &program,
                                   const pb::Program *original,
                                   WeightPlacer *placer, pb::Program &out) {
  ValueExporter values(program.getContext(), placer);
  out.set_version(1);
  if (original) {
    copyUnknownFields(*original, out);
    if (original->has_doc_string())
      out.set_doc_string(original->doc_string());
  }
  if (failed(exportAttributes(
          program.getAttributes(), original ? &original->attributes() : nullptr,
          values, WeightRole::Plain, exportAll, *out.mutable_attributes())))
    return failure();
  for (const std::unique_ptr<Function> &function : program.getFunctions()) {
    const pb::Function *before =
        original ? lookup(original->functions(), function->getName()) : nullptr;
    if (failed(FunctionExporter(*function, values)
                   .run(before,
                        (*out.mutable_functions())[function->getName().str()])))
      return failure();
  }
  return success();
}

FailureOr<std::string> exportProgram(const Program &program,
                                     WeightPlacer *placer) {
  pb::Program message;
  if (failed(
          exportProgramMessage(program, /*original=*/nullptr, placer, message)))
    return failure();
  return serializeMessage(message, "program",
                          program.getContext().getDiagnostics());
}

} // namespace espresso
