//===- Recurrent.cpp - Recurrent layers -----------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Accumulate.h"
#include "Families.h"

namespace espresso {

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

/// Activations by name, with the parameters that they have where none can be
/// given.
template <typename T>
static T activate(llvm::StringRef name, T x) {
  // Those of the recurrent layers of Core ML.
  constexpr T kSlope = T(0.2), kShift = T(0.5);
  if (name == "sigmoid")
    return 1 / (1 + std::exp(-x));
  if (name == "tanh" || name == "scaled_tanh")
    return std::tanh(x);
  if (name == "relu")
    return maximumOf(x, T(0));
  if (name == "hard_sigmoid" || name == "sigmoid_hard")
    return minimumOf(maximumOf(kSlope * x + kShift, T(0)), T(1));
  assert(name == "linear" && "an activation that does not verify");
  return x;
}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

namespace {

/// The weights of one direction, and a step of it for one batch. `T` is the
/// type to compute in.
template <typename Sum, typename T>
class Direction {
public:
  Direction(KernelContext &ctx, const char *suffix)
      : inputWeights(ctx.get(std::string("weight_ih") + suffix)),
        hiddenWeights(ctx.get(std::string("weight_hh") + suffix)),
        size(ctx.get("weight_hh").getDim(1)), inputSize(ctx.get("x").getDim(2)),
        numRows(ctx.get("weight_hh").getDim(0)) {
    if (const Tensor *given = ctx.find(std::string("bias") + suffix))
      bias = getElementsAs<T>(*given);
    bias.resize(numRows, T(0));
    if (const Tensor *given = ctx.find(std::string("peephole") + suffix))
      peephole = getElementsAs<T>(*given);
  }

  /// weight_ih x, gate after gate.
  std::vector<T> fromInput(const T *x) const {
    return multiply(inputWeights, inputSize, x, 0, numRows);
  }
  /// `count` rows of weight_hh h from row `first` on.
  std::vector<T> fromHidden(const T *h, int64_t first, int64_t count) const {
    return multiply(hiddenWeights, size, h, first, count);
  }

  Elements<T> inputWeights;
  Elements<T> hiddenWeights;
  std::vector<T> bias;
  std::vector<T> peephole;
  int64_t size;
  int64_t inputSize;
  int64_t numRows;

private:
  static std::vector<T> multiply(const Elements<T> &weights, int64_t columns,
                                 const T *x, int64_t first, int64_t count) {
    std::vector<T> result(count);
    multiplyMatrices<Sum>(
        makeMatrix(weights.data() + first * columns, count, columns),
        makeMatrix(x, columns, 1), result.data());
    return result;
  }
};

/// The state of one batch.
template <typename T>
struct Memory {
  std::vector<T> hidden;
  /// Of an LSTM.
  std::vector<T> cell;
};

} // namespace

/// h = activation(weight_ih x + weight_hh h + bias).
template <typename Sum, typename T>
static void stepRnn(KernelContext &ctx, const Direction<Sum, T> &layer,
                    const T *x, Memory<T> &memory) {
  std::vector<T> input = layer.fromInput(x);
  std::vector<T> hidden = layer.fromHidden(memory.hidden.data(), 0, layer.size);
  for (int64_t i = 0; i < layer.size; ++i)
    memory.hidden[i] = activate(ctx.getString("activation"),
                                input[i] + hidden[i] + layer.bias[i]);
}

/// Gates r, o and z. The reset gate takes effect on h, or, with `reset_after`,
/// on weight_hh h + bias, and then the input has a bias of its own.
template <typename Sum, typename T>
static void stepGru(KernelContext &ctx, const Direction<Sum, T> &layer,
                    const T *x, Memory<T> &memory) {
  llvm::StringRef gate = ctx.getString("recurrent_activation");
  int64_t size = layer.size;
  bool resetsAfter = ctx.has("reset_after") && ctx.getBool("reset_after");
  std::vector<T> input = layer.fromInput(x);
  if (const Tensor *bias = ctx.find("input_bias"))
    for (int64_t i = 0; i < 3 * size; ++i)
      input[i] += static_cast<T>(bias->getReal(i));
  std::vector<T> &h = memory.hidden;
  std::vector<T> resetSums = layer.fromHidden(h.data(), 0, size);
  std::vector<T> updateSums = layer.fromHidden(h.data(), 2 * size, size);
  std::vector<T> reset(size), kept = h;
  for (int64_t i = 0; i < size; ++i) {
    reset[i] = activate(gate, input[i] + resetSums[i] + layer.bias[i]);
    if (!resetsAfter)
      kept[i] *= reset[i];
  }
  std::vector<T> outputSums = layer.fromHidden(kept.data(), size, size);
  for (int64_t i = 0; i < size; ++i) {
    T fromHidden = outputSums[i] + layer.bias[size + i];
    if (resetsAfter)
      fromHidden *= reset[i];
    T output =
        activate(ctx.getString("activation"), input[size + i] + fromHidden);
    T update = activate(gate, input[2 * size + i] + updateSums[i] +
                                  layer.bias[2 * size + i]);
    h[i] = (1 - update) * output + update * h[i];
  }
}

/// Gates i, f, o and z. The cell is clipped; the output gate peeps at the new
/// one.
template <typename Sum, typename T>
static void stepLstm(KernelContext &ctx, const Direction<Sum, T> &layer,
                     const T *x, Memory<T> &memory) {
  llvm::StringRef gate = ctx.getString("recurrent_activation");
  int64_t size = layer.size;
  const Tensor *clip = ctx.find("clip");
  std::vector<T> input = layer.fromInput(x);
  std::vector<T> hidden =
      layer.fromHidden(memory.hidden.data(), 0, layer.numRows);
  for (int64_t i = 0; i < size; ++i) {
    T &cell = memory.cell[i];
    auto sum = [&](int64_t row) {
      int64_t at = row * size + i;
      return input[at] + hidden[at] + layer.bias[at];
    };
    auto peep = [&](int64_t row) {
      return layer.peephole.empty() ? T(0)
                                    : cell * layer.peephole[row * size + i];
    };
    T in = activate(gate, sum(0) + peep(0));
    T forget = activate(gate, sum(1) + peep(1));
    T next = activate(ctx.getString("cell_activation"), sum(3));
    cell = forget * cell + in * next;
    if (clip) {
      auto limit = static_cast<T>(clip->getReal());
      cell = maximumOf(minimumOf(cell, limit), -limit);
    }
    T out = activate(gate, sum(2) + peep(2));
    memory.hidden[i] = out * activate(ctx.getString("activation"), cell);
  }
}

//===----------------------------------------------------------------------===//
// Sequences
//===----------------------------------------------------------------------===//

namespace {

/// The results of a layer of one or two directions.
struct Outputs {
  Outputs(KernelContext &ctx, int64_t width)
      : length(ctx.get("x").getDim(0)), batch(ctx.get("x").getDim(1)),
        width(width), isSequence(ctx.getBool("output_sequence")),
        states(ctx.makeResult({isSequence ? length : 1, batch, width})),
        last(ctx.makeResult({batch, width})),
        cell(ctx.makeResult({batch, width})) {}

