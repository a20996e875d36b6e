//===- Flops.cpp - The arithmetic an operation does -----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Analysis/Flops.h"

#include "espresso/Ops/Registry.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MathExtras.h"

namespace espresso {

FlopCount &FlopCount::operator+=(const FlopCount &other) {
  flops = llvm::SaturatingAdd(flops, other.flops);
  numDynamic += other.numDynamic;
  numUnknown += other.numUnknown;
  return *this;
}

namespace {

/// Reads the shapes of one operation and multiplies extents. Notes whether an
/// extent it was asked for is dynamic.
class Counter {
public:
  explicit Counter(const Operation &op) : op(op) {}

  const Operation &getOp() const { return op; }
  bool hasSeenDynamic() const { return seenDynamic; }

  uint64_t getResultElements() { return getElements(getResultShape()); }
  uint64_t getElements(llvm::StringRef input) {
    return getElements(getShape(input));
  }
  uint64_t getElements(llvm::ArrayRef<int64_t> shape) {
    uint64_t product = 1;
    for (int64_t dim : shape)
      product = llvm::SaturatingMultiply(product, known(dim));
    return product;
  }
  llvm::ArrayRef<int64_t> getShape(llvm::StringRef input) const {
    return getShape(op.getArgumentType(input));
  }
  llvm::ArrayRef<int64_t> getResultShape() const {
    return op.getNumResults() == 0 ? llvm::ArrayRef<int64_t>()
                                   : getShape(op.getResult()->getType());
  }
  /// Extent `axis` of `input`, counted from the back if negative; 1 if there is
  /// none.
  uint64_t getDim(llvm::StringRef input, int64_t axis) {
    llvm::ArrayRef<int64_t> shape = getShape(input);
    int64_t rank = shape.size();
    int64_t index = axis < 0 ? axis + rank : axis;
    return index < 0 || index >= rank ? 1 : known(shape[index]);
  }
  bool getFlag(llvm::StringRef input) const {
    Attribute value = getConstantOrDefault(op, input);
    return value && value.getDense() && value.getBool();
  }
  uint64_t known(int64_t dim) {
    seenDynamic |= dim == kDynamic;
    return dim == kDynamic ? 1 : dim;
  }

