//===- Space.cpp - Space in channels and in batches -----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Support.h"

namespace espresso {

namespace {
/// Where the place in a block stands among the channels: before the channels of
/// the wide image, or behind.
enum class BlockOrder { Outer, Inner };
} // namespace

/// The channel of the deep image that holds `channel` of the wide one at the
/// place `place` of a block.
static int64_t getDeepChannel(BlockOrder order, int64_t channel, int64_t place,
                              int64_t numChannels, int64_t numPlaces) {
  return order == BlockOrder::Outer ? place * numChannels + channel
                                    : channel * numPlaces + place;
}

/// Each block of the result comes from the channels of one element.
static void widen(KernelContext &ctx, llvm::StringRef input, BlockOrder order) {
  const Tensor &x = ctx.get("x");
  int64_t block = ctx.getInteger(input);
  Shape strides = getStrides(x.getShape());
  Shape shape = {x.getDim(0), x.getDim(1) / (block * block),
                 x.getDim(2) * block, x.getDim(3) * block};
  ctx.setResult(takeElements(x, shape, [&](llvm::ArrayRef<int64_t> at) {
    int64_t place = at[2] % block * block + at[3] % block;
    int64_t channel =
        getDeepChannel(order, at[1], place, shape[1], block * block);
    return getOffset({at[0], channel, at[2] / block, at[3] / block}, strides);
  }));
}

/// The inverse of `widen`.
static void deepen(KernelContext &ctx, llvm::StringRef input,
                   BlockOrder order) {
  const Tensor &x = ctx.get("x");
  int64_t block = ctx.getInteger(input);
  int64_t numChannels = x.getDim(1);
  Shape strides = getStrides(x.getShape());
  Shape shape = {x.getDim(0), numChannels * block * block, x.getDim(2) / block,
                 x.getDim(3) / block};
  ctx.setResult(takeElements(x, shape, [&](llvm::ArrayRef<int64_t> at) {
    bool isOuter = order == BlockOrder::Outer;
    int64_t size = isOuter ? numChannels : block * block;
    int64_t place = isOuter ? at[1] / size : at[1] % size;
    int64_t channel = isOuter ? at[1] % size : at[1] / size;
    return getOffset({at[0], channel, at[2] * block + place / block,
                      at[3] * block + place % block},
                     strides);
  }));
}

static void depthToSpace(KernelContext &ctx) {
  widen(ctx, "block_size", BlockOrder::Outer);
}
static void spaceToDepth(KernelContext &ctx) {
  deepen(ctx, "block_size", BlockOrder::Outer);
}
static void pixelShuffle(KernelContext &ctx) {
  widen(ctx, "upscale_factor", BlockOrder::Inner);
}
static void pixelUnshuffle(KernelContext &ctx) {
  deepen(ctx, "downscale_factor", BlockOrder::Inner);
}

/// The place in a block stands before the image in the batch; padding is zero.
static void spaceToBatch(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  Shape block = ctx.getIntegers("block_shape");
  Shape pad = ctx.getIntegers("paddings");
  Shape shape = {x.getDim(0) * block[0] * block[1], x.getDim(1),
                 (x.getDim(2) + pad[0] + pad[1]) / block[0],
                 (x.getDim(3) + pad[2] + pad[3]) / block[1]};
  Shape strides = getStrides(shape);
  Tensor result(x.getElementType(), shape);
  std::visit(
      [&](const auto &from) {
        auto &to = std::get<std::decay_t<decltype(from)>>(result.getStorage());
        forEachIndex(x.getShape(), [&](llvm::ArrayRef<int64_t> at, int64_t i) {
          int64_t row = at[2] + pad[0], column = at[3] + pad[2];
          int64_t place = row % block[0] * block[1] + column % block[1];
          to[getOffset({place * x.getDim(0) + at[0], at[1], row / block[0],
                        column / block[1]},
                       strides)] = from[i];
        });
      },
      x.getStorage());
  ctx.setResult(std::move(result));
}

/// The inverse of `spaceToBatch`.
static void batchToSpace(KernelContext &ctx) {
  const Tensor &x = ctx.get("x");
  Shape block = ctx.getIntegers("block_shape");
  Shape crops = ctx.getIntegers("crops");
  Shape strides = getStrides(x.getShape());
  Shape shape = {x.getDim(0) / (block[0] * block[1]), x.getDim(1),
                 x.getDim(2) * block[0] - crops[0] - crops[1],
                 x.getDim(3) * block[1] - crops[2] - crops[3]};
  ctx.setResult(takeElements(x, shape, [&](llvm::ArrayRef<int64_t> at) {
    int64_t row = at[2] + crops[0], column = at[3] + crops[2];
    int64_t place = row % block[0] * block[1] + column % block[1];
    return getOffset(
        {place * shape[0] + at[0], at[1], row / block[0], column / block[1]},
        strides);
  }));
}

static constexpr KernelEntry kKernels[] = {
    {"BatchToSpace", batchToSpace}, {"DepthToSpace", depthToSpace},
    {"PixelShuffle", pixelShuffle}, {"PixelUnshuffle", pixelUnshuffle},
    {"SpaceToBatch", spaceToBatch}, {"SpaceToDepth", spaceToDepth},
};

llvm::ArrayRef<KernelEntry> getSpaceKernels() { return kKernels; }

} // namespace espresso
