//===- ToFp16.cpp - fp32 programs in fp16 ---------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Gives every value of type fp32 the type fp16:
//
//   func main<ios18>(fp32 x) {         func main<ios18>(fp32 x) {
//     fp32 y = exp(x = x);               fp16 x_fp16 = cast(dtype = "fp16", …);
//   } -> (y);                      =>    fp16 y_fp16 = exp(x = x_fp16);
//                                        fp32 y = cast(dtype = "fp32", …);
//                                      } -> (y);
//
// Inputs and outputs of the function keep their types: the casts at the
// boundary are what the direct path takes (ane-boundary-fp32). Operations that
// do not take fp16, that have nested blocks, or that `keep` names, stay in fp32
// between casts. Constants are rounded once to nearest even; one that would
// become infinite stops the pass, but masks, which become −40000
// (ane-mask-value).
//
//===----------------------------------------------------------------------===//

#include "../ConstantViews.h"
#include "../OpBuilder.h"
#include "../Replacement.h"

#include "espresso/Analysis/Ranges.h"
#include "espresso/Base/Half.h"
#include "espresso/Ops/Registry.h"
#include "espresso/Ops/Verifier.h"
#include "espresso/Target/ANE/Target.h"
#include "espresso/Transforms/Passes.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SetVector.h"

#include <cmath>

namespace espresso {
namespace {

using ane::RuleId;

constexpr double kHalfMaximum = 65504;
/// Below this a constant is taken for minus infinity of a mask.
constexpr double kMaskLike = -1e4;

class ToFp16Pass : public ToFp16Base {
public:
  using ToFp16Base::ToFp16Base;
  PassResult run(Function &function, PassContext &context) override;
};

/// Converts one function.
class Converter {
public:
  Converter(Function &function, PassContext &context,
            llvm::ArrayRef<llvm::StringRef> keep)
      : function(function), context(context), keep(keep) {}

  bool run();
  bool hasError() const { return failedOnce; }
  uint64_t getNumConverted() const { return numConverted; }

private:
  bool convert(Operation &op);
  bool canConvert(const Operation &op) const;
  bool takesHalf(const Operation &op, llvm::StringRef input) const;
  Value *getHalf(Value *value, Operation &user);
  Attribute convertConstant(const Attribute &value, const Operation &op,
                            llvm::StringRef name);
  void report(const Operation &op, RuleId rule, const llvm::Twine &message);

