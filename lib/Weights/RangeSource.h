//===- RangeSource.h - Base of sources read in pieces -----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_WEIGHTS_RANGESOURCE_H
#define ESPRESSO_LIB_WEIGHTS_RANGESOURCE_H

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

} // namespace espresso

#endif // ESPRESSO_LIB_WEIGHTS_RANGESOURCE_H
