//===- BlobFuzzer.cpp - Weight files --------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CompilerSupport.h"

#include "espresso/Weights/BlobFile.h"

using namespace espresso;

/// The first records are where a reader would look; the last eight bytes of the
/// input are one more offset.
static std::vector<uint64_t> getOffsets(llvm::ArrayRef<uint8_t> input) {
  constexpr uint64_t kMaxRecords = 64;
  std::vector<uint64_t> offsets;
  for (uint64_t i = 0; i < kMaxRecords && i * kBlobAlignment < input.size();
       ++i)
    offsets.push_back(i * kBlobAlignment);
  uint64_t last = 0;
  if (input.size() >= sizeof(last))
    std::memcpy(&last, input.end() - sizeof(last), sizeof(last));
  offsets.push_back(last);
  return offsets;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static fuzz::ScratchFile scratch(".bin");
  scratch.write({data, size});
  DiagnosticEngine diagnostics;
  fuzz::renderNowhere(diagnostics);
  auto file = BlobFile::open(scratch.getPath(), diagnostics);
  if (failed(file)) {
    fuzz::requireReason(diagnostics);
    return 0;
  }
  for (uint64_t offset : getOffsets({data, size})) {
    const unsigned errors = diagnostics.getNumErrors();
    FailureOr<BlobRecord> record = (*file)->readRecord(offset, diagnostics);
    if (failed(record)) {
      fuzz::require(diagnostics.getNumErrors() > errors,
                    "a refusal has a reason");
      continue;
    }
    WeightSourceRef source = (*file)->getSource(*record);
    fuzz::readAll(*source, diagnostics);
    if (isFloat(record->type))
      fuzz::readAll(*convertTo(source, DataType::Float32), diagnostics);
  }
  return 0;
}
