//===- FunctionPlan.h - A function made ready to run ------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_EVAL_FUNCTIONPLAN_H
#define ESPRESSO_LIB_EVAL_FUNCTIONPLAN_H

#include "espresso/Eval/Kernel.h"
#include "espresso/IR/Program.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"

#include <vector>

namespace espresso {

/// Constants as tensors, each read once. Blobs are known by the key of their
/// source, so that functions that share weights share the tensors too.
class ConstantPool {
public:
  explicit ConstantPool(Numerics numerics) : numerics(numerics) {}

  /// The tensor of `attribute`, which for a list of tensors has an axis more;
  /// null if it is something else, or if its weights
  /// cannot be had, and then `reason` says why.
  TensorRef get(const Attribute &attribute, std::string &reason);

private:
  TensorRef getList(const ListElements &list, std::string &reason);

  Numerics numerics;
  llvm::StringMap<TensorRef> blobs;
};

/// Where a tensor comes from: a constant, or a slot that is filled before.
struct TensorSource {
  TensorRef constant;
  int slot = -1;
};

/// One input of an operation: tensors, or a state by its index.
struct PlannedArgument {
  llvm::StringRef name;
  llvm::SmallVector<TensorSource, 1> sources;
  int state = -1;
};

struct PlannedBlock;

struct PlannedOp {
  const Operation *op = nullptr;
  /// Null for espresso.call and for operations with blocks.
  KernelFn kernel = nullptr;
  const Function *callee = nullptr;
  std::vector<PlannedBlock> blocks;
  std::vector<PlannedArgument> arguments;
  llvm::SmallVector<int, 2> resultSlots;
  /// Slots that nobody reads after this operation.
  llvm::SmallVector<int, 4> dyingSlots;
  /// Pure with constant arguments: results are kept after the first run.
  bool isConstant = false;
  std::vector<TensorRef> keptResults;
};

/// A block within a function, whose slots it shares: it sees all values around
/// it.
struct PlannedBlock {
  std::vector<int> inputSlots;
  std::vector<PlannedOp> ops;
  std::vector<TensorSource> outputs;
};

struct PlannedInput {
  llvm::StringRef name;
  Type type;
  /// An index of a state if the type is one, else of a slot.
  int index = -1;
};

struct PlannedOutput {
  llvm::StringRef name;
  TensorSource source;
};

/// A function with names resolved to indices, constants read, and lifetimes
/// known.
struct FunctionPlan {
  std::vector<PlannedInput> inputs;
  std::vector<PlannedOp> ops;
  std::vector<PlannedOutput> outputs;
  int numSlots = 0;
  int numStates = 0;
};

/// Makes the plan of `function`; reports what cannot be evaluated.
[[nodiscard]] FailureOr<FunctionPlan> planFunction(const Function &function,
                                                   ConstantPool &constants);

/// The kernel that the record of `op` names, or null.
[[nodiscard]] KernelFn findKernel(const Operation &op);

} // namespace espresso

#endif // ESPRESSO_LIB_EVAL_FUNCTIONPLAN_H
