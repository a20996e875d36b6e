//===- Comparison.h - How far two tensors are apart -------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_EVAL_COMPARISON_H
#define ESPRESSO_EVAL_COMPARISON_H

#include "espresso/Eval/Tensor.h"

#include "llvm/Support/raw_ostream.h"

namespace espresso {

/// How far an element may be from what is expected: |a - e| must not exceed
/// absolute + relative · |e| + ofLargest · max |e| of the tensor. Integers,
/// bools and text must be equal whatever is allowed, unless `integers` is set.
/// NaN equals NaN, and nothing is near an infinity but itself. A value.
struct Tolerance {
  double absolute = 0;
  double relative = 0;
  double ofLargest = 0;
  /// Whether integers are held to the same bound as floats.
  bool integers = false;
  /// Whether 0 and -0 differ.
  bool signedZeros = false;

  /// The same bits, apart from those of NaN.
  static Tolerance exact() { return {.signedZeros = true}; }
  /// `units` times the distance from 1 to the next number of `type`, of the
  /// largest element.
  static Tolerance units(double units, DataType type);
};

/// The distance from 1 to the next larger number of a float type.
[[nodiscard]] double getEpsilon(DataType type);

/// What two tensors of one shape have to do with each other.
struct TensorDifference {
  int64_t numElements = 0;
  /// Elements beyond the tolerance, and the first of them (-1 if none).
  int64_t numBeyond = 0;
  int64_t firstBeyond = -1;
  /// Of pairs of finite numbers. `maxRelative` leaves out where 0 is expected.
  double maxAbsolute = 0;
  double maxRelative = 0;
  /// In places of the narrower of both types; 0 for integers. Infinities lie
  /// behind the largest number.
  uint64_t maxUlps = 0;
  /// Where `maxAbsolute` is.
  int64_t worst = 0;
  /// Pairs of which one is NaN, or one infinite and the other not the same.
  int64_t numNonFinite = 0;
  /// Of the angle between both as vectors, finite pairs only; 1 if both are
  /// zero, 0 if one is.
  double cosine = 1;
  /// 20 log10(max |expected| / root of the mean square difference), in dB;
  /// infinite if there is no difference.
  double psnr = 0;

  bool isWithin() const { return numBeyond == 0; }
};

/// Whether both have one shape, and both or none are text.
[[nodiscard]] bool areComparable(const Tensor &expected, const Tensor &actual);

/// The tensors must be comparable. Of text, only the numbers of elements are
/// meaningful.
[[nodiscard]] TensorDifference compareTensors(const Tensor &expected,
                                              const Tensor &actual,
                                              const Tolerance &tolerance);

/// "[2, 3]".
[[nodiscard]] std::string printShape(llvm::ArrayRef<int64_t> shape);
/// "[1, 0, 3]": the row-major `index` of a tensor of `shape`.
[[nodiscard]] std::string printIndex(llvm::ArrayRef<int64_t> shape,
                                     int64_t index);
/// An element as a person reads it: -0.125, 7, "text".
[[nodiscard]] std::string printElement(const Tensor &tensor, int64_t index);
/// A number with the digits that tell it from its neighbours of float: 0.1.
[[nodiscard]] std::string printNumber(double number);

} // namespace espresso

#endif // ESPRESSO_EVAL_COMPARISON_H
