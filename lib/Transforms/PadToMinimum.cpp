//===- PadToMinimum.cpp - Boundary tensors that the engine takes ----------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Gives every boundary tensor of a program the engine's minimum of bytes, by
// columns of no meaning behind those of the call:
//
//   y = call(callee = "f", x = x)                // x [1, C, 1, 1]
//   =>
//   x_padded = concat(values = (x, zeros), axis = 3)
//   y_padded = call(callee = "f", x = x_padded)  // x_padded [1, C, 1, 32]
//   y = slice_by_size(x = y_padded, …)
//
// A result that goes from program to program stays padded. Rows of a cache get
// more rows instead, which the mask hides. Works on host functions and their
// programs while these still have composites; see docs/Rationale/Padding.md.
//
//===----------------------------------------------------------------------===//

#include "Host/HostCalls.h"
#include "Host/Retype.h"
#include "Host/Widen.h"

#include "espresso/Ops/Verifier.h"
#include "espresso/Transforms/Passes.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <map>

namespace espresso {
namespace {

class PadToMinimumPass : public PadToMinimumBase {
public:
  using PadToMinimumBase::PadToMinimumBase;
  PassResult run(Program &program, PassContext &context) override;
};

/// Forms of the boundary of one program.
struct PaddedProgram {
  int64_t oldColumns = 1;
  int64_t columns = 1;
  /// Of each port; 0: as many as it has.
  int64_t channels = 0;
};

/// Pads all programs of a program's host functions.
class Padder {
public:
  Padder(Program &program, const PadToMinimumOptions &options)
      : program(program), options(options) {}

  LogicalResult run(PassContext &context);
  bool hasChanged = false;
  unsigned numPadded = 0;

private:
  void padRows(Function &host);
  LogicalResult plan(Function &callee, PassContext &context);
  LogicalResult equalizeChannels(Function &callee, PaddedProgram &padded);
  void padChannelsInside(Function &callee, int64_t channels);
  void padCalls(Function &host);
  void padCall(Operation &call, const PaddedProgram &padded);
  Value *getPadded(Operation &call, Value *value, const PaddedProgram &padded);
  int64_t getMinimumColumns(const Value &port) const;

