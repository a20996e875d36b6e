//===- ModelSession.cpp - Runs decoder functions --------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelSession.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace espresso::test {

ModelSession::ModelSession(const Program &program, Numerics numerics)
    : program(program), evaluator(program, numerics) {}

static Tensor makeIds(std::vector<int64_t> ids) {
  auto count = static_cast<int64_t>(ids.size());
  return Tensor::fromElements(DataType::Int32, {count}, std::move(ids));
}

bool ModelSession::call(llvm::StringRef function, const NamedTensors &inputs) {
  FailureOr<NamedTensors> outputs = evaluator.run(function, inputs);
  if (failed(outputs) || outputs->size() != 1 ||
      outputs->front().first != "logits")
    return false;
  const Tensor &tensor = outputs->front().second;
  std::vector<double> row;
  for (int64_t i = 0; i < tensor.getNumElements(); ++i)
    row.push_back(tensor.getReal(i));
  logits.push_back(std::move(row));
  return true;
}

/// Tokens that a function for prompts takes.
static int64_t getPromptLength(const Function &function) {
  return function.getBody().findInput("ids")->getTensorType().getDim(0);
}

/// The shortest function for prompts that holds `length` tokens, or the
/// longest; null if there is none.
static const Function *findPrefill(const Program &program, int64_t length) {
  const Function *best = nullptr;
  for (const std::unique_ptr<Function> &function : program.getFunctions()) {
    if (!function->getBody().findInput("last"))
      continue;
    int64_t own = getPromptLength(*function);
    int64_t held = best ? getPromptLength(*best) : 0;
    if (!best || (held < length ? own > held : own >= length && own < held))
      best = function.get();
  }
  return best;
}

std::vector<std::vector<double>>
ModelSession::feed(const std::vector<int64_t> &ids, int64_t promptLength) {
  int64_t position = 0;
  auto count = static_cast<int64_t>(ids.size());
  if (const Function *prefill = findPrefill(program, promptLength)) {
    int64_t length = getPromptLength(*prefill);
    position = std::min(length, promptLength);
    std::vector<int64_t> padded(ids.begin(), ids.begin() + position);
    padded.resize(length, 0);
    if (!call(prefill->getName(), {{"ids", makeIds(std::move(padded))},
                                   {"last", makeIds({position - 1})}}))
      return {};
  }
  for (; position < count; ++position)
    if (!call("decode", {{"ids", makeIds({ids[position]})},
                         {"position", makeIds({position})}}))
      return {};
  return logits;
}

double getMaxDifference(const std::vector<std::vector<double>> &a,
                        const std::vector<std::vector<double>> &b) {
  double difference = 0;
  if (a.size() != b.size() || a.empty())
    return std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].size() != b[i].size())
      return std::numeric_limits<double>::infinity();
    for (size_t j = 0; j < a[i].size(); ++j) {
      double one = std::abs(a[i][j] - b[i][j]);
      if (std::isnan(one))
        return std::numeric_limits<double>::infinity();
      difference = std::max(difference, one);
    }
  }
  return difference;
}

} // namespace espresso::test
