//===- WeightSources.h - Weights in files and memory ------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The implementations of WeightSource: elements in a mapped file or in memory,
// and conversions of other sources. All are thread-safe, read in pieces without
// holding more than a small buffer, and keep alive what they read from.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_WEIGHTS_WEIGHTSOURCES_H
#define ESPRESSO_WEIGHTS_WEIGHTSOURCES_H

#include "espresso/Base/MappedFile.h"
#include "espresso/IR/WeightSource.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace espresso {

using WeightSourceRef = std::shared_ptr<const WeightSource>;

//===----------------------------------------------------------------------===//
// Where elements are
//===----------------------------------------------------------------------===//

/// `count` packed elements of `type` at `offset` of `file`, which must hold
/// them. Any alignment will do.
[[nodiscard]] WeightSourceRef
makeFileSource(std::shared_ptr<const MappedFile> file, uint64_t offset,
               DataType type, int64_t count);

/// Ways to store floats in blocks that share scales; those of GGUF, which
/// docs/Formats.md describes.
enum class BlockEncoding : uint8_t {
  Q4_0,
  Q4_1,
  Q5_0,
  Q5_1,
  /// 32 elements: an fp16 scale, then 32 int8; element = scale · int8.
  Q8_0,
  Q2_K,
  Q3_K,
  Q4_K,
  Q5_K,
  Q6_K,
  IQ4_NL,
  IQ4_XS,
  TQ1_0,
  TQ2_0,
  MXFP4,
};

/// Elements in one block, and the bytes it takes.
[[nodiscard]] int64_t getBlockLength(BlockEncoding encoding);
[[nodiscard]] uint64_t getBlockByteSize(BlockEncoding encoding);

/// The order of bytes within a number of a file.
enum class ByteOrder : uint8_t { Little, Big };

/// `count` elements, whole blocks of them, at `offset` of `file`, which must
/// hold them. Yields fp32.
[[nodiscard]] WeightSourceRef
makeBlockSource(std::shared_ptr<const MappedFile> file, uint64_t offset,
                BlockEncoding encoding, int64_t count,
                ByteOrder order = ByteOrder::Little);

/// `count` int8, then an fp32 scale for each `groupLength` of them, at `offset`
/// of `file`, which must hold all of it. Yields fp32.
[[nodiscard]] WeightSourceRef
makeGroupSource(std::shared_ptr<const MappedFile> file, uint64_t offset,
                int64_t groupLength, int64_t count);
/// The bytes that takes.
[[nodiscard]] uint64_t getGroupsByteSize(int64_t count, int64_t groupLength);

/// Owns `bytes`: packed elements of `type`, `count` of them. Its key is the
/// digest of its content.
[[nodiscard]] WeightSourceRef makeMemorySource(DataType type, int64_t count,
                                               std::vector<uint8_t> bytes);

/// `count` fp16 elements drawn from a normal distribution, made when they are
/// read and never kept. Element i depends on `seed`, the moments and i only:
/// equal arguments give equal bytes, whichever ranges are read.
[[nodiscard]] WeightSourceRef makeNormalSource(int64_t count, uint64_t seed,
                                               double mean, double deviation);

//===----------------------------------------------------------------------===//
// Conversions
//===----------------------------------------------------------------------===//

/// `source` with every element converted to `type`, rounded once to nearest
/// even. Both types must be floats, or equal, in which case the result is
/// `source` itself.
[[nodiscard]] WeightSourceRef convertTo(WeightSourceRef source, DataType type);

/// `source` with the bytes of each element reversed. Elements must take whole
/// bytes.
[[nodiscard]] WeightSourceRef swapBytes(WeightSourceRef source);

/// The `count` elements of `source` from `begin` on, which must exist. Elements
/// must take whole bytes.
[[nodiscard]] WeightSourceRef slice(WeightSourceRef source, int64_t begin,
                                    int64_t count);

/// `source`, a matrix [columns, rows], as [rows, columns].
[[nodiscard]] WeightSourceRef transpose(WeightSourceRef source, int64_t rows,
                                        int64_t columns);

/// `source` plus `offset`, as fp32.
[[nodiscard]] WeightSourceRef addOffset(WeightSourceRef source, float offset);

/// Scales of a matrix with `columns` columns: one for each tile of tileRows by
/// tileColumns, row by row; those at the edges may be cut.
struct TileScales {
  WeightSourceRef scales;
  int64_t columns = 0;
  int64_t tileRows = 0;
  int64_t tileColumns = 0;
};

/// `source` with each tile multiplied by its scale, as fp32.
[[nodiscard]] WeightSourceRef multiplyTiles(WeightSourceRef source,
                                            const TileScales &tiles);

/// The two orders in which the rows of a query or key projection may stand. A
/// head of size d rotates d/2 pairs of rows: neighbours (2i, 2i + 1) in the
/// interleaved order, (i, i + d/2) in the half-split one.
enum class RotaryOrder : uint8_t { Interleaved, HalfSplit };

/// `source`, a matrix of `heads · headSize` rows in the order other than
/// `target`, with the first `rotarySize` rows of each head brought into the
/// order `target`. This is the one place in the compiler that knows how.
/// Elements must take whole bytes.
[[nodiscard]] WeightSourceRef permuteRotaryRows(WeightSourceRef source,
                                                int64_t heads, int64_t headSize,
                                                int64_t rotarySize,
                                                RotaryOrder target);

} // namespace espresso

#endif // ESPRESSO_WEIGHTS_WEIGHTSOURCES_H
