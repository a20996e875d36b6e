//===- Widen.h - A step of one token made one of many -----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_WIDEN_H
#define ESPRESSO_LIB_RUNTIME_WIDEN_H

#include "Plan.h"
#include "Program.h"

#include "absl/status/statusor.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace espresso::runtime {

/// The axis along which the columns of a value lie, an axis of one element as
/// long as there is one column. Nothing: the value is the same for all columns.
using ColumnAxis = std::optional<int64_t>;

/// An element of a vector of integers, an argument of a step, that is the
/// number of columns.
struct WidthPatch {
  int step = 0;
  std::string argument;
  std::vector<int64_t> values; ///< as they are for one column
  size_t element = 0;
};

/// What a function needs to be made wide.
struct WideFunction {
  std::vector<ColumnAxis> axes; ///< per value
  std::vector<WidthPatch> patches;
};

/// What the part of `decode` behind its last cache gives.
enum class HeadForm : uint8_t {
  AsIs,   ///< logits, or the choice if the head chooses
  Choose, ///< `token` and `maximum`, also where the plan has logits
};

/// The function `decode` of a language model, which takes one token, as one of
/// any number of columns. Operations that keep columns apart are known by a
/// table (WidenRules.cpp); a plan that has others cannot be widened.
///
/// It is cut in two: the *trunk* up to the last use of a cache, for all columns
/// of a batch, and the *head*, all behind it, for those whose results are asked
/// for. What passes from one to the other are the crossing values.
class WideDecode {
public:
  /// `plan` must outlive it. Errors: Unimplemented, naming what stands
  /// against it.
  [[nodiscard]] static absl::StatusOr<WideDecode>
  create(const CheckedPlan &plan, uint32_t decode);

  /// A value that the trunk gives to the head: [outer, columns, inner] floats.
  struct Crossing {
    uint32_t value = 0;
    int64_t outer = 0, inner = 0;
  };
  const std::vector<Crossing> &getCrossings() const { return crossings; }

  /// Function 0 of the plan has the inputs `ids` and `position`, [columns]
  /// each, and the crossing values as outputs, in their order. Errors:
  /// InvalidArgument if a value would be too large.
  [[nodiscard]] absl::StatusOr<CheckedPlan> makeTrunk(int64_t columns) const;
  /// Function 0 of the plan has the crossing values as inputs and the results
  /// of decode as outputs.
  [[nodiscard]] absl::StatusOr<CheckedPlan> makeHead(int64_t columns,
                                                     HeadForm form) const;

private:
  explicit WideDecode(const CheckedPlan &plan, uint32_t decode)
      : plan(&plan), decode(decode) {}
  absl::Status cut();
  std::vector<bool> findNeeded(const std::vector<bool> &wanted,
                               bool isTrunk) const;
  absl::StatusOr<CheckedPlan> make(plan::Function main,
                                   const std::vector<bool> &steps,
                                   int64_t columns) const;

  const CheckedPlan *plan;
  uint32_t decode;
  std::map<uint32_t, WideFunction> functions; ///< by index in the plan
  std::vector<bool> isHeadStep;               ///< of decode
  std::vector<Crossing> crossings;
};

/// Finds the axes of the values of function `index`, whose inputs have those
/// given, and of all functions that it calls. Errors: Unimplemented.
[[nodiscard]] absl::Status
findColumnAxes(const CheckedPlan &plan, uint32_t index,
               const std::vector<ColumnAxis> &inputs,
               std::map<uint32_t, WideFunction> &functions);

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_WIDEN_H
