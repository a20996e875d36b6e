//===- RopeFrequencies.h - Angles of rotary positions -----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_MODEL_ROPEFREQUENCIES_H
#define ESPRESSO_LIB_MODEL_ROPEFREQUENCIES_H

#include "espresso/Model/ModelConfig.h"

#include <vector>

namespace espresso {

/// How the queries and keys of a layer are rotated.
struct RopeAngles {
  double theta = 0;
  /// Radians for each position, for each pair; empty: powers of theta.
  std::vector<double> frequencies;
  /// Multiplies cosines and sines.
  double scale = 1;
};

/// The angles of `layer` where texts have up to `contextLength` positions: what
/// depends on the length (Dynamic, LongRope) is decided for that one.
[[nodiscard]] RopeAngles getRopeAngles(const ModelConfig &config,
                                       const LayerConfig &layer,
                                       int64_t contextLength);

} // namespace espresso

#endif // ESPRESSO_LIB_MODEL_ROPEFREQUENCIES_H
