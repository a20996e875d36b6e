//===- PackLanes.cpp - Independent streams side by side -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Makes of a host function for one token a second one for N tokens of N texts,
// whose programs have a text in each column and read their weights once for
// all:
//
//   decode(ids: [1], position, k_cache_0, …)
//   =>
//   decode_x2(ids: [2], position_0, position_1, k_cache_0_s0, k_cache_0_s1, …)
//
// What the host does with a position or a cache it does for each text; all else
// is done once for all columns. The function for one token stays. See
// docs/Rationale/Padding.md.
//
//===----------------------------------------------------------------------===//

#include "Host/HostCalls.h"
#include "Host/Retype.h"
#include "Host/Widen.h"

#include "espresso/IR/Builder.h"
#include "espresso/Ops/Verifier.h"
#include "espresso/Transforms/Passes.h"

#include "llvm/ADT/STLExtras.h"

#include <map>

namespace espresso {
namespace {

class PackLanesPass : public PackLanesBase {
public:
  using PackLanesBase::PackLanesBase;
  PassResult run(Program &program, PassContext &context) override;
};

/// Writes the function for N streams of one host function.
class LanePacker {
public:
  LanePacker(Function &single, int64_t lanes)
      : single(single), context(single.getContext()), lanes(lanes),
        suffix("_x" + std::to_string(lanes)) {}

  LogicalResult run();
  unsigned numPrograms = 0;

private:
  /// One value for all streams, or one for each.
  struct Packed {
    Value *wide = nullptr;
    llvm::SmallVector<Value *, 8> streams;
  };

  void addInputs();
  LogicalResult pack(Operation &op);
  bool needsStreams(const Operation &op) const;
  LogicalResult packWide(Operation &op);
  void packStreams(Operation &op);
  FailureOr<Function *> getWideProgram(Function &callee);
  Value *getWide(Value *value);
  Value *getStream(Value *value, int64_t lane);