  /// The shape of a tensor or of the tensor in a state.
  static llvm::ArrayRef<int64_t> getShape(Type type) {
    if (auto state = type.getAs<StateType>())
      type = state.getWrappedType();
    auto tensor = type.getAs<TensorType>();
    return tensor ? tensor.getShape() : llvm::ArrayRef<int64_t>();
  }

private:
  const Operation &op;
  bool seenDynamic = false;
};

uint64_t multiply(uint64_t a, uint64_t b) {
  return llvm::SaturatingMultiply(a, b);
}

/// Two for each multiplication that is accumulated.
uint64_t fromMacs(uint64_t macs) { return multiply(2, macs); }

using CountFn = uint64_t (*)(Counter &);

} // namespace

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// Each element of the result takes a row of the weight.
static uint64_t countLinear(Counter &counter) {
  return fromMacs(
      multiply(counter.getResultElements(), counter.getDim("weight", -1)));
}

static uint64_t countMatmul(Counter &counter) {
  int64_t axis = counter.getFlag("transpose_x") ? -2 : -1;
  return fromMacs(
      multiply(counter.getResultElements(), counter.getDim("x", axis)));
}

/// Each element of the result takes one filter: `[C_out, C_in / groups, ...]`.
static uint64_t countConv(Counter &counter) {
  llvm::ArrayRef<int64_t> weight = counter.getShape("weight");
  return fromMacs(multiply(
      counter.getResultElements(),
      counter.getElements(weight.empty() ? weight : weight.drop_front())));
}

/// Each element of the input spreads over one filter:
/// `[C_in, C_out / groups, ...]`.
static uint64_t countConvTranspose(Counter &counter) {
  llvm::ArrayRef<int64_t> weight = counter.getShape("weight");
  return fromMacs(multiply(
      counter.getElements("x"),
      counter.getElements(weight.empty() ? weight : weight.drop_front())));
}

/// One multiplication for each combination of the labels of `equation`.
static uint64_t countEinsum(Counter &counter) {
  const Operation &op = counter.getOp();
  Attribute equation = getConstantOrDefault(op, "equation");
  const Binding *values = op.findBinding("values");
  if (!equation || !equation.getDense() || !values)
    return 0;
  llvm::SmallVector<llvm::StringRef, 2> inputs;
  equation.getString().split("->").first.split(inputs, ',');
  llvm::SmallVector<std::pair<char, int64_t>, 8> extents;
  for (size_t i = 0; i < inputs.size() && i < values->size(); ++i) {
    const Argument &argument = (*values)[i];
    llvm::ArrayRef<int64_t> shape = Counter::getShape(
        argument.getValue() ? argument.getValue()->getType()
                            : argument.getLiteral().getType());
    size_t axis = 0;
    for (char label : inputs[i]) {
      if (label == ' ' || axis >= shape.size())
        continue;
      int64_t dim = shape[axis++];
      auto *known = llvm::find_if(
          extents, [&](const auto &entry) { return entry.first == label; });
      if (known == extents.end())
        extents.emplace_back(label, dim);
      else if (known->second == kDynamic || known->second == 1)
        known->second = dim;
    }
  }
  uint64_t macs = 1;
  for (const auto &[label, dim] : extents)
    macs = multiply(macs, counter.known(dim));
  return fromMacs(macs);
}

/// Every query with every key, and every weight with every value.
static uint64_t countAttention(Counter &counter) {
  uint64_t scores =
      multiply(counter.getElements("query"), counter.getDim("key", -2));
  uint64_t sums =
      multiply(counter.getResultElements(), counter.getDim("key", -2));
  return fromMacs(llvm::SaturatingAdd(scores, sums));
}

/// Every step of every sequence takes all weights once. `x` is `[steps, batch,
/// features]`.
static uint64_t countRecurrent(Counter &counter) {
  uint64_t weights = 0;
  for (llvm::StringRef name :
       {"weight_ih", "weight_hh", "weight_ih_back", "weight_hh_back"})
    if (counter.getOp().getArgumentType(name))
      weights = llvm::SaturatingAdd(weights, counter.getElements(name));
  uint64_t steps = multiply(counter.getDim("x", 0), counter.getDim("x", 1));
  return fromMacs(multiply(steps, weights));
}

//===----------------------------------------------------------------------===//
// Composites: activations are [1, C, 1, S]
//===----------------------------------------------------------------------===//

/// Every column takes the whole matrix.
static uint64_t countColumns(Counter &counter,
                             llvm::ArrayRef<llvm::StringRef> weights) {
  uint64_t macs = 0;
  for (llvm::StringRef weight : weights)
    macs = llvm::SaturatingAdd(macs, counter.getElements(weight));
  return fromMacs(multiply(macs, counter.getDim("x", -1)));
}

static uint64_t countColumnLinear(Counter &counter) {
  return countColumns(counter, {"weight"});
}

static uint64_t countFeedForward(Counter &counter) {
  if (counter.getOp().getArgumentType("gate"))
    return countColumns(counter, {"gate", "up", "down"});
  return countColumns(counter, {"up", "down"});
}

/// Each column with all positions: masked ones are not left out, since what
/// runs computes them.
static uint64_t countOver(Counter &counter, uint64_t positions) {
  return fromMacs(multiply(2, multiply(counter.getElements("q"), positions)));
}

static uint64_t countCachedAttention(Counter &counter) {
  return countOver(counter, counter.getDim("k_cache", 0));
}

static uint64_t countCausalAttention(Counter &counter) {
  return countOver(counter, counter.getDim("k", -1));
}

static uint64_t countMaskedAttention(Counter &counter) {
  bool hasColumns = counter.getOp().hasBinding("k");
  return countOver(counter, counter.getDim("k_rows", 1) +
                                (hasColumns ? counter.getDim("k", -1) : 0));
}

//===----------------------------------------------------------------------===//
// The rest
//===----------------------------------------------------------------------===//

static uint64_t countResult(Counter &counter) {
  return counter.getResultElements();
}

static uint64_t countInput(Counter &counter) {
  return counter.getElements("x");
}

/// Each element of the result reads one window.
static uint64_t countPool(Counter &counter) {
  uint64_t window = 1;
  Attribute sizes = getConstantOrDefault(counter.getOp(), "kernel_sizes");
  if (sizes && sizes.getDense())
    for (int64_t size : sizes.getIntegers())
      window = multiply(window, counter.known(size));
  return multiply(counter.getResultElements(), window);
}

static uint64_t countNothing(Counter &) { return 0; }

/// How to count the operations that traits do not tell of.
static const llvm::StringMap<CountFn> &getTable() {
  static const llvm::StringMap<CountFn> table = {
      {"batch_norm", countResult},
      {"conv", countConv},
      {"conv_quantized", countConv},
      {"conv_transpose", countConvTranspose},
      {"avg_pool", countPool},
      {"cumsum", countResult},
      {"einsum", countEinsum},
      {"espresso.attention", countCachedAttention},
      {"espresso.causal_attention", countCausalAttention},
      {"espresso.ffn", countFeedForward},
      {"espresso.greedy_head", countColumnLinear},
      {"espresso.head", countColumnLinear},
      {"espresso.layer_norm", countResult},
      {"espresso.linear", countColumnLinear},
      {"espresso.masked_attention", countMaskedAttention},
      {"espresso.position_embedding", countResult},
      {"espresso.rms_norm", countResult},
      {"espresso.rope", countResult},
      {"espresso.rotate", countResult},
      {"espresso.router", countColumnLinear},
      {"espresso.short_conv", countColumnLinear},
      {"gru", countRecurrent},
      {"instance_norm", countResult},
      {"l2_norm", countResult},
      {"l2_pool", countPool},
      {"layer_norm", countResult},
      {"linear", countLinear},
      {"local_response_norm", countResult},
      {"lstm", countRecurrent},
      {"matmul", countMatmul},
      {"max_pool", countPool},
      {"rnn", countRecurrent},
      {"scaled_dot_product_attention", countAttention},
      {"softmax", countInput},
  };
  return table;
}

static CountFn lookupCount(const OpDefinition &definition) {
  auto found = getTable().find(definition.name);
  if (found != getTable().end())
    return found->second;
  if (definition.name.starts_with("reduce_"))
    return countInput;
  return definition.hasTrait(OpTrait_Elementwise) ? countResult : countNothing;
}

FlopCount countFlops(const Operation &op) {
  const OpDefinition *definition = lookupOp(op);
  if (!definition)
    return {.numUnknown = 1};
  Counter counter(op);
  uint64_t flops = lookupCount(*definition)(counter);
  return {.flops = flops, .numDynamic = counter.hasSeenDynamic() ? 1U : 0U};
}

} // namespace espresso
