//===- PlanCut.cpp - What goes where --------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FunctionCut.h"

#include "espresso/Ops/Registry.h"

#include "llvm/ADT/STLExtras.h"

#include <map>
#include <queue>

namespace espresso {

std::optional<int64_t> getLayer(const Operation &op) {
  Attribute layer = op.getAttribute("layer");
  if (!layer || !layer.getDense() || layer.getNumElements() != 1 ||
      !isInteger(layer.getType().castTo<TensorType>().getElementType()))
    return std::nullopt;
  return layer.getInteger();
}

static bool isHostOnly(const Operation &op) {
  const OpDefinition *definition = lookupOp(op);
  return definition && definition->hasTrait(OpTrait_HostOnly);
}

namespace {

enum class Side : uint8_t { Constant, Host, Engine };

struct Placement {
  Side side = Side::Host;
  std::optional<int64_t> layer;
  unsigned stage = 0;
  /// Number of its unit.
  size_t unit = 0;
};

/// One node of the graph that is scheduled.
struct UnitNode {
  CutUnit unit;
  /// Place of its first operation, which orders units that could exchange.
  size_t position = 0;
  llvm::SmallVector<size_t, 4> successors;
  size_t numPredecessors = 0;
};

class CutPlanner {
public:
  explicit CutPlanner(Function &function) : function(function) {}
  llvm::FailureOr<FunctionCut> plan();

private:
  LogicalResult place(Operation &op);
  LogicalResult checkEngineOp(Operation &op);
  unsigned findStage(const Operation &op, const Placement &placement);
  void collectUnits();
  void connectUnits();
  LogicalResult schedule();
  void nameGroups();

