//===- WidenRules.cpp - Which operations keep columns apart ---------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// The table of operations whose result for a column depends on nothing of other
// columns, each with a rule that says where the columns of its results are.

#include "WidenRules.h"

#include <algorithm>

namespace espresso::runtime {

namespace {

int64_t getRank(const Shape &shape) {
  return static_cast<int64_t>(shape.size());
}

/// A place of `name` for each axis is the number of columns where theirs is.
absl::Status patchExtent(StepColumns &s, std::string_view name, int64_t rank,
                         int64_t axis) {
  ESPRESSO_ASSIGN_OR_RETURN(auto values, s.integers(name));
  if (!values)
    return absl::OkStatus();
  if (getRank(*values) != rank)
    return s.refuse("'", std::string(name), "' does not have an element for ",
                    "each axis");
  if ((*values)[axis] == -1)
    return absl::OkStatus(); // whatever is left
  s.patch(name, *std::move(values), axis);
  return absl::OkStatus();
}

//===----------------------------------------------------------------------===//
// Element by element, and along other axes
//===----------------------------------------------------------------------===//

/// Operands broadcast to the result: the axis is counted from the last.
absl::Status keepElements(StepColumns &s) {
  std::optional<int64_t> behind;
  for (const plan::Operand &operand : s.step.operands())
    for (uint32_t value : operand.values())
      if (ColumnAxis axis = s.getAxis(value)) {
        const int64_t found = getRank(s.getShape(value)) - *axis;
        if (behind && *behind != found)
          return s.refuse("its operands have their columns along two axes");
        behind = found;
      }
  // What is the same for all columns must have one element for them all.
  for (const plan::Operand &operand : s.step.operands())
    for (uint32_t value : operand.values()) {
      const Shape &shape = s.getShape(value);
      if (getRank(shape) >= *behind && shape[shape.size() - *behind] != 1)
        return s.refuse("an operand differs along the axis of columns");
    }
  return s.setResult(0, getRank(s.getResultShape(0)) - *behind);
}

absl::Status keepReduction(StepColumns &s) {
  ESPRESSO_ASSIGN_OR_RETURN(uint32_t x, s.getWide("x"));
  const int64_t axis = *s.getAxis(x);
  ESPRESSO_ASSIGN_OR_RETURN(std::vector<int64_t> axes,
                            s.axes("axes", getRank(s.getShape(x))));
  ESPRESSO_ASSIGN_OR_RETURN(int64_t keeps, s.integer("keep_dims", 0));
  if (std::count(axes.begin(), axes.end(), axis))
    return s.refuse("reduces along the columns");
  int64_t before = 0;
  for (int64_t reduced : axes)
    before += reduced < axis;
  return s.setResult(0, keeps ? axis : axis - before);
}

absl::Status keepOffAxis(StepColumns &s, std::string_view name,
                         std::optional<int64_t> fallback) {
  ESPRESSO_ASSIGN_OR_RETURN(uint32_t x, s.getWide("x"));
  const int64_t rank = getRank(s.getShape(x));
  std::vector<int64_t> axes;
  ESPRESSO_ASSIGN_OR_RETURN(auto given, s.integers(name));
  if (given || !fallback) {
    ESPRESSO_ASSIGN_OR_RETURN(axes, s.axes(name, rank));
  } else {
    axes = {*fallback < 0 ? *fallback + rank : *fallback};
  }
  for (const char *other : {"gamma", "beta"})
    if (!s.isNarrow(other))
      return s.refuse("'", other, "' has columns");
  if (std::count(axes.begin(), axes.end(), *s.getAxis(x)))
    return s.refuse("works along the columns");
  return s.setResults(*s.getAxis(x));
}

absl::Status keepSoftmax(StepColumns &s) { return keepOffAxis(s, "axis", -1); }
absl::Status keepNorm(StepColumns &s) {
  return keepOffAxis(s, "axes", std::nullopt);
}
absl::Status keepSplit(StepColumns &s) {
  return keepOffAxis(s, "axis", std::nullopt);
}

//===----------------------------------------------------------------------===//
// Elements that move
//===----------------------------------------------------------------------===//

/// The axis of one element before which as many elements lie as before that of
/// x: with more columns the same elements lie in the same order. Of several,
/// the last, as the form of activations has it.
absl::Status keepReshape(StepColumns &s) {
  ESPRESSO_ASSIGN_OR_RETURN(uint32_t x, s.getWide("x"));
  const Shape &from = s.getShape(x), &to = s.getResultShape(0);
  int64_t outer = 1;
  for (int64_t i = 0; i < *s.getAxis(x); ++i)
    outer *= from[i];
  std::optional<int64_t> found;
  int64_t before = 1;
  for (int64_t i = 0; i < getRank(to); ++i) {
    if (to[i] == 1 && before == outer)
      found = i;
    before *= to[i];
  }
  if (!found)
    return s.refuse("reshapes across the columns");
  ESPRESSO_RETURN_IF_ERROR(patchExtent(s, "shape", getRank(to), *found));
  return s.setResult(0, *found);
}

absl::Status keepTranspose(StepColumns &s) {
  ESPRESSO_ASSIGN_OR_RETURN(uint32_t x, s.getWide("x"));
  ESPRESSO_ASSIGN_OR_RETURN(std::vector<int64_t> perm,
                            s.axes("perm", getRank(s.getShape(x))));
  const auto found = std::find(perm.begin(), perm.end(), *s.getAxis(x));
  return s.setResult(0, found - perm.begin());
}

absl::Status keepExpandDims(StepColumns &s) {
  ESPRESSO_ASSIGN_OR_RETURN(uint32_t x, s.getWide("x"));
  const int64_t rank = getRank(s.getResultShape(0));
  ESPRESSO_ASSIGN_OR_RETURN(std::vector<int64_t> axes, s.axes("axes", rank));
  int64_t left = *s.getAxis(x), at = 0;
  for (;; ++at) {
    if (std::count(axes.begin(), axes.end(), at))
      continue;
    if (left-- == 0)
      return s.setResult(0, at);
  }
}

absl::Status keepSqueeze(StepColumns &s) {
  ESPRESSO_ASSIGN_OR_RETURN(uint32_t x, s.getWide("x"));
  const int64_t axis = *s.getAxis(x);
  ESPRESSO_ASSIGN_OR_RETURN(std::vector<int64_t> axes,
                            s.axes("axes", getRank(s.getShape(x))));
  if (std::count(axes.begin(), axes.end(), axis))
    return s.refuse("drops the axis of columns");
  return s.setResult(
      0, axis - std::count_if(axes.begin(), axes.end(),
                              [&](int64_t dropped) { return dropped < axis; }));
}

absl::Status keepConcat(StepColumns &s) {
  ColumnAxis axis;
  for (const plan::Operand &operand : s.step.operands()) {
    if (operand.name() != "values")
      continue;
    for (uint32_t value : operand.values()) {
      if (!s.getAxis(value))
        return s.refuse("one of 'values' is the same for all columns");
      if (axis && axis != s.getAxis(value))
        return s.refuse("its operands have their columns along two axes");
      axis = s.getAxis(value);
    }
  }
  ESPRESSO_ASSIGN_OR_RETURN(std::vector<int64_t> joined,
                            s.axes("axis", getRank(s.getResultShape(0))));
  if (!axis || joined.size() != 1 || joined[0] == *axis)
    return s.refuse("joins columns");
  return s.setResult(0, *axis);
}

absl::Status keepSliceBySize(StepColumns &s) {
  ESPRESSO_ASSIGN_OR_RETURN(uint32_t x, s.getWide("x"));
  const int64_t axis = *s.getAxis(x), rank = getRank(s.getShape(x));
  if (!s.isNarrow("begin"))
    return s.refuse("begins where the columns say");
  ESPRESSO_RETURN_IF_ERROR(patchExtent(s, "size", rank, axis));
  return s.setResult(0, axis);
}

absl::Status keepSliceByIndex(StepColumns &s) {
  ESPRESSO_ASSIGN_OR_RETURN(uint32_t x, s.getWide("x"));
  const int64_t axis = *s.getAxis(x), rank = getRank(s.getShape(x));
  ESPRESSO_ASSIGN_OR_RETURN(auto begin, s.integers("begin"));
  ESPRESSO_ASSIGN_OR_RETURN(auto stride, s.integers("stride"));
  ESPRESSO_ASSIGN_OR_RETURN(auto squeezes, s.integers("squeeze_mask"));
  ESPRESSO_ASSIGN_OR_RETURN(auto ends, s.integers("end_mask"));
  int64_t dropped = 0;
  for (int64_t i = 0; squeezes && i < std::min(getRank(*squeezes), axis); ++i)
    dropped += (*squeezes)[i] != 0;
  if (!begin || getRank(*begin) != rank || (*begin)[axis] != 0 ||
      (stride && (getRank(*stride) != rank || (*stride)[axis] != 1)) ||
      (squeezes && (getRank(*squeezes) != rank || (*squeezes)[axis])))
    return s.refuse("slices columns");
  const bool toEnd = ends && getRank(*ends) == rank && (*ends)[axis] != 0;
  if (!toEnd)
    ESPRESSO_RETURN_IF_ERROR(patchExtent(s, "end", rank, axis));
  return s.setResult(0, axis - dropped);
}

absl::Status keepGather(StepColumns &s) {
  const std::optional<uint32_t> x = s.find("x"), indices = s.find("indices");
  if (!x || !indices || (s.getAxis(*x) && s.getAxis(*indices)))
    return s.refuse("takes elements across columns");
  const int64_t rank = getRank(s.getShape(*x));
  ESPRESSO_ASSIGN_OR_RETURN(int64_t along, s.integer("axis", 0));
  along = along < 0 ? along + rank : along;
  if (ColumnAxis axis = s.getAxis(*indices))
    return s.setResult(0, along + *axis);
  const int64_t axis = *s.getAxis(*x);
  if (axis == along)
    return s.refuse("takes elements across columns");
  return s.setResult(
      0, axis < along ? axis : axis + getRank(s.getShape(*indices)) - 1);
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// 1x1 kernels see one column; a batch is no column.
absl::Status keepConv(StepColumns &s) {
  ESPRESSO_ASSIGN_OR_RETURN(uint32_t x, s.getWide("x"));
  if (*s.getAxis(x) < 2 || !s.isNarrow("weight") || !s.isNarrow("bias"))
    return s.refuse("its weights or channels are columns");
  return s.setResult(0, *s.getAxis(x));
}

absl::Status keepLinear(StepColumns &s) {
  ESPRESSO_ASSIGN_OR_RETURN(uint32_t x, s.getWide("x"));
  const int64_t axis = *s.getAxis(x);
  if (axis == getRank(s.getShape(x)) - 1 || !s.isNarrow("weight") ||
      !s.isNarrow("bias"))
    return s.refuse("its weights or channels are columns");
  return s.setResult(0, axis);
}

/// Which axis of the result, counted from the last, that of an operand is:
/// of a product of rank 2 the `kept` one, or one of a batch.
absl::StatusOr<int64_t> getProductAxis(StepColumns &s, uint32_t value,
                                       int64_t kept, int64_t result) {
  const int64_t behind = getRank(s.getShape(value)) - *s.getAxis(value);
  if (behind == kept)
    return result;
  if (behind <= 2)
    return s.refuse("sums over the columns");
  return behind;
}

absl::Status keepMatMul(StepColumns &s) {
  const std::optional<uint32_t> x = s.find("x"), y = s.find("y");
  ESPRESSO_ASSIGN_OR_RETURN(int64_t turnX, s.integer("transpose_x", 0));
  ESPRESSO_ASSIGN_OR_RETURN(int64_t turnY, s.integer("transpose_y", 0));
  if (!x || !y)
    return s.refuse("lacks an operand");
  std::optional<int64_t> behind;
  if (s.getAxis(*x)) {
    ESPRESSO_ASSIGN_OR_RETURN(behind, getProductAxis(s, *x, turnX ? 1 : 2, 2));
  }
  if (s.getAxis(*y)) {
    ESPRESSO_ASSIGN_OR_RETURN(int64_t other,
                              getProductAxis(s, *y, turnY ? 2 : 1, 1));
    if (behind && (*behind != other || other <= 2))
      return s.refuse("multiplies columns by each other");
    behind = other;
  }
  // A batch of the other operand must not be one of columns.
  for (uint32_t value : {*x, *y}) {
    const Shape &shape = s.getShape(value);
    if (*behind > 2 && getRank(shape) >= *behind &&
        shape[shape.size() - *behind] != 1)
      return s.refuse("an operand differs along the axis of columns");
  }
  return s.setResult(0, getRank(s.getResultShape(0)) - *behind);
}

//===----------------------------------------------------------------------===//
// Composites
//===----------------------------------------------------------------------===//

/// Activations [1, C, 1, S], and one position or id a column: whatever has
/// columns has them along its last axis.
absl::Status keepComposite(StepColumns &s) {
  for (const plan::Operand &operand : s.step.operands())
    for (uint32_t value : operand.values()) {
      const ColumnAxis axis = s.getAxis(value);
      const int64_t rank = getRank(s.getShape(value));
      if (axis && *axis != rank - 1)
        return s.refuse("'", operand.name(), "' has columns along axis ",
                        *axis);
      // An activation beside others is one of columns, too.
      constexpr std::string_view kActivations[] = {
          "x", "q", "k", "v", "route", "values", "ids", "position"};
      const bool isActivation =
          std::count(std::begin(kActivations), std::end(kActivations),
                     operand.name()) != 0;
      if (!axis && isActivation && s.step.op() != "espresso.rope")
        return s.refuse("'", operand.name(), "' is the same for all columns");
    }
  for (int i = 0; i < s.step.results_size(); ++i)
    ESPRESSO_RETURN_IF_ERROR(s.setResult(i, getRank(s.getResultShape(i)) - 1));
  return absl::OkStatus();
}

/// A position that is an attribute is that of one column.
absl::Status keepPositioned(StepColumns &s) {
  ESPRESSO_RETURN_IF_ERROR(s.getWide("position").status());
  return keepComposite(s);
}

constexpr WidenRow kRows[] = {
    {"abs", keepElements},
    {"add", keepElements},
    {"cast", keepElements},
    {"ceil", keepElements},
    {"concat", keepConcat},
    {"conv", keepConv},
    {"equal", keepElements},
    {"erf", keepElements},
    {"espresso.argmax", keepComposite},
    {"espresso.attention", keepPositioned},
    {"espresso.cache_write", keepPositioned},
    {"espresso.embedding", keepComposite},
    {"espresso.ffn", keepComposite},
    {"espresso.greedy_head", keepComposite},
    {"espresso.head", keepComposite},
    {"espresso.layer_norm", keepComposite},
    {"espresso.linear", keepComposite},
    {"espresso.position_embedding", keepPositioned},
    {"espresso.rms_norm", keepComposite},
    {"espresso.rope", keepPositioned},
    {"espresso.router", keepComposite},
    {"espresso.short_conv", keepPositioned},
    {"exp", keepElements},
    {"expand_dims", keepExpandDims},
    {"floor", keepElements},
    {"gather", keepGather},
    {"gelu", keepElements},
    {"greater", keepElements},
    {"greater_equal", keepElements},
    {"identity", keepElements},
    {"inverse", keepElements},
    {"layer_norm", keepNorm},
    {"less", keepElements},
    {"less_equal", keepElements},
    {"linear", keepLinear},
    {"log", keepElements},
    {"matmul", keepMatMul},
    {"maximum", keepElements},
    {"minimum", keepElements},
    {"mul", keepElements},
    {"not_equal", keepElements},
    {"pow", keepElements},
    {"real_div", keepElements},
    {"reduce_max", keepReduction},
    {"reduce_mean", keepReduction},
    {"reduce_min", keepReduction},
    {"reduce_sum", keepReduction},
    {"reduce_sum_square", keepReduction},
    {"relu", keepElements},
    {"reshape", keepReshape},
    {"round", keepElements},
    {"rsqrt", keepElements},
    {"select", keepElements},
    {"sigmoid", keepElements},
    {"silu", keepElements},
    {"slice_by_index", keepSliceByIndex},
    {"slice_by_size", keepSliceBySize},
    {"softmax", keepSoftmax},
    {"split", keepSplit},
    {"sqrt", keepElements},
    {"square", keepElements},
    {"squeeze", keepSqueeze},
    {"sub", keepElements},
    {"tanh", keepElements},
    {"transpose", keepTranspose},
};

} // namespace

WidenRule findWidenRule(std::string_view op) {
  const auto *found = std::lower_bound(
      std::begin(kRows), std::end(kRows), op,
      [](const WidenRow &row, std::string_view name) { return row.op < name; });
  return found != std::end(kRows) && found->op == op ? found->rule : nullptr;
}

} // namespace espresso::runtime
