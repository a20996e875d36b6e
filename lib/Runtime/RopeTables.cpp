//===- RopeTables.cpp - Angles that several layers turn by ----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RopeTables.h"

#include "espresso/Kernels/Attention.h"

#include <algorithm>

namespace espresso::runtime {

bool RopeTables::Entry::isOf(std::span<const double> otherFrequencies,
                             double otherScale, const Positions &others,
                             const Frame &frame) const {
  if (scale != otherScale ||
      static_cast<int64_t>(positions.size()) != others.columns ||
      !std::equal(frequencies.begin(), frequencies.end(),
                  otherFrequencies.begin(), otherFrequencies.end()))
    return false;
  for (int64_t s = 0; s < others.columns; ++s)
    if (positions[s] != others.get(frame, s))
      return false;
  return true;
}

void RopeTables::fill(Entry &entry) {
  const size_t pairs = entry.frequencies.size();
  const auto columns = static_cast<int64_t>(entry.positions.size());
  entry.cosines.resize(pairs * columns);
  entry.sines.resize(pairs * columns);
  column.resize(2 * pairs);
  std::span<float> cosine(column.data(), pairs);
  std::span<float> sine(column.data() + pairs, pairs);
  for (int64_t s = 0; s < columns; ++s) {
    kernels::ropeTable(entry.positions[s], 1, entry.frequencies, entry.scale,
                       cosine, sine);
    storeColumn(cosine, columns, s, entry.cosines);
    storeColumn(sine, columns, s, entry.sines);
  }
}

RopeTables::Table RopeTables::get(std::span<const double> frequencies,
                                  double scale, const Positions &positions,
                                  const Frame &frame) {
  for (const Entry &entry : entries)
    if (entry.isOf(frequencies, scale, positions, frame))
      return {entry.cosines, entry.sines};
  Entry &entry = entries[oldest];
  oldest = (oldest + 1) % entries.size();
  entry.frequencies.assign(frequencies.begin(), frequencies.end());
  entry.scale = scale;
  entry.positions.resize(positions.columns);
  for (int64_t s = 0; s < positions.columns; ++s)
    entry.positions[s] = positions.get(frame, s);
  fill(entry);
  return {entry.cosines, entry.sines};
}

} // namespace espresso::runtime