  int64_t length;
  int64_t batch;
  int64_t width;
  bool isSequence;
  Tensor states;
  Tensor last;
  Tensor cell;
};

} // namespace

/// Runs one direction over the sequence, into the columns from `column` on. In
/// a layer that has both, the states of the backward one stand where their
/// input does; alone they stand in the order in which they are computed.
template <typename T, typename Layer, typename Step>
static void runDirection(KernelContext &ctx, const Layer &layer, bool isReverse,
                         int64_t column, Outputs &outputs, Step step) {
  Elements<T> xs(ctx.get("x")), initial(ctx.get("initial_h"));
  const Tensor *initialCell = ctx.find("initial_c");
  bool isBidirectional = ctx.getString("direction") == "bidirectional";
  int64_t size = layer.size;
  for (int64_t b = 0; b < outputs.batch; ++b) {
    int64_t start = b * outputs.width + column;
    Memory<T> memory;
    for (int64_t i = 0; i < size; ++i) {
      memory.hidden.push_back(initial[start + i]);
      memory.cell.push_back(
          static_cast<T>(initialCell ? initialCell->getReal(start + i) : 0));
    }
    for (int64_t s = 0; s < outputs.length; ++s) {
      int64_t place = isReverse ? outputs.length - 1 - s : s;
      step(xs.data() + (place * outputs.batch + b) * layer.inputSize, memory);
      int64_t row = isBidirectional ? place : s;
      if (outputs.isSequence)
        std::copy(memory.hidden.begin(), memory.hidden.end(),
                  outputs.states.get<T>().begin() +
                      row * outputs.batch * outputs.width + start);
    }
    if (!outputs.isSequence)
      std::copy(memory.hidden.begin(), memory.hidden.end(),
                outputs.states.get<T>().begin() + start);
    std::copy(memory.hidden.begin(), memory.hidden.end(),
              outputs.last.get<T>().begin() + start);
    std::copy(memory.cell.begin(), memory.cell.end(),
              outputs.cell.get<T>().begin() + start);
  }
}

/// Runs a layer whose step is `step(ctx, layer, x, memory)`.
template <auto step>
static void recurrent(KernelContext &ctx) {
  llvm::StringRef direction = ctx.getString("direction");
  int64_t size = ctx.get("weight_hh").getDim(1);
  bool isBidirectional = direction == "bidirectional";
  withFloatType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Outputs outputs(ctx, isBidirectional ? 2 * size : size);
    withSum<T>(ctx.getNumerics(), [&](auto emptySum) {
      auto run = [&](const char *suffix, bool isReverse, int64_t column) {
        Direction<decltype(emptySum), T> layer(ctx, suffix);
        runDirection<T>(ctx, layer, isReverse, column, outputs,
                        [&](const T *x, Memory<T> &memory) {
                          step(ctx, layer, x, memory);
                        });
      };
      run("", direction == "reverse", 0);
      if (isBidirectional)
        run("_back", /*isReverse=*/true, size);
    });
    ctx.setResult(std::move(outputs.states), 0);
    ctx.setResult(std::move(outputs.last), 1);
    if (ctx.getOp().getNumResults() > 2)
      ctx.setResult(std::move(outputs.cell), 2);
  });
}

static constexpr KernelEntry kKernels[] = {
    {"Gru", recurrent<[](auto &...arguments) { stepGru(arguments...); }>},
    {"Lstm", recurrent<[](auto &...arguments) { stepLstm(arguments...); }>},
    {"Rnn", recurrent<[](auto &...arguments) { stepRnn(arguments...); }>},
};

llvm::ArrayRef<KernelEntry> getRecurrentKernels() { return kKernels; }

} // namespace espresso
