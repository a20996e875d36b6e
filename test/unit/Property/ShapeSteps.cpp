//===- ShapeSteps.cpp - Random operations that move elements --------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProgramMaker.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso::test {

static int64_t getRank(Value *x) { return x->getTensorType().getRank(); }

/// An axis of `x`, counted from either end.
static int64_t pickAxis(ProgramMaker &maker, Value *x) {
  int64_t axis = maker.pick(getRank(x));
  return maker.flip(3) ? axis - getRank(x) : axis;
}

static bool isStatic(Value *x) { return x->getTensorType().hasStaticShape(); }

static void addReshape(ProgramMaker &maker, Value *x) {
  Dims target(getShape(x));
  if (!isStatic(x) || target.empty())
    return;
  if (maker.flip(3)) {
    maker.add("reshape", {{"x", x}, maker.ints("shape", {-1})});
    return;
  }
  maker.shuffle(target);
  maker.add("reshape", {{"x", x}, maker.ints("shape", target)});
}

static void addExpandOrSqueeze(ProgramMaker &maker, Value *x) {
  llvm::ArrayRef<int64_t> shape = getShape(x);
  if (maker.flip(2) && getRank(x) < 5) {
    int64_t axis = maker.pick(shape.size() + 1);
    maker.add("expand_dims", {{"x", x}, maker.ints("axes", {axis})});
    return;
  }
  for (size_t i = 0; i < shape.size(); ++i)
    if (shape[i] == 1 && shape.size() > 1) {
      maker.add("squeeze", {{"x", x}, maker.ints("axes", {int64_t(i)})});
      return;
    }
}

static void addTranspose(ProgramMaker &maker, Value *x) {
  Dims perm;
  for (int64_t i = 0; i < getRank(x); ++i)
    perm.push_back(i);
  maker.shuffle(perm);
  if (!perm.empty())
    maker.add("transpose", {{"x", x}, maker.ints("perm", perm)});
}

static void addSliceBySize(ProgramMaker &maker, Value *x) {
  Dims begin, size;
  if (!isStatic(x) || getRank(x) == 0)
    return;
  for (int64_t dim : getShape(x)) {
    begin.push_back(maker.pick(std::min<int64_t>(dim, 2)));
    size.push_back(maker.flip(2) ? -1 : 1 + maker.pick(dim - begin.back()));
  }
  maker.add("slice_by_size",
            {{"x", x}, maker.ints("begin", begin), maker.ints("size", size)});
}

static void addSliceByIndex(ProgramMaker &maker, Value *x) {
  Dims begin, end, stride;
  llvm::SmallVector<bool> squeeze, endMask;
  if (!isStatic(x) || getRank(x) == 0)
    return;
  for (int64_t dim : getShape(x)) {
    begin.push_back(maker.flip(2) ? 0 : -1);
    end.push_back(maker.flip(2) ? dim : 100);
    stride.push_back(1 + maker.pick(2));
    squeeze.push_back(squeeze.size() > 1 && maker.flip(8));
    endMask.push_back(maker.flip(3));
  }
  Context &context = maker.getContext();
  maker.add("slice_by_index",
            {{"x", x},
             maker.ints("begin", begin),
             maker.ints("end", end),
             maker.ints("stride", stride),
             {"squeeze_mask", Attribute::booleans(context, squeeze)},
             {"end_mask", Attribute::booleans(context, endMask)}});
}

static void addTileOrPad(ProgramMaker &maker, Value *x) {
  if (maker.flip(2)) {
    Dims reps(getRank(x), 1);
    if (!reps.empty() && maker.flip(2))
      reps[maker.pick(reps.size())] = 2;
    maker.add("tile", {{"x", x}, maker.ints("reps", reps)});
    return;
  }
  if (!isFloatValue(x) || getRank(x) == 0)
    return;
  Dims pad(2 * getRank(x), 0);
  pad[maker.pick(pad.size())] = maker.pick(2);
  maker.add("pad", {{"x", x},
                    maker.ints("pad", pad),
                    maker.text("mode", "constant"),
                    maker.real("constant_val", maker.pick(2), x)});
}

static void addJoin(ProgramMaker &maker, Value *x) {
  if (getRank(x) == 0)
    return;
  Value *y = maker.flip(3) ? nullptr : maker.pickLike(x);
  llvm::SmallVector<Value *, 2> list = {x};
  if (y)
    list.push_back(y);
  NamedArgument values{"values", llvm::ArrayRef<Value *>(list)};
  if (maker.flip(3))
    maker.add("stack", {values, maker.integer("axis", pickAxis(maker, x))});
  else
    maker.add("concat", {values, maker.integer("axis", pickAxis(maker, x)),
                         maker.boolean("interleave", false)});
}

static void addSplit(ProgramMaker &maker, Value *x) {
  if (getRank(x) == 0)
    return;
  maker.add("split", {{"x", x},
                      maker.integer("axis", pickAxis(maker, x)),
                      maker.integer("num_splits", 1 + maker.pick(3))});
}

static void addReverse(ProgramMaker &maker, Value *x) {
  if (getRank(x) > 0)
    maker.add("reverse", {{"x", x}, maker.ints("axes", {pickAxis(maker, x)})});
}

static void addGather(ProgramMaker &maker, Value *x) {
  if (getRank(x) == 0 || !isStatic(x))
    return;
  int64_t axis = maker.pick(getRank(x));
  Dims indices;
  for (uint64_t i = 0, count = 1 + maker.pick(3); i < count; ++i)
    indices.push_back(maker.pick(getShape(x)[axis]));
  maker.add(
      "gather",
      {{"x", x}, maker.ints("indices", indices), maker.integer("axis", axis)});
}

static void addShapeOf(ProgramMaker &maker, Value *x) {
  if (maker.flip(3))
    maker.add("shape", {{"x", x}});
}

llvm::ArrayRef<Step> getShapeSteps() {
  static constexpr Step kSteps[] = {
      addReshape,      addExpandOrSqueeze, addTranspose, addSliceBySize,
      addSliceByIndex, addTileOrPad,       addJoin,      addSplit,
      addReverse,      addGather,          addShapeOf};
  return kSteps;
}

} // namespace espresso::test
