//===- FuseBlocks.cpp - Fewer, larger programs ----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Joins programs that a host function calls one after the other, where nothing
// that the host computes stands between them:
//
//   out0 = call(callee = "f_l0_post", attn = a, x = x)
//   k, q, v = call(callee = "f_l1_pre", x = out0)
//   =>
//   k, out0, q, v = call(callee = "f_l0_post_to_l1_pre", attn = a, x = x)
//
// A dispatch costs about as much as the arithmetic of a small layer, so fewer
// are better until a program is too large to load. See
// docs/Rationale/Fusion.md. Does nothing to functions other than <host>.
//
//===----------------------------------------------------------------------===//

#include "Host/HostCalls.h"

#include "espresso/IR/Builder.h"
#include "espresso/Transforms/Passes.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SetVector.h"

namespace espresso {
namespace {

class FuseBlocksPass : public FuseBlocksBase {
public:
  using FuseBlocksBase::FuseBlocksBase;
  PassResult run(Program &program, PassContext &context) override;
};

/// Calls that become one, and what stands between them.
struct FusionGroup {
  llvm::SmallVector<Operation *, 8> calls;
  /// Host operations behind the first call that need results of the group,
  /// directly or not. `numBetween` of them stand before the last call.
  std::vector<Operation *> dependents;
  size_t numBetween = 0;
  std::pair<int64_t, int64_t> layers = {-1, -1};
  uint64_t weightBytes = 0;
};

/// Goes through one host function, forming groups and joining each when the
/// next call cannot be added to it.
class Fuser {
public:
  Fuser(Function &host, const FuseBlocksOptions &options, PassContext &context)
      : host(host), options(options), context(context) {}

  /// Returns the number of calls that went.
  unsigned run();

private:
  void visit(Operation &op);
  bool dependsOnGroup(const Operation &op) const;
  std::string findObstacle(Operation &call);
  void start(Operation &call);
  void add(Operation &call);
  void finish(llvm::StringRef why);
  void join();

