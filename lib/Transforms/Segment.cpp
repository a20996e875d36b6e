//===- Segment.cpp - Programs below a limit of weights --------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Cuts programs whose weights exceed a limit into programs that follow each
// other:
//
//   y = call(callee = "f", x = x)
//   =>
//   h = call(callee = "f_part_0", x = x)
//   y = call(callee = "f_part_1", h = h, x = x)
//
// A program that nobody calls becomes the <host> function of its parts. The cut
// is where the fewest bytes pass between the parts, of the places that fill the
// first at least by half. Does nothing to programs within the limit.
//
//===----------------------------------------------------------------------===//

#include "Host/HostCalls.h"
#include "Host/Retype.h"
#include "Split/FunctionCut.h"

#include "espresso/Transforms/Passes.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"

#include <limits>

namespace espresso {
namespace {

class SegmentPass : public SegmentBase {
public:
  using SegmentBase::SegmentBase;
  PassResult run(Program &program, PassContext &context) override;

private:
  LogicalResult segment(Function &function, PassContext &context);
};

/// Finds the places to cut one function at.
class SegmentPlanner {
public:
  SegmentPlanner(Function &function, uint64_t limit);

  /// Places of the first operation of each part but the first; reports and
  /// fails if the limit cannot be kept.
  FailureOr<std::vector<size_t>> plan();
  llvm::ArrayRef<Operation *> getOperations() const { return operations; }

private:
  size_t findEnd(size_t begin, std::vector<uint64_t> &bytes) const;
  /// Bytes that pass a cut before operation `place`; none if a value may not.
  std::optional<uint64_t> getCrossing(size_t place) const;

