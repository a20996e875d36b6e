//===- SplitAtRope.cpp - What the engine runs, what the host --------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Turns each <model> function into a <host> function of the same name and
// ports, and its layers into programs that it calls:
//
//   q = linear(x = norm, …)          k, q, v = call(callee = "f_l0_pre", x = x)
//   q_rot = rope(x = q, …)       =>  q_rot = rope(x = q, …)
//   a = attention(q = q_rot, …)      a = attention(q = q_rot, …)
//   o = linear(x = a, …)             out = call(callee = "f_l0_post", …)
//
// See docs/Rationale/Split.md.
//
//===----------------------------------------------------------------------===//

#include "Host/HostCalls.h"
#include "Split/FunctionCut.h"
#include "Split/PlaceAttention.h"
#include "Split/PlaceRope.h"

#include "espresso/Transforms/Passes.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"

#include <map>

namespace espresso {
namespace {

class SplitAtRopePass : public SplitAtRopeBase {
public:
  using SplitAtRopeBase::SplitAtRopeBase;
  PassResult run(Program &program, PassContext &context) override;
  NumericTolerance getTolerance() const override {
    // The host turns by angles in fp32, programs by those of their own type.
    return options.rope == "graph" ? NumericTolerance{8, 2}
                                   : SplitAtRopeBase::getTolerance();
  }

private:
  LogicalResult split(Function &function, PassContext &context);
};

/// Operations by name with how many there are, in order of appearance.
class OpCounts {
public:
  void add(llvm::StringRef name) {
    name.consume_front("espresso.");
    ++counts[name];
  }
  bool empty() const { return counts.empty(); }
  /// "rms_norm, 3 linear", or "nothing".
  std::string str() const;

private:
  llvm::MapVector<llvm::StringRef, unsigned> counts;
};

struct Remark {
  Location location;
  std::string message;
};

} // namespace

std::string OpCounts::str() const {
  std::string text;
  for (const auto &[name, count] : counts) {
    text += text.empty() ? "" : ", ";
    if (count > 1)
      text += std::to_string(count) + " ";
    text += name.str();
  }
  return text.empty() ? "nothing" : text;
}

//===----------------------------------------------------------------------===//
// Remarks
//===----------------------------------------------------------------------===//

/// What to say of the plan, which ends when it is carried out: for each layer
/// "layer 0: 'decode_l0_pre' runs rms_norm, 3 linear; 'decode_l0_post' runs …;
/// the host runs 2 rope, attention", and what the host does around them.
static std::vector<Remark> describeCut(const Function &function,
                                       const FunctionCut &cut) {
  std::map<int64_t, OpCounts> hostOps;
  OpCounts outside;
  bool hasHead = false;
  for (const CutUnit &unit : cut.schedule) {
    if (unit.isCall() || unit.hostOp->is("const"))
      continue;
    // Its place is not decided here.
    if (unit.hostOp->is("espresso.head")) {
      hasHead = true;
      continue;
    }
    std::optional<int64_t> layer = getLayer(*unit.hostOp);
    (layer ? hostOps[*layer] : outside).add(unit.hostOp->getName());
  }

  std::vector<Remark> remarks;
  for (size_t i = 0; i < cut.groups.size(); ++i) {
    const CutGroup &group = cut.groups[i];
    if (i == 0 || cut.groups[i - 1].layer != group.layer)
      remarks.push_back({group.operations.front()->getLocation(),
                         "layer " + std::to_string(group.layer) + ": "});
    OpCounts counts;
    for (const Operation *op : group.operations)
      counts.add(op->getName());
    std::string &text = remarks.back().message;
    text += "'" + group.functionName + "' runs " + counts.str() + "; ";
    if (i + 1 == cut.groups.size() || cut.groups[i + 1].layer != group.layer)
      text += "the host runs " + hostOps[group.layer].str();
  }
  if (!outside.empty())
    remarks.push_back({function.getLocation(),
                       ("outside of the layers of '" + function.getName() +
                        "' the host runs " + outside.str() +
                        (hasHead ? ", and the head unless 'place-head' puts it "
                                   "on the engine"
                                 : ""))
                           .str()});
  return remarks;
}

/// Why attention is where it is.
static std::vector<Remark> describeAttention(const Function &function,
                                             AttentionPlacement placement,
                                             AttentionCounts counts) {
  std::vector<Remark> remarks;
  std::string name = ("'" + function.getName() + "'").str();
  if (counts.inGraph != 0)
    remarks.push_back({function.getLocation(),
                       name + " has attention in the graph: it starts at "
                              "position 0, before which the cache is empty"});
  if (counts.overCache != 0)
    remarks.push_back({function.getLocation(),
                       name + " has attention in the graph, as asked: its "
                              "programs are given the rows of the cache and a "
                              "mask"});
  if (counts.onHost != 0)
    remarks.push_back({function.getLocation(),
                       name + " has attention on the host" +
                           (placement == AttentionPlacement::Host
                                ? ", as asked"
                                : ": its position is not the constant 0")});
  return remarks;
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

LogicalResult SplitAtRopePass::split(Function &function, PassContext &context) {
  auto placement = llvm::StringSwitch<AttentionPlacement>(options.attention)
                       .Case("host", AttentionPlacement::Host)
                       .Case("graph", AttentionPlacement::Graph)
                       .Default(AttentionPlacement::Auto);
  AttentionCounts attention = placeAttention(function, placement);
  unsigned numRotations =
      options.rope == "graph" ? moveRopeIntoGraph(function) : 0;
  FailureOr<FunctionCut> cut = planCut(function);
  if (failed(cut))
    return failure();
  std::vector<Remark> remarks =
      describeAttention(function, placement, attention);
  if (numRotations != 0)
    remarks.push_back({function.getLocation(),
                       ("'" + function.getName() +
                        "' has its rotations in the graph, as asked: its "
                        "programs are given cosines and sines")
                           .str()});
  llvm::append_range(remarks, describeCut(function, *cut));
  if (failed(applyCut(function, *cut, parseOpset(options.opset))))
    return failure();
  for (const Remark &remark : remarks)
    context.emitRemark(remark.location) << remark.message;
  functionsMade += cut->groups.size();
  if (takesOneToken(function))
    dispatchesPerToken += cut->groups.size();
  return success();
}

PassResult SplitAtRopePass::run(Program &program, PassContext &context) {
  llvm::SmallVector<Function *, 4> models;
  for (const std::unique_ptr<Function> &function : program.getFunctions())
    if (function->getOpset() == Opset::Model)
      models.push_back(function.get());
  for (Function *function : models)
    if (failed(split(*function, context)))
      return PassResult::Failed;
  return changedIf(!models.empty());
}

std::unique_ptr<Pass> createSplitAtRopePass(const SplitAtRopeOptions &options) {
  return std::make_unique<SplitAtRopePass>(options);
}

} // namespace espresso
