//===- StepContext.h - What an operation asks of its step -------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_STEPCONTEXT_H
#define ESPRESSO_LIB_RUNTIME_STEPCONTEXT_H

#include "Kernel.h"
#include "Program.h"
#include "espresso/Base/StatusMacros.h"

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace espresso::runtime {

/// A step under compilation: its arguments by name, checked as they are asked
/// for. An argument is an operand or an attribute, whichever is there.
class StepContext {
public:
  StepContext(Program &program, const FunctionInfo &function,
              const plan::Step &step)
      : program(program), function(function), step(step) {}

  /// InvalidArgument that names the step.
  template <typename... Args>
  absl::Status error(const Args &...args) const {
    return absl::InvalidArgumentError(absl::StrCat(describe(), ": ", args...));
  }

  [[nodiscard]] bool has(std::string_view name) const;

  /// A single tensor in memory form.
  absl::StatusOr<Tensor> tensor(std::string_view name);
  /// The same, of the given kind: an integer attribute may stand for a float.
  absl::StatusOr<Tensor> tensor(std::string_view name, Memory memory);
  absl::StatusOr<Tensor> floats(std::string_view name) {
    return tensor(name, Memory::Float);
  }
  /// Absent arguments give a tensor without type.
  absl::StatusOr<Tensor> optionalFloats(std::string_view name);
  absl::StatusOr<std::vector<Tensor>> list(std::string_view name);
  /// Floats whose weights may stay in their own type.
  absl::StatusOr<Matrix> matrix(std::string_view name);
  absl::StatusOr<StateRef> state(std::string_view name);

  /// Compile-time arguments; `fallback` stands for an absent one, and without
  /// it absence is an error.
  absl::StatusOr<int64_t> integer(std::string_view name,
                                  std::optional<int64_t> fallback = {});
  absl::StatusOr<double> real(std::string_view name,
                              std::optional<double> fallback = {});
  absl::StatusOr<bool> boolean(std::string_view name,
                               std::optional<bool> fallback = {});
  absl::StatusOr<std::string> text(std::string_view name,
                                   std::optional<std::string> fallback = {});
  /// A scalar gives a vector of one.
  absl::StatusOr<std::vector<int64_t>>
  integers(std::string_view name,
           std::optional<std::vector<int64_t>> fallback = {});

  /// The only result, which must have this form and shape.
  absl::StatusOr<Tensor> result(Memory memory, const Shape &shape);
  /// Result `index` of any number.
  absl::StatusOr<Tensor> result(int index, Memory memory, const Shape &shape);
  int getNumResults() const { return step.results_size(); }
  /// The declared type of the only result.
  absl::StatusOr<const TensorType *> getResultType() const;

  /// `axis` of a tensor of `rank` axes, negative ones counted from the end.
  absl::StatusOr<int64_t> normaliseAxis(int64_t axis, int64_t rank) const;
  /// Distinct axes in ascending order.
  absl::StatusOr<std::vector<int64_t>>
  normaliseAxes(const std::vector<int64_t> &axes, int64_t rank) const;

  /// Asks for scratch memory, in elements of four bytes; `perThread` for each
  /// thread of the pool.
  absl::Status reserveScratch(int64_t elements, int64_t perThread = 0);

  /// An error if an operand or attribute was never asked for.
  absl::Status checkAllUsed() const;

  const plan::Step &getStep() const { return step; }
  Program &getProgram() { return program; }
  const FunctionInfo &getFunction() const { return function; }
  const ScratchSize &getScratch() const { return scratch; }
  /// Marks an argument as known.
  void use(std::string_view name) { used.insert(std::string(name)); }
  /// The tensor of value `index` of this function.
  absl::StatusOr<Tensor> getValue(uint32_t index, std::string_view name);

private:
  std::string describe() const;
  const plan::Operand *findOperand(std::string_view name);
  const plan::Attribute *findAttribute(std::string_view name);
  absl::StatusOr<uint32_t> single(const plan::Operand &operand) const;
  absl::StatusOr<Tensor> fromAttribute(const plan::Attribute &attribute,
                                       std::optional<Memory> memory);
  /// A constant operand with exactly one element, or nothing.
  absl::StatusOr<std::optional<Tensor>> constant(std::string_view name);

  Program &program;
  const FunctionInfo &function;
  const plan::Step &step;
  ScratchSize scratch;
  std::set<std::string> used;
};

/// Checks a step and binds it to its operation's implementation.
using KernelFactory = absl::StatusOr<Kernel> (*)(StepContext &context);

/// The factory of operation `op`, or null.
[[nodiscard]] KernelFactory findOperation(std::string_view op);

/// One row of a family's table.
struct OperationRow {
  std::string_view name;
  KernelFactory factory;
};

// The families.
std::span<const OperationRow> getElementwiseOperations();
std::span<const OperationRow> getReductionOperations();
std::span<const OperationRow> getShapeOperations();
std::span<const OperationRow> getProductOperations();
std::span<const OperationRow> getCompositeOperations();
std::span<const OperationRow> getArgMaxOperations();
std::span<const OperationRow> getAttentionOperations();
std::span<const OperationRow> getCacheOperations();
std::span<const OperationRow> getPositionOperations();
std::span<const OperationRow> getCallOperations();

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_STEPCONTEXT_H
