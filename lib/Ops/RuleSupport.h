//===- RuleSupport.h - What type rules share --------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Rules run after the table of inputs has been checked: required inputs are
// there, of their kind, element type and rank, and compile-time inputs are
// known, though a blob is known without having its elements at hand.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_OPS_RULESUPPORT_H
#define ESPRESSO_LIB_OPS_RULESUPPORT_H

#include "espresso/Ops/OpDefinition.h"
#include "espresso/Ops/Registry.h"

#include "llvm/ADT/SmallVector.h"

#include <limits>
#include <optional>

namespace espresso::rules {

#define GET_OP_RULES
#include "espresso/Ops/OpRegistry.inc"

using TypeList = llvm::SmallVectorImpl<Type>;
using Extents = llvm::SmallVector<int64_t, 4>;

//===----------------------------------------------------------------------===//
// Messages
//===----------------------------------------------------------------------===//

/// Shapes that do not fit: rule `op-shape`.
InFlightDiagnostic shapeError(const Operation &op);
/// A compile-time value that is not allowed: rule `op-value`.
InFlightDiagnostic valueError(const Operation &op);
/// "[1, ?, 3]".
std::string toText(llvm::ArrayRef<int64_t> extents);
/// "'EXACT', 'NONE' or 'X'".
std::string toText(llvm::ArrayRef<llvm::StringRef> words);

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

/// The tensor bound to `input`, or given as an attribute; null if absent.
TensorType getTensor(const Operation &op, llvm::StringRef input);
/// The tensors of a variadic input, all of which are tensors.
llvm::SmallVector<TensorType, 4> getTensors(const Operation &op,
                                            llvm::StringRef input);
bool isGiven(const Operation &op, llvm::StringRef input);
/// The values of the compile-time scalars of a variadic input; null where one
/// is in a weight file.
llvm::SmallVector<Attribute, 4> getScalars(const Operation &op,
                                           llvm::StringRef input);

/// What is known at compile time, defaults included; nothing if it is not.
std::optional<Extents> getIntegers(const Operation &op, llvm::StringRef input);
std::optional<int64_t> getInteger(const Operation &op, llvm::StringRef input);
/// A boolean that is false where unknown.
bool getFlag(const Operation &op, llvm::StringRef input);
/// A compile-time string, which lives as long as the context; empty if unknown.
llvm::StringRef getText(const Operation &op, llvm::StringRef input);

/// `axis` as an index into `rank` axes, counted from the end if negative.
FailureOr<int64_t> resolveAxis(const Operation &op, llvm::StringRef input,
                               int64_t axis, int64_t rank);
/// The axis that the scalar `input` names; it must be known.
FailureOr<int64_t> getAxis(const Operation &op, llvm::StringRef input,
                           int64_t rank);
/// The axes that the vector `input` names, in its order and without
/// repetition; all axes if it is absent.
FailureOr<Extents> getAxes(const Operation &op, llvm::StringRef input,
                           int64_t rank);
/// The integers of `input`, `fallback` if it is absent; reports unless there
/// are `count` and, if `minimum` is given, none is smaller.
FailureOr<Extents> getIntegersOr(const Operation &op, llvm::StringRef input,
                                 size_t count, int64_t fallback,
                                 std::optional<int64_t> minimum = std::nullopt);
/// The element type that the string `input` names, if it is one of `allowed`.
FailureOr<DataType> getDataType(const Operation &op, llvm::StringRef input,
                                DataTypeSet allowed);
LogicalResult checkOneOf(const Operation &op, llvm::StringRef input,
                         llvm::ArrayRef<llvm::StringRef> allowed);
/// `pad_type` of convolutions and pooling; `same_lower` needs ios16.
LogicalResult checkPadType(const Operation &op);

/// Positions in `indices` that are known must exist: they go along the `count`
/// axes of `data` from `first` on in turn. Up to ios16 one below 0 counts from
/// the end.
LogicalResult checkIndices(const Operation &op, llvm::StringRef data,
                           int64_t first, int64_t count);

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

/// `?` agrees with any extent.
inline bool agree(int64_t a, int64_t b) {
  return a == b || a == kDynamic || b == kDynamic;
}
bool agree(llvm::ArrayRef<int64_t> a, llvm::ArrayRef<int64_t> b);
/// Equal, where an unknown extent of a tensor, or length of a list, agrees with
/// any.
bool agree(Type a, Type b);
/// The type of what may be of either of two types that agree: unknown where
/// they differ.
Type join(Context &context, Type a, Type b);
/// The one that is known.
inline int64_t known(int64_t a, int64_t b) { return a == kDynamic ? b : a; }

/// The broadcast of both, or nothing if they do not fit.
std::optional<Extents> broadcast(llvm::ArrayRef<int64_t> a,
                                 llvm::ArrayRef<int64_t> b);
/// The product, kDynamic if an extent is unknown or the product too large.
int64_t getVolume(llvm::ArrayRef<int64_t> extents);
/// ceil(a / b) for positive b.
int64_t divideUp(int64_t a, int64_t b);

TensorType getTensorType(const Operation &op, DataType element,
                         llvm::ArrayRef<int64_t> shape);
/// Reports unless `input`, if it is given, has the shape `expected`.
LogicalResult checkShape(const Operation &op, llvm::StringRef input,
                         llvm::ArrayRef<int64_t> expected);
inline constexpr int64_t kAnyRank = std::numeric_limits<int64_t>::max();
LogicalResult checkRank(const Operation &op, llvm::StringRef input,
                        int64_t minimum, int64_t maximum);
/// For results whose rank depends on what is unknown: the declared types stand.
LogicalResult keepDeclared(const Operation &op, TypeList &results);

} // namespace espresso::rules

#endif // ESPRESSO_LIB_OPS_RULESUPPORT_H