  Function &function;
  PassContext &context;
  llvm::ArrayRef<llvm::StringRef> keep;
  /// fp16 values of fp32 ones.
  llvm::DenseMap<Value *, Value *> halves;
  uint64_t numConverted = 0;
  bool failedOnce = false;
};

} // namespace

static bool isSingle(const Value *value) {
  return getElementType(value) == DataType::Float32;
}

static bool isSingle(Type type) {
  auto tensor = type.getAs<TensorType>();
  return tensor && tensor.getElementType() == DataType::Float32;
}

void Converter::report(const Operation &op, RuleId rule,
                       const llvm::Twine &message) {
  context.emitRemark(op.getLocation()).setRule(ane::getRule(rule).name)
      << message.str();
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

/// Every element is zero or far below it.
static bool isMask(const Tensor &tensor) {
  bool isMask = true;
  visitNumbers(tensor, [&](const auto &elements) {
    for (auto element : elements)
      isMask &= element == 0 || static_cast<double>(element) <= kMaskLike;
  });
  return isMask;
}

/// Operations that hide scores by a constant.
static bool takesMask(const Operation &op) {
  return op.is("add") || op.is("select");
}

/// A constant that is nothing but a mask to all that use it, or one in a call.
static bool isUsedAsMask(const Operation &op) {
  if (!op.is("const"))
    return takesMask(op);
  bool isMask = true;
  op.getResult()->forEachUse(
      [&](Use &use) { isMask &= use.getUser() && takesMask(*use.getUser()); });
  return isMask;
}

Attribute Converter::convertConstant(const Attribute &value,
                                     const Operation &op,
                                     llvm::StringRef name) {
  Context &ir = function.getContext();
  Attribute half = convertedTo(ir, value, DataType::Float16, name);
  FailureOr<Tensor> tensor = failure();
  if (half)
    tensor = tensorFromAttribute(value, {NumericsMode::Fp32},
                                 context.getDiagnostics());
  if (failed(tensor)) {
    failedOnce = true;
    op.emitError().setRule("to-fp16")
        << "the elements of '" << name << "' cannot be had";
    return {};
  }
  ValueRange range = getRange(*tensor);
  if (range.low < -kHalfMaximum && isUsedAsMask(op) && isMask(*tensor)) {
    double mask = static_cast<double>(*getLimit(ane::Limit::MaskValue));
    report(op, RuleId::MaskValue,
           "mask '" + name + "' becomes " + llvm::Twine(int64_t(mask)));
    std::visit(
        [&](auto &elements) {
          using T = typename std::decay_t<decltype(elements)>::value_type;
          if constexpr (std::is_floating_point_v<T>)
            for (T &element : elements)
              element = std::max(element, static_cast<T>(mask));
        },
        tensor->getStorage());
    return tensorToAttribute(ir, tensor->convertedTo(DataType::Float16));
  }
  // 65520 is the first number that rounds to infinity.
  if (std::isfinite(range.getMagnitude()) && range.getMagnitude() >= 65520) {
    failedOnce = true;
    op.emitError().setRule(ane::getRule(RuleId::Fp16Overflow).name)
        << "'" << name << "' has elements beyond 65504, the largest fp16";
    return {};
  }
  if (range.low == range.high && range.low != 0) {
    double rounded = roundToType(DataType::Float16, range.low);
    if (std::fabs(rounded) < 0x1p-14)
      report(op, RuleId::EpsSubnormal,
             "'" + name + "' is " +
                 (rounded == 0 ? "0 in fp16" : "subnormal in fp16"));
  }
  return half;
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

/// Whether the record lets `input` be fp16 where it may be fp32.
bool Converter::takesHalf(const Operation &op, llvm::StringRef input) const {
  const OpDefinition *definition = lookupOp(op);
  const InputDefinition *found =
      definition ? definition->findInput(input) : nullptr;
  if (!found)
    return false;
  const DataTypeSet &types =
      found->typeVariable < 0
          ? found->types
          : definition->typeVariables[found->typeVariable].types;
  return types.empty() || types.contains(DataType::Float16);
}

/// A pure operation that computes with floats of a type of its choice.
bool Converter::canConvert(const Operation &op) const {
  const OpDefinition *definition = lookupOp(op);
  if (!definition || !op.getBlocks().empty() || !isPure(op) ||
      definition->hasTrait(OpTrait_AttributeInputs) || op.is("cast") ||
      llvm::is_contained(keep, op.getName()))
    return false;
  bool hasFloats = false;
  for (const auto &binding : op.getBindings())
    for (size_t i = 0; i < binding->size(); ++i) {
      const Argument &argument = (*binding)[i];
      Type type = argument.getValue() ? argument.getValue()->getType()
                                      : argument.getLiteral().getType();
      if (!isSingle(type))
        continue;
      hasFloats = true;
      // Of a variable all inputs change type; of a fixed fp32 none.
      if (!takesHalf(op, binding->getName()))
        return false;
    }
  return hasFloats;
}

Value *Converter::getHalf(Value *value, Operation &user) {
  auto found = halves.find(value);
  if (found != halves.end())
    return found->second;
  Operation *producer = value->getDefiningOp();
  Value *half = nullptr;
  if (producer && producer->is("const")) {
    Attribute converted = convertConstant(producer->getAttribute("val"),
                                          *producer, value->getName());
    if (!converted)
      return nullptr;
    Builder builder(*producer);
    half = builder.createConstant(std::move(converted),
                                  value->getName() + "_fp16");
  } else {
    // As near to its definition as may be, so that all users see it.
    Block *block = producer ? producer->getBlock() : value->getInputOf();
    Operation *place = nullptr;
    if (producer) {
      auto next = std::next(producer->getIterator());
      place = next == block->end() ? &user : &*next;
    } else {
      place = &*block->begin();
    }
    OpBuilder b(*place, value->getName());
    half = b.cast(value, DataType::Float16, "fp16");
  }
  halves[value] = half;
  return half;
}

bool Converter::convert(Operation &op) {
  Context &ir = function.getContext();
  Builder builder(op);
  llvm::DenseMap<const Value *, Value *> mapping;
  Operation *copy = cloneOperation(op, builder, mapping);
  for (const auto &binding : op.getBindings()) {
    llvm::SmallVector<Value *, 4> values;
    bool hasSingle = false;
    for (size_t i = 0; i < binding->size(); ++i) {
      const Argument &argument = (*binding)[i];
      if (!argument.getValue()) {
        if (!isSingle(argument.getLiteral().getType()))
          continue;
        Attribute half =
            convertConstant(argument.getLiteral(), op, binding->getName());
        if (!half)
          return false;
        copy->setLiteral(ir.intern(binding->getName()), std::move(half));
        continue;
      }
      Value *value = argument.getValue();
      if (isSingle(value)) {
        hasSingle = true;
        value = getHalf(value, op);
        if (!value)
          return false;
      }
      values.push_back(value);
    }
    if (!hasSingle)
      continue;
    if (binding->isParenthesised())
      copy->setOperands(ir.intern(binding->getName()), values);
    else
      copy->setOperand(ir.intern(binding->getName()), values.front());
  }
  copy->moveBefore(&op);
  llvm::SmallVector<Type> types;
  if (failed(inferResultTypes(*copy, types)))
    return false;
  for (size_t i = 0; i < types.size(); ++i)
    copy->getResult(i)->setType(types[i]);
  ++numConverted;
  for (size_t i = 0; i < types.size(); ++i) {
    Value *old = op.getResult(i), *half = copy->getResult(i);
    if (!isSingle(old) || isSingle(half)) {
      replaceUses(*old, *half);
      continue;
    }
    halves[old] = half;
  }
  return true;
}

bool Converter::run() {
  llvm::SmallVector<Operation *> ops;
  for (Operation &op : function.getBody())
    ops.push_back(&op);
  llvm::SetVector<Operation *> converted;
  for (Operation *op : ops) {
    if (!canConvert(*op))
      continue;
    if (!convert(*op))
      return false;
    converted.insert(op);
  }
  // Whoever still wants fp32 gets it from a cast; in order, so that what is
  // cast stands before.
  for (Operation *op : converted)
    for (const auto &result : op->getResults()) {
      auto found = halves.find(result.get());
      if (found == halves.end())
        continue;
      bool isUsed = false;
      result->forEachUse([&](Use &use) {
        isUsed |= !use.getUser() || !converted.contains(use.getUser());
      });
      if (!isUsed)
        continue;
      OpBuilder b(*op, result->getName());
      Value *single = b.cast(found->second, DataType::Float32, "fp32");
      replaceUses(*result, *single);
    }
  // What one used goes with it, and stands before it.
  for (Operation *op : converted)
    eraseIfDead(*op);
  return !converted.empty();
}

PassResult ToFp16Pass::run(Function &function, PassContext &context) {
  if (!isIOS(function.getOpset()))
    return PassResult::Unchanged;
  llvm::SmallVector<llvm::StringRef> keep;
  llvm::StringRef(options.keep).split(keep, ' ', -1, /*KeepEmpty=*/false);
  Converter converter(function, context, keep);
  bool changed = converter.run();
  numConverted += converter.getNumConverted();
  if (converter.hasError())
    return PassResult::Failed;
  if (changed)
    context.emitRemark(function.getLocation())
            .setRule(ane::getRule(RuleId::Dtype).name)
        << converter.getNumConverted() << " operations of '"
        << function.getName() << "' compute in fp16";
  return changedIf(changed);
}

std::unique_ptr<Pass> createToFp16Pass(const ToFp16Options &options) {
  return std::make_unique<ToFp16Pass>(options);
}

} // namespace espresso
