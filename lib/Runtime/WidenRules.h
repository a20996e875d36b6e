//===- WidenRules.h - Which operations keep columns apart -------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_WIDENRULES_H
#define ESPRESSO_LIB_RUNTIME_WIDENRULES_H

#include "Widen.h"
#include "espresso/Base/StatusMacros.h"

#include "absl/strings/str_cat.h"

#include <string>
#include <string_view>

namespace espresso::runtime {

/// A step with operands whose columns are known, and results whose columns a
/// rule finds.
class StepColumns {
public:
  StepColumns(const CheckedPlan &plan, const FunctionInfo &function, int index,
              WideFunction &wide)
      : step(function.message->steps(index)), plan(plan), function(function),
        index(index), wide(wide) {}

  const plan::Step &step;

  /// Unimplemented, naming the step.
  template <typename... Args>
  absl::Status refuse(const Args &...args) const {
    return absl::UnimplementedError(absl::StrCat(describe(), ": ", args...));
  }

  ColumnAxis getAxis(uint32_t value) const { return wide.axes[value]; }
  const Shape &getShape(uint32_t value) const {
    return function.values[value].type.shape;
  }
  const Shape &getResultShape(int result) const {
    return getShape(step.results(result).value());
  }

  /// The value of an operand that has one.
  std::optional<uint32_t> find(std::string_view name) const;
  /// The same, which must have columns.
  absl::StatusOr<uint32_t> getWide(std::string_view name) const;
  /// Whether an operand is absent or the same for all columns.
  bool isNarrow(std::string_view name) const;

  // Compile-time arguments, from an attribute or a constant.
  absl::StatusOr<std::optional<std::vector<int64_t>>>
  integers(std::string_view name) const;
  absl::StatusOr<int64_t> integer(std::string_view name,
                                  int64_t fallback) const;
  /// Axes of a tensor of this rank, none negative.
  absl::StatusOr<std::vector<int64_t>> axes(std::string_view name,
                                            int64_t rank) const;

  /// Where the columns of results are: an axis of one element.
  absl::Status setResult(int index, int64_t axis);
  absl::Status setResults(int64_t axis);
  /// Element `element` of argument `name` is the number of columns.
  void patch(std::string_view name, std::vector<int64_t> values,
             int64_t element) {
    wide.patches.push_back({index, std::string(name), std::move(values),
                            static_cast<size_t>(element)});
  }

private:
  std::string describe() const;

  const CheckedPlan &plan;
  const FunctionInfo &function;
  int index;
  WideFunction &wide;
};

/// Finds the columns of the results of a step of which an operand has columns.
using WidenRule = absl::Status (*)(StepColumns &step);

/// One row of the table, which is sorted by name.
struct WidenRow {
  std::string_view op;
  WidenRule rule;
};

/// The rule of operation `op`; null if it does not keep columns apart.
[[nodiscard]] WidenRule findWidenRule(std::string_view op);

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_WIDENRULES_H
