//===- ShapeOperations.cpp - Operations that move elements ----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StepContext.h"
#include "Walk.h"

#include <algorithm>
#include <cstring>

namespace espresso::runtime {

/// No axis is longer than this; sums of extents stay within int64.
static constexpr int64_t kMaxExtent = int64_t{1} << 40;

/// Copies `x` element by element into a result of the same count.
static absl::StatusOr<Kernel> bindCopy(StepContext &context, const Tensor &x,
                                       const Shape &shape) {
  ESPRESSO_ASSIGN_OR_RETURN(Tensor out, context.result(x.getMemory(), shape));
  return Kernel([=](const Frame &frame) {
    std::memcpy(out.getMutable<void>(frame), x.get<void>(frame),
                x.type->getByteSize());
    return absl::OkStatus();
  });
}

/// Copies the elements of `x` along a walk into result `index`.
static absl::StatusOr<Kernel> bindWalk(StepContext &context, const Tensor &x,
                                       int index, const Shape &shape,
                                       Stride stride) {
  ESPRESSO_ASSIGN_OR_RETURN(Tensor out,
                            context.result(index, x.getMemory(), shape));
  Walk walk(shape, {std::move(stride)});
  return Kernel([=](const Frame &frame) {
    copyWalk(walk, x.get<void>(frame), x.type->getElementSize(),
             out.getMutable<void>(frame));
    return absl::OkStatus();
  });
}

static absl::StatusOr<Kernel> makeIdentity(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Tensor x, context.tensor("x"));
  return bindCopy(context, x, x.getShape());
}

static absl::StatusOr<Kernel> makeReshape(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Tensor x, context.tensor("x"));
  ESPRESSO_ASSIGN_OR_RETURN(const TensorType *type, context.getResultType());
  // The declared shape decides; the argument, with its 0 and -1, must agree.
  ESPRESSO_ASSIGN_OR_RETURN(Shape asked,
                            context.integers("shape", type->shape));
  bool agrees = asked.size() == type->shape.size();
  for (size_t i = 0; agrees && i < asked.size(); ++i)
    agrees = asked[i] == type->shape[i] || asked[i] == -1 ||
             (asked[i] == 0 && i < x.getShape().size() &&
              x.getShape()[i] == type->shape[i]);
  if (!agrees || type->count != x.getCount())
    return context.error("cannot reshape ", toString(x.getShape()), " to ",
                         toString(asked), " as ", toString(*type));
  return bindCopy(context, x, type->shape);
}

static absl::StatusOr<Kernel> makeExpandDims(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Tensor x, context.tensor("x"));
  ESPRESSO_ASSIGN_OR_RETURN(std::vector<int64_t> axes,
                            context.integers("axes"));
  const int64_t rank = x.getRank() + static_cast<int64_t>(axes.size());
  ESPRESSO_ASSIGN_OR_RETURN(axes, context.normaliseAxes(axes, rank));
  Shape shape = x.getShape();
  for (int64_t axis : axes)
    shape.insert(shape.begin() + axis, 1);
  return bindCopy(context, x, shape);
}

static absl::StatusOr<Kernel> makeSqueeze(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Tensor x, context.tensor("x"));
  std::vector<int64_t> ones;
  for (int64_t i = 0; i < x.getRank(); ++i)
    if (x.getShape()[i] == 1)
      ones.push_back(i);
  ESPRESSO_ASSIGN_OR_RETURN(std::vector<int64_t> axes,
                            context.integers("axes", ones));
  ESPRESSO_ASSIGN_OR_RETURN(axes, context.normaliseAxes(axes, x.getRank()));
  Shape shape;
  for (int64_t i = 0; i < x.getRank(); ++i) {
    const bool dropped = std::binary_search(axes.begin(), axes.end(), i);
    if (dropped && x.getShape()[i] != 1)
      return context.error("axis ", i, " of ", toString(x.getShape()),
                           " is not 1");
    if (!dropped)
      shape.push_back(x.getShape()[i]);
  }
  return bindCopy(context, x, shape);
}

