//===- StatefulLowering.cpp - The host's operations in a stateful program -===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StatefulLowering.h"

#include "../Lower/LoweringBuilder.h"
#include "../Split/PlaceRope.h"

#include "espresso/Eval/Evaluator.h"
#include "espresso/Ops/Registry.h"
#include "espresso/Ops/Verifier.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/MathExtras.h"

namespace espresso {
namespace {

/// What rewrites one operation.
struct StatefulBuilder : LoweringBuilder {
  StatefulBuilder(Operation &op, SharedConstants &shared,
                  const LoweringOptions &options, int64_t tableRows)
      : LoweringBuilder(op, shared, options), tableRows(tableRows) {}

  int64_t getColumns() const {
    return getComposite().getResult()->getTensorType().getDim(3);
  }
  /// The constant position, if it is one.
  std::optional<int64_t> getConstantPosition() const {
    Attribute position = getComposite().getConstant("position");
    return position ? std::optional(position.getInteger()) : std::nullopt;
  }
  Value *integers(llvm::StringRef name, llvm::ArrayRef<int64_t> values) {
    return flag(name, Attribute::integers(getContext(), values));
  }
  Value *getPosition();
  Value *getPositions(int64_t columns);
  Value *gather(Value *x, Value *indices, int64_t axis, llvm::StringRef suffix);
  Value *toColumns(Value *rows, llvm::StringRef suffix);
  Value *cast(Value *x, DataType type, llvm::StringRef suffix);
  Value *readState(llvm::StringRef input);

