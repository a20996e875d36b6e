//===- RopeTables.h - Angles that several layers turn by --------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_ROPETABLES_H
#define ESPRESSO_LIB_RUNTIME_ROPETABLES_H

#include "ActivationArguments.h"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace espresso::runtime {

/// The tables of rotation that were used last. Queries and keys of all layers
/// turn by the same angles, or by two kinds of them, so that a run computes
/// them once. Allocates only for more columns than before. Thread-compatible.
class RopeTables {
public:
  /// cosine and sine of position[s] · frequency[p], times a scale, at
  /// [p · columns + s].
  struct Table {
    std::span<const float> cosines, sines;
  };
  /// Valid until the next call.
  Table get(std::span<const double> frequencies, double scale,
            const Positions &positions, const Frame &frame);

private:
  struct Entry {
    std::vector<double> frequencies;
    double scale = 0;
    std::vector<int64_t> positions;
    std::vector<float> cosines, sines;

    bool isOf(std::span<const double> frequencies, double scale,
              const Positions &positions, const Frame &frame) const;
  };
  void fill(Entry &entry);

  std::array<Entry, 2> entries;
  size_t oldest = 0;
  std::vector<float> column;
};

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_ROPETABLES_H