  Program &program;
  const PadToMinimumOptions &options;
  llvm::MapVector<Function *, PaddedProgram> programs;
  /// By value of the host, channels and columns: its padded form.
  std::map<std::tuple<const Value *, int64_t, int64_t>, Value *> paddedForms;
};

} // namespace

static int64_t getColumnBytes(const Value &port) {
  TensorType type = port.getTensorType();
  return type.getDim(1) * getStorageByteWidth(type.getElementType());
}

/// S >= nextPow2(ceil(minimum / (bytes of an element · C))), and no fewer than
/// there are (ane-boundary-min-bytes).
int64_t Padder::getMinimumColumns(const Value &port) const {
  uint64_t needed = llvm::divideCeil(
      options.minBytes, std::max<int64_t>(getColumnBytes(port), 1));
  return std::max<int64_t>(
      static_cast<int64_t>(llvm::PowerOf2Ceil(std::max<uint64_t>(needed, 1))),
      port.getTensorType().getDim(3));
}

//===----------------------------------------------------------------------===//
// Rows of caches
//===----------------------------------------------------------------------===//

/// Asks for as many rows as the narrowest cache of `host` needs, everywhere:
/// the mask is the same for all.
void Padder::padRows(Function &host) {
  int64_t rows = 0;
  for (Operation &op : host.getBody().getOperations())
    if (op.is("espresso.cache_read")) {
      TensorType type = op.getResult()->getTensorType();
      int64_t bytes =
          type.getDim(3) * getStorageByteWidth(type.getElementType());
      rows = std::max({rows, type.getDim(1),
                       static_cast<int64_t>(llvm::divideCeil(
                           options.minBytes, std::max<int64_t>(bytes, 1)))});
    }
  if (rows == 0)
    return;
  Context &context = host.getContext();
  for (Operation &op : host.getBody().getOperations()) {
    if (!op.is("espresso.cache_read") && !op.is("espresso.cache_mask"))
      continue;
    TensorType type = op.getResult()->getTensorType();
    if (type.getDim(1) == rows)
      continue;
    hasChanged = true;
    op.setLiteral(context.intern("rows"), Attribute::integer(context, rows));
    Value *result = op.getResult();
    result->setType(TensorType::get(context, type.getElementType(),
                                    {1, rows, 1, type.getDim(3)}));
    result->forEachUse([&](Use &use) {
      Function *callee = use.getUser() ? getCallee(*use.getUser()) : nullptr;
      if (!callee)
        return;
      for (const std::unique_ptr<Binding> &binding :
           use.getUser()->getBindings())
        if (binding->getSingle().getValue() == result)
          callee->getBody()
              .findInput(binding->getName())
              ->setType(result->getType());
    });
  }
}

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

LogicalResult Padder::plan(Function &callee, PassContext &context) {
  auto [entry, isNew] = programs.insert({&callee, {}});
  if (!isNew)
    return success();
  FailureOr<int64_t> columns = getPortColumns(callee, "pad-to-minimum");
  if (failed(columns))
    return failure();
  PaddedProgram padded;
  padded.oldColumns = *columns;
  padded.columns = std::max<int64_t>(*columns, options.minColumns);
  const Block &body = callee.getBody();
  for (const std::unique_ptr<Value> &input : body.getInputs())
    if (!isCacheRows(*input))
      padded.columns = std::max(padded.columns, getMinimumColumns(*input));
  for (size_t i = 0; i < body.getNumOutputs(); ++i)
    padded.columns =
        std::max(padded.columns, getMinimumColumns(*body.getOutput(i)));
  if (failed(widenProgram(callee, padded.columns, AddedColumns::Padding,
                          "pad-to-minimum")))
    return failure();
  if (options.equalSizes && failed(equalizeChannels(callee, padded)))
    return failure();
  if (padded.columns != padded.oldColumns || padded.channels != 0) {
    hasChanged = true;
    ++numPadded;
    InFlightDiagnostic remark = context.emitRemark(callee.getLocation());
    remark << "'" << callee.getName() << "' computes " << padded.columns
           << " columns for " << padded.oldColumns << ", for "
           << options.minBytes << " bytes at each port";
    if (padded.channels != 0)
      remark << ", each of " << padded.channels << " channels";
  }
  programs[&callee] = padded;
  return success();
}

/// Surfaces of one size (ane-boundary-equal-size): ports of fewer channels get
/// zeros, which are cut off inside, and outputs the other way round.
LogicalResult Padder::equalizeChannels(Function &callee,
                                       PaddedProgram &padded) {
  Block &body = callee.getBody();
  int64_t largest = 0;
  bool differ = false;
  auto visit = [&](const Value &port) {
    int64_t channels = port.getTensorType().getDim(1);
    differ |= largest != 0 && channels != largest;
    largest = std::max(largest, channels);
  };
  for (const std::unique_ptr<Value> &input : body.getInputs()) {
    if (isCacheRows(*input))
      return callee.getContext()
                 .getDiagnostics()
                 .emitError(input->getLocation())
                 .setRule("pad-to-minimum")
             << "cannot give the ports of '" << callee.getName()
             << "' one size: '" << input->getName() << "' holds a cache";
    visit(*input);
  }
  for (size_t i = 0; i < body.getNumOutputs(); ++i)
    visit(*body.getOutput(i));
  if (!differ)
    return success();
  padded.channels = largest;
  padChannelsInside(callee, largest);
  return success();
}

void Padder::padChannelsInside(Function &callee, int64_t channels) {
  Block &body = callee.getBody();
  Context &context = callee.getContext();
  for (const std::unique_ptr<Value> &input : body.getInputs()) {
    TensorType type = input->getTensorType();
    if (type.getDim(1) == channels || body.empty())
      continue;
    // Built on the wide input, then put in the place of all other uses.
    Builder builder(*body.begin());
    TensorType wide = TensorType::get(context, type.getElementType(),
                                      {1, channels, 1, type.getDim(3)});
    input->setType(wide);
    Value *part = takePart(builder, input.get(), type.getDim(1), 0,
                           type.getDim(3), input->getName() + "_used");
    llvm::SmallVector<Use *, 4> uses;
    input->forEachUse([&](Use &use) {
      if (use.getUser() != part->getDefiningOp())
        uses.push_back(&use);
    });
    for (Use *use : uses)
      use->set(part);
  }
  Builder builder(body);
  for (size_t i = 0; i < body.getNumOutputs(); ++i) {
    Value *output = body.getOutput(i);
    TensorType type = output->getTensorType();
    if (type.getDim(1) == channels)
      continue;
    Value *full = padWithZeros(builder, output, channels, type.getDim(3));
    llvm::StringRef name = output->getName();
    output->setName(full->getName());
    full->setName(name);
    body.setOutput(i, full);
  }
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

Value *Padder::getPadded(Operation &call, Value *value,
                         const PaddedProgram &padded) {
  TensorType type = value->getTensorType();
  int64_t channels = padded.channels != 0 ? padded.channels : type.getDim(1);
  if (channels == type.getDim(1) && padded.columns == type.getDim(3))
    return value;
  Value *&form = paddedForms[{value, channels, padded.columns}];
  if (!form) {
    Builder builder(call);
    form = padWithZeros(builder, value, channels, padded.columns);
  }
  return form;
}

void Padder::padCall(Operation &call, const PaddedProgram &padded) {
  const Block &body = getCallee(call)->getBody();
  Context &context = call.getFunction()->getContext();
  for (const std::unique_ptr<Value> &input : body.getInputs())
    if (Value *argument = call.getOperand(input->getName());
        argument && !isCacheRows(*input))
      call.setOperand(context.intern(input->getName()),
                      getPadded(call, argument, padded));
  Block &callers = *call.getBlock();
  auto next = std::next(call.getIterator());
  const ListElements &names = *call.getAttribute("outputs").getList();
  for (unsigned i = 0; i < call.getNumResults(); ++i) {
    Value *result = call.getResult(i);
    TensorType type = result->getTensorType();
    for (size_t j = 0; j < body.getNumOutputs(); ++j)
      if (body.getOutput(j)->getName() == names.elements[i].getString())
        result->setType(body.getOutput(j)->getType());
    TensorType wide = result->getTensorType();
    if (wide == type)
      continue;
    llvm::SmallVector<Use *, 4> uses;
    result->forEachUse([&](Use &use) { uses.push_back(&use); });
    Builder builder(callers);
    if (next != callers.end())
      builder.setInsertionPoint(*next);
    builder.setLocation(call.getLocation());
    llvm::StringRef name = result->getName();
    result->setName(call.getFunction()->makeUniqueName(name + "_padded"));
    Value *part =
        takePart(builder, result, type.getDim(1), 0, type.getDim(3), "");
    part->setName(name);
    for (Use *use : uses)
      use->set(part);
    paddedForms[{part, wide.getDim(1), wide.getDim(3)}] = result;
  }
}

void Padder::padCalls(Function &host) {
  llvm::SmallVector<Operation *, 32> calls;
  for (Operation &op : host.getBody().getOperations())
    if (isDispatch(op))
      calls.push_back(&op);
  paddedForms.clear();
  for (Operation *call : calls)
    padCall(*call, programs[getCallee(*call)]);
  for (Operation &op : llvm::make_early_inc_range(
           llvm::reverse(host.getBody().getOperations())))
    if (op.is("slice_by_size") && !op.hasUses())
      op.erase();
}

LogicalResult Padder::run(PassContext &context) {
  llvm::SmallVector<Function *, 4> hosts;
  for (const std::unique_ptr<Function> &function : program.getFunctions())
    if (function->getOpset() == Opset::Host)
      hosts.push_back(function.get());
  for (Function *host : hosts)
    padRows(*host);
  for (Function *host : hosts)
    for (Operation &op : host->getBody().getOperations())
      if (isDispatch(op) && failed(plan(*getCallee(op), context)))
        return failure();
  for (Function *host : hosts)
    padCalls(*host);
  return success();
}

PassResult PadToMinimumPass::run(Program &program, PassContext &context) {
  if (options.minBytes < 0 || options.minColumns < 1) {
    context.getDiagnostics().emitError(llvm::Twine("pad-to-minimum"))
        << "'min-bytes' is at least 0 and 'min-columns' at least 1";
    return PassResult::Failed;
  }
  Padder padder(program, options);
  if (failed(padder.run(context)))
    return PassResult::Failed;
  programsPadded += padder.numPadded;
  return changedIf(padder.hasChanged);
}

std::unique_ptr<Pass>
createPadToMinimumPass(const PadToMinimumOptions &options) {
  return std::make_unique<PadToMinimumPass>(options);
}

} // namespace espresso
