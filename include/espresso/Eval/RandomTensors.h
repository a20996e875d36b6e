//===- RandomTensors.h - Inputs made from a seed ----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Tensors of random numbers that are the same everywhere for the same seed.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_EVAL_RANDOMTENSORS_H
#define ESPRESSO_EVAL_RANDOMTENSORS_H

#include "espresso/Eval/Evaluator.h"

#include <optional>
#include <string>

namespace espresso {

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", 2014): the same numbers everywhere for the same seed.
class RandomSource {
public:
  explicit RandomSource(uint64_t seed) : state(seed) {}

  uint64_t next();
  /// Uniform in [0, 1), in steps of 2^-53.
  double nextUnit() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  /// Of mean 0 and variance 1, by the transform of Box and Muller.
  double nextNormal();
  /// Uniform in [0, count); `count` must be positive. The bias is below
  /// count / 2^64.
  uint64_t nextBelow(uint64_t count) { return next() % count; }

private:
  uint64_t state;
};

/// How the elements of a random tensor are distributed. A value.
struct Distribution {
  enum class Kind : uint8_t {
    /// Floats uniform in [-1, 1) in steps of 2^-10, exact in every float of 11
    /// bits; integers from 0 to 7; bools fair.
    Standard,
    /// Floats that are multiples of 1/4 in [-8, 8), one in eight a zero of
    /// either sign; integers and bools as in Standard.
    Corners,
    /// Uniform in [first, second); integers among those there.
    Uniform,
    /// Normal with mean `first` and deviation `second`; integers rounded.
    Normal,
    /// Every element is `first`.
    Constant,
  };
  Kind kind = Kind::Standard;
  double first = 0;
  double second = 0;

  /// "standard", "corners", "uniform:A:B" with A < B, "normal:M:D" with D >= 0,
  /// or "constant:C", the numbers being finite; nothing if `text` is none.
  static std::optional<Distribution> parse(llvm::StringRef text);
};

/// A tensor of `type`, its elements values of that type; unknown extents are
/// `dynamicExtent`. Text is empty.
[[nodiscard]] Tensor makeRandomTensor(TensorType type, RandomSource &random,
                                      const Distribution &distribution = {},
                                      int64_t dynamicExtent = 1);

/// Adds to `inputs` a tensor for each input of `function` that is not a state
/// and not there, in the order of the function.
void addRandomInputs(const Function &function, RandomSource &random,
                     const Distribution &distribution, NamedTensors &inputs,
                     int64_t dynamicExtent = 1);

} // namespace espresso

#endif // ESPRESSO_EVAL_RANDOMTENSORS_H
