//===- HostCalls.h - Calls of programs from host functions ---- -*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TRANSFORMS_HOST_HOSTCALLS_H
#define ESPRESSO_LIB_TRANSFORMS_HOST_HOSTCALLS_H

#include "espresso/IR/Program.h"

#include <string>
#include <utility>
#include <vector>

namespace espresso {

/// The function an `espresso.call` calls; null for other operations, and for a
/// name that no function has.
[[nodiscard]] Function *getCallee(const Operation &op);

/// True for a call of an <iosNN> function: one dispatch of the engine.
[[nodiscard]] bool isDispatch(const Operation &op);

/// Calls of programs in one run of `function`.
[[nodiscard]] unsigned countDispatches(const Function &function);

/// Calls of `callee` in the whole program.
[[nodiscard]] unsigned countCalls(const Function &callee);

/// Whether a call of `function` makes one token: it looks up one id.
[[nodiscard]] bool takesOneToken(const Function &function);

/// Bytes of the tensors that stand in weight files, each place counted once.
/// Scalars and flags, which stand in the program, do not count.
[[nodiscard]] uint64_t getWeightBytes(const Function &function);
/// The same of one constant; 0 for other operations.
[[nodiscard]] uint64_t getWeightBytes(const Operation &constant);

/// "1,234,567 bytes": for remarks.
[[nodiscard]] std::string formatBytes(uint64_t bytes);

/// `base`, or `base_1`, `base_2`, … if a function of the program has that name.
[[nodiscard]] std::string makeFunctionName(const Program &program,
                                           llvm::StringRef base);

/// The layers a call stands for, first and last: its attributes `layer` and
/// `last_layer`. Absent: {-1, -1}.
[[nodiscard]] std::pair<int64_t, int64_t> getLayers(const Operation &call);
void setLayers(Operation &call, std::pair<int64_t, int64_t> layers);

/// A value of the caller bound to a port of the callee.
struct BoundPort {
  std::string port;
  Value *value = nullptr;
};

/// A call that stands before `position` (at the end of the body if null). Its
/// results have the names and types of the values of `outputs`, whose
/// operations the caller is about to erase.
Operation *insertCall(Function &caller, Operation *position,
                      llvm::StringRef callee, llvm::ArrayRef<BoundPort> inputs,
                      llvm::ArrayRef<BoundPort> outputs, Location location);

/// Puts the operations of the callee, which is not erased, in place of `call`.
void inlineCall(Operation &call);

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_HOST_HOSTCALLS_H
