//===- SpaceBatch.cpp - Rules of space in batches -------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuleSupport.h"

namespace espresso::rules {

namespace {
/// What both operations are told of their two axes of space.
struct SpaceBlocks {
  Extents block;
  /// What is added or taken away before and after each axis: four numbers.
  Extents border;
};
} // namespace

static FailureOr<SpaceBlocks> getSpaceBlocks(const Operation &op,
                                             llvm::StringRef border) {
  if (failed(checkRank(op, "x", 4, 4)) ||
      failed(checkShape(op, border, {2, 2})))
    return failure();
  FailureOr<Extents> block = getIntegersOr(op, "block_shape", 2, 1, 1);
  FailureOr<Extents> borders = getIntegersOr(op, border, 4, 0, 0);
  if (failed(block) || failed(borders))
    return failure();
  return SpaceBlocks{*block, *borders};
}

LogicalResult inferSpaceToBatch(const Operation &op, TypeList &results) {
  FailureOr<SpaceBlocks> blocks = getSpaceBlocks(op, "paddings");
  if (failed(blocks))
    return failure();
  TensorType x = getTensor(op, "x");
  Extents shape(x.getShape());
  for (size_t i = 0; i < 2; ++i) {
    int64_t &extent = shape[2 + i];
    shape[0] = getVolume({shape[0], blocks->block[i]});
    if (extent == kDynamic)
      continue;
    extent += blocks->border[2 * i] + blocks->border[2 * i + 1];
    if (extent % blocks->block[i] != 0)
      return shapeError(op) << "axis " << 2 + i << " of 'x', padded to "
                            << extent << " elements, does not divide into "
                            << "blocks of " << blocks->block[i];
    extent /= blocks->block[i];
  }
  results.push_back(getTensorType(op, x.getElementType(), shape));
  return success();
}

LogicalResult inferBatchToSpace(const Operation &op, TypeList &results) {
  FailureOr<SpaceBlocks> blocks = getSpaceBlocks(op, "crops");
  if (failed(blocks))
    return failure();
  TensorType x = getTensor(op, "x");
  Extents shape(x.getShape());
  int64_t volume = getVolume(blocks->block);
  if (shape[0] != kDynamic && shape[0] % volume != 0)
    return shapeError(op) << shape[0] << " images do not divide into blocks of "
                          << volume;
  shape[0] = shape[0] == kDynamic ? kDynamic : shape[0] / volume;
  for (size_t i = 0; i < 2; ++i) {
    int64_t &extent = shape[2 + i];
    extent = getVolume({extent, blocks->block[i]});
    if (extent == kDynamic)
      continue;
    int64_t cropped = blocks->border[2 * i] + blocks->border[2 * i + 1];
    if (cropped >= extent)
      return valueError(op)
             << "'crops' takes " << cropped << " of " << extent << " elements";
    extent -= cropped;
  }
  results.push_back(getTensorType(op, x.getElementType(), shape));
  return success();
}

} // namespace espresso::rules
