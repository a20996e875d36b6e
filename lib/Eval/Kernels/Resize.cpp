//===- Resize.cpp - Images in other sizes ---------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Interpolate.h"

namespace espresso {

//===----------------------------------------------------------------------===//
// Along one axis after another
//===----------------------------------------------------------------------===//

/// `x` with the elements at `places` of `axis` in place of that axis.
static Tensor takeAlong(const Tensor &x, int64_t axis,
                        llvm::ArrayRef<int64_t> places) {
  Shape strides = getStrides(x.getShape());
  Shape shape(x.getShape().begin(), x.getShape().end());
  shape[axis] = static_cast<int64_t>(places.size());
  return takeElements(x, shape, [&](llvm::ArrayRef<int64_t> index) {
    return getOffset(index, strides) +
           (places[index[axis]] - index[axis]) * strides[axis];
  });
}

/// `x` with elements interpolated at `grid` in place of `axis`, unrounded.
template <typename T>
static Tensor interpolateAlong(const Tensor &x, int64_t axis,
                               llvm::ArrayRef<double> grid) {
  AxisView view(x.getShape(), axis);
  Shape shape(x.getShape().begin(), x.getShape().end());
  shape[axis] = static_cast<int64_t>(grid.size());
  Elements<T> xs(x);
  Tensor result(x.getElementType(), shape);
  AxisView to(shape, axis);
  for (size_t k = 0; k < grid.size(); ++k) {
    auto [first, second, weight] = getNeighbours(grid[k], view.extent);
    for (int64_t o = 0; o < view.outer; ++o)
      for (int64_t i = 0; i < view.inner; ++i)
        result.get<T>()[to.at(o, static_cast<int64_t>(k), i)] =
            interpolate(xs[view.at(o, first, i)], xs[view.at(o, second, i)],
                        static_cast<T>(weight));
  }
  return result;
}

/// Integers are interpolated as reals and truncated in the end.
static void resizeLinearly(KernelContext &ctx, llvm::StringRef mode,
                           llvm::ArrayRef<int64_t> shape) {
  const Tensor &x = ctx.get("x");
  DataType type = ctx.getResultType();
  auto resize = [&](Tensor tensor, auto zero) {
    for (int64_t axis = 0; axis < tensor.getRank(); ++axis)
      if (int64_t extent = tensor.getDim(axis); extent != shape[axis])
        tensor = interpolateAlong<decltype(zero)>(
            tensor, axis,
            getGrid(mode, 0, static_cast<double>(extent - 1), shape[axis]));
    ctx.setResult(tensor.convertedTo(type));
  };
  if (!x.isFloat() || type == DataType::Float64)
    return resize(x.convertedTo(DataType::Float64), double());
  // Between the axes nothing is rounded to the declared type.
  resize(Tensor::fromElements(DataType::Float32, x.getShape(), x.get<float>()),
         float());
}

/// The places nearest to those of a grid; halves go to the lower one.
static std::vector<int64_t> getNearest(llvm::ArrayRef<double> grid) {
  std::vector<int64_t> places;
  for (double place : grid)
    places.push_back(static_cast<int64_t>(std::ceil(place - 0.5)));
  return places;
}

static void resize(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  Shape wanted = ctx.getIntegers("shape");
  auto count = static_cast<size_t>(ctx.getInteger("resized_dims"));
  Shape shape(x.getShape().begin(), x.getShape().end());
  for (size_t i = 1; i <= count; ++i) {
    int64_t extent = wanted[wanted.size() - i];
    if (extent < 0)
      return ctx.fail("negative extent in 'shape'");
    if (extent != 0 && x.getNumElements() == 0)
      return ctx.fail("'x' is empty");
    if (extent != 0)
      shape[shape.size() - i] = extent;
  }
  if (refusesShape(ctx, shape))
    return;
  llvm::StringRef mode = ctx.getString("sampling_mode");
  if (ctx.getString("interpolation_mode") == "LINEAR")
    return resizeLinearly(ctx, mode, shape);
  Tensor result = x;
  for (int64_t axis = 0; axis < x.getRank(); ++axis)
    if (int64_t extent = x.getDim(axis); extent != shape[axis])
      result =
          takeAlong(result, axis,
                    getNearest(getGrid(mode, 0, static_cast<double>(extent - 1),
                                       shape[axis])));
  ctx.setResult(std::move(result));
}

//===----------------------------------------------------------------------===//
// Images
//===----------------------------------------------------------------------===//

/// The shape of `x` with other extents of its last two axes; empty, after
/// refusing, if there is nothing to take elements from.
static Shape getImageShape(KernelContext &ctx, int64_t height, int64_t width) {
  const Tensor &x = ctx.get("x");
  Shape shape(x.getShape().begin(), x.getShape().end());
  if (shape[shape.size() - 2] == 0 || shape.back() == 0) {
    ctx.fail("the image is empty");
    return {};
  }
  shape[shape.size() - 2] = height;
  shape.back() = width;
  return shape;
}

static Shape getTargetShape(KernelContext &ctx) {
  return getImageShape(ctx, ctx.getInteger("target_size_height"),
                       ctx.getInteger("target_size_width"));
}

static Shape getUpsampledShape(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  auto scale = [&](llvm::StringRef input, int64_t axis) {
    auto extent = static_cast<double>(x.getDim(x.getRank() - axis));
    return static_cast<int64_t>(std::floor(ctx.getReal(input) * extent));
  };
  return getImageShape(ctx, scale("scale_factor_height", 2),
                       scale("scale_factor_width", 1));
}

static void resizeBilinear(KernelContext &ctx) {
  if (Shape shape = getTargetShape(ctx); !shape.empty())
    resizeLinearly(ctx, ctx.getString("sampling_mode"), shape);
}

/// With a scale that is recomputed from the extents, which are whole.
static void upsampleBilinear(KernelContext &ctx) {
  bool alignsCorners = ctx.getBool("align_corners");
  bool hasHalfPixels = ctx.has("half_pixel_centers")
                           ? ctx.getBool("half_pixel_centers")
                           : !alignsCorners;
  if (alignsCorners && hasHalfPixels)
    return ctx.fail("'align_corners' and 'half_pixel_centers' exclude each "
                    "other");
  llvm::StringRef mode = "DEFAULT";
  if (alignsCorners)
    mode = "STRICT_ALIGN_CORNERS";
  else if (hasHalfPixels)
    mode = "UNALIGN_CORNERS";
  if (Shape shape = getUpsampledShape(ctx); !shape.empty())
    resizeLinearly(ctx, mode, shape);
}

/// Element i of the result is element floor(i extent / new extent).
static void takeImage(KernelContext &ctx, llvm::ArrayRef<int64_t> shape) {
  Tensor result = ctx.get("x");
  for (int64_t axis = result.getRank() - 2; axis < result.getRank(); ++axis) {
    std::vector<int64_t> places;
    for (int64_t i = 0; i < shape[axis]; ++i)
      places.push_back(i * result.getDim(axis) / shape[axis]);
    result = takeAlong(result, axis, places);
  }
  ctx.setResult(std::move(result));
}

static void resizeNearest(KernelContext &ctx) {
  if (Shape shape = getTargetShape(ctx); !shape.empty())
    takeImage(ctx, shape);
}

static void upsampleNearest(KernelContext &ctx) {
  if (Shape shape = getUpsampledShape(ctx); !shape.empty())
    takeImage(ctx, shape);
}

static void crop(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  Shape height = ctx.getIntegers("crop_height");
  Shape width = ctx.getIntegers("crop_width");
  Shape strides = getStrides(x.getShape());
  Shape shape(x.getShape().begin(), x.getShape().end());
  size_t rows = shape.size() - 2, columns = shape.size() - 1;
  shape[rows] -= height[0] + height[1];
  shape[columns] -= width[0] + width[1];
  if (shape[rows] < 0 || shape[columns] < 0)
    return ctx.fail("more is cropped than there is");
  int64_t start = height[0] * strides[rows] + width[0];
  ctx.setResult(takeElements(x, shape, [&](llvm::ArrayRef<int64_t> index) {
    return start + getOffset(index, strides);
  }));
}

static constexpr KernelEntry kKernels[] = {
    {"Crop", crop},
    {"Resize", resize},
    {"ResizeBilinear", resizeBilinear},
    {"ResizeNearestNeighbor", resizeNearest},
    {"UpsampleBilinear", upsampleBilinear},
    {"UpsampleNearestNeighbor", upsampleNearest},
};

llvm::ArrayRef<KernelEntry> getResizeKernels() { return kKernels; }

} // namespace espresso
