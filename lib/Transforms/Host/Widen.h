//===- Widen.h - Programs of more columns --------------------- -*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TRANSFORMS_HOST_WIDEN_H
#define ESPRESSO_LIB_TRANSFORMS_HOST_WIDEN_H

#include "espresso/IR/Builder.h"

#include <optional>

namespace espresso {

/// What the columns that are added are to those that were there.
enum class AddedColumns : uint8_t {
  /// Of no meaning, behind the others: earlier columns must not see them.
  Padding,
  /// Of streams of their own: no column may see another.
  Streams,
};

/// Reports under `rule` and fails unless `op` treats columns as `added` needs.
LogicalResult checkColumnwise(const Operation &op, AddedColumns added,
                              llvm::StringRef rule);

/// True for an input that holds rows of a cache: what it has along its last
/// axis are channels.
[[nodiscard]] bool isCacheRows(const Value &input);

/// Columns of the ports of `program` that are no rows of a cache; reports and
/// fails if they differ.
FailureOr<int64_t> getPortColumns(const Function &program,
                                  llvm::StringRef rule);

/// Gives the ports of `program` `columns`, and infers the types within again.
LogicalResult widenProgram(Function &program, int64_t columns,
                           AddedColumns added, llvm::StringRef rule);

/// `x` [1, C, 1, S] with zeros behind its channels and columns.
Value *padWithZeros(Builder &builder, Value *x, int64_t channels,
                    int64_t columns);

/// The part of `x` [1, C, 1, S] that begins at `column`.
Value *takePart(Builder &builder, Value *x, int64_t channels, int64_t column,
                int64_t columns, const llvm::Twine &name);

/// `values` side by side.
Value *joinColumns(Builder &builder, llvm::ArrayRef<Value *> values,
                   const llvm::Twine &name);

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_HOST_WIDEN_H
