//===- ApplyCut.cpp - Programs and their calls ----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FunctionCut.h"

#include "espresso/IR/Builder.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SetVector.h"

namespace espresso {

namespace {

/// A tensor that passes between the host and a program: the host's value, and
/// its name within the program.
struct CutPort {
  Value *value;
  llvm::StringRef name;
};

/// Where each constant of the host stands among them.
using ConstantOrder = llvm::DenseMap<const Operation *, size_t>;

/// Makes the function of one group and the call that takes its place.
class GroupExtractor {
public:
  GroupExtractor(Function &host, CutGroup &group, Opset opset,
                 const ConstantOrder &constantOrder)
      : host(host), group(group), opset(opset), constantOrder(constantOrder),
        context(host.getContext()),
        members(group.operations.begin(), group.operations.end()) {}

  LogicalResult extract();

private:
  std::string getLocalName(llvm::StringRef name) const;
  bool isOfLayer(Value *value) const;
  void collectInputs();
  void cloneOperations();
  void collectOutputs();
  LogicalResult checkPorts(llvm::ArrayRef<CutPort> ports) const;
  Operation *makeCall();
  void replaceByCall();

  Function &host;
  CutGroup &group;
  Opset opset;
  const ConstantOrder &constantOrder;
  Context &context;
  llvm::DenseSet<Operation *> members;
  Function *program = nullptr;
  std::vector<CutPort> inputs;
  std::vector<CutPort> outputs;
  llvm::DenseMap<const Value *, Value *> mapping;
};

} // namespace

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

/// Without the prefix of the layer, so that the programs of all layers read
/// the same.
std::string GroupExtractor::getLocalName(llvm::StringRef name) const {
  name.consume_front("l" + std::to_string(group.layer) + "_");
  return name.str();
}

bool GroupExtractor::isOfLayer(Value *value) const {
  Operation *producer = value->getDefiningOp();
  return producer && getLayer(*producer) == group.layer;
}

static bool isConstant(Value *value) {
  return value->getDefiningOp() && value->getDefiningOp()->is("const");
}

static void sortByName(std::vector<CutPort> &ports) {
  llvm::sort(ports, [](const CutPort &a, const CutPort &b) {
    return a.name < b.name;
  });
}

//===----------------------------------------------------------------------===//
// Program
//===----------------------------------------------------------------------===//

/// Everything the group uses and does not make becomes a port. What comes from
/// outside of the layer is its residual stream, `x`, if it is one value.
void GroupExtractor::collectInputs() {
  llvm::SetVector<Value *> used;
  for (Operation *op : group.operations)
    for (Value *operand : op->getAllOperands())
      if (!members.contains(operand->getDefiningOp()) && !isConstant(operand))
        used.insert(operand);
  bool hasOneStream = llvm::count_if(used, [&](Value *value) {
                        return !isOfLayer(value);
                      }) == 1;
  for (Value *value : used) {
    std::string name = hasOneStream && !isOfLayer(value)
                           ? "x"
                           : getLocalName(value->getName());
    inputs.push_back({value, program->makeUniqueName(name)});
  }
  sortByName(inputs);
  for (const CutPort &port : inputs)
    mapping[port.value] = program->getBody().addInput(
        port.name, port.value->getType(), port.value->getLocation());
}

void GroupExtractor::cloneOperations() {
  Builder builder(program->getBody());
  auto cloneOne = [&](Operation &op) {
    Operation *copy = cloneOperation(op, builder, mapping);
    copy->removeAttribute("layer");
    for (const std::unique_ptr<Value> &result : copy->getResults()) {
      std::string name = getLocalName(result->getName());
      if (name != result->getName())
        result->setName(program->makeUniqueName(name));
    }
  };
  for (Operation *op : group.operations) {
    // As they were written: the order of arguments means nothing.
    llvm::SmallSetVector<Operation *, 4> used;
    for (Value *operand : op->getAllOperands())
      if (isConstant(operand) && !mapping.contains(operand))
        used.insert(operand->getDefiningOp());
    llvm::SmallVector<Operation *, 4> constants = used.takeVector();
    llvm::sort(constants, [&](const Operation *a, const Operation *b) {
      return constantOrder.lookup(a) < constantOrder.lookup(b);
    });
    for (Operation *constant : constants)
      cloneOne(*constant);
    cloneOne(*op);
  }
}

/// Results that somebody outside of the group uses.
void GroupExtractor::collectOutputs() {
  for (Operation *op : group.operations) {
    for (const std::unique_ptr<Value> &result : op->getResults()) {
      bool leaves = false;
      result->forEachUse([&](Use &use) {
        leaves |= !use.getUser() || !members.contains(use.getUser());
      });
      if (leaves)
        outputs.push_back({result.get(), mapping[result.get()]->getName()});
    }
  }
  sortByName(outputs);
  for (const CutPort &port : outputs)
    program->getBody().addOutput(mapping[port.value]);
}

LogicalResult GroupExtractor::checkPorts(llvm::ArrayRef<CutPort> ports) const {
  for (const CutPort &port : ports) {
    TensorType type = port.value->getTensorType();
    if (type && isFloat(type.getElementType()) && type.hasStaticShape() &&
        type.getRank() == 4 && type.getDim(0) == 1 && type.getDim(2) == 1)
      continue;
    const Operation &op = *group.operations.front();
    return op.emitError().setRule("split-at-rope")
           << "cannot cut at '" << port.value->getName() << "': a boundary "
           << "tensor of '" << group.functionName
           << "' is a float tensor [1, C, 1, S], not " << port.value->getType();
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Call
//===----------------------------------------------------------------------===//

/// Appends the call to the host's body. Its results take the names of the
/// values they replace, which are about to go.
Operation *GroupExtractor::makeCall() {
  Location location = group.operations.front()->getLocation();
  std::unique_ptr<Operation> call =
      Operation::create(context.intern("espresso.call"), location);
  call->setLiteral(context.intern("callee"),
                   Attribute::string(context, group.functionName));
  for (const CutPort &port : inputs)
    call->setOperand(port.name, port.value);
  std::vector<std::string> outputNames;
  for (const CutPort &port : outputs) {
    call->addResult(port.value->getName(), port.value->getType(),
                    port.value->getLocation());
    outputNames.push_back(port.name.str());
  }
  if (group.layer >= 0)
    call->setAttribute(context.intern("layer"),
                       Attribute::integer(context, group.layer));
  call->setAttribute(context.intern("outputs"),
                     Attribute::strings(context, outputNames));
  return host.getBody().append(std::move(call));
}

void GroupExtractor::replaceByCall() {
  Operation *call = makeCall();
  for (size_t i = 0; i < outputs.size(); ++i)
    outputs[i].value->replaceAllUsesWith(call->getResult(i));
  for (Operation *op : llvm::reverse(group.operations))
    op->erase();
  group.operations.clear();
}

LogicalResult GroupExtractor::extract() {
  const Operation &first = *group.operations.front();
  if (host.getProgram().findFunction(group.functionName))
    return first.emitError().setRule("split-at-rope")
           << "cannot make function '" << group.functionName
           << "': the name is taken";
  program = host.getProgram().addFunction(group.functionName, opset,
                                          first.getLocation());
  // Not for a port: the call has an argument of that name already.
  program->reserveName("callee");
  collectInputs();
  if (failed(checkPorts(inputs)))
    return failure();
  cloneOperations();
  collectOutputs();
  if (failed(checkPorts(outputs)))
    return failure();
  replaceByCall();
  return success();
}

LogicalResult applyCut(Function &function, FunctionCut &cut, Opset opset) {
  Block &body = function.getBody();
  ConstantOrder constantOrder;
  for (Operation &op : body.getOperations())
    if (op.is("const"))
      constantOrder.try_emplace(&op, constantOrder.size());
  for (CutUnit &unit : cut.schedule) {
    if (!unit.isCall()) {
      body.append(unit.hostOp->takeOut());
      continue;
    }
    GroupExtractor extractor(function, cut.groups[unit.group], opset,
                             constantOrder);
    if (failed(extractor.extract()))
      return failure();
  }
  // The constants of the engine have moved with it.
  for (Operation &op : llvm::make_early_inc_range(body.getOperations()))
    if (op.is("const") && !op.hasUses())
      op.erase();
  function.setOpset(Opset::Host);
  return success();
}

} // namespace espresso
