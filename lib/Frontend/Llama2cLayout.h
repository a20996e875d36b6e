//===- Llama2cLayout.h - What is where in llama2.c files --------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_FRONTEND_LLAMA2CLAYOUT_H
#define ESPRESSO_LIB_FRONTEND_LLAMA2CLAYOUT_H

#include "espresso/Base/MappedFile.h"
#include "espresso/Model/Checkpoint.h"
#include "espresso/Weights/WeightSources.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace espresso {

/// The numbers of a header of any version.
struct Llama2cHeader {
  int32_t version = 0;
  int64_t dim = 0;
  int64_t hiddenDim = 0;
  int64_t numLayers = 0;
  int64_t numHeads = 0;
  int64_t numKVHeads = 0;
  int64_t vocabulary = 0;
  int64_t positions = 0;
  bool hasOwnHead = false;
  /// Elements that share a scale, in version 2; else 0.
  int64_t groupLength = 0;
  /// Where the weights begin.
  uint64_t dataOffset = 0;
};

/// One run: a tensor of no layer, or one kind for all layers.
struct Llama2cSection {
  /// Canonical name, or the kind of a layer's tensor; empty for what is
  /// skipped.
  llvm::StringRef name;
  bool isOfLayers = false;
  /// Of one tensor.
  int64_t rows = 0;
  int64_t columns = 0;
  bool isQuantized = false;
};

/// Bytes of one tensor of a section, or nothing beyond 64 bits.
std::optional<uint64_t> getTensorByteSize(const Llama2cSection &section,
                                          int64_t groupLength);

/// The header at the start of `file`. A version that is not known is reported.
FailureOr<Llama2cHeader> readLlama2cHeader(const MappedFile &file,
                                           DiagnosticEngine &diagnostics);

/// Everything behind the header, in the order of the file.
std::vector<Llama2cSection> getLlama2cSections(const Llama2cHeader &header,
                                               const ModelConfig &config);

/// Bytes of a file with these sections, or nothing beyond 64 bits.
std::optional<uint64_t>
getLlama2cFileSize(const Llama2cHeader &header,
                   llvm::ArrayRef<Llama2cSection> sections);

} // namespace espresso

#endif // ESPRESSO_LIB_FRONTEND_LLAMA2CLAYOUT_H
