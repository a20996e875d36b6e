//===- Interpolate.cpp - Between elements ---------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Interpolate.h"

#include <algorithm>

namespace espresso {

/// How far sample `index` lies from the start of a way of `length`, which goes
/// over `length + 1` elements.
static double getDistance(llvm::StringRef mode, double length, double count,
                          double index) {
  double elements = length + 1;
  if (mode == "STRICT_ALIGN_CORNERS" || mode == "ALIGN_CORNERS") {
    if (count == 1)
      return mode == "ALIGN_CORNERS" ? length / 2 : 0;
    return index * length / (count - 1);
  }
  if (mode == "OFFSET_CORNERS")
    return (index + 0.5) * std::max(1.0, length) / count;
  if (mode == "UNALIGN_CORNERS")
    return (index + 0.5) * elements / count - 0.5;
  assert(mode == "DEFAULT" && "a mode that does not verify");
  return index * elements / count;
}

std::vector<double> getGrid(llvm::StringRef mode, double start, double end,
                            int64_t count) {
  double length = std::fabs(end - start), direction = end < start ? -1 : 1;
  std::vector<double> grid;
  for (int64_t i = 0; i < count; ++i) {
    double distance = getDistance(mode, length, static_cast<double>(count),
                                  static_cast<double>(i));
    grid.push_back(start + direction * std::clamp(distance, 0.0, length));
  }
  return grid;
}

Between getNeighbours(double place, int64_t extent) {
  double floor = std::floor(place);
  auto first = static_cast<int64_t>(floor);
  return {first, std::min(first + 1, extent - 1), place - floor};
}

} // namespace espresso
