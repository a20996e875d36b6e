//===- ToAneLayout.cpp - Programs in channel-first form -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
//   a = linear(weight = w, x = x)     x [1, S, D], w [E, D]
//   b = relu(x = a)                   [1, S, E]
//     =>
//   x' = x as [1, D, 1, S]            a transpose and a reshape, at the border
//   a = conv(weight = w', x = x')     w' [E, D, 1, 1]
//   b = relu(x = a)                   [1, E, 1, S]
//
// From the last operation to the first, products say how they need their
// operands, and what does not care passes that on. From the first to the last,
// operations are then written anew on operands that are laid out so, or are
// needed so. What a value stands for is known by the order of its axes, so that
// reshapes and transposes in between cost nothing. In the end, operations that
// stayed, and outputs, get what they use in its own form.
//
// Nothing is done where no product with a constant, and no convolution along
// one axis, asks for it.
//
//===----------------------------------------------------------------------===//

#include "Layout.h"

#include "../Canonicalize/Patterns.h"
#include "../Replacement.h"

#include "espresso/IR/Context.h"
#include "espresso/Ops/Registry.h"
#include "espresso/Transforms/Passes.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

namespace espresso {
namespace {

class ToAneLayoutPass : public ToAneLayoutBase {
public:
  explicit ToAneLayoutPass(const ToAneLayoutOptions &options);
  PassResult run(Program &program, PassContext &context) override;

private:
  bool layOut(Function &function, bool changesBoundary, PassContext &context);

  PatternDriver driver;
};

/// Lays out one function.
class FunctionLayouter {
public:
  FunctionLayouter(Function &function, PassContext &context)
      : function(function), context(context) {}

  void collectDemands();
  /// Gives inputs that are needed otherwise four axes.
  void changeInputs();
  void convert();
  /// Hands converted values to operations that stay, and to outputs; these may
  /// change to four axes.
  void restore(bool changesOutputs);
  void clean();

  bool hasChanged() const { return !converted.empty(); }
  uint64_t getNumConverted() const { return converted.size(); }
  uint64_t getNumProducts() const { return numProducts; }

private:
  void changeOutputs();
  void restoreUses(Operation &op, Value &value, const Form &form);
  void explain(Operation &op);

