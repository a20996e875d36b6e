//===- FuseNorms.cpp - Norms written in single operations -----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// The forms are those of docs/Composites.md and of the pass range-safe-norms:
//
//   [reshape]  [abs reduce_max maximum real_div]  [reduce_sum mul sub]
//   mul reduce_sum mul [add] pow  mul [mul] [add]  [reshape]  [add residual]
//
// with reduce_mean, square, reduce_sum_square and rsqrt where others write
// them. What stands in brackets may be missing.
//
//===----------------------------------------------------------------------===//

#include "FuseSteps.h"

#include <algorithm>
#include <cmath>

namespace espresso::runtime {

namespace {

/// Reads a norm from its result back to its operand.
class NormMatcher {
public:
  explicit NormMatcher(const StepGraph &graph) : graph(graph) {}
  std::optional<NormMatch> match(int root);

private:
  /// The step that makes `value` if it is an `op`, noted as part of the norm.
  int take(uint32_t value, std::string_view op);
  bool takeResidual(uint32_t &value);
  void takeReshape(uint32_t &value);
  /// A constant, one number for each place along the axis.
  bool isVector(uint32_t value) const;
  void takeVector(uint32_t &value, std::string_view op,
                  std::optional<uint32_t> &vector);
  bool matchScaled(uint32_t value);
  bool matchRoot(uint32_t value);
  bool matchMean(uint32_t value);
  /// The operand of a reduction along a single axis that is kept.
  std::optional<uint32_t> takeReduction(uint32_t value, std::string_view op);
  bool matchSquares(uint32_t value);
  void matchCentring();
  bool matchDivision();

