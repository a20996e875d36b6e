//===- PlanBuilder.cpp - Execution plans for a CPU ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Target/Host/PlanBuilder.h"

#include "espresso/Plan/plan.pb.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

#include <map>
#include <optional>
#include <utility>

namespace espresso {

/// Readers refuse plans with a higher number.
static constexpr uint32_t kPlanFormatVersion = 1;

//===----------------------------------------------------------------------===//
// Types and constants
//===----------------------------------------------------------------------===//

static std::optional<plan::ElementType> toElementType(DataType type) {
  switch (type) {
  case DataType::Bool:
    return plan::BOOL;
  case DataType::Float16:
    return plan::FLOAT16;
  case DataType::Float32:
    return plan::FLOAT32;
  case DataType::Int8:
    return plan::INT8;
  case DataType::Int32:
    return plan::INT32;
  default:
    return std::nullopt;
  }
}

/// A constant that an attribute can hold: a scalar, or a vector of integers or
/// booleans.
static bool isAttributeConstant(const Attribute &value) {
  const DenseElements *elements = value.getDense();
  if (!elements)
    return false;
  if (elements->shape.empty())
    return true;
  DataType type = value.getType().castTo<TensorType>().getElementType();
  return elements->shape.size() == 1 &&
         (isInteger(type) || type == DataType::Bool);
}

bool isPlanWeight(const Operation &constant) {
  return constant.is("const") &&
         !isAttributeConstant(constant.getAttribute("val"));
}

static void fillAttribute(plan::Attribute &attribute, const Attribute &value) {
  DataType type = value.getType().castTo<TensorType>().getElementType();
  if (!value.getDense()->shape.empty()) {
    plan::Integers *integers = attribute.mutable_integers();
    for (int64_t i = 0, count = value.getNumElements(); i < count; ++i)
      integers->add_values(value.getInteger(i));
    return;
  }
  if (type == DataType::String)
    attribute.set_text(value.getString().str());
  else if (type == DataType::Bool)
    attribute.set_boolean(value.getBool());
  else if (isFloat(type))
    attribute.set_real(value.getReal());
  else
    attribute.set_integer(value.getInteger());
}

//===----------------------------------------------------------------------===//
// PlanBuilder
//===----------------------------------------------------------------------===//

namespace {

/// Fills a plan function by function. Everything is numbered in the order in
/// which it is met, so that the same program gives the same plan.
class PlanBuilder {
public:
  PlanBuilder(const Program &program, PlaceWeightFn placeWeight)
      : program(program), placeWeight(placeWeight) {}

  LogicalResult run();
  plan::Plan &getPlan() { return result; }

private:
  using ValueIndex = llvm::DenseMap<const Value *, uint32_t>;

  LogicalResult addFunction(const Function &function);
  LogicalResult addValue(plan::Function &out, const Value &value,
                         ValueIndex &index);
  FailureOr<uint32_t> addWeight(const Operation &constant);
  FailureOr<uint32_t> addState(const Value &input);
  LogicalResult addStep(plan::Function &out, const Operation &op,
                        ValueIndex &index);
  LogicalResult addBinding(plan::Step &step, const Operation &op,
                           const Binding &binding, const ValueIndex &index);
  LogicalResult addCallee(plan::Step &step, const Operation &op);

