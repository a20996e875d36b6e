//===- PlaceHead.cpp - Put the output head where it runs best -------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// The head of a language model is the last thing that a host function does:
//
//   func decode<host>(…) {
//     …
//     n = espresso.rms_norm(weight = gain, x = x)
//     logits = espresso.head(weight = table, x = n)
//   } -> (logits)
//
// Placed on the engine, here in two tiles, it becomes
//
//   func head<ios18>(x) {
//     n = espresso.rms_norm(weight = gain, x = x)
//     logits_0 = espresso.linear(weight = table[0 … V/2), x = n)
//     logits_1 = espresso.linear(weight = table[V/2 … V), x = n)
//   } -> (logits_0, logits_1)
//
//   func decode<host>(…) {
//     …
//     logits_0, logits_1 = espresso.call(callee = "head", x = x)
//     all = concat(axis = 1, values = (logits_0, logits_1))
//     logits = cast(dtype = "fp32", x = all)
//   } -> (logits)
//
// and with the greedy sampler, instead of the last two lines,
//
//     token, maximum = espresso.argmax(values = (logits_0, logits_1))
//   } -> (maximum, token)
//
// On the CPU the head stays; with the greedy sampler it becomes an
// espresso.greedy_head. Functions whose heads have the same weights call one
// program. Where the head goes is decided in HeadPlacement.cpp.
//
//===----------------------------------------------------------------------===//

#include "HeadProgram.h"

#include "../Patterns/Match.h"
#include "../Replacement.h"

#include "espresso/IR/Builder.h"
#include "espresso/Ops/Verifier.h"
#include "espresso/Transforms/Passes.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

namespace espresso {
namespace {

class PlaceHeadPass : public PlaceHeadBase {
public:
  using PlaceHeadBase::PlaceHeadBase;
  PassResult run(Program &program, PassContext &context) override;

private:
  LogicalResult readOptions(const Program &program);
  LogicalResult place(Operation &op, HeadPrograms &programs,
                      PassContext &context);
  void explain(const Operation &op, const HeadShape &shape,
               const HeadDecision &decision, PassContext &context) const;
  bool isGreedy() const { return options.sampler == "greedy"; }