static absl::StatusOr<Kernel> makeTranspose(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Tensor x, context.tensor("x"));
  ESPRESSO_ASSIGN_OR_RETURN(std::vector<int64_t> perm,
                            context.integers("perm"));
  ESPRESSO_ASSIGN_OR_RETURN(std::vector<int64_t> sorted,
                            context.normaliseAxes(perm, x.getRank()));
  if (static_cast<int64_t>(perm.size()) != x.getRank())
    return context.error("the permutation ", toString(perm),
                         " is not one of rank ", x.getRank());
  const std::vector<int64_t> steps = getSteps(x.getShape());
  Shape shape;
  Stride stride;
  for (int64_t axis : perm) {
    const int64_t from = axis < 0 ? axis + x.getRank() : axis;
    shape.push_back(x.getShape()[from]);
    stride.steps.push_back(steps[from]);
  }
  ESPRESSO_RETURN_IF_ERROR(context.getResultType().status());
  return bindWalk(context, x, 0, shape, std::move(stride));
}

static absl::StatusOr<Kernel> makeConcat(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(std::vector<Tensor> values, context.list("values"));
  const Shape first = values[0].getShape();
  ESPRESSO_ASSIGN_OR_RETURN(int64_t axis, context.integer("axis"));
  ESPRESSO_ASSIGN_OR_RETURN(axis,
                            context.normaliseAxis(axis, values[0].getRank()));
  ESPRESSO_ASSIGN_OR_RETURN(bool interleaves,
                            context.boolean("interleave", false));
  if (interleaves)
    return context.error("interleaving is not supported");
  Shape shape = first;
  shape[axis] = 0;
  for (const Tensor &value : values) {
    Shape other = value.getShape();
    if (other.size() != first.size() ||
        value.getMemory() != values[0].getMemory())
      return context.error("the values differ in rank or kind");
    shape[axis] += other[axis];
    if (shape[axis] > kMaxExtent)
      return context.error("the values are too many");
    other[axis] = first[axis];
    if (other != first)
      return context.error("the values differ off axis ", axis);
  }
  ESPRESSO_ASSIGN_OR_RETURN(Tensor out,
                            context.result(values[0].getMemory(), shape));
  int64_t outer = 1;
  for (int64_t i = 0; i < axis; ++i)
    outer *= shape[i];
  return Kernel([=](const Frame &frame) {
    uint8_t *to = out.getMutable<uint8_t>(frame);
    for (int64_t o = 0; o < outer; ++o)
      for (const Tensor &value : values) {
        const int64_t bytes = value.type->getByteSize() / outer;
        std::memcpy(to, value.get<uint8_t>(frame) + o * bytes, bytes);
        to += bytes;
      }
    return absl::OkStatus();
  });
}

static absl::StatusOr<Kernel> makeSplit(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Tensor x, context.tensor("x"));
  ESPRESSO_ASSIGN_OR_RETURN(int64_t axis, context.integer("axis"));
  ESPRESSO_ASSIGN_OR_RETURN(axis, context.normaliseAxis(axis, x.getRank()));
  const int64_t extent = x.getShape()[axis];
  const int count = context.getNumResults();
  std::vector<int64_t> even(count, count ? extent / count : 0);
  ESPRESSO_ASSIGN_OR_RETURN(std::vector<int64_t> sizes,
                            context.integers("split_sizes", even));
  ESPRESSO_ASSIGN_OR_RETURN(int64_t asked,
                            context.integer("num_splits", count));
  int64_t left = extent;
  bool fits = asked == count && static_cast<int>(sizes.size()) == count;
  for (int64_t size : sizes) {
    fits = fits && size > 0 && size <= left;
    left -= fits ? size : 0;
  }
  if (!fits || left != 0)
    return context.error("cannot split ", extent, " into ", toString(sizes),
                         " for ", count, " results");
  std::vector<Kernel> parts;
  Stride stride{.steps = getSteps(x.getShape())};
  for (int i = 0; i < count; ++i) {
    Shape shape = x.getShape();
    shape[axis] = sizes[i];
    ESPRESSO_ASSIGN_OR_RETURN(Kernel part,
                              bindWalk(context, x, i, shape, stride));
    parts.push_back(std::move(part));
    stride.offset += sizes[i] * stride.steps[axis];
  }
  return Kernel([=](const Frame &frame) {
    for (const Kernel &part : parts)
      ESPRESSO_RETURN_IF_ERROR(part(frame));
    return absl::OkStatus();
  });
}