  Function &host;
  const FuseBlocksOptions &options;
  PassContext &context;
  FusionGroup group;
  llvm::DenseSet<const Operation *> dependents;
  /// States that dependents read or write.
  llvm::DenseSet<const Value *> heldStates;
  unsigned numRemoved = 0;
};

} // namespace

//===----------------------------------------------------------------------===//
// Groups
//===----------------------------------------------------------------------===//

/// Whether `op` must stay behind the calls of the group, itself not one: it
/// needs what they make, or a state in the order in which others use it.
bool Fuser::dependsOnGroup(const Operation &op) const {
  return llvm::any_of(op.getAllOperands(), [&](Value *operand) {
    Operation *producer = operand->getDefiningOp();
    return heldStates.contains(operand) ||
           (producer && (dependents.contains(producer) ||
                         llvm::is_contained(group.calls, producer)));
  });
}

/// Why `call` cannot join the group, or nothing.
std::string Fuser::findObstacle(Operation &call) {
  const Function &callee = *getCallee(call);
  for (Value *operand : call.getAllOperands())
    if (Operation *producer = operand->getDefiningOp();
        producer && dependents.contains(producer))
      return ("'" + callee.getName() + "' needs '" + producer->getName() +
              "' of the host")
          .str();
  if (callee.getOpset() != getCallee(*group.calls.front())->getOpset())
    return ("'" + callee.getName() + "' has another opset").str();
  auto [first, last] = getLayers(call);
  int64_t numLayers =
      std::max(last, group.layers.second) - group.layers.first + 1;
  if (first >= 0 && group.layers.first >= 0 && options.maxLayers > 0 &&
      numLayers > options.maxLayers)
    return "of 'max-layers', " + std::to_string(options.maxLayers);
  if (options.maxBytes > 0 && group.weightBytes + getWeightBytes(callee) >
                                  static_cast<uint64_t>(options.maxBytes))
    return "of 'max-bytes', " +
           formatBytes(static_cast<uint64_t>(options.maxBytes));
  return "";
}

void Fuser::start(Operation &call) {
  group = FusionGroup();
  dependents.clear();
  heldStates.clear();
  add(call);
}

void Fuser::add(Operation &call) {
  auto [first, last] = getLayers(call);
  if (group.layers.first < 0)
    group.layers.first = first;
  group.layers.second = std::max(group.layers.second, last);
  group.weightBytes += getWeightBytes(*getCallee(call));
  group.calls.push_back(&call);
  group.numBetween = group.dependents.size();
}

void Fuser::visit(Operation &op) {
  if (!isDispatch(op)) {
    if (group.calls.empty() || !dependsOnGroup(op))
      return;
    dependents.insert(&op);
    group.dependents.push_back(&op);
    for (Value *operand : op.getAllOperands())
      if (operand->getType().is<StateType>())
        heldStates.insert(operand);
    return;
  }
  if (!group.calls.empty()) {
    std::string obstacle = findObstacle(op);
    if (obstacle.empty())
      return add(op);
    finish(obstacle);
  }
  start(op);
}

/// Joins the group, and says why it ends here.
void Fuser::finish(llvm::StringRef why) {
  if (group.calls.size() < 2)
    return;
  Location location = group.calls.front()->getLocation();
  unsigned count = group.calls.size();
  join();
  InFlightDiagnostic remark = context.emitRemark(location);
  remark << "'" << getCallee(*group.calls.front())->getName() << "' joins "
         << count << " programs with " << formatBytes(group.weightBytes)
         << " of weights";
  if (!why.empty())
    remark << "; it ends because " << why;
}

unsigned Fuser::run() {
  for (Operation &op :
       llvm::make_early_inc_range(host.getBody().getOperations()))
    visit(op);
  finish("");
  return numRemoved;
}

//===----------------------------------------------------------------------===//
// Joining
//===----------------------------------------------------------------------===//

/// "f_l0_post" and "f_l1_pre" to "f_l0_post_to_l1_pre". What joins already is
/// named after its ends.
static std::string getFusedName(const Function &host, llvm::StringRef first,
                                llvm::StringRef last) {
  static constexpr llvm::StringLiteral kTo = "_to_";
  last = last.substr(last.find(kTo) == llvm::StringRef::npos
                         ? 0
                         : last.find(kTo) + kTo.size());
  last.consume_front((host.getName() + "_").str());
  return (first.split(kTo).first + kTo + last).str();
}

static void sortByPort(std::vector<BoundPort> &ports) {
  llvm::sort(ports, [](const BoundPort &a, const BoundPort &b) {
    return a.port < b.port;
  });
}

/// The results of `call` by the values of its callee that they are.
static std::vector<std::pair<Value *, Value *>>
getOutputsOfCallee(Operation &call) {
  std::vector<std::pair<Value *, Value *>> pairs;
  const Block &body = getCallee(call)->getBody();
  const ListElements &names = *call.getAttribute("outputs").getList();
  for (size_t i = 0; i < names.elements.size(); ++i)
    for (size_t j = 0; j < body.getNumOutputs(); ++j)
      if (body.getOutput(j)->getName() == names.elements[i].getString())
        pairs.push_back({call.getResult(i), body.getOutput(j)});
  return pairs;
}

namespace {

/// The program that the calls of a group become.
class ProgramJoiner {
public:
  ProgramJoiner(Function &joined, llvm::ArrayRef<Operation *> calls)
      : joined(joined), calls(calls) {}

  void run();
  std::vector<BoundPort> inputs, outputs;

private:
  void addInputs();
  void addBody(Operation &call);
  void addOutputs();

