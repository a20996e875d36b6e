//===- PackageWeights.cpp - The weight file of a package ------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PackageWeights.h"

#include "ModelMessages.h"
#include "TensorValues.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

/// Literals of fewer elements stay in the model.
static constexpr int64_t kMinElements = 10;

static constexpr DataType kFileTypes[] = {DataType::Float16, DataType::Float32,
                                          DataType::Int8, DataType::UInt8};
/// Those that came with iOS 18.
static constexpr DataType kLaterFileTypes[] = {
    DataType::Int16, DataType::UInt16, DataType::Int32, DataType::UInt32};

bool PackageWeights::belongsInFile(const Attribute &value) const {
  auto type = value.getType().castTo<TensorType>();
  if (!type.hasStaticShape() || value.getNumElements() < kMinElements)
    return false;
  DataType element = type.getElementType();
  return llvm::is_contained(kFileTypes, element) ||
         (specificationVersion >= kVersionOfStates &&
          llvm::is_contained(kLaterFileTypes, element));
}

FailureOr<std::optional<BlobPlace>>
PackageWeights::place(const Attribute &value, WeightRole role,
                      Location location) {
  WeightSourceRef source;
  if (const BlobReference *blob = value.getBlob()) {
    source = blob->source;
    if (!source)
      return diagnostics.emitError(location)
             << "the weight in '" << blob->path
             << "' is not at hand, and a package must hold it";
  } else if (role == WeightRole::Constant && belongsInFile(value)) {
    source =
        makeMemorySource(value.getType().castTo<TensorType>().getElementType(),
                         value.getNumElements(), packElements(value));
  } else {
    return std::optional<BlobPlace>();
  }
  FailureOr<uint64_t> offset = writer.add(*source, diagnostics);
  if (failed(offset))
    return failure();
  return std::optional(BlobPlace{"@model_path/weights/weight.bin", *offset});
}

} // namespace espresso
