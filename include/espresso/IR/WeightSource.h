//===- WeightSource.h - Constants that stay outside -------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_IR_WEIGHTSOURCE_H
#define ESPRESSO_IR_WEIGHTSOURCE_H

#include "espresso/Base/DataType.h"
#include "espresso/Support/Diagnostics.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <string>

namespace espresso {

/// Where the elements of a constant come from when they are not in memory: a
/// record of a weight file, a tensor of a checkpoint with pending conversions.
/// Shared by every attribute that refers to it; materialised only when written,
/// evaluated or folded, one tensor at a time. Implementations are in
/// lib/Weights. Thread-safe.
class WeightSource {
public:
  virtual ~WeightSource();

  /// Elements the source yields.
  virtual int64_t getNumElements() const = 0;
  /// The element type the source yields: that of the constant it belongs to.
  virtual DataType getElementType() const = 0;
  /// Fills `out` with all elements, packed as in a weight file: little endian,
  /// sub-byte elements sharing bytes from the least significant bit. `out` must
  /// have getPackedByteSize(getElementType(), getNumElements()) bytes. Reports
  /// to `diagnostics` and fails if the bytes cannot be had.
  virtual LogicalResult read(llvm::MutableArrayRef<uint8_t> out,
                             DiagnosticEngine &diagnostics) const = 0;
  /// Fills `out` with the `count` elements from `first` on, packed likewise;
  /// `first` must begin a byte. For streaming in pieces. The default takes them
  /// from getBytesInPlace(), or else reads everything.
  virtual LogicalResult readRange(int64_t first, int64_t count,
                                  llvm::MutableArrayRef<uint8_t> out,
                                  DiagnosticEngine &diagnostics) const;
  /// The bytes of read() if they lie in memory as they are, else empty: saves a
  /// copy.
  virtual llvm::ArrayRef<uint8_t> getBytesInPlace() const { return {}; }
  /// Lets the system take back the memory that holds bytes of files which were
  /// read; they can be read as before. Keeps the memory of writing large
  /// programs flat.
  virtual void releaseMemory() const {}
  /// Equal keys mean equal bytes: the file's identity, the place in it, and the
  /// conversions. Used to store shared weights once.
  virtual std::string getKey() const = 0;
};

} // namespace espresso

#endif // ESPRESSO_IR_WEIGHTSOURCE_H
