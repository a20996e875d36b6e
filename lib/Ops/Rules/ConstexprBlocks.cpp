//===- ConstexprBlocks.cpp - Rules of compressed weights of ios18 ---------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuleSupport.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso::rules {

/// Each extent of `blocks` divides that of `whole`.
static LogicalResult checkDivides(const Operation &op, llvm::StringRef input,
                                  llvm::ArrayRef<int64_t> blocks,
                                  llvm::ArrayRef<int64_t> whole) {
  bool fits = blocks.size() == whole.size();
  for (size_t i = 0; fits && i < blocks.size(); ++i)
    fits = blocks[i] > 0 && whole[i] % blocks[i] == 0;
  if (fits)
    return success();
  return shapeError(op) << "'" << input << "' has " << toText(blocks)
                        << " blocks, which do not divide " << toText(whole);
}

//===----------------------------------------------------------------------===//
// Shift and scale
//===----------------------------------------------------------------------===//

/// Checks `scale` and `offset` against weights of the given type and shape.
static LogicalResult checkShiftScale(const Operation &op, DataType element,
                                     llvm::ArrayRef<int64_t> shape) {
  TensorType scale = getTensor(op, "scale");
  if (failed(checkDivides(op, "scale", scale.getShape(), shape)) ||
      failed(checkShape(op, "offset", scale.getShape())))
    return failure();
  TensorType offset = getTensor(op, "offset");
  if (!offset || offset.getElementType() == element)
    return success();
  return op.emitError().setRule("op-typevar")
         << "'offset' of '" << op.getName() << "' is "
         << llvm::StringRef(getName(offset.getElementType()))
         << ", but the data are " << llvm::StringRef(getName(element));
}

LogicalResult inferBlockwiseShiftScale(const Operation &op, TypeList &results) {
  TensorType data = getTensor(op, "data");
  if (failed(checkShiftScale(op, data.getElementType(), data.getShape())))
    return failure();
  results.push_back(getTensorType(op, getTensor(op, "scale").getElementType(),
                                  data.getShape()));
  return success();
}

LogicalResult inferSparseBlockwiseShiftScale(const Operation &op,
                                             TypeList &results) {
  TensorType mask = getTensor(op, "data_mask");
  TensorType data = getTensor(op, "nonzero_data");
  if (failed(checkShiftScale(op, data.getElementType(), mask.getShape())))
    return failure();
  results.push_back(mask);
  results.push_back(getTensorType(op, getTensor(op, "scale").getElementType(),
                                  data.getShape()));
  return success();
}

//===----------------------------------------------------------------------===//
// Look-up tables
//===----------------------------------------------------------------------===//

/// Checks `lut` against indices of the given type and shape. Returns the shape
/// of the weights: that of the indices, with the axis along which vectors lie
/// as many times longer as they are long.
static FailureOr<Extents> getWeightShape(const Operation &op, DataType index,
                                         llvm::ArrayRef<int64_t> indices) {
  llvm::ArrayRef<int64_t> lut = getTensor(op, "lut").getShape();
  if (lut.size() != indices.size() + 2)
    return shapeError(op) << "'lut' has rank " << lut.size() << ", expected "
                          << indices.size() + 2;
  if (failed(checkDivides(op, "lut", lut.drop_back(2), indices)))
    return failure();
  int64_t entries = int64_t{1} << getBitWidth(index);
  if (!agree(lut[indices.size()], entries))
    return shapeError(op) << "'lut' has " << lut[indices.size()]
                          << " entries, but " << llvm::StringRef(getName(index))
                          << " indices take " << entries;
  Extents shape(indices);
  int64_t vectorSize = lut.back();
  if (!isGiven(op, "vector_axis")) {
    if (vectorSize != 1)
      return valueError(op) << "'lut' holds vectors of " << vectorSize
                            << " elements, which need a 'vector_axis'";
    return shape;
  }
  FailureOr<int64_t> axis = getAxis(op, "vector_axis", indices.size());
  if (failed(axis))
    return failure();
  shape[*axis] = getVolume({shape[*axis], vectorSize});
  return shape;
}

LogicalResult inferLutToDense(const Operation &op, TypeList &results) {
  TensorType indices = getTensor(op, "indices");
  FailureOr<Extents> shape =
      getWeightShape(op, indices.getElementType(), indices.getShape());
  if (failed(shape))
    return failure();
  results.push_back(
      getTensorType(op, getTensor(op, "lut").getElementType(), *shape));
  return success();
}

LogicalResult inferLutToSparse(const Operation &op, TypeList &results) {
  TensorType mask = getTensor(op, "indices_mask");
  TensorType indices = getTensor(op, "indices_nonzero_data");
  FailureOr<Extents> shape =
      getWeightShape(op, indices.getElementType(), mask.getShape());
  if (failed(shape))
    return failure();
  TensorType lut = getTensor(op, "lut");
  int64_t vectorSize = lut.getShape().back();
  results.push_back(getTensorType(op, mask.getElementType(), *shape));
  results.push_back(getTensorType(
      op, lut.getElementType(), {getVolume({indices.getDim(0), vectorSize})}));
  return success();
}

LogicalResult inferSparseToDense(const Operation &op, TypeList &results) {
  TensorType mask = getTensor(op, "mask");
  TensorType data = getTensor(op, "nonzero_data");
  int64_t volume = getVolume(mask.getShape());
  if (volume != kDynamic && data.getDim(0) > volume)
    return shapeError(op) << "'nonzero_data' has " << data.getDim(0)
                          << " elements, more than 'mask' "
                          << toText(mask.getShape()) << " holds";
  results.push_back(getTensorType(op, data.getElementType(), mask.getShape()));
  return success();
}

} // namespace espresso::rules