  Function &function;
  PassContext &context;
  Layout layout;
  std::vector<Operation *> converted;
  llvm::DenseSet<const Operation *> isConverted;
  uint64_t numProducts = 0;
};

} // namespace

static const LayoutRow *findRow(const Operation &op) {
  static const llvm::StringMap<const LayoutRow *> kTable = [] {
    llvm::StringMap<const LayoutRow *> table;
    for (llvm::ArrayRef<LayoutRow> rows :
         {getProductLayouts(), getConvolutionLayouts(), getMoveLayouts(),
          getAxisLayouts(), getJoinLayouts()})
      for (const LayoutRow &row : rows)
        table[row.opName] = &row;
    return table;
  }();
  if (const LayoutRow *row = kTable.lookup(op.getName()))
    return row;
  const OpDefinition *definition = lookupOp(op);
  return definition && definition->hasTrait(OpTrait_Elementwise)
             ? &kElementwiseLayout
             : nullptr;
}

/// Only what has a definition, whose inputs we know, is laid out anew.
static bool canConvert(const Operation &op) {
  return !op.is("const") && op.getNumResults() > 0 && op.getBlocks().empty() &&
         lookupOp(op);
}

void FunctionLayouter::collectDemands() {
  for (Operation &op : llvm::reverse(function.getBody().getOperations()))
    if (canConvert(op))
      if (const LayoutRow *row = findRow(op))
        row->demand(op, layout);
}

void FunctionLayouter::convert() {
  for (Operation &op :
       llvm::make_early_inc_range(function.getBody().getOperations())) {
    if (isConverted.contains(&op) || !canConvert(op))
      continue;
    const LayoutRow *row = findRow(op);
    if (row && row->convert(op, layout)) {
      converted.push_back(&op);
      isConverted.insert(&op);
      numProducts +=
          op.is("linear") ||
          (op.is("matmul") &&
           layout.find(*op.getResult())->value->getDefiningOp()->is("conv"));
    } else {
      explain(op);
    }
  }
}

/// Says of a product that stays why it does.
void FunctionLayouter::explain(Operation &op) {
  bool isProduct =
      op.is("linear") || (op.is("matmul") && op.hasUses() &&
                          (op.getConstant("x") || op.getConstant("y")));
  if (!isProduct)
    return;
  Value *x = op.getOperand(op.getConstant("x") ? "y" : "x");
  llvm::StringRef reason =
      !x || !getExtents(*x) || !getExtents(*op.getResult())
          ? "its shapes are not all known"
      : op.is("matmul") ? "its constant is not one matrix"
                        : "its weight is computed, or compressed in a way "
                          "that has no such form";
  context.emitRemark(op.getLocation())
      << "'" << op.getResult()->getName() << "', a '" << op.getName()
      << "', stays: " << reason;
}

//===----------------------------------------------------------------------===//
// Boundary
//===----------------------------------------------------------------------===//

/// `arrangement` in four axes, or nothing.
static std::optional<Arrangement> inFourAxes(Arrangement arrangement) {
  while (arrangement.runs.size() < 4)
    arrangement.runs.insert(arrangement.runs.begin(), 0);
  return arrangement.runs.size() == 4 ? std::optional(arrangement)
                                      : std::nullopt;
}

/// A value of four axes that stands for an output: [N, C, 1, S].
static Arrangement arrangeOutput(const Form &form,
                                 llvm::ArrayRef<int64_t> extents) {
  Arrangement arrangement{
      form.order,
      findRuns(form.order, extents, form.value->getTensorType().getShape())};
  if (auto four = inFourAxes(arrangement))
    return *four;
  auto rank = static_cast<unsigned>(extents.size());
  return {form.order, {1, 1, 0, rank - 2}};
}

void FunctionLayouter::changeInputs() {
  Block &body = function.getBody();
  if (body.empty())
    return;
  for (const std::unique_ptr<Value> &input : body.getInputs()) {
    const Arrangement *wanted = layout.findWanted(*input);
    std::optional<Axes> extents = getExtents(*input);
    if (!wanted || !extents || extents->size() == 4 || isFunctionOutput(*input))
      continue;
    std::optional<Arrangement> four = inFourAxes(*wanted);
    if (!four)
      continue;
    Operation &first = *body.begin();
    OpBuilder b(first, input->getName());
    // Stands for the input as it was; goes if nobody needs it.
    Value *shape = b.ints(*extents, "shape");
    Operation *old =
        b.getBuilder().create("reshape", {{"x", input.get()}, {"shape", shape}},
                              {input->getType()}, input->getName());
    input->forEachUse([&](Use &use) {
      if (use.getUser() != old)
        use.set(old->getResult());
    });
    input->setType(TensorType::get(function.getContext(),
                                   input->getTensorType().getElementType(),
                                   four->getShape(*extents)));
    layout.define(*old->getResult(), input.get(), four->order);
    converted.push_back(old);
    isConverted.insert(old);
    context.emitRemark(input->getLocation())
        << "input '" << input->getName() << "' is " << input->getType()
        << " now";
  }
}

void FunctionLayouter::changeOutputs() {
  Block &body = function.getBody();
  for (size_t i = 0; i < body.getNumOutputs(); ++i) {
    Value *output = body.getOutput(i);
    const Form *form = layout.find(*output);
    std::optional<Axes> extents = getExtents(*output);
    if (!form || !extents || extents->size() == 4 || extents->size() < 2)
      continue;
    Operation &op = *output->getDefiningOp();
    OpBuilder b(op, output->getName());
    Value *columns = layout.bring(b, *output, *extents,
                                  arrangeOutput(*form, *extents), "columns");
    if (!columns->getDefiningOp() || isFunctionOutput(*columns))
      columns = b.create("identity", {{"x", columns}}, "columns");
    swapNames(*output, *columns);
    body.setOutput(i, columns);
    context.emitRemark(columns->getLocation())
        << "output '" << columns->getName() << "' is " << columns->getType()
        << " now";
  }
}

//===----------------------------------------------------------------------===//
// Where the layout ends
//===----------------------------------------------------------------------===//

/// True if an operation that stays, in whatever block, or an output uses it.
static bool isNeeded(Value &value,
                     const llvm::DenseSet<const Operation *> &converted) {
  bool isNeeded = false;
  value.forEachUse([&](Use &use) {
    isNeeded |= !use.getUser() || !converted.contains(use.getUser());
  });
  return isNeeded;
}

void FunctionLayouter::restoreUses(Operation &op, Value &value,
                                   const Form &form) {
  OpBuilder b(op, value.getName());
  std::optional<Axes> extents = getExtents(value);
  Value *own = layout.bring(
      b, value, *extents,
      {getIdentity(extents->size()), Runs(extents->size(), 1)}, "own");
  bool isTurned = own->getDefiningOp() && own != form.value &&
                  !llvm::is_sorted(skipUnits(form.order, *extents));
  std::string users;
  value.forEachUse([&](Use &use) {
    if (use.getUser() && !isConverted.contains(use.getUser()) &&
        users.empty() && use.getUser()->getNumResults() > 0)
      users = ("'" + use.getUser()->getResult(0)->getName() + "', a '" +
               use.getUser()->getName() + "',")
                  .str();
  });
  bool isOutput = isFunctionOutput(value);
  if (isOutput && (!own->getDefiningOp() || isFunctionOutput(*own)))
    own = b.create("identity", {{"x", own}}, "own");
  if (isTurned)
    context.emitRemark(op.getLocation())
        << "'" << value.getName() << "' is transposed back: "
        << (users.empty() ? std::string("it is an output,") : users)
        << (users.empty() ? " and outputs keep their shapes"
                          : " takes no other layout");
  if (isOutput)
    swapNames(value, *own);
  value.forEachUse([&](Use &use) {
    if (!use.getUser() || !isConverted.contains(use.getUser()))
      use.set(own);
  });
}

void FunctionLayouter::restore(bool changesOutputs) {
  layout.forgetCopies();
  if (changesOutputs)
    changeOutputs();
  for (Operation *op : converted)
    for (const std::unique_ptr<Value> &result : op->getResults())
      if (const Form *form = layout.find(*result))
        if (isNeeded(*result, isConverted))
          restoreUses(*op, *result, Form(*form));
}

void FunctionLayouter::clean() {
  // What was written anew has the names of what it stands for.
  llvm::DenseSet<const Value *> isNamed;
  for (Operation *op : converted)
    for (const std::unique_ptr<Value> &result : op->getResults())
      if (const Form *form = layout.find(*result);
          form && form->value->getDefiningOp() &&
          !isFunctionOutput(*form->value) && isNamed.insert(form->value).second)
        swapNames(*result, *form->value);
  llvm::SetVector<Operation *> used;
  for (Operation *op : llvm::reverse(converted)) {
    for (Value *operand : op->getAllOperands())
      if (Operation *producer = operand->getDefiningOp();
          producer && !isConverted.contains(producer))
        used.insert(producer);
    op->erase();
  }
  eraseIfDead(used.getArrayRef());
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

ToAneLayoutPass::ToAneLayoutPass(const ToAneLayoutOptions &options)
    : ToAneLayoutBase(options) {
  driver.add(getTransposePatterns());
  driver.add(getShapePatterns());
  driver.add(getIdentityPatterns());
}

static uint64_t countTransposes(Function &function) {
  uint64_t count = 0;
  function.walk([&](Operation &op) { count += op.is("transpose"); });
  return count;
}

bool ToAneLayoutPass::layOut(Function &function, bool changesBoundary,
                             PassContext &context) {
  constexpr int64_t kMaxSweeps = 10;
  uint64_t before = countTransposes(function);
  FunctionLayouter layouter(function, context);
  layouter.collectDemands();
  if (changesBoundary)
    layouter.changeInputs();
  layouter.convert();
  transposesBefore += before;
  if (!layouter.hasChanged()) {
    transposesAfter += before;
    return false;
  }
  layouter.restore(changesBoundary);
  layouter.clean();
  driver.run(function, kMaxSweeps);
  uint64_t after = countTransposes(function);
  transposesAfter += after;
  numOperations += layouter.getNumConverted();
  numProducts += layouter.getNumProducts();
  context.emitRemark(function.getLocation())
      << "'" << function.getName() << "': " << layouter.getNumConverted()
      << " operations laid out, " << layouter.getNumProducts()
      << " products as convolutions; " << before << " transposes before, "
      << after << " after";
  return true;
}

PassResult ToAneLayoutPass::run(Program &program, PassContext &context) {
  // Who calls a function binds its ports as they are.
  llvm::StringSet<> called;
  for (const std::unique_ptr<Function> &function : program.getFunctions())
    function->walk([&](Operation &op) {
      Attribute callee = op.getConstant("callee");
      if (callee && callee.getDense())
        called.insert(callee.getString());
    });
  bool changed = false;
  for (const std::unique_ptr<Function> &function : program.getFunctions()) {
    if (!isIOS(function->getOpset()))
      continue;
    bool isCalled = called.contains(function->getName());
    if (options.boundary == "columns" && isCalled)
      context.emitRemark(function->getLocation())
          << "'" << function->getName()
          << "' keeps its boundary: it is called in this program";
    changed |=
        layOut(*function, options.boundary == "columns" && !isCalled, context);
  }
  return changedIf(changed);
}

std::unique_ptr<Pass> createToAneLayoutPass(const ToAneLayoutOptions &options) {
  return std::make_unique<ToAneLayoutPass>(options);
}

} // namespace espresso
