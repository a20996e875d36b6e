//===- HeadProgram.cpp - Programs of output heads -------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HeadProgram.h"

#include "../Patterns/Weights.h"

#include "espresso/IR/Builder.h"
#include "espresso/Ops/Verifier.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

/// Rows [begin, end) of the constant `input` of the head `op`, which has one
/// for each of `rows` words.
static FailureOr<Attribute> takeRows(Operation &op, llvm::StringRef input,
                                     int64_t begin, int64_t end, int64_t rows,
                                     const llvm::Twine &name) {
  Context &context = op.getFunction()->getContext();
  Attribute whole = op.getConstant(input);
  TensorType type = whole.getType().castTo<TensorType>();
  if (end - begin == rows)
    return whole;
  WeightSourceRef source = getSource(whole);
  if (!source)
    return op.emitError().setRule("place-head")
           << "cannot cut '" << input << "' of the head into tiles: its "
           << "elements are not at hand";
  llvm::SmallVector<int64_t, 2> shape(type.getShape());
  shape[0] = end - begin;
  int64_t width = source->getNumElements() / rows;
  return makeConstantOf(
      slice(std::move(source), begin * width, (end - begin) * width),
      TensorType::get(context, type.getElementType(), shape), whole, name,
      context.getDiagnostics());
}

/// All arguments of a head but its activation.
static AttributeList getArguments(const Operation &op) {
  AttributeList arguments;
  for (const std::unique_ptr<Binding> &binding : op.getBindings())
    if (binding->getName() != "x")
      arguments.set(binding->getName(), op.getConstant(binding->getName()));
  return arguments;
}

static bool areEqual(const AttributeList &a, const AttributeList &b) {
  return a.getEntries().size() == b.getEntries().size() &&
         llvm::all_of(a, [&](const NamedAttribute &entry) {
           return b.get(entry.name) == entry.value;
         });
}

/// The norm whose only purpose is the head `op`, or null.
static Operation *findNorm(const Operation &op) {
  Value *x = op.getOperand("x");
  Operation *norm = x ? x->getDefiningOp() : nullptr;
  bool isNorm = norm && (norm->is("espresso.rms_norm") ||
                         norm->is("espresso.layer_norm"));
  return isNorm && x->hasOneUse() ? norm : nullptr;
}

/// True if two norms, or none, give the same for the same input.
static bool areEqualNorms(const Operation *a, const Operation *b) {
  if (!a || !b)
    return a == b;
  if (a->getName() != b->getName() ||
      a->getBindings().size() != b->getBindings().size())
    return false;
  return llvm::all_of(a->getBindings(), [&](const auto &binding) {
    llvm::StringRef name = binding->getName();
    return name == "x" || a->getConstant(name) == b->getConstant(name);
  });
}

Function *HeadPrograms::find(const Operation &op, Operation *norm, Value *input,
                             int64_t tiles) const {
  for (const Made &known : made)
    if (known.tiles == tiles && known.input == input->getType() &&
        areEqual(known.arguments, getArguments(op)) &&
        areEqualNorms(known.norm, norm))
      return known.function;
  return nullptr;
}

/// Copies `op` to the end of a program, with the constants it uses.
static Value *copyInto(Builder &builder, const Operation &op,
                       llvm::DenseMap<const Value *, Value *> &mapping) {
  for (Value *operand : op.getAllOperands())
    if (!mapping.contains(operand))
      cloneOperation(*operand->getDefiningOp(), builder, mapping);
  return cloneOperation(op, builder, mapping)->getResult();
}

/// As many digits for all tiles, so that ports sorted by name are in order.
static std::string getTileSuffix(int64_t tiles, int64_t tile) {
  if (tiles == 1)
    return "";
  std::string number = std::to_string(tile);
  size_t width = std::to_string(tiles - 1).size();
  return "_" + std::string(width - number.size(), '0') + number;
}

static llvm::StringRef getConstantName(const Operation &op,
                                       llvm::StringRef input) {
  Value *constant = op.getOperand(input);
  return constant ? constant->getName() : input;
}