  HeadOptions headOptions;
  ane::Target target;
};

} // namespace

//===----------------------------------------------------------------------===//
// Outputs
//===----------------------------------------------------------------------===//

static LogicalResult checkOutputOnly(Operation &op) {
  const Function &function = *op.getFunction();
  Value &logits = *op.getResult();
  Operation *user = nullptr;
  bool isOutput = false;
  logits.forEachUse([&](Use &use) {
    user = use.getUser() ? use.getUser() : user;
    isOutput |= use.getOutputOf() == &function.getBody();
  });
  if (isOutput && !user)
    return success();
  InFlightDiagnostic error = op.emitError().setRule("place-head")
                             << "cannot give the best token of '"
                             << logits.getName() << "': ";
  if (user)
    error << "'" << user->getName() << "' uses the logits";
  else
    error << "'" << function.getName() << "' does not give it";
  return error;
}

/// Makes a function give `token` and `maximum`, the results of `choice`, in the
/// place of `logits`.
static void replaceOutput(Function &function, Value &logits,
                          Operation &choice) {
  Block &body = function.getBody();
  std::vector<Value *> outputs;
  for (size_t i = 0; i < body.getNumOutputs(); ++i)
    if (body.getOutput(i) != &logits)
      outputs.push_back(body.getOutput(i));
  outputs.push_back(choice.getResult(0));
  outputs.push_back(choice.getResult(1));
  llvm::sort(outputs, [](const Value *a, const Value *b) {
    return a->getName() < b->getName();
  });
  body.clearOutputs();
  for (Value *output : outputs)
    body.addOutput(output);
}

static Operation *makeChoice(Builder &builder, llvm::StringRef op,
                             llvm::ArrayRef<NamedArgument> args) {
  Operation *choice = buildOp(builder, op, args, "choice");
  Function &function = builder.getFunction();
  choice->getResult(0)->setName(function.makeUniqueName("token"));
  choice->getResult(1)->setName(function.makeUniqueName("maximum"));
  return choice;
}

/// The logits of all tiles as one tensor of fp32, named as those of `op`.
static Value *joinTiles(Builder &builder, const Operation &op,
                        llvm::ArrayRef<Value *> tiles) {
  std::string name = op.getResult()->getName().str();
  Value *joined = tiles.front();
  if (tiles.size() > 1)
    joined = buildOp(builder, "concat",
                     {{"values", tiles},
                      {"axis", builder.getInt32(1)},
                      {"interleave", builder.getBool(false)}},
                     name + "_joined")
                 ->getResult();
  if (joined->getType() == op.getResult()->getType())
    return joined;
  return buildOp(builder, "cast",
                 {{"x", joined}, {"dtype", builder.getString("fp32")}},
                 name + "_fp32")
      ->getResult();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

LogicalResult PlaceHeadPass::readOptions(const Program &program) {
  DiagnosticEngine &diagnostics = program.getContext().getDiagnostics();
  auto refuse = [&](const llvm::Twine &message) {
    return diagnostics.emitError(llvm::Twine("place-head"))
               .setRule("place-head")
           << message;
  };
  std::optional<HeadRequest> request = parseHeadRequest(options.head);
  if (!request)
    return refuse("head is '" + options.head +
                  "', expected 'auto', 'ane', 'ane-tiles=N' or 'cpu'");
  std::string error;
  std::optional<ane::Target> found = ane::findTarget(options.chip, error);
  if (!found)
    return refuse(error);
  if (options.headBudget < 0 || options.hostBandwidth < 1)
    return refuse("a budget below 0 or a bandwidth below 1 makes no sense");
  target = *found;
  headOptions.request = *request;
  headOptions.policy =
      options.headPolicy == "cost" ? HeadPolicy::Cost : HeadPolicy::Budget;
  headOptions.budget = options.headBudget;
  headOptions.hostBandwidth = options.hostBandwidth;
  return success();
}

void PlaceHeadPass::explain(const Operation &op, const HeadShape &shape,
                            const HeadDecision &decision,
                            PassContext &context) const {
  std::string size = llvm::formatv("{0:f1} MB", shape.getBytes() / 1e6);
  context.emitRemark(op.getLocation())
      << "the head of '" << op.getFunction()->getName() << "', "
      << shape.vocabulary << " x " << shape.channels << " and " << size
      << ", runs on the "
      << (decision.place == HeadPlace::Cpu ? "CPU" : "engine") << " ("
      << decision.getName() << "): " << decision.reason << "; modelled for '"
      << target.getName() << "': " << decision.describeCost(headOptions);
}

/// Makes the CPU's head choose. Returns what runs there.
static Operation *placeOnCpu(Operation &op, bool isGreedy) {
  if (!isGreedy)
    return &op;
  Builder builder(op);
  llvm::SmallVector<NamedArgument, 5> arguments;
  for (const std::unique_ptr<Binding> &binding : op.getBindings())
    arguments.push_back(
        copyArgument(op, binding->getName(), binding->getName()));
  Operation *made = makeChoice(builder, "espresso.greedy_head", arguments);
  replaceOutput(*op.getFunction(), *op.getResult(), *made);
  return made;
}

/// Makes the engine's logits those of the function, or chooses from them.
static void useTiles(Operation &op, Operation &call, bool isGreedy) {
  Builder builder(op);
  llvm::SmallVector<Value *, 4> tiles;
  for (const std::unique_ptr<Value> &tile : call.getResults())
    tiles.push_back(tile.get());
  if (!isGreedy) {
    replaceUses(*op.getResult(), *joinTiles(builder, op, tiles));
    return;
  }
  Operation *choice = makeChoice(builder, "espresso.argmax",
                                 {{"values", llvm::ArrayRef<Value *>(tiles)}});
  replaceOutput(*op.getFunction(), *op.getResult(), *choice);
}

LogicalResult PlaceHeadPass::place(Operation &op, HeadPrograms &programs,
                                   PassContext &context) {
  TensorType weight = op.getArgumentType("weight").castTo<TensorType>();
  HeadShape shape{weight.getDim(0), weight.getDim(1), weight.getElementType()};
  HeadDecision decision = decideHead(shape, target, headOptions);
  if (!decision.error.empty())
    return op.emitError().setRule(decision.errorRule.empty()
                                      ? llvm::StringRef("place-head")
                                      : decision.errorRule)
           << "cannot place the head on the engine: " << decision.error;
  if (isGreedy() && failed(checkOutputOnly(op)))
    return failure();

  explain(op, shape, decision, context);
  Operation *placed = nullptr;
  if (decision.place == HeadPlace::Cpu) {
    placed = placeOnCpu(op, isGreedy());
    ++headsOnCpu;
  } else {
    FailureOr<Operation *> call = programs.makeCall(op, decision.tiles);
    if (failed(call))
      return failure();
    placed = *call;
    useTiles(op, *placed, isGreedy());
    ++headsOnAne;
  }
  Context &ir = op.getFunction()->getContext();
  placed->setAttribute(ir.intern("placement"),
                       Attribute::string(ir, decision.getName()));
  eraseIfDead(op);
  return success();
}

PassResult PlaceHeadPass::run(Program &program, PassContext &context) {
  if (failed(readOptions(program)))
    return PassResult::Failed;
  llvm::SmallVector<Operation *, 2> heads;
  for (const std::unique_ptr<Function> &function : program.getFunctions())
    if (function->getOpset() == Opset::Host)
      for (Operation &op : function->getBody().getOperations())
        if (op.is("espresso.head"))
          heads.push_back(&op);
  HeadPrograms programs(program, parseOpset(options.opset));
  for (Operation *op : heads)
    if (failed(place(*op, programs, context)))
      return PassResult::Failed;
  programsMade += programs.getNumMade();
  return changedIf(!heads.empty());
}

std::unique_ptr<Pass> createPlaceHeadPass(const PlaceHeadOptions &options) {
  return std::make_unique<PlaceHeadPass>(options);
}

} // namespace espresso