  Function &function;
  uint64_t limit;
  /// All but constants.
  std::vector<Operation *> operations;
  llvm::DenseMap<const Operation *, size_t> places;
  /// By operation: the place of the last user of its results.
  std::vector<size_t> lastUse;
};

} // namespace

SegmentPlanner::SegmentPlanner(Function &function, uint64_t limit)
    : function(function), limit(limit) {
  for (Operation &op : function.getBody().getOperations())
    if (!op.is("const")) {
      places[&op] = operations.size();
      operations.push_back(&op);
    }
  for (size_t i = 0; i < operations.size(); ++i) {
    lastUse.push_back(i);
    for (const std::unique_ptr<Value> &result : operations[i]->getResults())
      result->forEachUse([&](Use &use) {
        if (use.getUser())
          lastUse[i] = std::max(lastUse[i], places.lookup(use.getUser()));
      });
  }
}

/// The place behind the last operation that a part beginning at `begin` holds.
/// `bytes` are those of the part after each operation.
size_t SegmentPlanner::findEnd(size_t begin,
                               std::vector<uint64_t> &bytes) const {
  llvm::DenseSet<const Operation *> seen;
  uint64_t sum = 0;
  size_t end = begin;
  for (; end < operations.size(); ++end) {
    for (Value *operand : operations[end]->getAllOperands())
      if (Operation *producer = operand->getDefiningOp();
          producer && seen.insert(producer).second)
        sum += getWeightBytes(*producer);
    if (sum > limit)
      break;
    bytes.push_back(sum);
  }
  return end;
}

std::optional<uint64_t> SegmentPlanner::getCrossing(size_t place) const {
  uint64_t bytes = 0;
  for (size_t i = 0; i < place; ++i) {
    if (lastUse[i] < place)
      continue;
    for (const std::unique_ptr<Value> &result : operations[i]->getResults()) {
      if (!getColumns(*result))
        return std::nullopt;
      TensorType type = result->getTensorType();
      bytes += getPackedByteSize(type.getElementType(), *type.getNumElements())
                   .value_or(0);
    }
  }
  return bytes;
}

FailureOr<std::vector<size_t>> SegmentPlanner::plan() {
  std::vector<size_t> cuts;
  size_t begin = 0;
  while (true) {
    std::vector<uint64_t> bytes;
    size_t end = findEnd(begin, bytes);
    if (end == operations.size())
      return cuts;
    Operation &next = *operations[end];
    if (end == begin) {
      InFlightDiagnostic diagnostic = next.emitError().setRule("segment");
      diagnostic << "'" << next.getName() << "' in '" << function.getName()
                 << "' alone has more weights than " << formatBytes(limit);
      diagnostic.addHelp("raise 'max-bytes', or cut the weight into tiles");
      return diagnostic;
    }
    std::optional<size_t> best;
    uint64_t fewest = std::numeric_limits<uint64_t>::max();
    // First those that fill the part at least by half, then any.
    for (uint64_t atLeast : {bytes.back() / 2, uint64_t{0}}) {
      for (size_t place = end; place > begin; --place) {
        if (bytes[place - begin - 1] < atLeast)
          break;
        std::optional<uint64_t> crossing = getCrossing(place);
        if (crossing && *crossing < fewest) {
          fewest = *crossing;
          best = place;
        }
      }
      if (best)
        break;
    }
    if (!best)
      return next.emitError().setRule("segment")
             << "cannot cut '" << function.getName() << "' before '"
             << next.getName()
             << "': no place is passed by tensors [1, C, 1, S] alone";
    cuts.push_back(*best);
    begin = *best;
  }
}

/// Each part is a group of a cut, in order.
static FunctionCut makeCut(const Function &function,
                           llvm::ArrayRef<Operation *> operations,
                           llvm::ArrayRef<size_t> cuts) {
  FunctionCut cut;
  for (size_t i = 0; i <= cuts.size(); ++i) {
    size_t begin = i == 0 ? 0 : cuts[i - 1];
    size_t end = i == cuts.size() ? operations.size() : cuts[i];
    CutGroup group;
    group.layer = -1;
    group.stage = static_cast<unsigned>(i);
    group.operations.assign(operations.begin() + begin,
                            operations.begin() + end);
    group.functionName = makeFunctionName(
        function.getProgram(),
        (function.getName() + "_part_" + llvm::Twine(i)).str());
    cut.groups.push_back(std::move(group));
    CutUnit unit;
    unit.group = i;
    cut.schedule.push_back(unit);
  }
  return cut;
}

/// Puts the calls of the parts where `function` was called, and erases it.
static void inlineIntoCallers(Function &function) {
  Program &program = function.getProgram();
  llvm::SmallVector<Operation *, 8> calls;
  for (const std::unique_ptr<Function> &caller : program.getFunctions())
    for (Operation &op : caller->getBody().getOperations())
      if (getCallee(op) == &function)
        calls.push_back(&op);
  if (calls.empty())
    return;
  for (Operation *call : calls) {
    std::pair<int64_t, int64_t> layers = getLayers(*call);
    for (Operation &op : function.getBody().getOperations())
      setLayers(op, layers);
    inlineCall(*call);
  }
  program.eraseFunction(&function);
}

LogicalResult SegmentPass::segment(Function &function, PassContext &context) {
  for (const std::unique_ptr<Value> &input : function.getBody().getInputs())
    if (input->getType().is<StateType>())
      return context.getDiagnostics()
                 .emitError(function.getLocation())
                 .setRule("segment")
             << "cannot cut '" << function.getName() << "', which has "
             << formatBytes(getWeightBytes(function))
             << " of weights: the state '" << input->getName()
             << "' would pass from part to part";
  std::string name = function.getName().str();
  uint64_t bytes = getWeightBytes(function);
  SegmentPlanner planner(function, static_cast<uint64_t>(options.maxBytes));
  FailureOr<std::vector<size_t>> cuts = planner.plan();
  if (failed(cuts))
    return failure();
  std::string places;
  for (size_t place : *cuts)
    places += (places.empty() ? "'" : ", '") +
              planner.getOperations()[place]->getResult()->getName().str() +
              "'";
  Location location = function.getLocation();
  FunctionCut cut = makeCut(function, planner.getOperations(), *cuts);
  if (failed(applyCut(function, cut, function.getOpset())))
    return failure();
  inlineIntoCallers(function);
  programsCut += 1;
  partsMade += cuts->size() + 1;
  context.emitRemark(location) << "'" << name << "' with " << formatBytes(bytes)
                               << " of weights becomes " << cuts->size() + 1
                               << " programs, cut before " << places;
  return success();
}

PassResult SegmentPass::run(Program &program, PassContext &context) {
  if (options.maxBytes < 1) {
    context.getDiagnostics().emitError(llvm::Twine("segment"))
        << "'max-bytes' is " << options.maxBytes << ", expected at least 1";
    return PassResult::Failed;
  }
  llvm::SmallVector<Function *, 4> large;
  for (const std::unique_ptr<Function> &function : program.getFunctions())
    if (isIOS(function->getOpset()) &&
        getWeightBytes(*function) > static_cast<uint64_t>(options.maxBytes))
      large.push_back(function.get());
  for (Function *function : large)
    if (failed(segment(*function, context)))
      return PassResult::Failed;
  return changedIf(!large.empty());
}

std::unique_ptr<Pass> createSegmentPass(const SegmentOptions &options) {
  return std::make_unique<SegmentPass>(options);
}

} // namespace espresso
