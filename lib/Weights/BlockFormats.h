//===- BlockFormats.h - Layouts of block-quantised elements -----*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_WEIGHTS_BLOCKFORMATS_H
#define ESPRESSO_LIB_WEIGHTS_BLOCKFORMATS_H

#include "espresso/Weights/WeightSources.h"

namespace espresso {

/// A number of several bytes in a block, which stands the other way round in
/// big-endian files. All others are single bytes.
struct BlockWord {
  uint8_t offset = 0;
  uint8_t width = 0;
};

/// How one encoding stores its elements.
struct BlockFormat {
  BlockEncoding encoding;
  llvm::StringLiteral name;
  int64_t length;
  uint64_t byteSize;
  /// Writes the `length` elements of a little-endian block.
  void (*decode)(const uint8_t *block, float *out);
  /// As many as there are; the rest has width 0.
  BlockWord words[3];
};

/// No encoding has longer blocks.
inline constexpr int64_t kMaxBlockLength = 256;
inline constexpr uint64_t kMaxBlockByteSize = 210;

const BlockFormat &getBlockFormat(BlockEncoding encoding);

} // namespace espresso

#endif // ESPRESSO_LIB_WEIGHTS_BLOCKFORMATS_H
