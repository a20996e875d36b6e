//===- Kernel.h - Reference kernels and what they are given -----*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A kernel computes the results of one operation from tensors. The evaluator
// resolves its arguments (literals, constants, defaults of the record), rounds
// its results to their types, and reports what it refuses.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_EVAL_KERNEL_H
#define ESPRESSO_EVAL_KERNEL_H

#include "espresso/Eval/Tensor.h"
#include "espresso/IR/Program.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"

#include <optional>
#include <string>
#include <vector>

namespace espresso {

/// What is bound to one input of an operation: tensors, several if it is a
/// list, or a state. The state is not owned.
struct KernelArgument {
  llvm::StringRef name;
  llvm::SmallVector<TensorRef, 1> tensors;
  Tensor *state = nullptr;
};

/// The arguments of one run of a kernel, and where it leaves its results. Lives
/// for that run. Thread-compatible.
class KernelContext {
public:
  KernelContext(const Operation &op, Numerics numerics,
                llvm::ArrayRef<KernelArgument> arguments)
      : op(op), numerics(numerics), arguments(arguments),
        results(op.getNumResults()) {}

  const Operation &getOp() const { return op; }
  Numerics getNumerics() const { return numerics; }

  // Arguments, by the names of the operation's record. Inputs that the record
  // requires or gives a default are always there.

  /// Null if `input` is absent and has no default.
  const Tensor *find(llvm::StringRef input) const;
  const Tensor &get(llvm::StringRef input) const;
  /// All tensors bound to `input`; empty if absent.
  llvm::ArrayRef<TensorRef> getList(llvm::StringRef input) const;
  Tensor &getState(llvm::StringRef input) const;
  bool has(llvm::StringRef input) const { return find(input) != nullptr; }

  int64_t getInteger(llvm::StringRef input) const {
    return get(input).getInteger();
  }
  double getReal(llvm::StringRef input) const { return get(input).getReal(); }
  bool getBool(llvm::StringRef input) const {
    return get(input).getInteger() != 0;
  }
  llvm::StringRef getString(llvm::StringRef input) const {
    return get(input).get<std::string>()[0];
  }
  /// The elements of an integer or bool tensor; empty if absent.
  Shape getIntegers(llvm::StringRef input) const;
  /// `axis` of the tensor of rank `rank`, counted from the front.
  int64_t getAxis(llvm::StringRef input, int64_t rank) const {
    return normalizeAxis(getInteger(input), rank);
  }
  /// Axes counted from the front, ascending; all axes if `input` is absent.
  Shape getAxes(llvm::StringRef input, int64_t rank) const;

  // Results.

  /// The type that result `index` has in the arithmetic of this run. A list is
  /// held as one tensor with an axis more, in front; a dictionary as the tensor
  /// of its values.
  DataType getResultType(unsigned index = 0) const;
  /// Zeros of that type, to be filled and handed to setResult.
  Tensor makeResult(llvm::ArrayRef<int64_t> shape, unsigned index = 0) const {
    return Tensor(getResultType(index), shape);
  }
  void setResult(Tensor tensor, unsigned index = 0) {
    results[index] = std::move(tensor);
  }
  std::vector<Tensor> takeResults() { return std::move(results); }

  /// Refuses: values known only now make no sense. The first message counts.
  void fail(const llvm::Twine &message) {
    if (!error)
      error = message.str();
  }
  const std::optional<std::string> &getError() const { return error; }

private:
  const Operation &op;
  Numerics numerics;
  llvm::ArrayRef<KernelArgument> arguments;
  std::vector<Tensor> results;
  std::optional<std::string> error;
};

using KernelFn = void (*)(KernelContext &);

/// A kernel under the name that records use for it.
struct KernelEntry {
  llvm::StringRef name;
  KernelFn run;
};

/// Every kernel, sorted by name.
[[nodiscard]] llvm::ArrayRef<KernelEntry> getAllKernels();
/// The kernel called `name`, or null.
[[nodiscard]] KernelFn lookupKernel(llvm::StringRef name);

} // namespace espresso

#endif // ESPRESSO_EVAL_KERNEL_H
