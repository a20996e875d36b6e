//===- Compressed.cpp - Weights that stay compressed ----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
//   dequantize(input = constant)   => constexpr_affine_dequantize up to ios17,
//                                     constexpr_blockwise_shift_scale from
//                                     ios18
//   transpose(x = constexpr_…(data = d))       => constexpr_…(data = dᵀ), and
//   so
//                                     reshape, expand_dims, squeeze
//   constexpr_blockwise_shift_scale(data = constexpr_lut_to_dense(lut = l))
//                                  => constexpr_lut_to_dense(lut =
//                                     constexpr_blockwise_shift_scale(data =
//                                     l))
//
// What is computed at load time stays compressed, and nothing is left to do
// with it when the program runs. Moves go into data whose only use they are,
// and whose scales they leave along axes. Weights outside are turned as
// matrices only.
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"

#include "../ConstantViews.h"

#include "espresso/Ops/Registry.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

using Extents = llvm::SmallVector<int64_t, 6>;

static Extents getShape(const Attribute &constant) {
  return Extents(constant.getType().castTo<TensorType>().getShape());
}

//===----------------------------------------------------------------------===//
// Of constants that are dequantised
//===----------------------------------------------------------------------===//

/// Parameters along one axis, or one number, with the rank of their data.
static Attribute spread(Context &context, const Attribute &parameter,
                        size_t rank, int64_t axis) {
  Extents shape(rank, 1);
  if (parameter.getNumElements() != 1)
    shape[axis] = parameter.getNumElements();
  return withShape(context, parameter, shape);
}

static Value *compressConstant(Operation &op, Builder &builder,
                               const PatternOptions &) {
  Attribute data = op.getConstant("input"), scale = op.getConstant("scale");
  Attribute zero = op.getConstant("zero_point");
  if (!data || !scale.getDense() ||
      (op.hasBinding("zero_point") && !zero.getDense()))
    return nullptr;
  Context &context = builder.getContext();
  auto type = data.getType().castTo<TensorType>();
  std::optional<llvm::SmallVector<int64_t, 4>> axes =
      op.hasBinding("axis") ? getKnownAxes(op, "axis", type.getRank())
                            : llvm::SmallVector<int64_t, 4>{0};
  if (!axes || type.getRank() == 0)
    return nullptr;
  llvm::StringRef name = op.getResult()->getName();
  Type result = op.getResult()->getType();
  if (op.getOpset() >= Opset::IOS18) {
    auto add = [&](const Attribute &parameter, llvm::StringRef suffix) {
      return builder.createConstant(
          spread(context, parameter, type.getRank(), axes->front()),
          name + suffix);
    };
    llvm::SmallVector<NamedArgument, 3> arguments = {
        copyArgument(op, "input", "data"), {"scale", add(scale, "_scale")}};
    if (zero)
      arguments.emplace_back("offset", add(zero, "_offset"));
    return builder
        .create("constexpr_blockwise_shift_scale", arguments, {result}, name)
        ->getResult();
  }
  Operation *made =
      builder.create("constexpr_affine_dequantize", {}, {result}, name);
  made->setAttribute(context.intern("axis"), builder.getInt32(axes->front()));
  made->setAttribute(context.intern("quantized_data"), data);
  made->setAttribute(context.intern("scale"), scale);
  made->setAttribute(
      context.intern("zero_point"),
      zero ? zero : Attribute::integer(context, 0, type.getElementType()));
  return made->getResult();
}

//===----------------------------------------------------------------------===//
// Moves
//===----------------------------------------------------------------------===//

namespace {

/// What a transpose, or a reshape that adds and drops axes of 1, does to axes.
struct AxisMove {
  /// For each axis of the result the axis it was, or -1 for a new one of 1.
  Extents from;
  bool isTranspose = false;
};

} // namespace

