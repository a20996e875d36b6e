//===- WeightSource.cpp - Constants that stay outside ---------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/IR/WeightSource.h"

#include <cassert>
#include <cstring>
#include <vector>

namespace espresso {

WeightSource::~WeightSource() = default;

LogicalResult WeightSource::readRange(int64_t first, int64_t count,
                                      llvm::MutableArrayRef<uint8_t> out,
                                      DiagnosticEngine &diagnostics) const {
  DataType type = getElementType();
  assert(first >= 0 && count >= 0 && first + count <= getNumElements() &&
         "range beyond the elements");
  assert(first * getBitWidth(type) % 8 == 0 && "range begins within a byte");
  assert(out.size() == getPackedByteSize(type, count) && "wrong buffer size");
  uint64_t begin = *getPackedByteSize(type, first);
  llvm::ArrayRef<uint8_t> bytes = getBytesInPlace();
  std::vector<uint8_t> everything;
  if (bytes.empty() && count != 0) {
    everything.resize(*getPackedByteSize(type, getNumElements()));
    if (failed(read(everything, diagnostics)))
      return failure();
    bytes = everything;
  }
  if (!out.empty())
    std::memcpy(out.data(), bytes.data() + begin, out.size());
  return success();
}

} // namespace espresso