  const StepGraph &graph;
  NormMatch norm;
  uint32_t centred = 0; ///< what is squared
  uint32_t operand = 0; ///< the same before the mean was taken off
  bool knowsAxis = false;
  std::optional<uint32_t> shift; ///< epsilon, if it is computed
};

} // namespace

int NormMatcher::take(uint32_t value, std::string_view op) {
  const int step = graph.getMaker(value, op);
  if (step >= 0)
    norm.steps.push_back(step);
  return step;
}

/// add(norm, residual), in either order.
bool NormMatcher::takeResidual(uint32_t &value) {
  const int step = graph.getMaker(value, "add");
  if (step < 0)
    return false;
  auto pair = graph.getPair(step);
  if (!pair)
    return false;
  auto [x, y] = *pair;
  if (graph.isConstant(x) || graph.isConstant(y) || x == y)
    return false;
  // The norm is what was made last.
  if (graph.getMaker(x) > graph.getMaker(y))
    std::swap(x, y);
  if (graph.getMaker(y) < 0 || graph.getReaders(y).size() != 1 ||
      graph.getType(x).shape != graph.getType(value).shape ||
      graph.getType(y).shape != graph.getType(value).shape)
    return false;
  norm.steps.push_back(step);
  norm.residual = x;
  value = y;
  return true;
}

void NormMatcher::takeReshape(uint32_t &value) {
  const int step = graph.getMaker(value, "reshape");
  std::optional<uint32_t> x;
  if (step >= 0)
    x = graph.getOperand(step, "x");
  if (!x || graph.isConstant(*x))
    return;
  norm.steps.push_back(step);
  value = *x;
}

bool NormMatcher::isVector(uint32_t value) const {
  if (!graph.isConstant(value) ||
      graph.getType(value).getMemory() != Memory::Float)
    return false;
  const Shape &shape = graph.getType(value).shape;
  const int64_t rank = static_cast<int64_t>(norm.shape.size());
  const int64_t missing = rank - static_cast<int64_t>(shape.size());
  if (missing < 0 || missing > norm.axis)
    return false;
  for (int64_t axis = missing; axis < rank; ++axis) {
    const int64_t extent = shape[axis - missing];
    // Of groups, each may have its own.
    const bool isWhole = extent == norm.shape[axis];
    if (axis == norm.axis  ? !isWhole
        : axis < norm.axis ? extent != 1 && !isWhole
                           : extent != 1)
      return false;
  }
  const int64_t count = norm.shape[norm.axis];
  int64_t outer = 1;
  for (int64_t axis = 0; axis < norm.axis; ++axis)
    outer *= norm.shape[axis];
  return graph.getType(value).count == count ||
         graph.getType(value).count == outer * count;
}

void NormMatcher::takeVector(uint32_t &value, std::string_view op,
                             std::optional<uint32_t> &vector) {
  const int step = graph.getMaker(value, op);
  std::optional<std::pair<uint32_t, uint32_t>> pair;
  if (step >= 0)
    pair = graph.getPair(step);
  if (!pair)
    return;
  auto [x, y] = *pair;
  if (graph.isConstant(x))
    std::swap(x, y);
  if (graph.isConstant(x) || !graph.isConstant(y) ||
      graph.getType(x).shape != graph.getType(value).shape)
    return;
  norm.steps.push_back(step);
  vector = y;
  value = x;
}

std::optional<uint32_t> NormMatcher::takeReduction(uint32_t value,
                                                   std::string_view op) {
  const int step = graph.getMaker(value, op);
  std::optional<uint32_t> x;
  if (step >= 0)
    x = graph.getOperand(step, "x");
  if (!x || graph.isConstant(*x))
    return std::nullopt;
  const Shape &from = graph.getType(*x).shape, &to = graph.getType(value).shape;
  if (from.size() != to.size())
    return std::nullopt; // the axis is not kept
  int64_t axis = -1;
  for (size_t i = 0; i < from.size(); ++i) {
    if (from[i] == to[i])
      continue;
    if (axis >= 0 || to[i] != 1)
      return std::nullopt;
    axis = static_cast<int64_t>(i);
  }
  if (axis < 0 || (knowsAxis && (axis != norm.axis || from != norm.shape)))
    return std::nullopt;
  norm.axis = axis;
  norm.shape = from;
  knowsAxis = true;
  norm.steps.push_back(step);
  return x;
}

/// mul(c, c), square(c), or their sum.
bool NormMatcher::matchSquares(uint32_t value) {
  if (std::optional<uint32_t> x = takeReduction(value, "reduce_sum_square")) {
    centred = *x;
    return true;
  }
  std::optional<uint32_t> squares = takeReduction(value, "reduce_sum");
  if (!squares && (squares = takeReduction(value, "reduce_mean")))
    norm.squareScale /= static_cast<float>(norm.shape[norm.axis]);
  if (!squares)
    return false;
  if (int step = take(*squares, "square"); step >= 0) {
    std::optional<uint32_t> x = graph.getOperand(step, "x");
    centred = x.value_or(0);
    return x.has_value();
  }
  const int step = take(*squares, "mul");
  std::optional<std::pair<uint32_t, uint32_t>> pair;
  if (step >= 0)
    pair = graph.getPair(step);
  if (!pair || pair->first != pair->second)
    return false;
  centred = pair->first;
  return true;
}

/// [mul by a number] of the sum of squares.
bool NormMatcher::matchMean(uint32_t value) {
  norm.squareScale = 1;
  if (const int step = graph.getMaker(value, "mul"); step >= 0) {
    auto scaled = graph.getScaled(step);
    if (!scaled)
      return false;
    norm.steps.push_back(step);
    norm.squareScale = scaled->second;
    value = scaled->first;
  }
  return matchSquares(value);
}

/// (mean [+ epsilon])^-1/2.
bool NormMatcher::matchRoot(uint32_t value) {
  constexpr float kMinusHalf = -0.5f;
  norm.epsilon = 0;
  std::optional<uint32_t> mean;
  if (const int step = take(value, "pow"); step >= 0) {
    if (graph.getNumber(step, "y") != kMinusHalf)
      return false;
    mean = graph.getOperand(step, "x");
  } else if (const int root = take(value, "rsqrt"); root >= 0) {
    // What rsqrt adds when nothing is said (ElementwiseOperations.cpp).
    constexpr float kDefaultEpsilon = 1e-12f;
    norm.epsilon = graph.getNumber(root, "epsilon").value_or(kDefaultEpsilon);
    mean = graph.getOperand(root, "x");
  }
  if (!mean)
    return false;
  if (const int step = graph.getMaker(*mean, "add"); step >= 0) {
    norm.steps.push_back(step);
    if (auto scaled = graph.getScaled(step)) {
      norm.epsilon += scaled->second;
      mean = scaled->first;
    } else if (auto pair = graph.getPair(step)) {
      mean = pair->first;
      shift = pair->second;
    }
  }
  return matchMean(*mean);
}

/// mul(c, root), in either order.
bool NormMatcher::matchScaled(uint32_t value) {
  const int step = take(value, "mul");
  std::optional<std::pair<uint32_t, uint32_t>> pair;
  if (step >= 0)
    pair = graph.getPair(step);
  if (!pair)
    return false;
  auto [x, y] = *pair;
  if (graph.getType(x).count < graph.getType(y).count)
    std::swap(x, y);
  return matchRoot(y) && x == centred && graph.getType(x).shape == norm.shape;
}

/// sub(x, mean of x).
void NormMatcher::matchCentring() {
  operand = centred;
  const int step = graph.getMaker(centred, "sub");
  std::optional<std::pair<uint32_t, uint32_t>> pair;
  if (step >= 0)
    pair = graph.getPair(step);
  if (!pair)
    return;
  uint32_t mean = pair->second;
  const std::vector<int> before = norm.steps;
  norm.steps.push_back(step);
  float scale = 1;
  if (const int factor = graph.getMaker(mean, "mul"); factor >= 0) {
    if (auto scaled = graph.getScaled(factor)) {
      norm.steps.push_back(factor);
      scale = scaled->second;
      mean = scaled->first;
    }
  }
  std::optional<uint32_t> x = takeReduction(mean, "reduce_sum");
  if (!x && (x = takeReduction(mean, "reduce_mean")))
    scale /= static_cast<float>(norm.shape[norm.axis]);
  if (x != pair->first) {
    norm.steps = before; // some other difference
    return;
  }
  norm.centres = true;
  norm.meanScale = scale;
  operand = *x;
}

/// x / s with s = maximum(reduce_max(abs(x)), floor), and (root / s)^2 in place
/// of epsilon: the norm of x with root^2.
bool NormMatcher::matchDivision() {
  const int product = take(*shift, "mul");
  auto square = product >= 0 ? graph.getPair(product) : std::nullopt;
  if (!square || square->first != square->second)
    return false;
  const int quotient = take(square->first, "real_div");
  const int division = take(operand, "real_div");
  if (quotient < 0 || division < 0)
    return false;
  std::optional<float> root = graph.getNumber(quotient, "x");
  std::optional<uint32_t> s = graph.getOperand(division, "y");
  std::optional<uint32_t> x = graph.getOperand(division, "x");
  if (!root || !s || !x || graph.getOperand(quotient, "y") != s)
    return false;
  const int maximum = take(*s, "maximum");
  auto floored = maximum >= 0 ? graph.getScaled(maximum) : std::nullopt;
  if (!floored || !(floored->second > 0))
    return false;
  std::optional<uint32_t> sizes = takeReduction(floored->first, "reduce_max");
  const int size = sizes ? take(*sizes, "abs") : -1;
  if (size < 0 || graph.getOperand(size, "x") != x)
    return false;
  norm.epsilon += *root * *root;
  operand = *x;
  return true;
}

std::optional<NormMatch> NormMatcher::match(int root) {
  if (graph.getStep(root).results_size() != 1)
    return std::nullopt;
  norm.result = graph.getResult(root);
  const Shape outside = graph.getType(norm.result).shape;
  uint32_t value = norm.result;
  takeResidual(value);
  takeReshape(value);
  const bool isReshaped =
      !norm.steps.empty() && graph.getStep(norm.steps.back()).op() == "reshape";
  takeVector(value, "add", norm.shifts);
  takeVector(value, "mul", norm.gains);
  if (!matchScaled(value))
    return std::nullopt;
  for (const std::optional<uint32_t> &vector : {norm.gains, norm.shifts})
    if (vector && !isVector(*vector))
      return std::nullopt;
  matchCentring();
  if (shift && !matchDivision())
    return std::nullopt;
  norm.x = operand;
  if (isReshaped)
    takeReshape(norm.x);
  if (graph.getType(norm.x).shape != outside || graph.isConstant(norm.x))
    return std::nullopt;
  std::sort(norm.steps.begin(), norm.steps.end());
  norm.steps.erase(std::unique(norm.steps.begin(), norm.steps.end()),
                   norm.steps.end());
  if (!isClosed(graph, norm.steps, {norm.result}))
    return std::nullopt;
  return std::move(norm);
}

std::optional<NormMatch> matchNorm(const StepGraph &graph, int root) {
  return NormMatcher(graph).match(root);
}

} // namespace espresso::runtime