  Function &single;
  Context &context;
  int64_t lanes;
  std::string suffix;
  Function *packed = nullptr;
  llvm::DenseMap<const Value *, Packed> values;
};

} // namespace

static constexpr int64_t kMaxLanes = 4096;

//===----------------------------------------------------------------------===//
// Ports and values
//===----------------------------------------------------------------------===//

/// Ids are joined; everything else, positions and caches, is of one stream.
void LanePacker::addInputs() {
  std::map<std::string, std::pair<Value *, int64_t>> ports;
  for (const std::unique_ptr<Value> &input : single.getBody().getInputs()) {
    if (input->getName() == "ids") {
      ports["ids"] = {input.get(), -1};
      continue;
    }
    bool isState = input->getType().is<StateType>();
    for (int64_t lane = 0; lane < lanes; ++lane)
      ports[(input->getName() + (isState ? "_s" : "_")).str() +
            std::to_string(lane)] = {input.get(), lane};
  }
  for (auto &[name, port] : ports) {
    auto [input, lane] = port;
    Type type = input->getType();
    if (lane < 0)
      type = withColumns(input->getTensorType(), lanes, context);
    Value *added = packed->getBody().addInput(packed->makeUniqueName(name),
                                              type, input->getLocation());
    Packed &entry = values[input];
    if (lane < 0) {
      entry.wide = added;
      continue;
    }
    entry.streams.resize(lanes);
    entry.streams[lane] = added;
  }
}

Value *LanePacker::getWide(Value *value) {
  Packed &entry = values[value];
  if (!entry.wide) {
    Builder builder(packed->getBody(), value->getLocation());
    entry.wide = joinColumns(builder, entry.streams, value->getName());
  }
  return entry.wide;
}

Value *LanePacker::getStream(Value *value, int64_t lane) {
  Packed &entry = values[value];
  Operation *producer = value->getDefiningOp();
  if (producer && producer->is("const"))
    return entry.wide;
  if (entry.streams.empty()) {
    Builder builder(packed->getBody(), value->getLocation());
    int64_t channels = value->getTensorType().getDim(1);
    for (int64_t i = 0; i < lanes; ++i)
      entry.streams.push_back(
          takePart(builder, entry.wide, channels, i, 1,
                   value->getName() + "_s" + llvm::Twine(i)));
  }
  return entry.streams[lane];
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

/// Whether `op` looks at what each stream has of its own: an input other than
/// the ids, or what was made of one and cannot be joined.
bool LanePacker::needsStreams(const Operation &op) const {
  return llvm::any_of(op.getAllOperands(), [&](Value *operand) {
    const Packed &entry = values.find(operand)->second;
    return !entry.wide && (operand->getInputOf() || !getColumns(*operand));
  });
}

void LanePacker::packStreams(Operation &op) {
  // Operands first, so that what they need stands before all copies.
  for (Value *operand : op.getAllOperands())
    if (values.count(operand))
      (void)getStream(operand, 0);
  Builder builder(packed->getBody());
  for (int64_t lane = 0; lane < lanes; ++lane) {
    llvm::DenseMap<const Value *, Value *> mapping;
    for (Value *operand : op.getAllOperands())
      mapping[operand] = getStream(operand, lane);
    Operation *copy = cloneOperation(op, builder, mapping);
    for (unsigned i = 0; i < op.getNumResults(); ++i)
      values[op.getResult(i)].streams.push_back(copy->getResult(i));
  }
}

/// The program for all columns, made at its first call.
FailureOr<Function *> LanePacker::getWideProgram(Function &callee) {
  std::string name = callee.getName().str() + suffix;
  Program &program = single.getProgram();
  if (Function *known = program.findFunction(name))
    return known;
  Function *wide = program.addFunction(context.intern(name), callee.getOpset(),
                                       callee.getLocation());
  wide->getAttributes() = callee.getAttributes();
  cloneFunctionBody(callee, *wide);
  ++numPrograms;
  FailureOr<int64_t> columns = getPortColumns(*wide, "pack-lanes");
  if (failed(columns))
    return failure();
  if (*columns != 1)
    return context.getDiagnostics()
               .emitError(callee.getLocation())
               .setRule("pack-lanes")
           << "'" << callee.getName() << "' has " << *columns
           << " columns already; streams are packed before padding";
  if (failed(widenProgram(*wide, lanes, AddedColumns::Streams, "pack-lanes")))
    return failure();
  return wide;
}

LogicalResult LanePacker::packWide(Operation &op) {
  Function *callee = isDispatch(op) ? getCallee(op) : nullptr;
  if (!callee &&
      failed(checkColumnwise(op, AddedColumns::Streams, "pack-lanes")))
    return failure();
  llvm::DenseMap<const Value *, Value *> mapping;
  for (Value *operand : op.getAllOperands())
    mapping[operand] = getWide(operand);
  Builder builder(packed->getBody());
  Operation *copy = cloneOperation(op, builder, mapping);
  if (callee) {
    FailureOr<Function *> wide = getWideProgram(*callee);
    if (failed(wide))
      return failure();
    copy->setLiteral(context.intern("callee"),
                     Attribute::string(context, (*wide)->getName()));
  }
  llvm::SmallVector<Type, 4> types;
  if (!op.is("const") && failed(inferResultTypes(*copy, types)))
    return failure();
  for (unsigned i = 0; i < op.getNumResults(); ++i) {
    if (i < types.size())
      copy->getResult(i)->setType(types[i]);
    values[op.getResult(i)].wide = copy->getResult(i);
  }
  return success();
}

LogicalResult LanePacker::pack(Operation &op) {
  if (!isDispatch(op) && needsStreams(op)) {
    packStreams(op);
    return success();
  }
  return packWide(op);
}

LogicalResult LanePacker::run() {
  Program &program = single.getProgram();
  std::string name = single.getName().str() + suffix;
  packed = program.addFunction(context.intern(name), Opset::Host,
                               single.getLocation());
  addInputs();
  for (Operation &op : single.getBody().getOperations())
    if (failed(pack(op)))
      return failure();
  for (size_t i = 0; i < single.getBody().getNumOutputs(); ++i)
    packed->getBody().addOutput(getWide(single.getBody().getOutput(i)));
  return success();
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

PassResult PackLanesPass::run(Program &program, PassContext &context) {
  if (options.lanes < 2 || options.lanes > kMaxLanes) {
    context.getDiagnostics().emitError(llvm::Twine("pack-lanes"))
        << "'lanes' is " << options.lanes << ", expected 2 to " << kMaxLanes;
    return PassResult::Failed;
  }
  std::string suffix = "_x" + std::to_string(options.lanes);
  llvm::SmallVector<Function *, 2> singles;
  for (const std::unique_ptr<Function> &function : program.getFunctions())
    if (function->getOpset() == Opset::Host && takesOneToken(*function) &&
        !program.findFunction((function->getName() + suffix).str()))
      singles.push_back(function.get());
  for (Function *single : singles) {
    LanePacker packer(*single, options.lanes);
    if (failed(packer.run()))
      return PassResult::Failed;
    functionsMade += 1;
    context.emitRemark(single->getLocation())
        << "'" << single->getName() << suffix << "' makes a token of each of "
        << options.lanes << " texts with " << countDispatches(*single)
        << " dispatches and " << packer.numPrograms
        << " programs, which share their weights with those for one";
  }
  return changedIf(!singles.empty());
}

std::unique_ptr<Pass> createPackLanesPass(const PackLanesOptions &options) {
  return std::make_unique<PackLanesPass>(options);
}

} // namespace espresso
