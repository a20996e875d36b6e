//===- FuseProducts.cpp - Products and what follows them ------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FuseSteps.h"

#include <algorithm>
#include <cmath>

namespace espresso::runtime {

using kernels::Activation;
using kernels::UnaryOp;

namespace {

/// A conv, and its bias.
struct Linear {
  int product = -1;
  uint32_t x = 0;
  std::optional<uint32_t> bias;
};

/// Reads products from their results back to their operands; steps that are
/// found are noted, those of a try that fails forgotten.
class ProductMatcher {
public:
  explicit ProductMatcher(const StepGraph &graph) : graph(graph) {}
  std::optional<ProductMatch> match(int root);

private:
  int take(uint32_t value, std::string_view op);
  /// mul or add of a value and a number near `number`; the number may have been
  /// rounded to fp16.
  std::optional<std::pair<uint32_t, float>>
  takeNumber(uint32_t value, std::string_view op, float number);
  std::optional<Linear> matchLinear(uint32_t value);
  std::optional<Linear> matchConv(uint32_t value);
  /// The operand of an activation function.
  std::optional<uint32_t> matchActivation(uint32_t value, Activation &found);
  std::optional<uint32_t> matchSigmoid(uint32_t value);
  std::optional<uint32_t> matchSiluTanh(uint32_t value);
  std::optional<uint32_t> matchGeluTanh(uint32_t value, Activation &found);
  bool matchRows(uint32_t value);
  bool matchGated(uint32_t value);
  bool matchActivated(uint32_t value);
  bool matchResidual(uint32_t value);
  void setProduct(const Linear &linear);

  /// Tries `f`; what it noted stays if it found something.
  template <typename F>
  auto attempt(F f) {
    const ProductMatch before = match_;
    auto found = f();
    if (!found)
      match_ = before;
    return found;
  }