/// `scale · x`, if there is a scale, and then `cap · tanh(x / cap)`, if there
/// is a cap, as MIL.
static Value *scaleAndCap(Builder &builder, const Operation &op, Value *x,
                          llvm::StringRef name) {
  DataType type = x->getTensorType().getElementType();
  auto multiply = [&](double factor, llvm::StringRef factorName) {
    Value *y = builder.createConstant(builder.getReal(factor, type),
                                      name + "_" + factorName);
    x = buildOp(builder, "mul", {{"x", x}, {"y", y}}, name)->getResult();
  };
  if (Attribute scale = op.getConstant("scale"))
    multiply(scale.getReal(), "scale");
  if (Attribute cap = op.getConstant("softcap")) {
    multiply(1 / cap.getReal(), "inv_cap");
    x = buildOp(builder, "tanh", {{"x", x}}, name)->getResult();
    multiply(cap.getReal(), "cap");
  }
  return x;
}

/// The logits of one tile, at the end of a program.
static FailureOr<Value *> makeTile(Builder &builder, Operation &op, Value *x,
                                   int64_t tiles, int64_t tile) {
  int64_t rows = op.getArgumentType("weight").castTo<TensorType>().getDim(0);
  int64_t begin = getFirstRow(rows, tiles, tile);
  int64_t end = getFirstRow(rows, tiles, tile + 1);
  std::string suffix = getTileSuffix(tiles, tile);
  llvm::SmallVector<NamedArgument, 3> arguments = {{"x", x}};
  for (llvm::StringRef input : {"weight", "bias"}) {
    if (!op.hasBinding(input))
      continue;
    std::string name = getConstantName(op, input).str() + suffix;
    FailureOr<Attribute> part = takeRows(op, input, begin, end, rows, name);
    if (failed(part))
      return failure();
    arguments.emplace_back(input, builder.createConstant(*part, name));
  }
  std::string name = "logits" + suffix;
  Value *product =
      buildOp(builder, "espresso.linear", arguments, name + "_product")
          ->getResult();
  Value *logits = scaleAndCap(builder, op, product, name + "_capped");
  logits->setName(builder.getFunction().makeUniqueName(name));
  return logits;
}

FailureOr<Function *> HeadPrograms::make(Operation &op, Operation *norm,
                                         Value *input, int64_t tiles) {
  std::string name = "head";
  for (unsigned i = 1; program.findFunction(name); ++i)
    name = "head_" + std::to_string(i);
  Context &context = program.getContext();
  Function *function =
      program.addFunction(context.intern(name), opset, op.getLocation());
  Block &body = function->getBody();
  Value *x = body.addInput(function->makeUniqueName("x"), input->getType(),
                           input->getLocation());
  Builder builder(body, op.getLocation());
  if (norm) {
    llvm::DenseMap<const Value *, Value *> mapping = {{input, x}};
    x = copyInto(builder, *norm, mapping);
    norm = x->getDefiningOp();
  }
  for (int64_t tile = 0; tile < tiles; ++tile) {
    FailureOr<Value *> logits = makeTile(builder, op, x, tiles, tile);
    if (failed(logits))
      return failure();
    body.addOutput(*logits);
  }
  made.push_back({function, getArguments(op), norm, input->getType(), tiles});
  return function;
}

FailureOr<Operation *> HeadPrograms::makeCall(Operation &op, int64_t tiles) {
  Operation *norm = findNorm(op);
  Value *input = (norm ? *norm : op).getOperand("x");
  Function *callee = find(op, norm, input, tiles);
  if (!callee) {
    FailureOr<Function *> function = make(op, norm, input, tiles);
    if (failed(function))
      return failure();
    callee = *function;
  }
  std::vector<std::string> outputs;
  for (size_t i = 0; i < callee->getBody().getNumOutputs(); ++i)
    outputs.push_back(callee->getBody().getOutput(i)->getName().str());
  Builder builder(op);
  return buildCall(builder, callee->getName(), {{"x", input}}, outputs,
                   op.getResult()->getName() + "_tile");
}

} // namespace espresso
