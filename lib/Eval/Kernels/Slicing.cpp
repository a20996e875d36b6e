//===- Slicing.cpp - Slices and padding -----------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Support.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>

namespace espresso {

//===----------------------------------------------------------------------===//
// Slices
//===----------------------------------------------------------------------===//

namespace {

/// A slice of a tensor: along each axis `count` elements, `step` apart.
struct Slice {
  Shape begin;
  Shape step;
  Shape count;
  /// Axes that leave the result.
  llvm::SmallVector<bool, 6> isSqueezed;

  Shape getShape() const {
    Shape shape;
    for (size_t axis = 0; axis < count.size(); ++axis)
      if (!isSqueezed[axis])
        shape.push_back(count[axis]);
    return shape;
  }
};

} // namespace

/// The slice that `begin`, `end`, `stride` and the masks describe: positions
/// below zero count from behind, and positions beyond an end stop there, as in
/// Python.
static Slice getSlice(KernelContext &ctx, llvm::ArrayRef<int64_t> shape) {
  Shape begin = ctx.getIntegers("begin"), end = ctx.getIntegers("end");
  Shape stride = ctx.getIntegers("stride");
  Shape beginMask = ctx.getIntegers("begin_mask");
  Shape endMask = ctx.getIntegers("end_mask");
  Shape squeezeMask = ctx.getIntegers("squeeze_mask");
  auto isSet = [](const Shape &mask, size_t axis) {
    return axis < mask.size() && mask[axis] != 0;
  };
  Slice slice;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    int64_t dim = shape[axis], step = stride.empty() ? 1 : stride[axis];
    // Where an upward slice may start and stop, or a downward one.
    int64_t low = step > 0 ? 0 : -1, high = step > 0 ? dim : dim - 1;
    auto resolve = [&](int64_t position) {
      return std::clamp(position < 0 ? position + dim : position, low, high);
    };
    bool isSqueezed = isSet(squeezeMask, axis);
    int64_t from =
        isSet(beginMask, axis) ? (step > 0 ? low : high) : resolve(begin[axis]);
    int64_t to =
        isSet(endMask, axis) ? (step > 0 ? high : low) : resolve(end[axis]);
    int64_t count = step > 0 ? (to - from + step - 1) / step
                             : (from - to - step - 1) / -step;
    if (isSqueezed) {
      count = 1;
      if (from < 0 || from >= dim)
        ctx.fail("position " + llvm::Twine(begin[axis]) + " of axis " +
                 llvm::Twine(axis) + " is out of range");
    }
    slice.begin.push_back(from);
    slice.step.push_back(step);
    slice.count.push_back(std::max<int64_t>(0, count));
    slice.isSqueezed.push_back(isSqueezed);
  }
  return slice;
}

/// The element of the sliced tensor at `index` of the slice, squeezed axes
/// included.
static int64_t getElement(const Slice &slice, llvm::ArrayRef<int64_t> index,
                          llvm::ArrayRef<int64_t> strides) {
  int64_t offset = 0;
  for (size_t axis = 0; axis < index.size(); ++axis)
    offset +=
        (slice.begin[axis] + index[axis] * slice.step[axis]) * strides[axis];
  return offset;
}

static void sliceByIndex(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  Slice slice = getSlice(ctx, x.getShape());
  if (ctx.getError())
    return;
  Shape strides = getStrides(x.getShape());
  Tensor result =
      takeElements(x, slice.count, [&](llvm::ArrayRef<int64_t> index) {
        return getElement(slice, index, strides);
      });
  ctx.setResult(result.reshaped(slice.getShape()));
}