  Function &function;
  FunctionCut cut;
  llvm::DenseMap<const Operation *, Placement> placements;
  std::vector<UnitNode> nodes;
};

} // namespace

//===----------------------------------------------------------------------===//
// Placement
//===----------------------------------------------------------------------===//

LogicalResult CutPlanner::checkEngineOp(Operation &op) {
  if (*getLayer(op) < 0)
    return op.emitError().setRule("split-at-rope")
           << "cannot place '" << op.getName() << "': its layer, "
           << *getLayer(op) << ", is negative";
  if (!lookupOp(op))
    return op.emitError().setRule("split-at-rope")
           << "cannot place unknown operation '" << op.getName()
           << "' of layer " << *getLayer(op);
  for (Value *operand : op.getAllOperands())
    if (operand->getType().is<StateType>())
      return op.emitError().setRule("split-at-rope")
             << "cannot place '" << op.getName() << "': state '"
             << operand->getName() << "' lives on the host";
  return success();
}

/// The host's work between two parts of a layer divides its stages: what the
/// host makes of results of the engine is one stage further. What it makes of
/// its own, such as a mask, divides nothing.
unsigned CutPlanner::findStage(const Operation &op,
                               const Placement &placement) {
  unsigned stage = 0;
  for (Value *operand : op.getAllOperands()) {
    auto found = placements.find(operand->getDefiningOp());
    if (found == placements.end() || !placement.layer ||
        found->second.layer != placement.layer)
      continue;
    const Placement &producer = found->second;
    bool crosses =
        producer.side == Side::Engine && placement.side == Side::Host;
    stage = std::max(stage, producer.stage + (crosses ? 1 : 0));
  }
  return stage;
}

LogicalResult CutPlanner::place(Operation &op) {
  if (!op.getBlocks().empty())
    return op.emitError().setRule("split-at-rope")
           << "cannot place '" << op.getName() << "': it has nested blocks";
  Placement placement;
  placement.layer = getLayer(op);
  if (op.is("const")) {
    placement.side = Side::Constant;
  } else if (placement.layer && !isHostOnly(op)) {
    if (failed(checkEngineOp(op)))
      return failure();
    placement.side = Side::Engine;
  }
  placement.stage = findStage(op, placement);
  placements[&op] = placement;
  return success();
}

//===----------------------------------------------------------------------===//
// Schedule
//===----------------------------------------------------------------------===//

void CutPlanner::collectUnits() {
  std::map<std::pair<int64_t, unsigned>, std::vector<Operation *>> byStage;
  for (Operation &op : function.getBody())
    if (const Placement &placement = placements[&op];
        placement.side == Side::Engine)
      byStage[{*placement.layer, placement.stage}].push_back(&op);
  llvm::DenseMap<const Operation *, size_t> groupOf;
  for (auto &[key, operations] : byStage) {
    for (Operation *op : operations)
      groupOf[op] = cut.groups.size();
    cut.groups.push_back({key.first, key.second, std::move(operations), {}});
  }

  std::vector<std::optional<size_t>> nodeOfGroup(cut.groups.size());
  size_t position = 0;
  for (Operation &op : function.getBody()) {
    UnitNode node;
    node.position = position++;
    Placement &placement = placements[&op];
    placement.unit = nodes.size();
    if (placement.side != Side::Engine) {
      node.unit.hostOp = &op;
      nodes.push_back(std::move(node));
      continue;
    }
    std::optional<size_t> &groupNode = nodeOfGroup[groupOf[&op]];
    if (groupNode) {
      placement.unit = *groupNode;
      continue;
    }
    groupNode = nodes.size();
    node.unit.group = groupOf[&op];
    nodes.push_back(std::move(node));
  }
}

/// Links every unit to those that need it: by values, and, among operations of
/// the host that may touch states, by the order they were written in.
void CutPlanner::connectUnits() {
  auto connect = [&](size_t from, size_t to) {
    if (from == to || llvm::is_contained(nodes[from].successors, to))
      return;
    nodes[from].successors.push_back(to);
    ++nodes[to].numPredecessors;
  };
  llvm::DenseMap<const Value *, size_t> lastUser;
  for (Operation &op : function.getBody()) {
    size_t unit = placements[&op].unit;
    for (Value *operand : op.getAllOperands()) {
      if (Operation *producer = operand->getDefiningOp())
        connect(placements[producer].unit, unit);
      if (!operand->getType().is<StateType>())
        continue;
      auto [entry, isFirst] = lastUser.try_emplace(operand, unit);
      if (!isFirst)
        connect(entry->second, unit);
      entry->second = unit;
    }
  }
}

/// Kahn's algorithm; of the units that are ready the first written goes first,
/// so that a function that needs no reordering keeps its order.
LogicalResult CutPlanner::schedule() {
  auto isLater = [&](size_t a, size_t b) {
    return nodes[a].position > nodes[b].position;
  };
  std::priority_queue<size_t, std::vector<size_t>, decltype(isLater)> ready(
      isLater);
  for (size_t i = 0; i < nodes.size(); ++i)
    if (nodes[i].numPredecessors == 0)
      ready.push(i);
  while (!ready.empty()) {
    size_t next = ready.top();
    ready.pop();
    cut.schedule.push_back(nodes[next].unit);
    for (size_t successor : nodes[next].successors)
      if (--nodes[successor].numPredecessors == 0)
        ready.push(successor);
  }
  if (cut.schedule.size() == nodes.size())
    return success();
  for (const UnitNode &node : nodes) {
    if (node.numPredecessors == 0 || !node.unit.isCall())
      continue;
    const CutGroup &group = cut.groups[node.unit.group];
    const Operation &op = *group.operations.front();
    return op.emitError().setRule("split-at-rope")
           << "cannot cut layer " << group.layer << " at '" << op.getName()
           << "': inputs of its program depend on its own results";
  }
  llvm_unreachable("a cycle without a group is a cycle in the function");
}

/// "decode_l0_pre", "decode_l0_post"; "decode_l0" for a layer in one piece,
/// "decode_l0_mid_1" for what is neither first nor last.
void CutPlanner::nameGroups() {
  std::map<int64_t, size_t> numStages;
  for (const CutGroup &group : cut.groups)
    ++numStages[group.layer];
  int64_t layer = 0;
  size_t index = 0;
  for (CutGroup &group : cut.groups) {
    index = group.layer == layer ? index : 0;
    layer = group.layer;
    std::string &name = group.functionName;
    name = (function.getName() + "_l" + std::to_string(layer)).str();
    size_t count = numStages[layer];
    if (count > 1)
      name += index == 0           ? "_pre"
              : index + 1 == count ? "_post"
                                   : "_mid_" + std::to_string(index);
    ++index;
  }
}

llvm::FailureOr<FunctionCut> CutPlanner::plan() {
  for (Operation &op : function.getBody())
    if (failed(place(op)))
      return failure();
  collectUnits();
  connectUnits();
  if (failed(schedule()))
    return failure();
  nameGroups();
  return std::move(cut);
}

llvm::FailureOr<FunctionCut> planCut(Function &function) {
  return CutPlanner(function).plan();
}

} // namespace espresso