static absl::StatusOr<Kernel> makeSliceBySize(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Tensor x, context.tensor("x"));
  ESPRESSO_ASSIGN_OR_RETURN(std::vector<int64_t> begin,
                            context.integers("begin"));
  ESPRESSO_ASSIGN_OR_RETURN(std::vector<int64_t> size,
                            context.integers("size"));
  const size_t rank = x.getShape().size();
  if (begin.size() != rank || size.size() != rank)
    return context.error("begin and size must have ", rank, " elements");
  Stride stride{.steps = getSteps(x.getShape())};
  Shape shape;
  for (size_t i = 0; i < rank; ++i) {
    const int64_t extent = x.getShape()[i];
    if (begin[i] < 0 && begin[i] >= -extent)
      begin[i] += extent;
    if (begin[i] < 0 || begin[i] > extent)
      return context.error("begin ", begin[i], " of axis ", i, " of ", extent);
    const int64_t taken = size[i] == -1 ? extent - begin[i] : size[i];
    if (taken <= 0 || taken > extent - begin[i])
      return context.error("size ", size[i], " of axis ", i, " at ", begin[i],
                           " of ", extent);
    shape.push_back(taken);
    stride.offset += begin[i] * stride.steps[i];
  }
  ESPRESSO_RETURN_IF_ERROR(context.getResultType().status());
  return bindWalk(context, x, 0, shape, std::move(stride));
}

/// One axis of slice_by_index, as Python slices: the first element and how
/// many, `stride` apart.
struct AxisSlice {
  int64_t first = 0;
  int64_t count = 0;
};

static AxisSlice sliceAxis(int64_t extent, std::optional<int64_t> begin,
                           std::optional<int64_t> end, int64_t stride) {
  auto place = [&](int64_t index) {
    const int64_t low = stride < 0 ? -1 : 0;
    const int64_t high = stride < 0 ? extent - 1 : extent;
    if (index < 0)
      index = index < -extent ? -1 : index + extent;
    return std::clamp(index, low, high);
  };
  int64_t from = stride < 0 ? extent - 1 : 0;
  int64_t to = stride < 0 ? -1 : extent;
  if (begin)
    from = place(*begin);
  if (end)
    to = place(*end);
  if (stride > 0)
    return {from, to > from ? (to - from - 1) / stride + 1 : 0};
  return {from, from > to ? (from - to - 1) / -stride + 1 : 0};
}

