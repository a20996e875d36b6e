//===- Fingerprint.h - Did a program change? --------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_IR_FINGERPRINT_H
#define ESPRESSO_IR_FINGERPRINT_H

#include "espresso/IR/Program.h"

#include <cstdint>

namespace espresso {

/// A number that is equal for equal programs and, but for accidents of one in
/// 2^64, different for different ones. Equal means: the same functions,
/// operations, bindings, types, attributes and outputs in the same order, and
/// the same names, those of inner values included, so that a renaming counts as
/// a change. Locations do not count; nor does how a single argument is
/// parenthesised, which the wire format cannot tell. Bindings, attributes and
/// the entries of dictionaries count in whatever order they stand, as do the
/// inputs of a function: the printer sorts them.
///
/// The same on every machine and in every run. Weights that stay outside count
/// by path and offset, or by the key of their source if they have no path, and
/// not by their bytes. Works on invalid programs too.
[[nodiscard]] uint64_t getFingerprint(const Program &program);
[[nodiscard]] uint64_t getFingerprint(const Function &function);
/// The same for one value.
[[nodiscard]] uint64_t getFingerprint(const Attribute &attribute);

} // namespace espresso

#endif // ESPRESSO_IR_FINGERPRINT_H
