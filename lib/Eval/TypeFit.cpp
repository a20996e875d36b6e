//===- TypeFit.cpp - What may stand for a value of a type -----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TypeFit.h"

namespace espresso {

bool fits(TensorType type, llvm::ArrayRef<int64_t> shape) {
  if (type.getRank() != static_cast<int64_t>(shape.size()))
    return false;
  for (int64_t axis = 0; axis < type.getRank(); ++axis)
    if (type.getDim(axis) != kDynamic && type.getDim(axis) != shape[axis])
      return false;
  return true;
}

bool fits(TensorType type, const Tensor &tensor) {
  bool isText = type.getElementType() == DataType::String;
  return isText == (tensor.getElementType() == DataType::String) &&
         fits(type, tensor.getShape());
}

bool fitsResult(Type type, llvm::ArrayRef<int64_t> shape) {
  if (type.is<DictType>())
    return shape.size() == 1;
  auto list = type.getAs<ListType>();
  if (!list)
    return fits(type.castTo<TensorType>(), shape);
  auto element = list.getElementType().getAs<TensorType>();
  return element && !shape.empty() &&
         (list.getLength() == kDynamic || list.getLength() == shape[0]) &&
         fits(element, shape.drop_front());
}

} // namespace espresso
