//===- Constexpr.cpp - Compressed weights ---------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Support.h"

#include <bit>

namespace espresso {

//===----------------------------------------------------------------------===//
// ios16: flat, bit-packed parameters
//===----------------------------------------------------------------------===//

/// The `index`-th number of `width` bits in a stream of bytes, from the least
/// significant bit of the first.
static int64_t readPacked(const std::vector<int64_t> &bytes, int64_t index,
                          unsigned width) {
  int64_t value = 0;
  for (unsigned i = 0; i < width; ++i) {
    int64_t bit = index * width + i;
    value |= (bytes[bit / 8] >> (bit % 8) & 1) << i;
  }
  return value;
}

/// scale (quantized_data - zero_point), both scalars or vectors along `axis`.
static void affineDequantize(KernelContext &ctx) {
  const Tensor &data = ctx.get("quantized_data");
  const Tensor &scale = ctx.get("scale"), &zeroPoint = ctx.get("zero_point");
  AxisView view(data.getShape(), ctx.getAxis("axis", data.getRank()));
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(data), scales(scale), zeros(zeroPoint);
    Tensor result = ctx.makeResult(data.getShape());
    std::vector<T> &out = result.get<T>();
    for (int64_t o = 0; o < view.outer; ++o) {
      for (int64_t k = 0; k < view.extent; ++k) {
        T factor = scales[scale.getNumElements() == 1 ? 0 : k];
        T offset = zeros[zeroPoint.getNumElements() == 1 ? 0 : k];
        for (int64_t i = 0; i < view.inner; ++i)
          out[view.at(o, k, i)] = factor * (xs[view.at(o, k, i)] - offset);
      }
    }
    ctx.setResult(std::move(result));
  });
}

static void cast(KernelContext &ctx) {
  ctx.setResult(ctx.get("source_val").convertedTo(ctx.getResultType()));
}

/// One table; indices packed in bytes.
static void flatLutToDense(KernelContext &ctx) {
  const Tensor &lut = ctx.get("lut");
  const std::vector<int64_t> &bytes = ctx.get("indices").get<int64_t>();
  Shape shape = ctx.getIntegers("shape");
  int64_t count = getNumElements(shape);
  auto width = static_cast<unsigned>(std::countr_zero(
      static_cast<uint64_t>(std::max<int64_t>(1, lut.getNumElements()))));
  if (count * width > static_cast<int64_t>(bytes.size()) * 8)
    return ctx.fail("'indices' is too short for 'shape'");
  int64_t next = 0;
  ctx.setResult(takeElements(lut, shape, [&](llvm::ArrayRef<int64_t>) {
    return readPacked(bytes, next++, width);
  }));
}

//===----------------------------------------------------------------------===//
// Sparse weights
//===----------------------------------------------------------------------===//

/// Puts `nonzero` where `mask` is one, and zeros elsewhere; fails if their
/// numbers differ.
static Tensor makeDense(KernelContext &ctx, const Tensor &nonzero,
                        llvm::ArrayRef<int64_t> mask,
                        llvm::ArrayRef<int64_t> shape) {
  Tensor result(nonzero.getElementType(), shape);
  int64_t ones = llvm::count(mask, 1);
  if (ones != nonzero.getNumElements()) {
    ctx.fail("the mask has " + llvm::Twine(ones) + " ones but there are " +
             llvm::Twine(nonzero.getNumElements()) + " nonzero elements");
    return result;
  }
  std::visit(
      [&](auto &to) {
        const auto &from =
            std::get<std::decay_t<decltype(to)>>(nonzero.getStorage());
        size_t next = 0;
        for (size_t i = 0; i < mask.size(); ++i)
          if (mask[i])
            to[i] = from[next++];
      },
      result.getStorage());
  return result;
}

/// The elements of `dense` where `mask` is one, in row-major order.
static Tensor takeNonzero(const Tensor &dense, const Tensor &mask) {
  std::vector<int64_t> places;
  for (int64_t i = 0, count = mask.getNumElements(); i < count; ++i)
    if (mask.getInteger(i))
      places.push_back(i);
  return takeElements(
      dense, {static_cast<int64_t>(places.size())},
      [&](llvm::ArrayRef<int64_t> index) { return places[index[0]]; });
}

static void sparseToDense(KernelContext &ctx) {
  const Tensor &nonzero = ctx.get("nonzero_data"), &mask = ctx.get("mask");
  if (!ctx.has("shape"))
    return ctx.setResult(
        makeDense(ctx, nonzero, mask.get<int64_t>(), mask.getShape()));
  // ios16: a bit an element, packed in bytes.
  Shape shape = ctx.getIntegers("shape");
  int64_t count = getNumElements(shape);
  if (count > mask.getNumElements() * 8)
    return ctx.fail("'mask' is too short for 'shape'");
  std::vector<int64_t> bits;
  for (int64_t i = 0; i < count; ++i)
    bits.push_back(readPacked(mask.get<int64_t>(), i, 1));
  ctx.setResult(makeDense(ctx, nonzero, bits, shape));
}

//===----------------------------------------------------------------------===//
// Block by block
//===----------------------------------------------------------------------===//

