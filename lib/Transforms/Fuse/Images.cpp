//===- Images.cpp - Operations of images ----------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
//   concat(axis = -1, values = (x[2], x[1], x, x[-2]))
//                                => pad(mode = "reflect", pad = [2, 1], x = x)
//   concat(axis = 3, interleave = true, values = (
//       concat(axis = 2, interleave = true, values = (a, b)),
//       concat(axis = 2, interleave = true, values = (c, d))))
//                                => pixel_shuffle(upscale_factor = 2, x =
//                                   concat(axis = 1, interleave = true,
//                                          values = (a, c, b, d)))
//   add(x = mul(x = x, y = s), y = t)   => batch_norm(beta = t, gamma = s, x =
//   x)
//
// the first with x[i] for the slice of one element at i, along one of the last
// two axes, and in any number; the last, if asked for, for x of four axes and
// constants by channel.
//
//===----------------------------------------------------------------------===//

#include "FusePatterns.h"

#include "../Fold/Affine.h"
#include "../Patterns/Ranges.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

/// The values of a concat whose axis is known and whose parts are all values.
static std::optional<llvm::SmallVector<Value *, 4>>
getJoined(const Operation &concat, int64_t axis, bool isInterleaved) {
  int64_t rank = concat.getResult()->getTensorType().getRank();
  auto found = getKnownIntegers(concat, "axis");
  const Binding *values = concat.findBinding("values");
  llvm::SmallVector<Value *, 4> joined = concat.getOperands("values");
  if (!found || found->size() != 1 || !values ||
      joined.size() != values->size() ||
      (found->front() + rank) % rank != axis ||
      getFlag(concat, "interleave") != isInterleaved)
    return std::nullopt;
  return joined;
}

//===----------------------------------------------------------------------===//
// Reflection
//===----------------------------------------------------------------------===//

/// How many of `values`, one element of `x` each, stand before and after it in
/// the order of a reflection along `axis`; nothing if they do not.
static std::optional<std::pair<int64_t, int64_t>>
getReflected(llvm::ArrayRef<Value *> values, Value *x, int64_t axis) {
  int64_t before = llvm::find(values, x) - values.begin();
  int64_t after = static_cast<int64_t>(values.size()) - before - 1;
  int64_t extent = x->getTensorType().getDim(axis);
  if (before + after == 0 || before >= extent || after >= extent)
    return std::nullopt;
  for (int64_t i = 0; i <= before + after; ++i) {
    if (i == before)
      continue;
    std::optional<Part> part = getPart(values[i]);
    int64_t expected = i < before ? before - i : extent - 1 - (i - before);
    if (!part || part->source != x || part->axis != axis || part->count != 1 ||
        part->first != expected)
      return std::nullopt;
  }
  return std::pair(before, after);
}

/// The value among `values` of which the first or the last is a part.
static Value *getMiddle(llvm::ArrayRef<Value *> values) {
  for (Value *end : {values.front(), values.back()})
    if (std::optional<Part> part = getPart(end);
        part && llvm::is_contained(values, part->source))
      return part->source;
  return nullptr;
}

static Value *useReflection(Operation &op, Builder &builder,
                            const PatternOptions &) {
  TensorType type = op.getResult()->getTensorType();
  int64_t rank = type ? type.getRank() : 0;
  auto axis = getKnownAxes(op, "axis", rank);
  if (!axis || axis->size() != 1 || axis->front() < rank - 2 ||
      !isFloatTensor(*op.getResult()))
    return nullptr;
  auto values = getJoined(op, axis->front(), /*isInterleaved=*/false);
  Value *x = values && values->size() > 1 ? getMiddle(*values) : nullptr;
  if (!x)
    return nullptr;
  auto counts = getReflected(*values, x, axis->front());
  if (!counts)
    return nullptr;
  llvm::SmallVector<int64_t, 4> pad = {counts->first, counts->second};
  if (axis->front() == rank - 2)
    pad.append({0, 0});
  llvm::StringRef name = op.getResult()->getName();
  Value *mode =
      builder.createConstant(builder.getString("reflect"), name + "_mode");
  Value *extents =
      builder.createConstant(builder.getInt32s(pad), name + "_pad");
  return builder
      .create("pad", {{"mode", mode}, {"pad", extents}, {"x", x}}, {type}, name)
      ->getResult();
}

//===----------------------------------------------------------------------===//
// Pixels
//===----------------------------------------------------------------------===//