/// A size of -1 reaches to the end; a begin below zero counts from behind.
static void sliceBySize(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  Shape begin = ctx.getIntegers("begin"), size = ctx.getIntegers("size");
  Shape strides = getStrides(x.getShape());
  for (size_t axis = 0; axis < begin.size(); ++axis) {
    int64_t dim = x.getDim(axis);
    begin[axis] = normalizeAxis(begin[axis], dim);
    if (size[axis] == -1)
      size[axis] = dim - begin[axis];
    if (begin[axis] < 0 || size[axis] < 0 || begin[axis] + size[axis] > dim)
      return ctx.fail("slice of axis " + llvm::Twine(axis) +
                      " is out of range");
  }
  int64_t start = getOffset(begin, strides);
  ctx.setResult(takeElements(x, size, [&](llvm::ArrayRef<int64_t> index) {
    return start + getOffset(index, strides);
  }));
}

/// x, with `update` in place of the slice.
static void sliceUpdate(KernelContext &ctx) {
  const Tensor &x = ctx.get("x"), &update = ctx.get("update");
  Slice slice = getSlice(ctx, x.getShape());
  if (ctx.getError())
    return;
  if (llvm::ArrayRef<int64_t>(slice.getShape()) != update.getShape())
    return ctx.fail("'update' does not have the shape of the slice");
  Shape strides = getStrides(x.getShape());
  Tensor result = x;
  std::visit(
      [&](auto &to) {
        const auto &from =
            std::get<std::decay_t<decltype(to)>>(update.getStorage());
        forEachIndex(slice.count,
                     [&](llvm::ArrayRef<int64_t> index, int64_t position) {
                       to[getElement(slice, index, strides)] = from[position];
                     });
      },
      result.getStorage());
  ctx.setResult(std::move(result));
}

//===----------------------------------------------------------------------===//
// Padding
//===----------------------------------------------------------------------===//

/// Where the element at `position`, which may be outside of [0, dim), comes
/// from; -1 for the constant.
static int64_t getPadSource(llvm::StringRef mode, int64_t position,
                            int64_t dim) {
  if (position >= 0 && position < dim)
    return position;
  if (mode == "replicate")
    return std::clamp<int64_t>(position, 0, dim - 1);
  if (mode == "reflect")
    return position < 0 ? -position : 2 * (dim - 1) - position;
  return -1;
}

/// `pad` has a pair of extents for each of the last axes.
static void pad(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  Shape pairs = ctx.getIntegers("pad"), strides = getStrides(x.getShape());
  llvm::StringRef mode = ctx.getString("mode");
  Shape before(x.getRank(), 0), shape(x.getShape().begin(), x.getShape().end());
  size_t first = shape.size() - pairs.size() / 2;
  for (size_t i = 0; 2 * i < pairs.size(); ++i) {
    int64_t &dim = shape[first + i];
    int64_t most = std::max(pairs[2 * i], pairs[2 * i + 1]);
    if (std::min(pairs[2 * i], pairs[2 * i + 1]) < 0)
      return ctx.fail("negative extent in 'pad'");
    if ((mode == "reflect" && most >= dim && most > 0) ||
        (mode == "replicate" && dim == 0 && most > 0))
      return ctx.fail("axis " + llvm::Twine(first + i) +
                      " is too short to pad by " + llvm::Twine(most));
    before[first + i] = pairs[2 * i];
    dim += pairs[2 * i] + pairs[2 * i + 1];
  }
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(x);
    auto constant = static_cast<T>(ctx.getReal("constant_val"));
    Tensor result = ctx.makeResult(shape);
    std::vector<T> &out = result.get<T>();
    forEachIndex(shape, [&](llvm::ArrayRef<int64_t> index, int64_t position) {
      int64_t offset = 0;
      for (size_t axis = 0; axis < index.size() && offset >= 0; ++axis) {
        int64_t at =
            getPadSource(mode, index[axis] - before[axis], x.getDim(axis));
        offset = at < 0 ? -1 : offset + at * strides[axis];
      }
      out[position] = offset < 0 ? constant : xs[offset];
    });
    ctx.setResult(std::move(result));
  });
}

static constexpr KernelEntry kKernels[] = {
    {"Pad", pad},
    {"SliceByIndex", sliceByIndex},
    {"SliceBySize", sliceBySize},
    {"SliceUpdate", sliceUpdate},
};

llvm::ArrayRef<KernelEntry> getSlicingKernels() { return kKernels; }

} // namespace espresso