  const StepGraph &graph;
  ProductMatch match_;
};

} // namespace

int ProductMatcher::take(uint32_t value, std::string_view op) {
  const int step = graph.getMaker(value, op);
  if (step >= 0)
    match_.steps.push_back(step);
  return step;
}

std::optional<std::pair<uint32_t, float>>
ProductMatcher::takeNumber(uint32_t value, std::string_view op, float number) {
  constexpr float kTolerance = 0x1p-10f; // of fp16, twice
  const int step = graph.getMaker(value, op);
  if (step < 0)
    return std::nullopt;
  auto scaled = graph.getScaled(step);
  if (!scaled || std::abs(scaled->second - number) > kTolerance * number)
    return std::nullopt;
  match_.steps.push_back(step);
  return scaled;
}

//===----------------------------------------------------------------------===//
// conv [add bias]
//===----------------------------------------------------------------------===//

/// True for [1, C, 1, S].
static bool isColumns(const Shape &shape) {
  return shape.size() == 4 && shape[0] == 1 && shape[2] == 1;
}

std::optional<Linear> ProductMatcher::matchConv(uint32_t value) {
  // That the step is a 1x1 convolution was checked when it was compiled.
  const int step = take(value, "conv");
  if (step < 0)
    return std::nullopt;
  std::optional<uint32_t> x = graph.getOperand(step, "x");
  std::optional<uint32_t> weight = graph.getOperand(step, "weight");
  if (!x || !weight || !graph.isConstant(*weight) || graph.isConstant(*x) ||
      !isColumns(graph.getType(*x).shape))
    return std::nullopt;
  std::optional<uint32_t> bias = graph.getOperand(step, "bias");
  if (bias && !graph.isConstant(*bias))
    return std::nullopt;
  return Linear{step, *x, bias};
}

std::optional<Linear> ProductMatcher::matchLinear(uint32_t value) {
  if (auto conv = attempt([&] { return matchConv(value); }))
    return conv;
  return attempt([&]() -> std::optional<Linear> {
    const int step = take(value, "add");
    auto pair = step >= 0 ? graph.getPair(step) : std::nullopt;
    if (!pair)
      return std::nullopt;
    auto [x, bias] = *pair;
    if (graph.isConstant(x))
      std::swap(x, bias);
    if (graph.isConstant(x) || !graph.isConstant(bias))
      return std::nullopt;
    // One number for each row, [1, O, 1, 1] or [O, 1, 1].
    const Shape &rows = graph.getType(bias).shape;
    const int64_t height = graph.getType(value).shape[1];
    if (rows.size() < 3 || rows.size() > 4 || rows[rows.size() - 3] != height ||
        graph.getType(bias).count != height)
      return std::nullopt;
    std::optional<Linear> linear = matchConv(x);
    if (!linear || linear->bias)
      return std::nullopt;
    linear->bias = bias;
    return linear;
  });
}

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

/// mul(x, sigmoid(x)).
std::optional<uint32_t> ProductMatcher::matchSigmoid(uint32_t value) {
  const int step = take(value, "mul");
  auto pair = step >= 0 ? graph.getPair(step) : std::nullopt;
  if (!pair)
    return std::nullopt;
  auto [x, y] = *pair;
  if (graph.getMaker(y, "sigmoid") < 0)
    std::swap(x, y);
  const int sigmoid = take(y, "sigmoid");
  if (sigmoid < 0 || graph.getOperand(sigmoid, "x") != x)
    return std::nullopt;
  return x;
}

/// h = x / 2: mul(h, tanh(h) + 1).
std::optional<uint32_t> ProductMatcher::matchSiluTanh(uint32_t value) {
  const int step = take(value, "mul");
  auto pair = step >= 0 ? graph.getPair(step) : std::nullopt;
  if (!pair)
    return std::nullopt;
  for (auto [h, raised] : {*pair, std::pair(pair->second, pair->first)}) {
    auto found = attempt([&, h = h, raised = raised] {
      std::optional<uint32_t> result;
      auto one = takeNumber(raised, "add", 1.0f);
      const int tanh = one ? take(one->first, "tanh") : -1;
      auto half = takeNumber(h, "mul", 0.5f);
      if (tanh >= 0 && half && graph.getOperand(tanh, "x") == h)
        result = half->first;
      return result;
    });
    if (found)
      return found;
  }
  return std::nullopt;
}

/// mul(x / 2, tanh(root * (x + cube * x^3)) + 1).
std::optional<uint32_t> ProductMatcher::matchGeluTanh(uint32_t value,
                                                      Activation &found) {
  const Activation exact;
  const int step = take(value, "mul");
  auto pair = step >= 0 ? graph.getPair(step) : std::nullopt;
  if (!pair)
    return std::nullopt;
  auto [first, raised] = *pair;
  if (graph.getMaker(raised, "add") < 0)
    std::swap(first, raised);
  auto half = takeNumber(first, "mul", 0.5f);
  auto one = takeNumber(raised, "add", 1.0f);
  const int tanh = one ? take(one->first, "tanh") : -1;
  if (!half || tanh < 0)
    return std::nullopt;
  const uint32_t x = half->first;
  auto scaled = takeNumber(*graph.getOperand(tanh, "x"), "mul", exact.root);
  const int sum = scaled ? take(scaled->first, "add") : -1;
  auto terms = sum >= 0 ? graph.getPair(sum) : std::nullopt;
  if (!terms || (terms->first != x && terms->second != x))
    return std::nullopt;
  auto cubic = takeNumber(terms->first == x ? terms->second : terms->first,
                          "mul", exact.cube);
  const int third = cubic ? take(cubic->first, "mul") : -1;
  auto factors = third >= 0 ? graph.getPair(third) : std::nullopt;
  if (!factors || (factors->first != x && factors->second != x))
    return std::nullopt;
  const int square =
      take(factors->first == x ? factors->second : factors->first, "mul");
  if (square < 0 || graph.getPair(square) != std::pair(x, x))
    return std::nullopt;
  found = {UnaryOp::GeluTanh, cubic->second, scaled->second};
  return x;
}

std::optional<uint32_t> ProductMatcher::matchActivation(uint32_t value,
                                                        Activation &found) {
  constexpr std::pair<std::string_view, UnaryOp> kNames[] = {
      {"relu", UnaryOp::Relu},
      {"sigmoid", UnaryOp::Sigmoid},
      {"silu", UnaryOp::Silu},
      {"tanh", UnaryOp::Tanh},
  };
  constexpr std::pair<std::string_view, UnaryOp> kModes[] = {
      {"EXACT", UnaryOp::GeluExact},
      {"TANH_APPROXIMATION", UnaryOp::GeluTanh},
      {"SIGMOID_APPROXIMATION", UnaryOp::GeluSigmoid},
  };
  for (const auto &[name, op] : kNames)
    if (const int step = graph.getMaker(value, name); step >= 0) {
      match_.steps.push_back(step);
      found = {.op = op};
      return graph.getOperand(step, "x");
    }
  if (const int step = graph.getMaker(value, "gelu"); step >= 0) {
    std::string_view mode = kModes[0].first;
    for (const plan::Attribute &attribute : graph.getStep(step).attributes())
      if (attribute.name() == "mode")
        mode = attribute.text();
    for (const auto &[name, op] : kModes)
      if (name == mode) {
        match_.steps.push_back(step);
        found = {.op = op};
        return graph.getOperand(step, "x");
      }
  }
  found = {.op = UnaryOp::Silu};
  if (auto x = attempt([&] { return matchSigmoid(value); }))
    return x;
  if (auto x = attempt([&] { return matchSiluTanh(value); }))
    return x;
  return attempt([&] { return matchGeluTanh(value, found); });
}

//===----------------------------------------------------------------------===//
// Rows of products
//===----------------------------------------------------------------------===//

void ProductMatcher::setProduct(const Linear &linear) {
  match_.product = linear.product;
  match_.x = linear.x;
  match_.bias = linear.bias;
}

/// activation(gate) * up, in either order.
bool ProductMatcher::matchGated(uint32_t value) {
  const int step = take(value, "mul");
  auto pair = step >= 0 ? graph.getPair(step) : std::nullopt;
  if (!pair)
    return false;
  for (auto [gated, up] : {*pair, std::pair(pair->second, pair->first)})
    if (attempt([&, gated = gated, up = up] {
          Activation activation;
          std::optional<uint32_t> inner = matchActivation(gated, activation);
          std::optional<Linear> gate, product;
          if (inner)
            gate = matchLinear(*inner);
          if (gate)
            product = matchLinear(up);
          if (!product || product->x != gate->x ||
              product->product == gate->product ||
              graph.getType(*inner).shape != graph.getType(up).shape)
            return false;
          setProduct(*product);
          match_.activation = activation;
          match_.gate = gate->product;
          match_.gateBias = gate->bias;
          return true;
        }))
      return true;
  return false;
}

bool ProductMatcher::matchActivated(uint32_t value) {
  Activation activation;
  std::optional<uint32_t> inner = matchActivation(value, activation);
  std::optional<Linear> product;
  if (inner)
    product = matchLinear(*inner);
  if (!product)
    return false;
  setProduct(*product);
  match_.activation = activation;
  return true;
}

/// The forms without a residual, the largest first.
bool ProductMatcher::matchRows(uint32_t value) {
  if (attempt([&] { return matchGated(value); }) ||
      attempt([&] { return matchActivated(value); }))
    return true;
  std::optional<Linear> product = matchLinear(value);
  if (product)
    setProduct(*product);
  return product.has_value();
}

/// add(residual, rows), in either order.
bool ProductMatcher::matchResidual(uint32_t value) {
  const int step = take(value, "add");
  auto pair = step >= 0 ? graph.getPair(step) : std::nullopt;
  if (!pair || graph.isConstant(pair->first) ||
      graph.isConstant(pair->second) || pair->first == pair->second)
    return false;
  // What was made last is the product, if both could be.
  auto [residual, rows] = *pair;
  if (graph.getMaker(residual) > graph.getMaker(rows))
    std::swap(residual, rows);
  const Shape &shape = graph.getType(value).shape;
  if (graph.getType(residual).shape != shape ||
      graph.getType(rows).shape != shape || !matchRows(rows))
    return false;
  match_.residual = residual;
  return true;
}

std::optional<ProductMatch> ProductMatcher::match(int root) {
  if (graph.getStep(root).results_size() != 1)
    return std::nullopt;
  match_.result = graph.getResult(root);
  if (!isColumns(graph.getType(match_.result).shape) || (!attempt([&] {
        return matchResidual(match_.result);
      }) && !matchRows(match_.result)))
    return std::nullopt;
  std::sort(match_.steps.begin(), match_.steps.end());
  match_.steps.erase(std::unique(match_.steps.begin(), match_.steps.end()),
                     match_.steps.end());
  // Of gate and up, one cannot be a part of the other.
  if (!isClosed(graph, match_.steps, {match_.result}))
    return std::nullopt;
  return std::move(match_);
}

std::optional<ProductMatch> matchProduct(const StepGraph &graph, int root) {
  return ProductMatcher(graph).match(root);
}

} // namespace espresso::runtime