static absl::StatusOr<Kernel> makeSliceByIndex(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Tensor x, context.tensor("x"));
  const size_t rank = x.getShape().size();
  const std::vector<int64_t> zeros(rank, 0), ones(rank, 1);
  ESPRESSO_ASSIGN_OR_RETURN(auto begin, context.integers("begin"));
  ESPRESSO_ASSIGN_OR_RETURN(auto end, context.integers("end"));
  ESPRESSO_ASSIGN_OR_RETURN(auto stride, context.integers("stride", ones));
  ESPRESSO_ASSIGN_OR_RETURN(auto beginMask,
                            context.integers("begin_mask", zeros));
  ESPRESSO_ASSIGN_OR_RETURN(auto endMask, context.integers("end_mask", zeros));
  ESPRESSO_ASSIGN_OR_RETURN(auto squeezeMask,
                            context.integers("squeeze_mask", zeros));
  for (const auto *argument :
       {&begin, &end, &stride, &beginMask, &endMask, &squeezeMask})
    if (argument->size() != rank)
      return context.error("every argument must have ", rank, " elements");
  const std::vector<int64_t> steps = getSteps(x.getShape());
  Stride read;
  Shape walked, shape;
  for (size_t i = 0; i < rank; ++i) {
    const int64_t extent = x.getShape()[i];
    if (stride[i] == 0 || stride[i] > extent || stride[i] < -extent)
      stride[i] = stride[i] == 0 ? 0 : stride[i] < 0 ? -extent : extent;
    if (stride[i] == 0)
      return context.error("the stride of axis ", i, " is 0");
    AxisSlice slice = sliceAxis(
        extent, beginMask[i] ? std::nullopt : std::optional<int64_t>(begin[i]),
        endMask[i] ? std::nullopt : std::optional<int64_t>(end[i]), stride[i]);
    if (squeezeMask[i]) {
      const int64_t at = begin[i] < 0 ? begin[i] + extent : begin[i];
      slice = {at, at >= 0 && at < extent ? 1 : 0};
    } else {
      shape.push_back(slice.count);
    }
    if (slice.count == 0)
      return context.error("axis ", i, " of the slice is empty");
    walked.push_back(slice.count);
    read.offset += slice.first * steps[i];
    read.steps.push_back(stride[i] * steps[i]);
  }
  ESPRESSO_ASSIGN_OR_RETURN(Tensor out, context.result(x.getMemory(), shape));
  Walk walk(walked, {std::move(read)});
  return Kernel([=](const Frame &frame) {
    copyWalk(walk, x.get<void>(frame), x.type->getElementSize(),
             out.getMutable<void>(frame));
    return absl::OkStatus();
  });
}

static absl::StatusOr<Kernel> makeGather(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Tensor x, context.tensor("x"));
  ESPRESSO_ASSIGN_OR_RETURN(Tensor indices,
                            context.tensor("indices", Memory::Int));
  ESPRESSO_ASSIGN_OR_RETURN(int64_t axis, context.integer("axis", 0));
  ESPRESSO_ASSIGN_OR_RETURN(axis, context.normaliseAxis(axis, x.getRank()));
  ESPRESSO_ASSIGN_OR_RETURN(int64_t batch, context.integer("batch_dims", 0));
  if (batch != 0)
    return context.error("batch dimensions are not supported");
  context.use("validate_indices"); // they always are
  Shape shape(x.getShape().begin(), x.getShape().begin() + axis);
  shape.insert(shape.end(), indices.getShape().begin(),
               indices.getShape().end());
  shape.insert(shape.end(), x.getShape().begin() + axis + 1,
               x.getShape().end());
  ESPRESSO_ASSIGN_OR_RETURN(Tensor out, context.result(x.getMemory(), shape));
  int64_t outer = 1;
  for (int64_t i = 0; i < axis; ++i)
    outer *= x.getShape()[i];
  const int64_t extent = x.getShape()[axis];
  const int64_t bytes = x.type->getByteSize() / outer / extent;
  return Kernel([=](const Frame &frame) -> absl::Status {
    const int32_t *index = indices.get<int32_t>(frame);
    const uint8_t *from = x.get<uint8_t>(frame);
    uint8_t *to = out.getMutable<uint8_t>(frame);
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t i = 0; i < indices.getCount(); ++i) {
        const int64_t at = index[i] < 0 ? index[i] + extent : index[i];
        if (at < 0 || at >= extent)
          return absl::OutOfRangeError(
              absl::StrCat("index ", index[i], " of axis of ", extent));
        std::memcpy(to, from + (o * extent + at) * bytes, bytes);
        to += bytes;
      }
    return absl::OkStatus();
  });
}

std::span<const OperationRow> getShapeOperations() {
  static constexpr OperationRow kRows[] = {
      {"concat", makeConcat},
      {"expand_dims", makeExpandDims},
      {"gather", makeGather},
      {"identity", makeIdentity},
      {"reshape", makeReshape},
      {"slice_by_index", makeSliceByIndex},
      {"slice_by_size", makeSliceBySize},
      {"split", makeSplit},
      {"squeeze", makeSqueeze},
      {"transpose", makeTranspose},
  };
  return kRows;
}

} // namespace espresso::runtime
