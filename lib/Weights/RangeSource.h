//===- RangeSource.h - Base of sources read in pieces -----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_WEIGHTS_RANGESOURCE_H
#define ESPRESSO_LIB_WEIGHTS_RANGESOURCE_H

#include "espresso/Base/MappedFile.h"
#include "espresso/IR/WeightSource.h"

namespace espresso {

/// A source whose primitive is reading a range; everything is one range.
class RangeSource : public WeightSource {
public:
  RangeSource(DataType type, int64_t count) : type(type), count(count) {}

  int64_t getNumElements() const final { return count; }
  DataType getElementType() const final { return type; }
  LogicalResult read(llvm::MutableArrayRef<uint8_t> out,
                     DiagnosticEngine &diagnostics) const final {
    return readRange(0, count, out, diagnostics);
  }

private:
  DataType type;
  int64_t count;
};

/// The key of `count` elements at `offset` of a file. A path is not enough to
/// tell it from others: the file there may have been replaced by another
/// between two compilations in one process.
std::string getFileKey(const MappedFile &file, uint64_t offset,
                       llvm::StringRef encoding, int64_t count);

} // namespace espresso

#endif // ESPRESSO_LIB_WEIGHTS_RANGESOURCE_H
