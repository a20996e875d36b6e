//===- Casts.cpp - Casts of casts -----------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A cast to a type that holds every value of the first can be skipped:
//
//   a = cast(dtype = "fp32", x = x)    // x is fp16
//   b = cast(dtype = "fp16", x = a)    =>   x
//   c = cast(dtype = "int32", x = a)   =>   c = cast(dtype = "int32", x = x)
//
// The other way round, fp32 -> fp16 -> fp32, rounds, and stays unless
// `allow-lossy-casts` is given; it is the pair that mixed-precision models are
// full of.
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"

namespace espresso {

/// Bits that count: of the significand for floats (the hidden one included), of
/// the magnitude for integers. 0 for types that casts do not have.
static int getPrecision(DataType type) {
  switch (type) {
  case DataType::Bool:
    return 1;
  case DataType::Int8:
    return 7;
  case DataType::UInt8:
    return 8;
  case DataType::Int16:
    return 15;
  case DataType::UInt16:
    return 16;
  case DataType::Int32:
    return 31;
  case DataType::Float16:
    return 11;
  case DataType::Float32:
    return 24;
  default:
    return 0;
  }
}

/// True if every value of `from` is one of `to`.
static bool isLossless(DataType from, DataType to) {
  int bitsFrom = getPrecision(from);
  int bitsTo = getPrecision(to);
  // A cast to bool asks for zero or not.
  if (bitsFrom == 0 || bitsTo == 0 || to == DataType::Bool)
    return false;
  if (isFloat(from) && !isFloat(to))
    return false;
  // A negative number has no unsigned form.
  if (isSignedInteger(from) && !isFloat(to) && !isSignedInteger(to))
    return false;
  // -2^n, the one value with n + 1 bits, is a power of two: fine for floats.
  return bitsFrom <= bitsTo;
}

static Value *skipLosslessCast(Operation &op, Builder &builder,
                               const PatternOptions &options) {
  Operation *inner = getProducer(op.getOperand("x"), "cast");
  Value *source = inner ? inner->getOperand("x") : nullptr;
  if (!source || !source->getTensorType())
    return nullptr;
  DataType first = source->getTensorType().getElementType();
  DataType second = inner->getResult()->getTensorType().getElementType();
  DataType third = op.getResult()->getTensorType().getElementType();
  bool mayRound = options.allowLossyCasts && isFloat(first) &&
                  isFloat(second) && first == third;
  if (!isLossless(first, second) && !mayRound)
    return nullptr;
  if (Value *same = ifSameType(source, op))
    return same;
  // Out of range, an integer does not become another one as a float does.
  bool isDirectCastTheSame = isFloat(first) || !isFloat(second) ||
                             isFloat(third) || third == DataType::Bool ||
                             isLossless(first, third);
  if (first == third || !isDirectCastTheSame)
    return nullptr;
  return copyWithOperand(op, builder, "x", source);
}

static constexpr PatternRow kPatterns[] = {
    {"cast", skipLosslessCast},
};

llvm::ArrayRef<PatternRow> getCastPatterns() { return kPatterns; }

} // namespace espresso