  Function &joined;
  llvm::ArrayRef<Operation *> calls;
  /// The host's values by those of the joined program.
  llvm::DenseMap<Value *, Value *> inner;
};

} // namespace

/// A port for each value of the host that no call of the group makes, named as
/// in the first callee that takes it.
void ProgramJoiner::addInputs() {
  for (Operation *call : calls)
    for (const std::unique_ptr<Binding> &binding : call->getBindings()) {
      Value *value = binding->getSingle().getValue();
      if (!value || llvm::is_contained(calls, value->getDefiningOp()) ||
          !inner.try_emplace(value, nullptr).second)
        continue;
      inputs.push_back(
          {joined.makeUniqueName(binding->getName()).str(), value});
    }
  sortByPort(inputs);
  for (const BoundPort &input : inputs)
    inner[input.value] = joined.getBody().addInput(
        joined.getContext().intern(input.port), input.value->getType(),
        input.value->getLocation());
}

void ProgramJoiner::addBody(Operation &call) {
  const Block &body = getCallee(call)->getBody();
  llvm::DenseMap<const Value *, Value *> mapping;
  Builder builder(joined.getBody());
  for (const std::unique_ptr<Value> &input : body.getInputs()) {
    Value *argument = call.getOperand(input->getName());
    mapping[input.get()] =
        argument ? inner.lookup(argument)
                 : builder.createConstant(call.getConstant(input->getName()),
                                          input->getName());
  }
  for (const Operation &op : body.getOperations())
    cloneOperation(op, builder, mapping);
  for (auto [result, output] : getOutputsOfCallee(call))
    inner[result] = mapping.lookup(output);
}

/// What others than the calls of the group use. A program may hand out what it
/// is given; a joined one need not.
void ProgramJoiner::addOutputs() {
  llvm::MapVector<Value *, Value *> made;
  for (Operation *call : calls)
    for (const std::unique_ptr<Value> &result : call->getResults()) {
      bool leaves = false;
      result->forEachUse([&](Use &use) {
        leaves |= !use.getUser() || !llvm::is_contained(calls, use.getUser());
      });
      if (!leaves)
        continue;
      Value *value = inner.lookup(result.get());
      auto [known, isNew] = made.try_emplace(value, result.get());
      if (isNew)
        outputs.push_back({value->getName().str(), result.get()});
      else
        result->replaceAllUsesWith(known->second);
    }
  sortByPort(outputs);
  for (const BoundPort &output : outputs)
    joined.getBody().addOutput(inner.lookup(output.value));
}

void ProgramJoiner::run() {
  addInputs();
  for (Operation *call : calls)
    addBody(*call);
  addOutputs();
}

/// Makes the program and the call, moves what depends on it behind it, and
/// erases callees that nobody calls any more.
void Fuser::join() {
  Program &program = host.getProgram();
  Operation *last = group.calls.back();
  Function *first = getCallee(*group.calls.front());
  std::string name =
      makeFunctionName(program, getFusedName(host, first->getName(),
                                             getCallee(*last)->getName()));
  Function *joined = program.addFunction(
      host.getContext().intern(name), first->getOpset(), first->getLocation());
  ProgramJoiner joiner(*joined, group.calls);
  joiner.run();
  Operation *call = insertCall(host, last, name, joiner.inputs, joiner.outputs,
                               group.calls.front()->getLocation());
  setLayers(*call, group.layers);
  // Where the head runs is still to be seen.
  for (const Operation *old : group.calls)
    if (Attribute placement = old->getAttribute("placement"))
      call->setAttribute(host.getContext().intern("placement"), placement);
  for (Operation *op :
       llvm::ArrayRef(group.dependents).take_front(group.numBetween))
    op->moveBefore(last);
  for (auto [i, output] : llvm::enumerate(joiner.outputs))
    output.value->replaceAllUsesWith(call->getResult(i));
  llvm::SmallSetVector<Function *, 8> callees;
  for (Operation *old : llvm::reverse(group.calls)) {
    callees.insert(getCallee(*old));
    old->erase();
  }
  numRemoved += group.calls.size() - 1;
  for (Function *callee : callees)
    if (countCalls(*callee) == 0)
      program.eraseFunction(callee);
  group.calls.assign({call});
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

PassResult FuseBlocksPass::run(Program &program, PassContext &context) {
  if (options.maxLayers < 0 || options.maxBytes < 0) {
    context.getDiagnostics().emitError(llvm::Twine("fuse-blocks"))
        << "'max-layers' and 'max-bytes' are at least 0, which is no limit";
    return PassResult::Failed;
  }
  llvm::SmallVector<Function *, 4> hosts;
  for (const std::unique_ptr<Function> &function : program.getFunctions())
    if (function->getOpset() == Opset::Host)
      hosts.push_back(function.get());
  bool changed = false;
  for (Function *host : hosts) {
    unsigned before = countDispatches(*host);
    unsigned removed = Fuser(*host, options, context).run();
    changed |= removed != 0;
    programsJoined += removed;
    if (before != 0)
      context.emitRemark(host->getLocation())
          << "'" << host->getName() << "' makes " << before - removed
          << " dispatches a call, " << before << " before";
    if (takesOneToken(*host)) {
      dispatchesPerTokenBefore += before;
      dispatchesPerToken += before - removed;
    }
  }
  return changedIf(changed);
}

std::unique_ptr<Pass> createFuseBlocksPass(const FuseBlocksOptions &options) {
  return std::make_unique<FuseBlocksPass>(options);
}

} // namespace espresso
