//===- Sampling.cpp - Images at given places ------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Interpolate.h"

#include <algorithm>

namespace espresso {

//===----------------------------------------------------------------------===//
// One plane
//===----------------------------------------------------------------------===//

namespace {

/// What lies beyond the borders of an image.
enum class Padding { Constant, Border, Reflection, Symmetric };

/// Height and width of one image of one channel, and its elements.
template <typename T>
struct Plane {
  T at(int64_t row, int64_t column) const { return data[row * width + column]; }

  const T *data;
  int64_t height;
  int64_t width;
};

/// How planes are sampled.
template <typename T>
struct Sampler {
  T bilinear(const Plane<T> &plane, double row, double column) const;
  T nearest(const Plane<T> &plane, double row, double column) const;
  T at(const Plane<T> &plane, int64_t row, int64_t column) const;

  Padding padding = Padding::Constant;
  T constant = 0;
};

} // namespace

/// Places beyond this, also those that are no number, are taken for it: far out
/// of every image, and an integer.
static constexpr double kFarPlace = 0x1p52;

static double holdInRange(double place) {
  return std::isnan(place) ? -kFarPlace
                           : std::clamp(place, -kFarPlace, kFarPlace);
}

/// The element of an axis of `extent` that stands at `place`, or -1.
static int64_t getSource(Padding padding, int64_t place, int64_t extent) {
  if (place >= 0 && place < extent)
    return place;
  switch (padding) {
  case Padding::Constant:
    return -1;
  case Padding::Border:
    return std::clamp<int64_t>(place, 0, extent - 1);
  case Padding::Reflection: {
    // The outermost elements are not repeated.
    int64_t period = std::max<int64_t>(1, 2 * (extent - 1));
    int64_t rest = (place % period + period) % period;
    return rest < extent ? rest : period - rest;
  }
  case Padding::Symmetric: {
    int64_t period = 2 * extent;
    int64_t rest = (place % period + period) % period;
    return rest < extent ? rest : period - 1 - rest;
  }
  }
  return -1;
}

template <typename T>
T Sampler<T>::at(const Plane<T> &plane, int64_t row, int64_t column) const {
  int64_t fromRow = getSource(padding, row, plane.height);
  int64_t fromColumn = getSource(padding, column, plane.width);
  return fromRow < 0 || fromColumn < 0 ? constant
                                       : plane.at(fromRow, fromColumn);
}

template <typename T>
T Sampler<T>::bilinear(const Plane<T> &plane, double row, double column) const {
  row = holdInRange(row);
  column = holdInRange(column);
  auto top = static_cast<int64_t>(std::floor(row));
  auto left = static_cast<int64_t>(std::floor(column));
  auto down = static_cast<T>(row - std::floor(row));
  auto across = static_cast<T>(column - std::floor(column));
  auto line = [&](int64_t from) {
    return interpolate(at(plane, from, left), at(plane, from, left + 1),
                       across);
  };
  return interpolate(line(top), line(top + 1), down);
}

/// Halves go up.
template <typename T>
T Sampler<T>::nearest(const Plane<T> &plane, double row, double column) const {
  auto round = [](double place) {
    return static_cast<int64_t>(std::floor(holdInRange(place) + 0.5));
  };
  return at(plane, round(row), round(column));
}

/// Calls `sample(plane, image, row, column)` for each element of `result`, an
/// [N, C, H, W] tensor, with the plane of `x` of the same image and channel.
template <typename T, typename Fn>
static void samplePlanes(const Elements<T> &xs, const Tensor &x, Tensor &result,
                         Fn sample) {
  T *out = result.get<T>().data();
  int64_t size = x.getDim(2) * x.getDim(3);
  forEachIndex(result.getShape(), [&](llvm::ArrayRef<int64_t> at, int64_t i) {
    Plane<T> plane = {xs.data() + (at[0] * x.getDim(1) + at[1]) * size,
                      x.getDim(2), x.getDim(3)};
    out[i] = sample(plane, at[0], at[2], at[3]);
  });
}

static bool refusesEmptyImage(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  if (x.getDim(2) > 0 && x.getDim(3) > 0)
    return false;
  ctx.fail("the image is empty");
  return true;
}

//===----------------------------------------------------------------------===//
// resample and affine
//===----------------------------------------------------------------------===//

/// The place on an axis of `extent` that a coordinate of `mode` names.
/// Normalised coordinates end at the centres of the outermost elements, or at
/// their edges.
static double getCoordinate(llvm::StringRef mode, bool alignsCorners,
                            double coordinate, int64_t extent) {
  if (mode == "unnormalized")
    return coordinate;
  double share =
      mode == "normalized_zero_to_one" ? coordinate : (coordinate + 1) / 2;
  auto count = static_cast<double>(extent);
  return alignsCorners ? share * (count - 1) : share * count - 0.5;
}

static Padding parsePadding(llvm::StringRef mode) {
  if (mode == "border")
    return Padding::Border;
  if (mode == "reflection")
    return Padding::Reflection;
  return mode == "symmetric" ? Padding::Symmetric : Padding::Constant;
}

static void resample(KernelContext &ctx) {
  if (refusesEmptyImage(ctx))
    return;
  const Tensor &x = ctx.get("x"), &coordinates = ctx.get("coordinates");
  llvm::StringRef mode = ctx.getString("coordinates_mode");
  bool alignsCorners = ctx.getBool("align_corners");
  bool isBilinear = ctx.getString("sampling_mode") == "bilinear";
  Shape shape = {x.getDim(0), x.getDim(1), coordinates.getDim(1),
                 coordinates.getDim(2)};
  Shape strides = getStrides(coordinates.getShape());
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(x);
    Sampler<T> sampler = {parsePadding(ctx.getString("padding_mode")),
                          static_cast<T>(ctx.getReal("padding_value"))};
    Tensor result = ctx.makeResult(shape);
    samplePlanes(
        xs, x, result,
        [&](const Plane<T> &plane, int64_t image, int64_t row, int64_t column) {
          int64_t at = getOffset({image, row, column}, strides);
          double w = getCoordinate(mode, alignsCorners, coordinates.getReal(at),
                                   plane.width);
          double h = getCoordinate(mode, alignsCorners,
                                   coordinates.getReal(at + 1), plane.height);
          return isBilinear ? sampler.bilinear(plane, h, w)
                            : sampler.nearest(plane, h, w);
        });
    ctx.setResult(std::move(result));
  });
}

