//===- ReduceTransposes.cpp - Changes of layout, further down -------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
//   a = transpose(perm = p, x = x)
//   b = transpose(perm = p, x = y)
//   c = add(x = a, y = b)              =>    d = add(x = x, y = y)
//                                            c = transpose(perm = p, x = d)
//
// and so with reshapes from one shape to one other, with operations of one
// operand, and with numbers in place of y. Exact. After each sweep, what meets
// is merged by canonicalize's patterns.
//
//===----------------------------------------------------------------------===//

#include "Canonicalize/Patterns.h"
#include "ConstantViews.h"

#include "espresso/Ops/Registry.h"
#include "espresso/Transforms/Passes.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {
namespace {

class ReduceTransposesPass : public ReduceTransposesBase {
public:
  explicit ReduceTransposesPass(const ReduceTransposesOptions &options);
  PassResult run(Function &function, PassContext &) override;

private:
  PatternDriver driver;
};

/// A change of layout, and what it is applied to.
struct Move {
  Operation *op = nullptr;
  Value *source = nullptr;
};

} // namespace

/// The transpose or reshape that `value` comes from and nobody else uses.
static std::optional<Move> getMove(Value *value) {
  Operation *op = value->getDefiningOp();
  bool isMove = op && (op->is("transpose") || op->is("reshape") ||
                       op->is("expand_dims") || op->is("squeeze"));
  Value *source = isMove ? op->getOperand("x") : nullptr;
  if (!source || !hasStaticShape(*source) || !hasStaticShape(*value))
    return std::nullopt;
  return Move{op, source};
}

static bool areAlike(const Move &a, const Move &b) {
  if (a.op->is("transpose") != b.op->is("transpose") ||
      a.source->getTensorType().getShape() !=
          b.source->getTensorType().getShape())
    return false;
  int64_t rank = a.source->getTensorType().getRank();
  return !a.op->is("transpose") ||
         getKnownAxes(*a.op, "perm", rank) == getKnownAxes(*b.op, "perm", rank);
}

/// The permutation that undoes that of a transpose.
static std::optional<llvm::SmallVector<int64_t, 4>>
getInverse(const Operation &transpose, int64_t rank) {
  auto perm = getKnownAxes(transpose, "perm", rank);
  if (!perm)
    return std::nullopt;
  llvm::SmallVector<int64_t, 4> inverse(rank);
  for (auto [i, axis] : llvm::enumerate(*perm))
    inverse[axis] = static_cast<int64_t>(i);
  return inverse;
}

/// What brings `value` to the layout before `move` for somebody anyway, or
/// null.
static Operation *findUndone(Value &value, const Move &move) {
  bool isTranspose = move.op->is("transpose");
  llvm::ArrayRef<int64_t> shape = move.source->getTensorType().getShape();
  auto inverse =
      isTranspose ? getInverse(*move.op, shape.size()) : std::nullopt;
  Operation *found = nullptr;
  value.forEachUse([&](Use &use) {
    Operation *user = use.getUser();
    if (!user || user->getNumResults() != 1 ||
        user->is("transpose") != isTranspose || !getMove(user->getResult()) ||
        user->getResult()->getTensorType().getShape() != shape)
      return;
    if (!isTranspose ||
        (inverse && getKnownAxes(*user, "perm", shape.size()) == inverse))
      found = user;
  });
  return found;
}

namespace {

/// What stands before an element-wise operation.
struct Operands {
  /// The layout change that goes.
  std::optional<Move> move;
  /// Values that have undergone it.
  llvm::SmallVector<Move, 2> moved;
  /// Values that have not, and that somebody needs undone.
  llvm::SmallVector<Value *, 2> undone;
};

} // namespace

/// Used twice by this operation is used by nobody else, too.
static bool isOwn(Value &value, const Operation &op) {
  bool isOwn = true;
  value.forEachUse([&](Use &use) { isOwn &= use.getUser() == &op; });
  return isOwn;
}

/// Nothing if operands are laid out differently, if one that is moved stays in
/// use, or if one is a constant tensor of more than a number.
static std::optional<Operands> getOperands(Operation &op) {
  Operands operands;
  llvm::SmallVector<Value *, 2> others;
  for (const std::unique_ptr<Binding> &binding : op.getBindings()) {
    if (binding->size() != 1)
      return std::nullopt;
    Value *operand = binding->getSingle().getValue();
    if (op.getConstant(binding->getName())) {
      auto type = op.getArgumentType(binding->getName()).getAs<TensorType>();
      if (!type || type.getNumElements() != 1)
        return std::nullopt;
      continue;
    }
    if (!operand || operand->getTensorType().getShape() !=
                        op.getResult()->getTensorType().getShape())
      return std::nullopt;
    std::optional<Move> move = getMove(operand);
    bool isMoved = move && isOwn(*operand, op) &&
                   (!operands.move || areAlike(*operands.move, *move));
    if (!isMoved) {
      others.push_back(operand);
      continue;
    }
    operands.move = move;
    operands.moved.push_back(*move);
  }
  if (!operands.move)
    return std::nullopt;
  for (Value *other : others)
    if (!findUndone(*other, *operands.move))
      return std::nullopt;
  operands.undone = std::move(others);
  return operands;
}

