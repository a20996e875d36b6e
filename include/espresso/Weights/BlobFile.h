//===- BlobFile.h - MILBlob v2 weight files ---------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A weight file is a header of 64 bytes and records on 64-byte boundaries, each
// a descriptor of 64 bytes followed by packed elements. `offset` in
// `BLOBFILE(path, offset)` is that of the descriptor. See docs/Formats.md.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_WEIGHTS_BLOBFILE_H
#define ESPRESSO_WEIGHTS_BLOBFILE_H

#include "espresso/Weights/WeightSources.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdint>
#include <memory>
#include <optional>

namespace espresso {

/// Records, and their elements, begin at multiples of this.
inline constexpr uint64_t kBlobAlignment = 64;
/// Where the first record of every file is.
inline constexpr uint64_t kFirstBlobOffset = 64;
/// From the start of a record that we write to its elements.
inline constexpr uint64_t kBlobDescriptorSize = 64;

/// The number of `type` in a record, or nothing if weight files cannot hold it
/// (bool, string, fp64, int64, uint64).
[[nodiscard]] std::optional<uint32_t> getBlobTypeCode(DataType type);

/// What a descriptor says.
struct BlobRecord {
  DataType type = DataType::Float16;
  /// Where the elements are: absolute, in bytes.
  uint64_t dataOffset = 0;
  uint64_t byteSize = 0;
  int64_t numElements = 0;
};

/// A mapped weight file. Nothing in it is trusted. Thread-safe.
class BlobFile {
public:
  /// Maps `path` and checks the header.
  static FailureOr<std::shared_ptr<const BlobFile>>
  open(llvm::StringRef path, DiagnosticEngine &diagnostics);

  const MappedFile &getFile() const { return *file; }
  /// Records, as the header counts them.
  uint32_t getNumRecords() const { return numRecords; }

  /// The record whose descriptor is at `offset`; its elements lie in the file.
  FailureOr<BlobRecord> readRecord(uint64_t offset,
                                   DiagnosticEngine &diagnostics) const;
  /// The elements of that record; they stay in the file.
  WeightSourceRef getSource(const BlobRecord &record) const;

private:
  BlobFile(std::shared_ptr<const MappedFile> file, uint32_t numRecords)
      : file(std::move(file)), numRecords(numRecords) {}

  std::shared_ptr<const MappedFile> file;
  uint32_t numRecords;
};

/// Writes a weight file to a stream, tensor by tensor and each in pieces. The
/// owner of the stream checks it for I/O errors. Thread-compatible.
class BlobWriter {
public:
  /// `os` must be empty and outlive the writer.
  explicit BlobWriter(llvm::raw_pwrite_stream &os);

  /// Appends the elements of `source` and returns the offset of their record. A
  /// source whose key was seen before is not written again.
  FailureOr<uint64_t> add(const WeightSource &source,
                          DiagnosticEngine &diagnostics);
  /// Completes the header. Call once, after the last add().
  void finish();

  uint32_t getNumRecords() const { return numRecords; }

private:
  LogicalResult writeElements(const WeightSource &source,
                              DiagnosticEngine &diagnostics);
  void writeInPlace(const WeightSource &source, llvm::ArrayRef<uint8_t> bytes);
  void writeZeros(uint64_t count);

  llvm::raw_pwrite_stream &os;
  uint64_t position = 0;
  uint32_t numRecords = 0;
  llvm::StringMap<uint64_t> offsets;
};

/// Writes `source` as the only record of the file `path`, which is replaced:
/// its descriptor is at kFirstBlobOffset. A file that could not be completed is
/// removed.
LogicalResult writeBlobFile(llvm::StringRef path, const WeightSource &source,
                            DiagnosticEngine &diagnostics);

} // namespace espresso

#endif // ESPRESSO_WEIGHTS_BLOBFILE_H
