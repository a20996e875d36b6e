//===- RangeSupport.h - What range analysis is made of ----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_ANALYSIS_RANGESUPPORT_H
#define ESPRESSO_LIB_ANALYSIS_RANGESUPPORT_H

#include "espresso/Analysis/Ranges.h"

namespace espresso {

/// The largest finite fp16.
inline constexpr double kHalfMaximum = 65504;
/// The smallest fp16 that is not subnormal.
inline constexpr double kHalfNormal = 0x1p-14;

/// The elements of a constant as declared; nothing if they cannot be had.
[[nodiscard]] std::optional<Tensor> readConstant(const Attribute &value);

/// What computes the range of a result from those of the arguments.
using RangeFn = ValueRange (*)(Operation &op, const RangeMap &ranges);

/// Null if there is none for operations of that name.
[[nodiscard]] RangeFn findElementwiseRange(llvm::StringRef name);
[[nodiscard]] RangeFn findStructuralRange(llvm::StringRef name);
[[nodiscard]] RangeFn findProductRange(llvm::StringRef name);

} // namespace espresso

#endif // ESPRESSO_LIB_ANALYSIS_RANGESUPPORT_H