/// Two values that alternate along an axis of images, in a join of their own.
static std::optional<llvm::SmallVector<Value *, 4>>
getAlternating(Operation *concat, int64_t axis) {
  if (!concat || concat->getResult()->getTensorType().getRank() != 4 ||
      !hasStaticShape(*concat->getResult()))
    return std::nullopt;
  auto values = getJoined(*concat, axis, /*isInterleaved=*/true);
  return values && values->size() == 2 ? values : std::nullopt;
}

static Value *useShuffle(Operation &op, Builder &builder,
                         const PatternOptions &) {
  auto columns = getAlternating(&op, 3);
  if (!columns || columns->front() == columns->back())
    return nullptr;
  llvm::SmallVector<llvm::SmallVector<Value *, 4>, 2> rows;
  for (Value *column : *columns) {
    auto values = column->hasOneUse()
                      ? getAlternating(getProducer(column, "concat"), 2)
                      : std::nullopt;
    if (!values || (*values)[0]->getType() != (*values)[1]->getType())
      return nullptr;
    rows.push_back(*values);
  }
  Value *pixels[] = {rows[0][0], rows[1][0], rows[0][1], rows[1][1]};
  TensorType part = pixels[0]->getTensorType();
  if (pixels[1]->getType() != part)
    return nullptr;
  llvm::SmallVector<int64_t, 4> shape(part.getShape());
  shape[1] *= 4;
  llvm::StringRef name = op.getResult()->getName();
  Value *axis = builder.createConstant(builder.getInt32(1), name + "_axis");
  Value *interleave =
      builder.createConstant(builder.getBool(true), name + "_interleave");
  Value *factor = builder.createConstant(builder.getInt32(2), name + "_factor");
  Value *joined = builder
                      .create("concat",
                              {{"values", llvm::ArrayRef<Value *>(pixels)},
                               {"axis", axis},
                               {"interleave", interleave}},
                              {TensorType::get(builder.getContext(),
                                               part.getElementType(), shape)},
                              name + "_pixels")
                      ->getResult();
  return builder
      .create("pixel_shuffle", {{"upscale_factor", factor}, {"x", joined}},
              {op.getResult()->getType()}, name)
      ->getResult();
}

//===----------------------------------------------------------------------===//
// Statistics
//===----------------------------------------------------------------------===//

/// A constant of `op` by channel of images, spelt with all spatial axes.
static std::optional<std::vector<double>> getByChannel(const Operation &op,
                                                       llvm::StringRef input) {
  TensorType type = op.getResult()->getTensorType();
  auto constant = op.getConstant(input).getType().getAs<TensorType>();
  if (!constant || constant.getRank() < 3 ||
      constant.getNumElements() != type.getDim(1))
    return std::nullopt;
  return getAlongAxis(op, input, type.getShape(), 1);
}

static Value *useBatchNorm(Operation &op, Builder &builder,
                           const PatternOptions &options) {
  std::optional<ValueAndConstant> sum =
      options.useBatchNorm ? splitConstant(op) : std::nullopt;
  Operation *product = sum ? getProducer(sum->value, "mul") : nullptr;
  std::optional<ValueAndConstant> parts = product && sum->value->hasOneUse()
                                              ? splitConstant(*product)
                                              : std::nullopt;
  if (!parts || !ifSameType(parts->value, op) ||
      !isFloatTensor(*parts->value) || !hasStaticShape(*parts->value) ||
      parts->value->getTensorType().getRank() != 4)
    return nullptr;
  auto gamma = getByChannel(*product, parts->constantInput);
  auto beta = getByChannel(op, sum->constantInput);
  if (!gamma || !beta)
    return nullptr;
  Context &context = builder.getContext();
  TensorType type = op.getResult()->getTensorType();
  llvm::StringRef name = op.getResult()->getName();
  auto add = [&](llvm::ArrayRef<double> elements, llvm::StringRef suffix) {
    return builder.createConstant(
        makeVector(context, type.getElementType(), elements), name + suffix);
  };
  Value *epsilon = builder.createConstant(
      builder.getReal(0, type.getElementType()), name + "_epsilon");
  return builder
      .create(
          "batch_norm",
          {{"beta", add(*beta, "_beta")},
           {"epsilon", epsilon},
           {"gamma", add(*gamma, "_gamma")},
           {"mean", add(std::vector<double>(beta->size(), 0), "_mean")},
           {"variance", add(std::vector<double>(beta->size(), 1), "_variance")},
           {"x", parts->value}},
          {type}, name)
      ->getResult();
}

static constexpr PatternRow kPatterns[] = {
    {"concat", useReflection},
    {"concat", useShuffle},
    {"add", useBatchNorm},
};

llvm::ArrayRef<PatternRow> getImagePatterns() { return kPatterns; }

} // namespace espresso