/// The normalised coordinate of element `index` of `count`; of a single one, 0.
static double normalize(int64_t index, int64_t count, bool alignsCorners) {
  auto place = static_cast<double>(index), number = static_cast<double>(count);
  if (!alignsCorners)
    return (2 * place + 1) / number - 1;
  return count == 1 ? 0 : 2 * place / (number - 1) - 1;
}

static void affine(KernelContext &ctx) {
  if (refusesEmptyImage(ctx))
    return;
  const Tensor &x = ctx.get("x"), &matrix = ctx.get("transform_matrix");
  bool alignsCorners = ctx.getBool("align_corners");
  llvm::StringRef mode = ctx.getString("coordinates_mode");
  Shape shape = {x.getDim(0), x.getDim(1), ctx.getInteger("output_height"),
                 ctx.getInteger("output_width")};
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(x);
    Tensor result = ctx.makeResult(shape);
    samplePlanes(
        xs, x, result,
        [&](const Plane<T> &plane, int64_t image, int64_t row, int64_t column) {
          double w = normalize(column, shape[3], alignsCorners);
          double h = normalize(row, shape[2], alignsCorners);
          auto map = [&](int64_t first) {
            int64_t at = (matrix.getDim(0) == 1 ? 0 : image * 6) + first;
            return matrix.getReal(at) * w + matrix.getReal(at + 1) * h +
                   matrix.getReal(at + 2);
          };
          return Sampler<T>().bilinear(
              plane, getCoordinate(mode, alignsCorners, map(3), plane.height),
              getCoordinate(mode, alignsCorners, map(0), plane.width));
        });
    ctx.setResult(std::move(result));
  });
}

//===----------------------------------------------------------------------===//
// crop_resize
//===----------------------------------------------------------------------===//

namespace {

/// Where the samples of one box lie.
struct BoxGrid {
  std::vector<double> rows;
  std::vector<double> columns;
};

} // namespace

/// The grid of the box whose four numbers begin at element `first` of `boxes`.
static BoxGrid getBoxGrid(KernelContext &ctx, const Tensor &boxes,
                          int64_t first) {
  const Tensor &x = ctx.get("x");
  llvm::StringRef boxMode = ctx.getString("box_coordinate_mode");
  bool isHeightFirst = boxMode.ends_with("HEIGHT_FIRST");
  bool isNormalized = ctx.getBool("normalized_coordinates");
  auto getAxisGrid = [&](int64_t axis, int64_t extent, int64_t count) {
    // Number `axis` of each pair, as they are ordered.
    int64_t at = first + (isHeightFirst ? axis : 1 - axis);
    double start = boxes.getReal(at), end = boxes.getReal(at + 2);
    if (boxMode.starts_with("CENTER_SIZE")) {
      double center = start, size = end;
      start = center - size / 2;
      end = center + size / 2;
    }
    double scale = ctx.getReal("spatial_scale");
    if (isNormalized)
      scale *= static_cast<double>(extent - 1);
    return getGrid(ctx.getString("sampling_mode"), holdInRange(start * scale),
                   holdInRange(end * scale), count);
  };
  return {getAxisGrid(0, x.getDim(2), ctx.getInteger("target_height")),
          getAxisGrid(1, x.getDim(3), ctx.getInteger("target_width"))};
}

