//===- Rotate.cpp - Rotation by angles that are given ---------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
//   a rotation of x by cosines c and sines s  => espresso.rotate(angles = (c,
//   s),
//                                                                x = x)
//
// whatever c and s are: inputs, slices and gathers of constants by position,
// what is computed. Axes that they have are columns, the others are heads. If
// they have a number for each channel, those of a pair must be seen to be the
// same.
//
//===----------------------------------------------------------------------===//

#include "Rotation.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"

namespace espresso {

using Extents = llvm::SmallVector<int64_t, 6>;

/// The extents of a table beside `x`, with leading axes of 1; nothing if it
/// does not fit: along its axis it has a number for each pair, or for each
/// channel.
static std::optional<Extents> getTableShape(const Rotation &rotation,
                                            const Operation &user,
                                            llvm::StringRef input) {
  llvm::ArrayRef<int64_t> whole = rotation.x->getTensorType().getShape();
  auto type = user.getArgumentType(input).getAs<TensorType>();
  if (!type || !type.hasStaticShape() ||
      type.getElementType() != rotation.x->getTensorType().getElementType() ||
      type.getRank() > static_cast<int64_t>(whole.size()))
    return std::nullopt;
  Extents shape(whole.size() - type.getRank(), 1);
  shape.append(type.getShape().begin(), type.getShape().end());
  for (size_t i = 0; i < whole.size(); ++i) {
    bool isAxis = static_cast<int64_t>(i) == rotation.axis;
    int64_t expected = isAxis && rotation.isHalf ? whole[i] / 2 : whole[i];
    if (shape[i] != expected && (isAxis || shape[i] != 1))
      return std::nullopt;
  }
  return shape;
}

/// Why a rotation cannot be lifted; empty if it can.
static llvm::StringRef getObstacle(const Rotation &rotation) {
  auto cosines = getTableShape(rotation, *rotation.cosOp, rotation.cosInput);
  auto sines = getTableShape(rotation, *rotation.sinOp, rotation.sinInput);
  int64_t fromEnd = rotation.x->getTensorType().getRank() - rotation.axis;
  if (!cosines || cosines != sines)
    return "its tables do not have a number for each channel and column";
  if (!rotation.isHalf &&
      (!hasEqualHalves(*rotation.cosOp, rotation.cosInput, fromEnd) ||
       !hasEqualHalves(*rotation.sinOp, rotation.sinInput, fromEnd)))
    return "the halves of its tables are not known to be the same";
  return "";
}

//===----------------------------------------------------------------------===//
// What becomes of it
//===----------------------------------------------------------------------===//

/// A table as [1, d/2, 1, S]: `order` are the axes of x, heads left out.
static Value *takeTable(ColumnBuilder &b, const Rotation &rotation,
                        const Operation &user, llvm::StringRef input,
                        llvm::ArrayRef<int64_t> shape,
                        llvm::ArrayRef<int64_t> order, llvm::StringRef name) {
  Builder &builder = b.getBuilder();
  Value *table = user.getOperand(input);
  if (!table)
    table = b.constant(user.getConstant(input), name);
  table = b.reshape(table, shape);
  Extents half(shape);
  if (!rotation.isHalf) {
    half[rotation.axis] /= 2;
    Extents begin(shape.size(), 0);
    table = b.create(
        "slice_by_size",
        {{"x", table},
         {"begin", b.constant(builder.getInt32s(begin), name + "_begin")},
         {"size", b.constant(builder.getInt32s(half), name + "_size")}},
        name + "_half");
  }
  // Heads have an extent of 1 in it, wherever they stand.
  Extents perm(order.begin(), order.end());
  for (int64_t i : llvm::seq<int64_t>(0, shape.size()))
    if (!llvm::is_contained(order, i))
      perm.push_back(i);
  int64_t pairs = half[rotation.axis];
  int64_t columns = 1;
  for (int64_t axis : order.drop_front())
    columns *= half[axis];
  return b.reshape(b.transpose(table, perm), {1, pairs, 1, columns});
}

static Value *liftRotation(Operation &op, Builder &builder,
                           const PatternOptions &) {
  std::optional<Rotation> rotation = readRotation(op);
  if (!rotation || !getObstacle(*rotation).empty())
    return nullptr;
  Extents shape =
      *getTableShape(*rotation, *rotation->cosOp, rotation->cosInput);
  Extents whole(rotation->x->getTensorType().getShape());
  // Heads, channels, columns.
  Extents perm, order = {rotation->axis};
  int64_t heads = 1, columns = 1;
  for (int64_t i : llvm::seq<int64_t>(0, whole.size())) {
    if (i == rotation->axis)
      continue;
    bool isColumn = shape[i] != 1;
    (isColumn ? columns : heads) *= whole[i];
    (isColumn ? order : perm).push_back(i);
  }
  perm.append(order.begin(), order.end());
  ColumnBuilder b(op, builder);
  Value *tables[] = {takeTable(b, *rotation, *rotation->cosOp,
                               rotation->cosInput, shape, order, "cosines"),
                     takeTable(b, *rotation, *rotation->sinOp,
                               rotation->sinInput, shape, order, "sines")};
  Value *angles = b.create(
      "concat",
      {{"values", llvm::ArrayRef<Value *>(tables)},
       {"axis", b.constant(builder.getInt32(1), "axis")},
       {"interleave", b.constant(builder.getBool(false), "interleave")}},
      "angles");
  int64_t size = whole[rotation->axis];
  Value *x =
      b.reshape(b.transpose(rotation->x, perm), {1, heads * size, 1, columns});
  Value *rotated = b.create(
      "espresso.rotate",
      {{"angles", angles}, {"head_dim", builder.getInt32(size)}, {"x", x}},
      "rotated");
  Extents turned, inverse(perm.size());
  for (auto [i, from] : llvm::enumerate(perm)) {
    turned.push_back(whole[from]);
    inverse[from] = static_cast<int64_t>(i);
  }
  return b.transpose(b.reshape(rotated, turned), inverse);
}

llvm::StringRef explainRotation(Operation &op) {
  std::optional<Rotation> rotation = readRotation(op);
  return rotation ? getObstacle(*rotation) : llvm::StringRef();
}

static constexpr PatternRow kPatterns[] = {
    {"add", liftRotation},
    {"concat", liftRotation},
};

llvm::ArrayRef<PatternRow> getLiftedRotationPatterns() { return kPatterns; }

} // namespace espresso
