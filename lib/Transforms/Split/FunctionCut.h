//===- FunctionCut.h - Host and engine parts of a function ------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// The mechanics of split-at-rope: which operations of a function the engine
// runs, how they group into programs, and how a group becomes a function of its
// own with a call in its place.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TRANSFORMS_SPLIT_FUNCTIONCUT_H
#define ESPRESSO_LIB_TRANSFORMS_SPLIT_FUNCTIONCUT_H

#include "espresso/IR/Program.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

#include <optional>
#include <string>
#include <vector>

namespace espresso {

/// The layer an operation says it belongs to, or nothing.
[[nodiscard]] std::optional<int64_t> getLayer(const Operation &op);

/// One program of one layer: its operations in their order, and, once it is
/// made, its function.
struct CutGroup {
  /// Negative if it belongs to none.
  int64_t layer = 0;
  /// How often the layer has been on the host before this group.
  unsigned stage = 0;
  std::vector<Operation *> operations;
  std::string functionName;
};

/// What the host does between two groups: one operation, or the call of a
/// group.
struct CutUnit {
  /// Null for a call.
  Operation *hostOp = nullptr;
  /// Index into FunctionCut::groups, if this is a call.
  size_t group = 0;
  bool isCall() const { return hostOp == nullptr; }
};

/// A schedule of a function: groups for the engine, and the order of their
/// calls among the operations that stay on the host. Points into the function.
struct FunctionCut {
  /// By layer, then by stage.
  std::vector<CutGroup> groups;
  std::vector<CutUnit> schedule;
};

/// Decides what goes where. An operation is the engine's if it carries `layer`
/// and is not one that only the host can do (rope, attention with a cache, and
/// so on); a layer's operations form a new stage after each that the host does
/// in between. Reports and fails if an operation can be placed nowhere, or if
/// two groups need each other's results.
[[nodiscard]] llvm::FailureOr<FunctionCut> planCut(Function &function);

/// Carries the plan out: makes a function of `opset` for each group, and turns
/// `function` into a Host function that calls them. Reports and fails if a
/// tensor between the two is not [1, C, 1, S] of one float type.
[[nodiscard]] LogicalResult applyCut(Function &function, FunctionCut &cut,
                                     Opset opset);

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_SPLIT_FUNCTIONCUT_H