/// The block that `index` of a tensor of `shape` is in, where blocks are
/// counted by the leading extents of `blocks`.
static int64_t getBlock(llvm::ArrayRef<int64_t> index,
                        llvm::ArrayRef<int64_t> shape,
                        llvm::ArrayRef<int64_t> blocks) {
  int64_t block = 0;
  for (size_t axis = 0; axis < index.size(); ++axis)
    block = block * blocks[axis] + index[axis] * blocks[axis] / shape[axis];
  return block;
}

/// scale (data - offset), with one scale and offset for each block.
static Tensor shiftAndScale(KernelContext &ctx, const Tensor &data,
                            DataType type) {
  const Tensor &scale = ctx.get("scale");
  const Tensor *offset = ctx.find("offset");
  Tensor result(type, data.getShape());
  withFloatType(type, [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(data), scales(scale);
    std::vector<T> offsets(scale.getNumElements(), T(0));
    if (offset)
      offsets = getElementsAs<T>(*offset);
    forEachIndex(
        data.getShape(), [&](llvm::ArrayRef<int64_t> index, int64_t position) {
          int64_t block = getBlock(index, data.getShape(), scale.getShape());
          result.get<T>()[position] =
              scales[block] * (xs[position] - offsets[block]);
        });
  });
  return result;
}

static void blockwiseShiftScale(KernelContext &ctx) {
  ctx.setResult(shiftAndScale(ctx, ctx.get("data"), ctx.getResultType()));
}

static void sparseBlockwiseShiftScale(KernelContext &ctx) {
  const Tensor &mask = ctx.get("data_mask");
  Tensor data = makeDense(ctx, ctx.get("nonzero_data"), mask.get<int64_t>(),
                          mask.getShape());
  if (ctx.getError())
    return;
  ctx.setResult(mask, 0);
  ctx.setResult(
      takeNonzero(shiftAndScale(ctx, data, ctx.getResultType(1)), mask), 1);
}

//===----------------------------------------------------------------------===//
// Tables, block by block
//===----------------------------------------------------------------------===//

/// How many elements an entry of the table holds.
static int64_t getVectorSize(const Tensor &lut) {
  return lut.getShape().back();
}

/// The axis along which the vectors lie; the last one if it is not given, which
/// needs vectors of one element.
static int64_t getVectorAxis(KernelContext &ctx, int64_t rank) {
  return ctx.has("vector_axis") ? ctx.getAxis("vector_axis", rank) : rank - 1;
}

/// Replaces each index by the vector that its block's table has there.
static Tensor lookUp(const Tensor &indices, const Tensor &lut,
                     int64_t vectorAxis) {
  int64_t size = getVectorSize(lut);
  int64_t entries = lut.getDim(lut.getRank() - 2);
  Shape shape(indices.getShape().begin(), indices.getShape().end());
  shape[vectorAxis] *= size;
  Shape strides = getStrides(indices.getShape());
  return takeElements(lut, shape, [&](llvm::ArrayRef<int64_t> index) {
    Shape place(index.begin(), index.end());
    int64_t element = place[vectorAxis] % size;
    place[vectorAxis] /= size;
    int64_t block = getBlock(place, indices.getShape(), lut.getShape());
    int64_t entry = indices.getInteger(getOffset(place, strides));
    return (block * entries + entry) * size + element;
  });
}

static void lutToDense(KernelContext &ctx) {
  if (ctx.has("shape"))
    return flatLutToDense(ctx);
  const Tensor &indices = ctx.get("indices");
  ctx.setResult(
      lookUp(indices, ctx.get("lut"), getVectorAxis(ctx, indices.getRank())));
}

static void lutToSparse(KernelContext &ctx) {
  const Tensor &mask = ctx.get("indices_mask"), &lut = ctx.get("lut");
  Tensor indices = makeDense(ctx, ctx.get("indices_nonzero_data"),
                             mask.get<int64_t>(), mask.getShape());
  if (ctx.getError())
    return;
  int64_t axis = getVectorAxis(ctx, mask.getRank());
  // The mask is repeated along the axis of the vectors.
  Shape shape(mask.getShape().begin(), mask.getShape().end());
  Shape strides = getStrides(shape);
  shape[axis] *= getVectorSize(lut);
  Tensor wideMask =
      takeElements(mask, shape, [&](llvm::ArrayRef<int64_t> index) {
        Shape place(index.begin(), index.end());
        place[axis] /= getVectorSize(lut);
        return getOffset(place, strides);
      });
  ctx.setResult(takeNonzero(lookUp(indices, lut, axis), wideMask), 1);
  ctx.setResult(std::move(wideMask), 0);
}

static constexpr KernelEntry kKernels[] = {
    {"ConstexprAffineDequantize", affineDequantize},
    {"ConstexprBlockwiseShiftScale", blockwiseShiftScale},
    {"ConstexprCast", cast},
    {"ConstexprLutToDense", lutToDense},
    {"ConstexprLutToSparse", lutToSparse},
    {"ConstexprSparseBlockwiseShiftScale", sparseBlockwiseShiftScale},
    {"ConstexprSparseToDense", sparseToDense},
};

llvm::ArrayRef<KernelEntry> getConstexprKernels() { return kKernels; }

} // namespace espresso
