//===- BlockPacker.h - Encodes blocks from their description ----*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// The inverse of the decoders in lib/Weights, written from the layouts of the
// formats: integers are drawn first, then put where the layout has them, and
// what they mean is computed from them in fp64. It shares no code with what it
// tests.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TEST_UNIT_BLOCKPACKER_H
#define ESPRESSO_TEST_UNIT_BLOCKPACKER_H

#include "espresso/Weights/WeightSources.h"

#include <string>
#include <vector>

namespace espresso::test {

/// A block and what its elements mean.
struct PackedBlock {
  std::string bytes;
  /// Exact; an element is the difference of two terms of which the larger is
  /// at most `magnitude`, so that rounding errors can be bounded.
  std::vector<double> values;
  std::vector<double> magnitudes;
  /// Offsets and widths of the numbers that have a byte order.
  std::vector<std::pair<size_t, size_t>> words;
};

/// Where the integers and scales of a block come from.
class BlockDraw {
public:
  enum class Mode { Random, Least, Most };
  BlockDraw(uint32_t seed, Mode mode)
      : state(seed * 2654435761u + 1), mode(mode) {}

  /// From 0 to `most`.
  int integer(int most);
  /// The bits of a finite fp16 number, subnormals and zero included.
  uint16_t half();
  static double decodeHalf(uint16_t bits);

private:
  uint32_t state;
  Mode mode;
};

PackedBlock packBlock(BlockEncoding encoding, BlockDraw &draw);

} // namespace espresso::test

#endif // ESPRESSO_TEST_UNIT_BLOCKPACKER_H