  int64_t tableRows;
};

struct StatefulForm {
  llvm::StringRef name;
  LogicalResult (*lower)(StatefulBuilder &b);
};

} // namespace

TensorType padStateType(TensorType type, Context &context) {
  llvm::SmallVector<int64_t, 2> shape;
  for (int64_t dim : type.getShape())
    shape.push_back(static_cast<int64_t>(llvm::alignTo(dim, kStateMultiple)));
  return TensorType::get(context, type.getElementType(), shape);
}

//===----------------------------------------------------------------------===//
// Parts
//===----------------------------------------------------------------------===//

/// As a value of one element.
Value *StatefulBuilder::getPosition() {
  if (Value *position = getOperand("position"))
    return position;
  return integers("position_" + std::to_string(*getConstantPosition()),
                  {*getConstantPosition()});
}

/// One for each column: position, position + 1, ….
Value *StatefulBuilder::getPositions(int64_t columns) {
  if (columns == 1)
    return getPosition();
  llvm::SmallVector<int64_t, 32> offsets;
  for (int64_t s = 0; s < columns; ++s)
    offsets.push_back(s);
  return add(getPosition(),
             integers("offsets_" + std::to_string(columns), offsets),
             "positions");
}

Value *StatefulBuilder::gather(Value *x, Value *indices, int64_t axis,
                               llvm::StringRef suffix) {
  Value *axisValue = flag("int_" + std::to_string(axis),
                          Attribute::integer(getContext(), axis));
  Value *zero = flag("int_0", Attribute::integer(getContext(), 0));
  Value *no = flag("flag_false", Attribute::boolean(getContext(), false));
  return create("gather",
                {{"x", x},
                 {"indices", indices},
                 {"axis", axisValue},
                 {"batch_dims", zero},
                 {"validate_indices", no}},
                suffix);
}

/// [S, C] to [1, C, 1, S].
Value *StatefulBuilder::toColumns(Value *rows, llvm::StringRef suffix) {
  TensorType type = rows->getTensorType();
  Value *turned = transpose(rows, {1, 0}, (suffix + "_turned").str());
  return reshape(turned, {1, type.getDim(1), 1, type.getDim(0)}, suffix);
}

Value *StatefulBuilder::cast(Value *x, DataType type, llvm::StringRef suffix) {
  if (x->getTensorType().getElementType() == type)
    return x;
  std::string name(getName(type));
  return create(
      "cast",
      {{"x", x},
       {"dtype", flag("to_" + name, Attribute::string(getContext(), name))}},
      suffix);
}

Value *StatefulBuilder::readState(llvm::StringRef input) {
  return create("read_state", {{"input", getOperand(input)}}, "held");
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

static LogicalResult lowerEmbedding(StatefulBuilder &b) {
  Value *table = b.getOperand("table");
  Value *rows = b.gather(table, b.getOperand("ids"), /*axis=*/0, "rows");
  b.replaceWith(b.toColumns(rows, "columns"));
  return success();
}

static LogicalResult lowerPositionEmbedding(StatefulBuilder &b) {
  Value *rows = b.gather(b.getOperand("table"), b.getPositions(b.getColumns()),
                         /*axis=*/0, "rows");
  b.replaceWith(
      b.add(b.getOperand("x"), b.toColumns(rows, "columns"), "shifted"));
  return success();
}

/// The angles of `count` positions from `first` on, as a rotated unit head.
static FailureOr<Attribute> evaluateAngles(Operation &rope, int64_t first,
                                           int64_t count) {
  Context &context = rope.getFunction()->getContext();
  Program scratch(context);
  Function *function = scratch.addFunction("angles", Opset::Model, {});
  Builder builder(function->getBody(), rope.getLocation());
  Operation *copy = builder.create("espresso.rope", {}, {}, "");
  for (const std::unique_ptr<Binding> &binding : rope.getBindings())
    if (Attribute constant = rope.getConstant(binding->getName()))
      copy->setLiteral(context.intern(binding->getName()), constant);
  copy->setLiteral(context.intern("x"), makeUnitHead(rope, count));
  copy->setLiteral(context.intern("position"),
                   Attribute::integers(context, {first}));
  llvm::SmallVector<Type, 1> types;
  if (failed(inferResultTypes(*copy, types)))
    return failure();
  copy->addResult("angles", types.front(), rope.getLocation());
  FailureOr<llvm::SmallVector<Attribute>> values = evaluateOp(*copy);
  if (failed(values))
    return failure();
  return values->front();
}

/// Of angles that all layers share: a table of all positions, of which those of
/// the call are taken. Where they are known, only they are kept.
static LogicalResult lowerAngles(StatefulBuilder &b) {
  Operation &rope = b.getComposite();
  std::optional<int64_t> known = b.getConstantPosition();
  int64_t count = known ? b.getColumns() : b.tableRows;
  FailureOr<Attribute> angles = evaluateAngles(rope, known.value_or(0), count);
  if (failed(angles))
    return rope.emitError() << "cannot compute the angles of '"
                            << rope.getResult()->getName() << "'";
  std::string name = "angles_" + std::to_string(count);
  TensorType type = angles->getType().castTo<TensorType>();
  Value *table = b.tensor(name, type.getShape(), [&](int64_t index) {
    return angles->getReal(index);
  });
  b.replaceWith(known ? table
                      : b.gather(table, b.getPositions(b.getColumns()),
                                 /*axis=*/3, "columns"));
  return success();
}

/// visible = row < position, and with a window row > position + s - window;
/// then (visible - 1) · -value.
static LogicalResult lowerMask(StatefulBuilder &b) {
  Operation &mask = b.getComposite();
  TensorType type = mask.getResult()->getTensorType();
  int64_t rows = type.getDim(1), columns = type.getDim(3);
  Context &context = b.getContext();
  auto makeFlag = [&](const std::string &name, llvm::ArrayRef<int64_t> shape,
                      int64_t first) {
    DenseElements elements;
    elements.shape.assign(shape.begin(), shape.end());
    TensorType intType = TensorType::get(context, DataType::Int32, shape);
    for (int64_t i = 0; i < *intType.getNumElements(); ++i)
      for (unsigned byte = 0; byte < 4; ++byte)
        elements.bytes.push_back(
            static_cast<uint8_t>((first + i) >> (8 * byte)));
    return b.flag(name, Attribute::dense(intType, std::move(elements)));
  };
  Value *rowNumbers =
      makeFlag("rows_" + std::to_string(rows), {1, rows, 1, 1}, 0);
  Value *visible =
      b.create("less", {{"x", rowNumbers}, {"y", b.getPosition()}}, "before");
  if (Attribute window = mask.getConstant("window")) {
    Value *offsets =
        makeFlag("window_" + std::to_string(window.getInteger()) + "_offsets",
                 {1, 1, 1, columns}, -window.getInteger());
    Value *left = b.add(b.getPosition(), offsets, "left");
    Value *near = b.create("greater", {{"x", rowNumbers}, {"y", left}}, "near");
    visible = b.create("logical_and", {{"x", visible}, {"y", near}}, "visible");
  }
  double value = getConstantOrDefault(mask, "value").getReal();
  Value *one = b.scalar("one", 1.0);
  Value *shown = b.cast(visible, type.getElementType(), "shown");
  Value *hidden = b.mul(b.sub(shown, one, "hidden"),
                        b.scalar("hidden_score", -value), "scores");
  if (hidden->getTensorType().getDim(3) != columns) {
    Value *reps =
        b.integers("reps_" + std::to_string(columns), {1, 1, 1, columns});
    hidden = b.create("tile", {{"x", hidden}, {"reps", reps}}, "tiled");
  }
  b.replaceWith(hidden);
  return success();
}

static LogicalResult lowerCacheRead(StatefulBuilder &b) {
  TensorType type = b.getComposite().getResult()->getTensorType();
  Value *held = b.readState("cache");
  if (held->getTensorType().getDim(1) != type.getDim(3))
    held = b.slice(held, {0, 0}, {type.getDim(1), type.getDim(3)}, "used");
  b.replaceWith(b.reshape(held, type.getShape(), "rows"));
  return success();
}

/// The columns of x become rows of what the state holds.
static LogicalResult lowerCacheWrite(StatefulBuilder &b) {
  Value *x = b.getOperand("x");
  int64_t channels = x->getTensorType().getDim(1);
  int64_t columns = x->getTensorType().getDim(3);
  Value *flat = b.reshape(x, {channels, columns}, "flat");
  Value *update = b.transpose(flat, {1, 0}, "update");
  Value *held = b.readState("cache");
  Value *begin = nullptr, *end = nullptr;
  if (std::optional<int64_t> known = b.getConstantPosition()) {
    begin = b.integers("begin_" + std::to_string(*known), {*known, 0});
    end = b.integers("end_" + std::to_string(*known + columns) + "_" +
                         std::to_string(channels),
                     {*known + columns, channels});
  } else {
    Value *zero = b.integers("zeros_1", {0});
    Value *width = b.integers("width_" + std::to_string(channels), {channels});
    Value *step = b.integers("step_" + std::to_string(columns), {columns});
    begin = b.concat({b.getPosition(), zero}, /*axis=*/0, "begin");
    Value *last = b.add(b.getPosition(), step, "last");
    end = b.concat({last, width}, /*axis=*/0, "end");
  }
  Value *updated = b.create(
      "slice_update",
      {{"x", held}, {"update", update}, {"begin", begin}, {"end", end}},
      "updated");
  b.finishWith("write_state",
               {{"input", b.getOperand("cache")}, {"data", updated}});
  return success();
}

/// Logits in the type of the activations, then in fp32.
static LogicalResult lowerHead(StatefulBuilder &b) {
  Operation &head = b.getComposite();
  llvm::SmallVector<NamedArgument, 3> args = {
      {"x", b.getOperand("x")}, {"weight", b.getOperand("weight")}};
  if (Value *bias = b.getOperand("bias"))
    args.push_back({"bias", bias});
  Value *logits = b.create("espresso.linear", args, "scores");
  if (Attribute scale = head.getConstant("scale"))
    logits = b.mul(logits, b.scalar("logit_scale", scale.getReal()), "scaled");
  if (Attribute cap = head.getConstant("softcap")) {
    Value *shrunk =
        b.mul(logits, b.scalar("inv_logit_cap", 1.0 / cap.getReal()), "shrunk");
    logits = b.mul(b.create("tanh", {{"x", shrunk}}, "tanh"),
                   b.scalar("logit_cap", cap.getReal()), "capped");
  }
  b.replaceWith(b.cast(logits, DataType::Float32, "fp32"));
  return success();
}

static const StatefulForm kForms[] = {
    {"espresso.cache_mask", lowerMask},
    {"espresso.cache_read", lowerCacheRead},
    {"espresso.cache_write", lowerCacheWrite},
    {"espresso.embedding", lowerEmbedding},
    {"espresso.head", lowerHead},
    {"espresso.position_embedding", lowerPositionEmbedding},
    {"espresso.rope", lowerAngles},
};

LogicalResult lowerHostOperations(Function &function, int64_t tableRows) {
  SharedConstants shared;
  LoweringOptions options;
  llvm::SmallVector<Operation *, 32> operations;
  for (Operation &op : function.getBody().getOperations())
    if (const OpDefinition *definition = lookupOp(op);
        definition && definition->hasTrait(OpTrait_HostOnly))
      operations.push_back(&op);
  for (Operation *op : operations) {
    const StatefulForm *form = nullptr;
    for (const StatefulForm &row : kForms)
      if (op->is(row.name))
        form = &row;
    if (!form)
      return op->emitError().setRule("to-stateful")
             << "'" << op->getName()
             << "' has no form in a program with states";
    StatefulBuilder builder(*op, shared, options, tableRows);
    if (failed(form->lower(builder)))
      return failure();
  }
  return success();
}

} // namespace espresso