/// A sample of `plane`, or `pad` if its place is not in the image.
template <typename T>
static T sampleBox(const Plane<T> &plane, double row, double column, T pad) {
  // Places that rounding has put beyond the border are on it.
  constexpr double kSlack = 1e-5;
  auto hold = [](double &place, int64_t extent) {
    auto last = static_cast<double>(extent - 1);
    bool isInside = place >= -kSlack && place <= last + kSlack;
    place = std::clamp(place, 0.0, last);
    return isInside;
  };
  bool isInside = hold(row, plane.height);
  isInside &= hold(column, plane.width);
  return isInside ? Sampler<T>{Padding::Border, 0}.bilinear(plane, row, column)
                  : pad;
}

/// Cuts box `b` of `boxes`, whose numbers begin at `first(b)`, out of image
/// `image(b, i)` for each of the `images` of a box.
template <typename First, typename Image>
static void cropBoxes(KernelContext &ctx, const Tensor &boxes,
                      llvm::ArrayRef<int64_t> shape, int64_t images,
                      First first, Image image) {
  const Tensor &x = ctx.get("x");
  int64_t channels = x.getDim(1), size = x.getDim(2) * x.getDim(3);
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(x);
    T pad = static_cast<T>(ctx.has("pad_value") ? ctx.getReal("pad_value") : 0);
    Tensor result = ctx.makeResult(shape);
    T *out = result.get<T>().data();
    for (int64_t b = 0; b < shape[0]; ++b) {
      BoxGrid grid = getBoxGrid(ctx, boxes, first(b));
      for (int64_t i = 0; i < images; ++i) {
        int64_t from = image(b, i);
        if (from < 0 || from >= x.getDim(0))
          return ctx.fail("box " + llvm::Twine(b) + " is of image " +
                          llvm::Twine(from) + " of " +
                          llvm::Twine(x.getDim(0)));
        for (int64_t c = 0; c < channels; ++c) {
          Plane<T> plane = {xs.data() + (from * channels + c) * size,
                            x.getDim(2), x.getDim(3)};
          for (double row : grid.rows)
            for (double column : grid.columns)
              *out++ = sampleBox(plane, row, column, pad);
        }
      }
    }
    ctx.setResult(std::move(result));
  });
}

/// Boxes of every image, or, with an index in front, of one.
static void cropResizeOfRoi(KernelContext &ctx, int64_t height, int64_t width) {
  const Tensor &x = ctx.get("x"), &roi = ctx.get("roi");
  bool hasIndex = roi.getDim(2) == 5;
  int64_t numbers = roi.getDim(2), images = hasIndex ? 1 : x.getDim(0);
  Tensor indices = roi.convertedTo(DataType::Int64);
  cropBoxes(
      ctx, roi, {roi.getDim(0), images, x.getDim(1), height, width}, images,
      [&](int64_t box) { return box * numbers + (hasIndex ? 1 : 0); },
      [&](int64_t box, int64_t i) {
        return hasIndex ? indices.getInteger(box * numbers) : i;
      });
}

static void cropResize(KernelContext &ctx) {
  if (refusesEmptyImage(ctx))
    return;
  int64_t height = ctx.getInteger("target_height");
  int64_t width = ctx.getInteger("target_width");
  if (ctx.has("roi"))
    return cropResizeOfRoi(ctx, height, width);
  const Tensor &x = ctx.get("x"), &boxes = ctx.get("boxes");
  const Tensor *indices = ctx.find("box_indices");
  cropBoxes(
      ctx, boxes, {boxes.getDim(0), x.getDim(1), height, width}, 1,
      [](int64_t box) { return box * 4; },
      [&](int64_t box, int64_t) {
        return indices ? indices->getInteger(box) : box;
      });
}

static constexpr KernelEntry kKernels[] = {
    {"Affine", affine},
    {"CropResize", cropResize},
    {"Resample", resample},
};

llvm::ArrayRef<KernelEntry> getSamplingKernels() { return kKernels; }

} // namespace espresso
