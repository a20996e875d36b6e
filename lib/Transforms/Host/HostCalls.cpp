//===- HostCalls.cpp - Calls of programs from host functions --------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HostCalls.h"

#include "espresso/IR/Builder.h"

#include "llvm/ADT/StringSet.h"

namespace espresso {

Function *getCallee(const Operation &op) {
  if (!op.is("espresso.call"))
    return nullptr;
  Attribute callee = op.getConstant("callee");
  return callee && callee.getDense()
             ? op.getFunction()->getProgram().findFunction(callee.getString())
             : nullptr;
}

bool isDispatch(const Operation &op) {
  const Function *callee = getCallee(op);
  return callee && isIOS(callee->getOpset());
}

unsigned countDispatches(const Function &function) {
  unsigned count = 0;
  for (const Operation &op : function.getBody().getOperations())
    count += isDispatch(op);
  return count;
}

unsigned countCalls(const Function &callee) {
  unsigned count = 0;
  for (const auto &function : callee.getProgram().getFunctions())
    for (const Operation &op : function->getBody().getOperations())
      count += getCallee(op) == &callee;
  return count;
}

bool takesOneToken(const Function &function) {
  for (const Operation &op : function.getBody().getOperations())
    if (op.is("espresso.embedding"))
      if (TensorType ids = op.getArgumentType("ids").getAs<TensorType>())
        return ids.getNumElements() == 1;
  return false;
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

static uint64_t getBytes(const Attribute &value) {
  auto type = value.getType().getAs<TensorType>();
  if (!type || !value.getBlob())
    return 0;
  return getPackedByteSize(type.getElementType(),
                           type.getNumElements().value_or(0))
      .value_or(0);
}

uint64_t getWeightBytes(const Operation &constant) {
  Attribute value = constant.getAttribute("val");
  return constant.is("const") && value ? getBytes(value) : 0;
}

uint64_t getWeightBytes(const Function &function) {
  llvm::StringSet<> places;
  uint64_t bytes = 0;
  for (const Operation &op : function.getBody().getOperations())
    for (const NamedAttribute &attribute : op.getAttributes())
      if (const BlobReference *blob = attribute.value.getBlob())
        if (places.insert(blob->path + '@' + std::to_string(blob->offset))
                .second)
          bytes += getBytes(attribute.value);
  return bytes;
}

std::string formatBytes(uint64_t bytes) {
  std::string digits = std::to_string(bytes);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && (digits.size() - i) % 3 == 0)
      text += ',';
    text += digits[i];
  }
  return text + " bytes";
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

std::string makeFunctionName(const Program &program, llvm::StringRef base) {
  std::string name = base.str();
  for (unsigned i = 1; program.findFunction(name); ++i)
    name = (base + "_").str() + std::to_string(i);
  return name;
}

std::pair<int64_t, int64_t> getLayers(const Operation &call) {
  auto get = [&](llvm::StringRef name, int64_t absent) {
    Attribute value = call.getAttribute(name);
    return value && value.getDense() && value.getNumElements() == 1
               ? value.getInteger()
               : absent;
  };
  int64_t first = get("layer", -1);
  return {first, get("last_layer", first)};
}

void setLayers(Operation &call, std::pair<int64_t, int64_t> layers) {
  Context &context = call.getFunction()->getContext();
  if (layers.first < 0)
    return;
  call.setAttribute(context.intern("layer"),
                    Attribute::integer(context, layers.first));
  if (layers.second != layers.first)
    call.setAttribute(context.intern("last_layer"),
                      Attribute::integer(context, layers.second));
}

Operation *insertCall(Function &caller, Operation *position,
                      llvm::StringRef callee, llvm::ArrayRef<BoundPort> inputs,
                      llvm::ArrayRef<BoundPort> outputs, Location location) {
  Context &context = caller.getContext();
  std::unique_ptr<Operation> call =
      Operation::create(context.intern("espresso.call"), location);
  call->setLiteral(context.intern("callee"),
                   Attribute::string(context, callee));
  for (const BoundPort &input : inputs)
    call->setOperand(context.intern(input.port), input.value);
  std::vector<std::string> names;
  for (const BoundPort &output : outputs) {
    call->addResult(output.value->getName(), output.value->getType(),
                    output.value->getLocation());
    names.push_back(output.port);
  }
  call->setAttribute(context.intern("outputs"),
                     Attribute::strings(context, names));
  Block &body = caller.getBody();
  return position ? body.insertBefore(position, std::move(call))
                  : body.append(std::move(call));
}

void inlineCall(Operation &call) {
  Function &callee = *getCallee(call);
  llvm::DenseMap<const Value *, Value *> mapping;
  Builder builder(call);
  for (const std::unique_ptr<Value> &input : callee.getBody().getInputs()) {
    Value *argument = call.getOperand(input->getName());
    mapping[input.get()] =
        argument ? argument
                 : builder.createConstant(call.getConstant(input->getName()),
                                          input->getName());
  }
  for (const Operation &op : callee.getBody().getOperations())
    cloneOperation(op, builder, mapping);
  const ListElements &names = *call.getAttribute("outputs").getList();
  for (size_t i = 0; i < names.elements.size(); ++i)
    for (size_t j = 0; j < callee.getBody().getNumOutputs(); ++j)
      if (Value *output = callee.getBody().getOutput(j);
          output->getName() == names.elements[i].getString()) {
        Value *copy = mapping.lookup(output);
        Value *result = call.getResult(i);
        llvm::StringRef name = result->getName();
        result->replaceAllUsesWith(copy);
        // The names of outputs of the caller are seen by its users.
        if (copy->getDefiningOp()) {
          result->setName(copy->getName());
          copy->setName(name);
        }
      }
  call.erase();
}

} // namespace espresso
