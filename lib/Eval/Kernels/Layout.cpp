//===- Layout.cpp - Moving elements about ---------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Support.h"

namespace espresso {

//===----------------------------------------------------------------------===//
// Same elements, other shape
//===----------------------------------------------------------------------===//

/// 0 keeps the extent at that axis; one -1 takes what is left.
static void reshape(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  Shape shape = ctx.getIntegers("shape");
  int64_t known = 1;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] == 0 && axis < x.getShape().size() &&
        shape.size() == x.getShape().size())
      shape[axis] = x.getDim(axis);
    if (shape[axis] != -1)
      known *= shape[axis];
  }
  for (int64_t &dim : shape)
    if (dim == -1)
      dim = known == 0 ? 0 : x.getNumElements() / known;
  if (getNumElements(shape) != x.getNumElements())
    return ctx.fail("'shape' has " + llvm::Twine(getNumElements(shape)) +
                    " elements but 'x' has " + llvm::Twine(x.getNumElements()));
  ctx.setResult(x.reshaped(shape));
}

/// `axes` count in the result.
static void expandDims(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  Shape shape(x.getShape().begin(), x.getShape().end());
  auto rank = x.getRank() + ctx.get("axes").getNumElements();
  for (int64_t axis : ctx.getAxes("axes", rank))
    shape.insert(shape.begin() + axis, 1);
  ctx.setResult(x.reshaped(shape));
}

/// Axes of another extent than one stay, even if named.
static void squeeze(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  Shape axes = ctx.getAxes("axes", x.getRank()), shape;
  for (int64_t axis = 0; axis < x.getRank(); ++axis)
    if (x.getDim(axis) != 1 || !llvm::is_contained(axes, axis))
      shape.push_back(x.getDim(axis));
  ctx.setResult(x.reshaped(shape));
}

static void identity(KernelContext &ctx) { ctx.setResult(ctx.get("x")); }

//===----------------------------------------------------------------------===//
// Other order
//===----------------------------------------------------------------------===//

static void transpose(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  Shape ownStrides = getStrides(x.getShape()), strides, shape;
  for (int64_t axis : ctx.getIntegers("perm")) {
    axis = normalizeAxis(axis, x.getRank());
    strides.push_back(ownStrides[axis]);
    shape.push_back(x.getDim(axis));
  }
  ctx.setResult(takeElements(x, shape, [&](llvm::ArrayRef<int64_t> index) {
    return getOffset(index, strides);
  }));
}

static void reverse(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  Shape strides = getStrides(x.getShape());
  int64_t last = 0;
  for (int64_t axis : ctx.getAxes("axes", x.getRank())) {
    last += (x.getDim(axis) - 1) * strides[axis];
    strides[axis] = -strides[axis];
  }
  ctx.setResult(
      takeElements(x, x.getShape(), [&](llvm::ArrayRef<int64_t> index) {
        return last + getOffset(index, strides);
      }));
}

static void tile(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  Shape reps = ctx.getIntegers("reps"), strides = getStrides(x.getShape());
  Shape shape(x.getShape().begin(), x.getShape().end());
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (reps[axis] < 0)
      return ctx.fail("negative repetition in 'reps'");
    shape[axis] *= reps[axis];
  }
  if (refusesShape(ctx, shape))
    return;
  ctx.setResult(takeElements(x, shape, [&](llvm::ArrayRef<int64_t> index) {
    int64_t offset = 0;
    for (size_t axis = 0; axis < index.size(); ++axis)
      offset += index[axis] % x.getDim(axis) * strides[axis];
    return offset;
  }));
}

//===----------------------------------------------------------------------===//
// Joining and parting
//===----------------------------------------------------------------------===//

namespace {

/// A run of elements that go from one tensor to another.
struct Run {
  int64_t from;
  int64_t to;
  int64_t count;
};

} // namespace

/// Copies elements between tensors of one type.
static void copyRun(const Tensor &from, Tensor &to, Run run) {
  std::visit(
      [&](const auto &source) {
        auto &target =
            std::get<std::decay_t<decltype(source)>>(to.getStorage());
        std::copy_n(source.begin() + run.from, run.count,
                    target.begin() + run.to);
      },
      from.getStorage());
}

/// Joins along `axis`; interleaved, elements of the inputs take turns.
static Tensor concatenate(llvm::ArrayRef<TensorRef> values, int64_t axis,
                          bool isInterleaved) {
  const Tensor &first = *values.front();
  Shape shape(first.getShape().begin(), first.getShape().end());
  shape[axis] = 0;
  for (const TensorRef &value : values)
    shape[axis] += value->getDim(axis);
  Tensor result(first.getElementType(), shape);
  AxisView whole(shape, axis);
  int64_t start = 0;
  for (size_t v = 0; v < values.size(); ++v) {
    AxisView part(values[v]->getShape(), axis);
    for (int64_t o = 0; o < part.outer; ++o) {
      for (int64_t k = 0; k < part.extent; ++k) {
        int64_t place = isInterleaved
                            ? k * static_cast<int64_t>(values.size()) +
                                  static_cast<int64_t>(v)
                            : start + k;
        copyRun(*values[v], result,
                {part.at(o, k, 0), whole.at(o, place, 0), part.inner});
      }
    }
    start += part.extent;
  }
  return result;
}

static void concat(KernelContext &ctx) {
  llvm::ArrayRef<TensorRef> values = ctx.getList("values");
  int64_t axis = ctx.getAxis("axis", values.front()->getRank());
  ctx.setResult(concatenate(values, axis, ctx.getBool("interleave")));
}

/// Joins along a new axis.
static void stack(KernelContext &ctx) {
  llvm::ArrayRef<TensorRef> values = ctx.getList("values");
  int64_t axis = ctx.getAxis("axis", values.front()->getRank() + 1);
  std::vector<TensorRef> slices;
  for (const TensorRef &value : values) {
    Shape shape(value->getShape().begin(), value->getShape().end());
    shape.insert(shape.begin() + axis, 1);
    slices.push_back(std::make_shared<const Tensor>(value->reshaped(shape)));
  }
  ctx.setResult(concatenate(slices, axis, /*isInterleaved=*/false));
}

static void split(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  int64_t axis = ctx.getAxis("axis", x.getRank());
  AxisView whole(x.getShape(), axis);
  Shape sizes = ctx.getIntegers("split_sizes");
  if (sizes.empty()) {
    int64_t count = ctx.getInteger("num_splits");
    sizes.assign(count, x.getDim(axis) / count);
  }
  int64_t start = 0;
  for (size_t i = 0; i < sizes.size(); ++i) {
    Shape shape(x.getShape().begin(), x.getShape().end());
    shape[axis] = sizes[i];
    Tensor result = ctx.makeResult(shape, i);
    for (int64_t o = 0; o < whole.outer; ++o)
      copyRun(x, result,
              {whole.at(o, start, 0), o * sizes[i] * whole.inner,
               sizes[i] * whole.inner});
    ctx.setResult(std::move(result), i);
    start += sizes[i];
  }
}

static constexpr KernelEntry kKernels[] = {
    {"Concat", concat},     {"ExpandDims", expandDims},
    {"Identity", identity}, {"Reshape", reshape},
    {"Reverse", reverse},   {"Split", split},
    {"Squeeze", squeeze},   {"Stack", stack},
    {"Tile", tile},         {"Transpose", transpose},
};

llvm::ArrayRef<KernelEntry> getLayoutKernels() { return kKernels; }

} // namespace espresso
