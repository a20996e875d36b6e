//===- Shapes.cpp - Extents made smaller ----------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// An extent is a number that occurs in shapes: 4096 channels. Making it smaller
// is a guess: it is replaced in the types of inputs, in the shapes of
// constants, which are cut off, and in integer constants, which may be shapes;
// the types of results are inferred again. Where the guess is wrong the program
// does not verify, and is dropped.
//
//===----------------------------------------------------------------------===//

#include "Reductions.h"

#include "espresso/IR/Builder.h"
#include "espresso/Ops/Verifier.h"

#include "llvm/ADT/STLExtras.h"

#include <set>

namespace espresso {

namespace {

/// `from` is to become `to`, also where it is an integer of the program if
/// `changesIntegers`: it may be a shape, and it may be an axis.
struct Change {
  int64_t from = 0;
  int64_t to = 0;
  bool changesIntegers = false;

  int64_t operator()(int64_t extent) const {
    return extent == from ? to : extent;
  }
};

using Dims = llvm::SmallVector<int64_t, 4>;

} // namespace

static TensorType getWrappedTensor(Type type) {
  if (auto state = type.getAs<StateType>())
    type = state.getWrappedType();
  return type.getAs<TensorType>();
}

/// Each extent above 1, the largest first, with 1, 2 and its half.
static llvm::SmallVector<Change> collectChanges(Program &program) {
  std::set<int64_t, std::greater<>> extents;
  auto add = [&](const Value &value) {
    if (TensorType type = getWrappedTensor(value.getType()))
      for (int64_t dim : type.getShape())
        if (dim > 1)
          extents.insert(dim);
  };
  for (const std::unique_ptr<Function> &function : program.getFunctions()) {
    for (const std::unique_ptr<Value> &input : function->getBody().getInputs())
      add(*input);
    function->walk([&](Operation &op) {
      for (const std::unique_ptr<Value> &result : op.getResults())
        add(*result);
    });
  }
  llvm::SmallVector<Change> changes;
  // The driver begins at the back.
  for (int64_t extent : extents)
    for (bool changesIntegers : {false, true}) {
      if (extent > 4)
        changes.push_back({extent, extent / 2, changesIntegers});
      if (extent > 2)
        changes.push_back({extent, 2, changesIntegers});
      changes.push_back({extent, 1, changesIntegers});
    }
  return changes;
}

size_t countExtents(Program &program) { return collectChanges(program).size(); }

static Type changeType(Context &context, Type type, Change change) {
  if (auto state = type.getAs<StateType>())
    return StateType::get(context,
                          changeType(context, state.getWrappedType(), change));
  auto tensor = type.getAs<TensorType>();
  if (!tensor)
    return type;
  Dims shape;
  for (int64_t dim : tensor.getShape())
    shape.push_back(change(dim));
  return TensorType::get(context, tensor.getElementType(), shape);
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

/// The leading elements of `elements` along each axis that becomes shorter.
static DenseElements cutOff(const DenseElements &elements, DataType type,
                            llvm::ArrayRef<int64_t> shape) {
  DenseElements result;
  result.shape.assign(shape.begin(), shape.end());
  int64_t count = 1;
  for (int64_t dim : shape)
    count *= dim;
  unsigned width = getStorageByteWidth(type);
  for (int64_t index = 0; index < count; ++index) {
    int64_t rest = index, source = 0, stride = 1;
    for (size_t axis = shape.size(); axis-- > 0;) {
      source += rest % shape[axis] * stride;
      rest /= shape[axis];
      stride *= elements.shape[axis];
    }
    if (type == DataType::String)
      result.strings.push_back(elements.strings[source]);
    else
      result.bytes.insert(result.bytes.end(),
                          elements.bytes.begin() + source * width,
                          elements.bytes.begin() + (source + 1) * width);
  }
  return result;
}

/// Integers of type int32 that may be extents.
static Attribute changeIntegers(Context &context, const Attribute &value,
                                Change change) {
  auto type = value.getType().castTo<TensorType>();
  Dims numbers;
  for (int64_t i = 0; i < value.getNumElements(); ++i)
    numbers.push_back(change(value.getInteger(i)));
  return type.getRank() == 0 ? Attribute::integer(context, numbers.front())
                             : Attribute::integers(context, numbers);
}

/// The constant after the change; null if it cannot be changed.
static Attribute changeConstant(Context &context, const Attribute &value,
                                Change change) {
  auto type = value.getType().getAs<TensorType>();
  if (!type)
    return value;
  auto newType = changeType(context, type, change).castTo<TensorType>();
  if (newType == type) {
    bool mayBeShape = change.changesIntegers && value.getDense() &&
                      type.getRank() <= 1 &&
                      type.getElementType() == DataType::Int32;
    return mayBeShape ? changeIntegers(context, value, change) : value;
  }
  if (const DenseElements *dense = value.getDense())
    return type.hasStaticShape()
               ? Attribute::dense(newType, cutOff(*dense, type.getElementType(),
                                                  newType.getShape()))
               : Attribute();
  bool isSmall = value.getBlob() && newType.hasStaticShape() &&
                 getStaticElements(newType) <= kMaxZeros;
  return isSmall ? makeZeros(context, newType) : Attribute();
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

/// Changes what `op` says itself; false if that cannot be.
static bool changeLiterals(Context &context, Operation &op, Change change) {
  llvm::SmallVector<std::pair<llvm::StringRef, Attribute>> literals;
  for (const std::unique_ptr<Binding> &binding : op.getBindings())
    if (binding->size() == 1 && binding->getSingle().getLiteral())
      literals.emplace_back(
          binding->getName(),
          changeConstant(context, binding->getSingle().getLiteral(), change));
  for (auto &[name, literal] : literals) {
    if (!literal)
      return false;
    op.setLiteral(name, literal);
  }
  return true;
}

static bool changeOperation(Operation &op, Change change) {
  Context &context = op.getFunction()->getContext();
  if (op.is("const") && op.getNumResults() == 1) {
    Attribute value = changeConstant(context, op.getAttribute("val"), change);
    if (!value)
      return false;
    op.setAttribute(context.intern("val"), value);
    op.getResult()->setType(value.getType());
    return true;
  }
  if (!op.getBlocks().empty() || !changeLiterals(context, op, change))
    return false;
  llvm::SmallVector<Type, 4> types;
  DiagnosticCapture capture(context.getDiagnostics());
  if (failed(inferResultTypes(op, types)) || types.size() != op.getNumResults())
    return false;
  for (auto [result, type] : llvm::zip(op.getResults(), types))
    result->setType(type);
  return true;
}

void shrinkExtent(Program &program, ItemRange range) {
  llvm::SmallVector<Change> changes = collectChanges(program);
  if (range.begin >= changes.size())
    return;
  Change change = changes[range.begin];
  Context &context = program.getContext();
  for (const std::unique_ptr<Function> &function : program.getFunctions())
    for (const std::unique_ptr<Value> &input : function->getBody().getInputs())
      input->setType(changeType(context, input->getType(), change));
  for (const std::unique_ptr<Function> &function : program.getFunctions())
    for (Operation &op : function->getBody())
      if (!changeOperation(op, change))
        return;
}

} // namespace espresso
