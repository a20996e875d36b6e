//===- Constexpr.cpp - Rules of compressed weights of ios16 ---------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuleSupport.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso::rules {

LogicalResult inferConstexprCast(const Operation &op, TypeList &results) {
  FailureOr<DataType> type =
      getDataType(op, "output_dtype", {DataType::Float32});
  if (failed(type))
    return failure();
  results.push_back(
      getTensorType(op, *type, getTensor(op, "source_val").getShape()));
  return success();
}

LogicalResult inferAffineDequantize(const Operation &op, TypeList &results) {
  TensorType data = getTensor(op, "quantized_data");
  FailureOr<int64_t> axis = getAxis(op, "axis", data.getRank());
  if (failed(axis))
    return failure();
  for (llvm::StringRef input : {"scale", "zero_point"}) {
    TensorType type = getTensor(op, input);
    if (type.isScalar() || agree(type.getShape(), {data.getDim(*axis)}))
      continue;
    return shapeError(op) << "'" << input << "' has shape "
                          << toText(type.getShape())
                          << ", expected a scalar or "
                          << toText({data.getDim(*axis)});
  }
  results.push_back(getTensorType(op, getTensor(op, "scale").getElementType(),
                                  data.getShape()));
  return success();
}

/// The extents in `shape` and their product.
static FailureOr<std::pair<Extents, int64_t>>
getDenseShape(const Operation &op) {
  std::optional<Extents> shape = getIntegers(op, "shape");
  if (!shape)
    return valueError(op) << "'shape' must not be in a weight file";
  for (int64_t extent : *shape)
    if (extent < 1)
      return valueError(op)
             << "'shape' holds " << extent << ", expected at least 1";
  int64_t volume = getVolume(*shape);
  if (volume == kDynamic)
    return valueError(op) << "'shape' " << toText(*shape) << " is too large";
  return std::make_pair(*shape, volume);
}

LogicalResult inferLutToDenseFlat(const Operation &op, TypeList &results) {
  TensorType lut = getTensor(op, "lut");
  // A table of 2^n entries is indexed by n bits.
  constexpr int64_t kIndexBits[] = {1, 2, 4, 6, 8};
  const auto *bits = llvm::find_if(kIndexBits, [&](int64_t count) {
    return lut.getDim(0) == int64_t{1} << count;
  });
  if (bits == std::end(kIndexBits))
    return shapeError(op) << "'lut' has " << lut.getDim(0)
                          << " elements, expected 2, 4, 16, 64 or 256";
  auto dense = getDenseShape(op);
  if (failed(dense) ||
      failed(checkShape(op, "indices",
                        {divideUp(getVolume({dense->second, *bits}), 8)})))
    return failure();
  results.push_back(getTensorType(op, lut.getElementType(), dense->first));
  return success();
}

LogicalResult inferSparseToDenseFlat(const Operation &op, TypeList &results) {
  auto dense = getDenseShape(op);
  if (failed(dense) ||
      failed(checkShape(op, "mask", {divideUp(dense->second, 8)})))
    return failure();
  TensorType data = getTensor(op, "nonzero_data");
  if (data.getDim(0) > dense->second)
    return shapeError(op) << "'nonzero_data' has " << data.getDim(0)
                          << " elements, more than 'shape' "
                          << toText(dense->first) << " holds";
  results.push_back(getTensorType(op, data.getElementType(), dense->first));
  return success();
}

} // namespace espresso::rules
