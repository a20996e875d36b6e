//===- ProgramMaker.cpp - One random function in the making ---------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProgramMaker.h"

#include "espresso/Ops/Registry.h"
#include "espresso/Ops/Verifier.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso::test {

/// Larger ones would only take time.
static constexpr int64_t kMaxElements = 1000;

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

Value *ProgramMaker::pickLike(Value *x) {
  std::vector<Value *> partners;
  llvm::copy_if(values, std::back_inserter(partners),
                [&](Value *value) { return value->getType() == x->getType(); });
  return partners[pick(partners.size())];
}

Value *ProgramMaker::pickOf(DataType type) {
  std::vector<Value *> partners;
  llvm::copy_if(values, std::back_inserter(partners),
                [&](Value *value) { return getElementType(value) == type; });
  return partners.empty() ? nullptr : partners[pick(partners.size())];
}

NamedArgument ProgramMaker::constant(llvm::StringRef input, Attribute value) {
  if (flip(2))
    return {input, value};
  return {input, builder.createConstant(value, input + "_const")};
}

NamedArgument ProgramMaker::scalarLike(llvm::StringRef input, Value *x) {
  static constexpr double kReals[] = {0.0, -0.0, 1, 1, 2, -0.5};
  DataType type = getElementType(x);
  return constant(input, isFloat(type)
                             ? Attribute::real(context, pickFrom(kReals), type)
                             : Attribute::integer(context, pick(3), type));
}

NamedArgument ProgramMaker::real(llvm::StringRef input, double number,
                                 Value *like) {
  return constant(input,
                  Attribute::real(context, number, getElementType(like)));
}

Value *ProgramMaker::weights(DataType type, llvm::ArrayRef<int64_t> shape,
                             const llvm::Twine &name) {
  Tensor tensor(type, shape);
  std::visit(
      [&](auto &elements) {
        using T = typename std::decay_t<decltype(elements)>::value_type;
        for (T &element : elements) {
          if constexpr (std::is_floating_point_v<T>)
            element = static_cast<T>(static_cast<double>(pick(9)) / 2 - 2);
          else if constexpr (std::is_same_v<T, int64_t>)
            element = pick(2);
        }
      },
      tensor.getStorage());
  return builder.createConstant(tensorToAttribute(context, tensor), name);
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

/// The types of the results if `op` is valid but for them.
static bool inferTypes(Operation &op, llvm::SmallVectorImpl<Type> &types) {
  DiagnosticCapture capture(op.getFunction()->getContext().getDiagnostics());
  return lookupOp(op) && succeeded(inferResultTypes(op, types));
}

static bool isModest(Type type) {
  auto tensor = type.getAs<TensorType>();
  if (!tensor)
    return false;
  int64_t count = 1;
  for (int64_t dim : tensor.getShape())
    count *= dim == kDynamic ? 2 : dim;
  return count > 0 && count <= kMaxElements;
}

/// What the table of inputs cannot say; needs results.
static bool passesRules(const Operation &op) {
  DiagnosticCapture capture(op.getFunction()->getContext().getDiagnostics());
  const OpDefinition *definition = lookupOp(op);
  return !definition->verify || succeeded(definition->verify(op));
}

Operation *ProgramMaker::add(llvm::StringRef name,
                             llvm::ArrayRef<NamedArgument> args) {
  Operation *op = builder.create(name, args, {}, "");
  llvm::SmallVector<Type, 4> types;
  if (!inferTypes(*op, types) || !llvm::all_of(types, isModest)) {
    op->erase();
    return nullptr;
  }
  // Names of values have no dots.
  llvm::StringRef stem = name.rsplit('.').second;
  for (Type type : types)
    op->addResult(function.makeUniqueName((stem.empty() ? name : stem) + "_v"),
                  type, {});
  if (!passesRules(*op)) {
    op->erase();
    return nullptr;
  }
  if (flip(4))
    op->setAttribute(context.intern("name"),
                     Attribute::string(context, op->getName()));
  for (const auto &result : op->getResults())
    values.push_back(result.get());
  return op;
}

Value *ProgramMaker::addInput(llvm::StringRef name, Type type) {
  Value *input =
      function.getBody().addInput(function.makeUniqueName(name), type, {});
  if (type.is<TensorType>())
    values.push_back(input);
  return input;
}

void ProgramMaker::addOutputs(size_t count) {
  std::vector<Value *> outputs;
  llvm::copy_if(values, std::back_inserter(outputs),
                [](Value *value) { return value->getDefiningOp() != nullptr; });
  shuffle(outputs);
  for (size_t i = 0; i < std::min(outputs.size(), count); ++i)
    function.getBody().addOutput(outputs[i]);
}

} // namespace espresso::test