  const Program &program;
  PlaceWeightFn placeWeight;
  plan::Plan result;
  llvm::StringMap<uint32_t> functionIndex;
  llvm::StringMap<uint32_t> stateIndex;
  llvm::StringMap<uint32_t> fileIndex;
  /// Keyed by file, offset and the printed type: a shape is part of a weight.
  std::map<std::tuple<uint32_t, uint64_t, std::string>, uint32_t> weightIndex;
};

} // namespace

LogicalResult PlanBuilder::run() {
  result.set_format_version(kPlanFormatVersion);
  llvm::SmallVector<const Function *, 32> order;
  // Host functions first; programs keep the order of the text.
  for (bool host : {true, false})
    for (const auto &function : program.getFunctions())
      if (function->getOpset() != Opset::Model &&
          (function->getOpset() == Opset::Host) == host)
        order.push_back(function.get());
  for (const Function *function : order)
    functionIndex[function->getName()] = functionIndex.size();
  for (const Function *function : order)
    if (failed(addFunction(*function)))
      return failure();
  return success();
}

static LogicalResult fillType(const Value &value, TensorType type,
                              DiagnosticEngine &diagnostics, plan::Value &out) {
  std::optional<plan::ElementType> element =
      type ? toElementType(type.getElementType()) : std::nullopt;
  if (!element || !type.hasStaticShape())
    return diagnostics.emitError(value.getLocation())
           << "'" << value.getName() << "' has type " << value.getType()
           << ", which an execution plan cannot hold: expected a static tensor "
              "of bool, fp16, fp32, int8 or int32";
  out.set_type(*element);
  for (int64_t dim : type.getShape())
    out.add_shape(dim);
  return success();
}

LogicalResult PlanBuilder::addValue(plan::Function &out, const Value &value,
                                    ValueIndex &index) {
  index[&value] = static_cast<uint32_t>(out.values_size());
  plan::Value *added = out.add_values();
  added->set_name(value.getName().str());
  DiagnosticEngine &diagnostics = program.getContext().getDiagnostics();
  StateType state = value.getType().getAs<StateType>();
  TensorType type = state ? state.getWrappedType().getAs<TensorType>()
                          : value.getTensorType();
  if (failed(fillType(value, type, diagnostics, *added)))
    return failure();
  if (state) {
    FailureOr<uint32_t> number = addState(value);
    if (failed(number))
      return failure();
    added->set_state(*number);
  }
  const Operation *producer = value.getDefiningOp();
  if (producer && producer->is("const")) {
    FailureOr<uint32_t> number = addWeight(*producer);
    if (failed(number))
      return failure();
    added->set_weight(*number);
  }
  return success();
}

FailureOr<uint32_t> PlanBuilder::addWeight(const Operation &constant) {
  FailureOr<WeightPlace> place = placeWeight(constant);
  if (failed(place))
    return failure();
  auto [file, isNewFile] =
      fileIndex.try_emplace(place->path, result.weight_files_size());
  if (isNewFile) {
    plan::WeightFile *added = result.add_weight_files();
    added->set_path(place->path);
    added->set_byte_size(place->fileSize);
  }
  TensorType type = constant.getResult()->getTensorType();
  auto [weight, isNew] = weightIndex.try_emplace(
      {file->second, place->offset, type.str()}, result.weights_size());
  if (!isNew)
    return weight->second;
  plan::Weight *added = result.add_weights();
  added->set_file(file->second);
  added->set_offset(place->offset);
  added->set_byte_size(place->byteSize);
  added->set_type(*toElementType(type.getElementType()));
  for (int64_t dim : type.getShape())
    added->add_shape(dim);
  return weight->second;
}

FailureOr<uint32_t> PlanBuilder::addState(const Value &input) {
  auto type =
      input.getType().castTo<StateType>().getWrappedType().castTo<TensorType>();
  auto [state, isNew] =
      stateIndex.try_emplace(input.getName(), result.states_size());
  if (isNew) {
    plan::State *added = result.add_states();
    added->set_name(input.getName().str());
    added->set_type(*toElementType(type.getElementType()));
    for (int64_t dim : type.getShape())
      added->add_shape(dim);
    return state->second;
  }
  const plan::State &known = result.states(state->second);
  if (known.type() == *toElementType(type.getElementType()) &&
      llvm::equal(known.shape(), type.getShape()))
    return state->second;
  return program.getContext().getDiagnostics().emitError(input.getLocation())
         << "state '" << input.getName() << "' has type " << type
         << " here and another in an earlier function";
}

//===----------------------------------------------------------------------===//
// Functions and steps
//===----------------------------------------------------------------------===//

LogicalResult PlanBuilder::addFunction(const Function &function) {
  plan::Function *out = result.add_functions();
  out->set_name(function.getName().str());
  bool isHost = function.getOpset() == Opset::Host;
  out->set_kind(isHost ? plan::Function::HOST : plan::Function::PROGRAM);

  ValueIndex index;
  for (const auto &input : function.getBody().getInputs()) {
    if (failed(addValue(*out, *input, index)))
      return failure();
    if (input->getType().is<StateType>()) {
      if (isHost)
        continue;
      return program.getContext().getDiagnostics().emitError(
                 input->getLocation())
             << "program '" << function.getName() << "' takes the state '"
             << input->getName()
             << "'; execution plans have states in host functions only";
    }
    plan::Port *port = out->add_inputs();
    port->set_name(input->getName().str());
    port->set_value(index[input.get()]);
  }
  for (const Operation &op : function.getBody().getOperations())
    if (failed(addStep(*out, op, index)))
      return failure();
  for (size_t i = 0; i < function.getBody().getNumOutputs(); ++i) {
    const Value *output = function.getBody().getOutput(i);
    plan::Port *port = out->add_outputs();
    port->set_name(output->getName().str());
    port->set_value(index.at(output));
  }
  return success();
}

LogicalResult PlanBuilder::addStep(plan::Function &out, const Operation &op,
                                   ValueIndex &index) {
  if (op.is("const"))
    return isPlanWeight(op) ? addValue(out, *op.getResult(), index) : success();
  if (!op.getBlocks().empty())
    return op.emitError() << "'" << op.getName()
                          << "' has nested blocks, which an execution plan "
                             "cannot hold";
  for (const auto &value : op.getResults())
    if (failed(addValue(out, *value, index)))
      return failure();
  plan::Step *step = out.add_steps();
  step->set_op(op.getName().str());
  if (op.getNumResults() != 0)
    step->set_name(op.getResult()->getName().str());
  for (const auto &binding : op.getBindings())
    if (failed(addBinding(*step, op, *binding, index)))
      return failure();
  for (const auto &value : op.getResults())
    step->add_results()->set_value(index[value.get()]);
  return op.is("espresso.call") ? addCallee(*step, op) : success();
}

LogicalResult PlanBuilder::addBinding(plan::Step &step, const Operation &op,
                                      const Binding &binding,
                                      const ValueIndex &index) {
  if (op.is("espresso.call") && binding.getName() == "callee")
    return success();
  if (binding.size() == 1) {
    Attribute constant = op.getConstant(binding.getName());
    if (constant && isAttributeConstant(constant)) {
      plan::Attribute *attribute = step.add_attributes();
      attribute->set_name(binding.getName().str());
      fillAttribute(*attribute, constant);
      return success();
    }
  }
  plan::Operand *operand = step.add_operands();
  operand->set_name(binding.getName().str());
  for (size_t i = 0; i < binding.size(); ++i) {
    const Value *value = binding[i].getValue();
    if (!value || !index.contains(value))
      return op.emitError()
             << "argument '" << binding.getName() << "' of '" << op.getName()
             << "' is a constant in a place where an execution plan needs a "
                "value";
    operand->add_values(index.at(value));
  }
  return success();
}

LogicalResult PlanBuilder::addCallee(plan::Step &step, const Operation &op) {
  Attribute callee = op.getConstant("callee");
  auto found = functionIndex.find(callee ? callee.getString() : "");
  if (found == functionIndex.end())
    return op.emitError() << "the called function is not in the program";
  step.set_callee(found->second);
  const Attribute outputs = op.getAttribute("outputs");
  const ListElements *names = outputs.getList();
  if (!names || names->elements.size() != op.getNumResults())
    return op.emitError() << "'outputs' must name an output of the callee for "
                             "each of the "
                          << op.getNumResults() << " results";
  for (auto [i, name] : llvm::enumerate(names->elements))
    step.mutable_results(static_cast<int>(i))->set_name(name.getString().str());
  return success();
}

//===----------------------------------------------------------------------===//
// Entry point
//===----------------------------------------------------------------------===//

static void fillModel(plan::ModelConfig &out, const PlanInfo &info) {
  const ModelConfig &model = info.model;
  out.set_name(model.name);
  out.set_architecture(model.architecture);
  out.set_num_layers(static_cast<uint32_t>(model.numLayers));
  out.set_embedding_size(static_cast<uint32_t>(model.embeddingSize));
  out.set_hidden_size(static_cast<uint32_t>(model.hiddenSize));
  out.set_num_heads(static_cast<uint32_t>(model.numHeads));
  out.set_num_kv_heads(static_cast<uint32_t>(model.numKVHeads));
  out.set_head_size(static_cast<uint32_t>(model.headSize));
  out.set_vocabulary_size(static_cast<uint32_t>(model.vocabularySize));
  out.set_context_length(static_cast<uint32_t>(info.contextLength));
  out.set_prefill_length(static_cast<uint32_t>(info.prefillLength));
  out.set_num_parameters(info.numParameters);
  out.set_data_type(std::string(getName(info.dataType)));
}

FailureOr<std::string> buildHostPlan(const Program &program,
                                     const PlanInfo &info,
                                     PlaceWeightFn placeWeight) {
  PlanBuilder builder(program, placeWeight);
  if (failed(builder.run()))
    return failure();
  fillModel(*builder.getPlan().mutable_model(), info);
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    if (!builder.getPlan().SerializeToCodedStream(&coded))
      return program.getContext().getDiagnostics().emitError(
                 llvm::Twine("host.plan"))
             << "the execution plan is larger than 2 GiB";
  }
  return bytes;
}

} // namespace espresso
