//===- ElementTypes.cpp - Numbers of element types ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ElementTypes.h"

#include "llvm/Support/ErrorHandling.h"

#include <utility>

namespace espresso {

static constexpr std::pair<DataType, pb::ElementType> kTypes[] = {
    {DataType::Bool, pb::ELEMENT_BOOL},
    {DataType::String, pb::ELEMENT_STRING},
    {DataType::Float16, pb::ELEMENT_FLOAT16},
    {DataType::Float32, pb::ELEMENT_FLOAT32},
    {DataType::Float64, pb::ELEMENT_FLOAT64},
    {DataType::BFloat16, pb::ELEMENT_BFLOAT16},
    {DataType::Float8E4M3FN, pb::ELEMENT_FLOAT8E4M3FN},
    {DataType::Float8E5M2, pb::ELEMENT_FLOAT8E5M2},
    {DataType::Int4, pb::ELEMENT_INT4},
    {DataType::Int8, pb::ELEMENT_INT8},
    {DataType::Int16, pb::ELEMENT_INT16},
    {DataType::Int32, pb::ELEMENT_INT32},
    {DataType::Int64, pb::ELEMENT_INT64},
    {DataType::UInt1, pb::ELEMENT_UINT1},
    {DataType::UInt2, pb::ELEMENT_UINT2},
    {DataType::UInt3, pb::ELEMENT_UINT3},
    {DataType::UInt4, pb::ELEMENT_UINT4},
    {DataType::UInt6, pb::ELEMENT_UINT6},
    {DataType::UInt8, pb::ELEMENT_UINT8},
    {DataType::UInt16, pb::ELEMENT_UINT16},
    {DataType::UInt32, pb::ELEMENT_UINT32},
    {DataType::UInt64, pb::ELEMENT_UINT64},
};
static_assert(std::size(kTypes) == kNumDataTypes);

pb::ElementType toProto(DataType type) {
  for (const auto &[ours, theirs] : kTypes)
    if (ours == type)
      return theirs;
  llvm_unreachable("every data type is in the table");
}

std::optional<DataType> fromProto(pb::ElementType type) {
  for (const auto &[ours, theirs] : kTypes)
    if (theirs == type)
      return ours;
  return std::nullopt;
}

} // namespace espresso
