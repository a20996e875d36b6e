//===- Layout.h - Values in channel-first form ---------------- -*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TRANSFORMS_LAYOUT_LAYOUT_H
#define ESPRESSO_LIB_TRANSFORMS_LAYOUT_LAYOUT_H

#include "../OpBuilder.h"
#include "Arrangement.h"

#include "espresso/IR/Program.h"

#include "llvm/ADT/DenseMap.h"

namespace espresso {

/// A value in another arrangement: `value` has the elements of the original,
/// whose axes stand in `order`. Its shape is any that this allows.
struct Form {
  Value *value = nullptr;
  Axes order;
};

/// What has been converted of a function, and what is to be.
class Layout {
public:
  /// What stands for `value`, if the operation that defines it was converted;
  /// else null.
  [[nodiscard]] const Form *find(const Value &value) const;
  /// Makes `form` stand for `value`.
  void define(Value &value, Value *form, Axes order);

  /// Says that somebody further on needs `value` so. The first to say so
  /// counts.
  void want(Value &value, Arrangement arrangement);
  /// How `value` is needed; null if as it is, or not at all.
  [[nodiscard]] const Arrangement *findWanted(const Value &value) const;
  /// The same, also if it is needed as it is.
  [[nodiscard]] const Arrangement *findAnyWanted(const Value &value) const;

  /// `value`, or what stands for it, in the shape that `to` gives it. `extents`
  /// are those of `value` below leading axes of extent 1, as `to` counts them.
  Value *bring(OpBuilder &b, Value &value, llvm::ArrayRef<int64_t> extents,
               const Arrangement &to, llvm::StringRef suffix);
  /// The same of an argument of an operation; constants are laid out anew. Null
  /// if that cannot be done.
  Value *bring(OpBuilder &b, const Argument &argument,
               llvm::ArrayRef<int64_t> extents, const Arrangement &to,
               llvm::StringRef suffix);

  /// What was transposed so far is not used again: it may stand behind what
  /// comes next.
  void forgetCopies() { copies.clear(); }

private:
  llvm::DenseMap<const Value *, Form> forms;
  llvm::DenseMap<const Value *, Arrangement> wanted;
  /// Transposed on demand.
  llvm::DenseMap<const Value *, llvm::SmallVector<Form, 1>> copies;
};

/// Writes an operation in channel-first form and defines what stands for its
/// results; false, having written nothing, if that is not possible or not
/// called for.
using LayoutConversion = bool (*)(Operation &op, Layout &layout);
/// Says how `op` needs its operands, from how its results are needed.
using LayoutDemand = void (*)(Operation &op, Layout &layout);

struct LayoutRow {
  llvm::StringRef opName;
  LayoutConversion convert;
  LayoutDemand demand;
};

[[nodiscard]] llvm::ArrayRef<LayoutRow> getProductLayouts();
[[nodiscard]] llvm::ArrayRef<LayoutRow> getConvolutionLayouts();
[[nodiscard]] llvm::ArrayRef<LayoutRow> getMoveLayouts();
[[nodiscard]] llvm::ArrayRef<LayoutRow> getAxisLayouts();
[[nodiscard]] llvm::ArrayRef<LayoutRow> getJoinLayouts();
/// For every operation with the trait.
extern const LayoutRow kElementwiseLayout;

//===----------------------------------------------------------------------===//
// What conversions have in common
//===----------------------------------------------------------------------===//

/// The extents of `value`; nothing if one is not known or is 0, or it is no
/// tensor.
[[nodiscard]] std::optional<Axes> getExtents(const Value &value);

/// The arguments of `op` but those of `replaced`, and these.
[[nodiscard]] llvm::SmallVector<NamedArgument, 8>
replaceArguments(const Operation &op, llvm::ArrayRef<NamedArgument> replaced);

/// The same operation with other arguments, and attributes that say the same.
/// Arguments whose value is null are left out.
Operation *rebuildOp(Operation &op, OpBuilder &b,
                     llvm::ArrayRef<NamedArgument> replaced);

/// Channels along `axis`, an own leading axis as the batch, everything else in
/// order along the width: [N, C, 1, S].
[[nodiscard]] Arrangement getColumns(size_t rank, int64_t axis);

/// How an operation on `x` with results of the same axes is done: as `x` is
/// laid out, or else as the result is needed; nothing if it stays.
[[nodiscard]] std::optional<Arrangement>
chooseArrangement(const Layout &layout, Value &x, const Value &result);

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_LAYOUT_LAYOUT_H
