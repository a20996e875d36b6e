//===- Weights.cpp - Constants made of constants --------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Weights.h"

namespace espresso {

WeightSourceRef getSource(const Attribute &constant) {
  if (const BlobReference *blob = constant.getBlob())
    return blob->source;
  const DenseElements *dense = constant.getDense();
  if (!dense)
    return nullptr;
  DataType type = constant.getType().castTo<TensorType>().getElementType();
  if (type == DataType::String || isSubByte(type))
    return nullptr;
  return makeMemorySource(type, constant.getNumElements(), dense->bytes);
}

FailureOr<Attribute> makeConstantOf(const WeightSourceRef &source,
                                    TensorType type, const Attribute &original,
                                    const llvm::Twine &name,
                                    DiagnosticEngine &diagnostics) {
  if (original.getBlob())
    return Attribute::blob(type,
                           {("@constant/" + name).str(), /*offset=*/0, source});
  DenseElements elements;
  elements.shape.assign(type.getShape().begin(), type.getShape().end());
  elements.bytes.resize(source->getNumElements() *
                        getStorageByteWidth(type.getElementType()));
  if (failed(source->read(elements.bytes, diagnostics)))
    return failure();
  return Attribute::dense(type, std::move(elements));
}

} // namespace espresso