static std::optional<AxisMove> getAxisMove(const Operation &op,
                                           llvm::ArrayRef<int64_t> before,
                                           llvm::ArrayRef<int64_t> after) {
  AxisMove move;
  if (op.is("transpose")) {
    auto perm = getKnownAxes(op, "perm", static_cast<int64_t>(before.size()));
    if (!perm)
      return std::nullopt;
    move.from.assign(perm->begin(), perm->end());
    move.isTranspose = true;
    return move;
  }
  size_t next = 0;
  for (int64_t extent : after) {
    while (extent != 1 && next < before.size() && before[next] == 1)
      ++next;
    if (extent != 1 && (next == before.size() || before[next] != extent))
      return std::nullopt;
    move.from.push_back(extent == 1 ? -1 : static_cast<int64_t>(next++));
  }
  for (; next < before.size(); ++next)
    if (before[next] != 1)
      return std::nullopt;
  return move;
}

/// A constant after `move`, of whose last `numKept` axes it knows nothing. Null
/// if it cannot be had.
static Attribute moveConstant(Context &context, const Attribute &constant,
                              const AxisMove &move, size_t numKept,
                              llvm::StringRef name) {
  Extents before = getShape(constant), shape, perm;
  for (int64_t from : move.from) {
    shape.push_back(from < 0 ? 1 : before[from]);
    perm.push_back(from);
  }
  for (size_t i = before.size() - numKept; i < before.size(); ++i) {
    shape.push_back(before[i]);
    perm.push_back(static_cast<int64_t>(i));
  }
  return move.isTranspose ? permuted(context, constant, perm, name)
                          : withShape(context, constant, shape);
}

/// Binds `input` of `made` to a constant, in the form `op` has it in.
static void setConstant(Operation &op, Operation &made, Builder &builder,
                        llvm::StringRef input, const Attribute &constant) {
  llvm::StringRef name = builder.getContext().intern(input);
  if (!op.hasBinding(input)) {
    made.setAttribute(name, constant);
    return;
  }
  Builder before(made);
  made.setOperand(name, before.createConstant(
                            constant, op.getResult()->getName() + "_" + input));
}

/// Moved constants by the inputs they are for; nothing if one cannot be had.
using Moved = llvm::SmallVector<std::pair<llvm::StringRef, Attribute>, 4>;

static std::optional<Moved> moveAll(Operation &inner, const AxisMove &move,
                                    llvm::ArrayRef<llvm::StringRef> inputs) {
  Context &context = inner.getFunction()->getContext();
  Moved moved;
  for (llvm::StringRef input : inputs) {
    Attribute constant = inner.getConstant(input);
    if (!constant && !inner.hasBinding(input))
      continue;
    size_t numKept = input == "lut" ? 2 : 0;
    Attribute made = constant ? moveConstant(context, constant, move, numKept,
                                             inner.getResult()->getName())
                              : Attribute();
    if (!made)
      return std::nullopt;
    moved.emplace_back(input, made);
  }
  return moved;
}

static std::optional<Moved> moveAffine(Operation &inner, const AxisMove &move,
                                       Builder &builder) {
  std::optional<Moved> moved = moveAll(inner, move, {"quantized_data"});
  auto scale = inner.getConstant("scale").getType().getAs<TensorType>();
  auto zero = inner.getConstant("zero_point").getType().getAs<TensorType>();
  auto axes =
      getKnownAxes(inner, "axis", inner.getResult()->getTensorType().getRank());
  if (!moved || !scale || !zero || !axes)
    return std::nullopt;
  if (scale.getRank() == 0 && zero.getRank() == 0) {
    moved->emplace_back("axis", builder.getInt32(0));
    return moved;
  }
  const int64_t *found = llvm::find(move.from, axes->front());
  if (found == move.from.end())
    return std::nullopt;
  moved->emplace_back("axis", builder.getInt32(found - move.from.begin()));
  return moved;
}

static std::optional<Moved>
moveParameters(Operation &inner, const AxisMove &move, Builder &builder) {
  if (inner.is("constexpr_affine_dequantize"))
    return moveAffine(inner, move, builder);
  if (inner.is("constexpr_blockwise_shift_scale"))
    return moveAll(inner, move, {"data", "offset", "scale"});
  if (inner.is("constexpr_cast"))
    return moveAll(inner, move, {"source_val"});
  Attribute lut = inner.getConstant("lut");
  // Vectors lie along an axis of the result, and tables of old are packed.
  bool isByElement = inner.is("constexpr_lut_to_dense") && lut &&
                     !inner.getConstant("shape") && getShape(lut).back() == 1;
  return isByElement ? moveAll(inner, move, {"indices", "lut"}) : std::nullopt;
}