/// Undoes `move` for a value that has not undergone it, as it is undone for
/// somebody else, who may come later.
static Value *undo(Builder &builder, Value &value, const Move &move) {
  Operation &other = *findUndone(value, move);
  bool isTranspose = move.op->is("transpose");
  llvm::ArrayRef<int64_t> shape = move.source->getTensorType().getShape();
  Type type = TensorType::get(builder.getContext(),
                              value.getTensorType().getElementType(), shape);
  llvm::StringRef input = isTranspose ? "perm" : "shape";
  Attribute how = isTranspose
                      ? builder.getInt32s(*getInverse(*move.op, shape.size()))
                      : builder.getInt32s(shape);
  // Written likewise, so that `cse` finds them to be the same.
  const Binding *binding = other.findBinding(input);
  bool isLiteral = binding && !binding->getSingle().getValue();
  NamedArgument argument =
      isLiteral ? NamedArgument(input, how)
                : NamedArgument(input, builder.createConstant(
                                           how, value.getName() + "_" + input));
  return builder
      .create(isTranspose ? "transpose" : "reshape", {argument, {"x", &value}},
              {type}, value.getName())
      ->getResult();
}

/// Gives numbers that are written as tensors no axes: they may have more than
/// the operands now have.
static void makeNumbersScalars(Operation &op) {
  Context &context = op.getFunction()->getContext();
  // Setting an operand replaces its binding.
  llvm::SmallVector<llvm::StringRef, 2> inputs;
  for (const std::unique_ptr<Binding> &binding : op.getBindings())
    inputs.push_back(binding->getName());
  for (llvm::StringRef input : inputs) {
    Attribute constant = op.getConstant(input);
    auto type =
        constant ? constant.getType().getAs<TensorType>() : TensorType();
    if (!type || type.getRank() == 0 || type.getNumElements() != 1)
      continue;
    Value *number =
        Builder(op).createConstant(withShape(context, constant, {}),
                                   op.getResult()->getName() + "_" + input);
    op.setOperand(input, number);
  }
}

static Value *moveBehind(Operation &op, Builder &builder,
                         const PatternOptions &) {
  const OpDefinition *definition = lookupOp(op);
  TensorType type = op.getResult()->getTensorType();
  if (!definition->hasTrait(OpTrait_Elementwise) || !type ||
      !type.hasStaticShape())
    return nullptr;
  std::optional<Operands> operands = getOperands(op);
  if (!operands)
    return nullptr;
  llvm::DenseMap<const Value *, Value *> mapping;
  for (const Move &move : operands->moved)
    mapping[move.op->getResult()] = move.source;
  for (Value *value : operands->undone)
    mapping[value] = undo(builder, *value, *operands->move);
  Operation *done = cloneOperation(op, builder, mapping);
  makeNumbersScalars(*done);
  Value *result = done->getResult();
  result->setType(
      TensorType::get(builder.getContext(), type.getElementType(),
                      operands->move->source->getTensorType().getShape()));
  mapping.clear();
  mapping[operands->move->source] = result;
  Operation *moved = cloneOperation(*operands->move->op, builder, mapping);
  moved->removeAttribute("name");
  moved->getResult()->setType(type);
  return moved->getResult();
}

static constexpr PatternRow kPatterns[] = {
    {"", moveBehind},
};

ReduceTransposesPass::ReduceTransposesPass(
    const ReduceTransposesOptions &options)
    : ReduceTransposesBase(options) {
  driver.add(getTransposePatterns());
  driver.add(getShapePatterns());
  driver.add(getIdentityPatterns());
  driver.add(kPatterns);
}

PassResult ReduceTransposesPass::run(Function &function, PassContext &) {
  bool changed = driver.run(function, options.maxIterations);
  numMoved += driver.getNumRewrites();
  return changedIf(changed);
}

std::unique_ptr<Pass>
createReduceTransposesPass(const ReduceTransposesOptions &options) {
  return std::make_unique<ReduceTransposesPass>(options);
}

} // namespace espresso