static Value *moveIntoData(Operation &op, Builder &builder,
                           const PatternOptions &) {
  Value *x = op.getOperand("x");
  Operation *inner = x ? x->getDefiningOp() : nullptr;
  const OpDefinition *definition = inner ? lookupOp(*inner) : nullptr;
  if (!definition || !definition->hasTrait(OpTrait_Constexpr) ||
      inner->getNumResults() != 1 || !x->hasOneUse() || !hasStaticShape(*x) ||
      !hasStaticShape(*op.getResult()))
    return nullptr;
  std::optional<AxisMove> move =
      getAxisMove(op, x->getTensorType().getShape(),
                  op.getResult()->getTensorType().getShape());
  std::optional<Moved> moved =
      move ? moveParameters(*inner, *move, builder) : std::nullopt;
  if (!moved)
    return nullptr;
  llvm::DenseMap<const Value *, Value *> mapping;
  Operation *made = cloneOperation(*inner, builder, mapping);
  for (const auto &[input, constant] : *moved)
    setConstant(*inner, *made, builder, input, constant);
  made->getResult()->setType(op.getResult()->getType());
  return made->getResult();
}

//===----------------------------------------------------------------------===//
// Scales of tables
//===----------------------------------------------------------------------===//

/// The extents that tables must have so that each has one scale, repeated if
/// scales are of smaller blocks; nothing if blocks overlap.
static std::optional<Extents> getScaledTables(Extents tables,
                                              llvm::ArrayRef<int64_t> scales) {
  for (auto [table, scale] : llvm::zip_equal(tables, scales)) {
    if (table % scale != 0 && scale % table != 0)
      return std::nullopt;
    table = std::max(table, scale);
  }
  return tables;
}

/// Scales and offsets belong to the entries of a table rather than to what is
/// looked up: there are fewer.
static Value *scaleTable(Operation &op, Builder &builder,
                         const PatternOptions &) {
  Value *dense = op.getOperand("data");
  Operation *lookup = getProducer(dense, "constexpr_lut_to_dense");
  Attribute lut = lookup ? lookup->getConstant("lut") : Attribute();
  Attribute scale = op.getConstant("scale");
  Attribute offset = op.getConstant("offset");
  if (!lut || !scale || !dense->hasOneUse() || getShape(lut).back() != 1 ||
      (op.hasBinding("offset") && !offset))
    return nullptr;
  Context &context = builder.getContext();
  Extents scales = getShape(scale);
  if (offset && getShape(offset) != scales)
    return nullptr;
  scales.append({1, 1});
  std::optional<Extents> tables = getScaledTables(getShape(lut), scales);
  if (!tables || (*tables != getShape(lut) && !lut.getDense()))
    return nullptr;
  llvm::StringRef name = op.getResult()->getName();
  llvm::SmallVector<NamedArgument, 3> arguments = {
      *tables == getShape(lut)
          ? copyArgument(*lookup, "lut", "data")
          : NamedArgument(
                "data", builder.createConstant(repeated(context, lut, *tables),
                                               name + "_table")),
      {"scale", builder.createConstant(withShape(context, scale, scales),
                                       name + "_scale")}};
  if (offset)
    arguments.emplace_back(
        "offset", builder.createConstant(withShape(context, offset, scales),
                                         name + "_offset"));
  DataType type = op.getResult()->getTensorType().getElementType();
  Operation *scaled =
      builder.create("constexpr_blockwise_shift_scale", arguments,
                     {TensorType::get(context, type, *tables)}, name + "_lut");
  llvm::DenseMap<const Value *, Value *> mapping;
  Operation *made = cloneOperation(*lookup, builder, mapping);
  made->setOperand(context.intern("lut"), scaled->getResult());
  made->getResult()->setType(op.getResult()->getType());
  return made->getResult();
}

static constexpr PatternRow kPatterns[] = {
    {"dequantize", compressConstant},
    {"transpose", moveIntoData},
    {"reshape", moveIntoData},
    {"expand_dims", moveIntoData},
    {"squeeze", moveIntoData},
    {"constexpr_blockwise_shift_scale", scaleTable},
};

llvm::ArrayRef<PatternRow> getCompressedPatterns() { return kPatterns; }

} // namespace espresso
