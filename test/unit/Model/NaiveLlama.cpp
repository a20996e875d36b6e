//===- NaiveLlama.cpp - A Llama in plain loops ----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NaiveLlama.h"

#include "RandomCheckpoint.h"

#include <cmath>

namespace espresso::test {
namespace {

using Vector = std::vector<double>;

class NaiveLlama {
public:
  explicit NaiveLlama(const Checkpoint &checkpoint)
      : checkpoint(checkpoint), config(checkpoint.config),
        keys(config.numLayers), values(config.numLayers) {}

  Vector step(int64_t id);

private:
  Vector project(const std::string &name, const Vector &x) const;
  Vector normalise(const std::string &name, const Vector &x) const;
  void rotate(Vector &x, size_t position) const;
  Vector attend(int64_t layer, const Vector &q) const;

  const Checkpoint &checkpoint;
  const ModelConfig &config;
  // [layer][position]
  std::vector<std::vector<Vector>> keys;
  std::vector<std::vector<Vector>> values;
};

} // namespace

Vector NaiveLlama::project(const std::string &name, const Vector &x) const {
  std::vector<float> matrix = readTensor(checkpoint, name);
  Vector y(matrix.size() / x.size());
  for (size_t row = 0; row < y.size(); ++row)
    for (size_t column = 0; column < x.size(); ++column)
      y[row] += matrix[row * x.size() + column] * x[column];
  return y;
}

Vector NaiveLlama::normalise(const std::string &name, const Vector &x) const {
  std::vector<float> weight = readTensor(checkpoint, name);
  double sum = 0;
  for (double element : x)
    sum += element * element;
  double divisor = std::sqrt(sum / x.size() + config.normEpsilon);
  Vector y(x.size());
  for (size_t i = 0; i < x.size(); ++i)
    y[i] = x[i] / divisor * weight[i];
  return y;
}

void NaiveLlama::rotate(Vector &x, size_t position) const {
  int64_t d = config.headSize;
  for (size_t head = 0; head < x.size() / d; ++head) {
    for (int64_t i = 0; i < d / 2; ++i) {
      double angle = position * std::pow(config.ropeTheta, -2.0 * i / d);
      double &a = x[head * d + i];
      double &b = x[head * d + i + d / 2];
      double rotated = a * std::cos(angle) - b * std::sin(angle);
      b = b * std::cos(angle) + a * std::sin(angle);
      a = rotated;
    }
  }
}

Vector NaiveLlama::attend(int64_t layer, const Vector &q) const {
  int64_t d = config.headSize;
  int64_t queriesPerKey = config.numHeads / config.numKVHeads;
  Vector context(q.size());
  for (int64_t head = 0; head < config.numHeads; ++head) {
    int64_t keyHead = head / queriesPerKey;
    Vector weights;
    double total = 0;
    for (const Vector &key : keys[layer]) {
      double score = 0;
      for (int64_t i = 0; i < d; ++i)
        score += q[head * d + i] * key[keyHead * d + i];
      weights.push_back(std::exp(score / std::sqrt(double(d))));
      total += weights.back();
    }
    for (size_t p = 0; p < weights.size(); ++p)
      for (int64_t i = 0; i < d; ++i)
        context[head * d + i] +=
            weights[p] / total * values[layer][p][keyHead * d + i];
  }
  return context;
}

Vector NaiveLlama::step(int64_t id) {
  std::vector<float> table = readTensor(checkpoint, "embedding");
  size_t width = config.embeddingSize;
  Vector x(table.begin() + id * width, table.begin() + (id + 1) * width);
  for (int64_t layer = 0; layer < config.numLayers; ++layer) {
    std::string prefix = "layers." + std::to_string(layer) + ".";
    Vector norm = normalise(prefix + "rms_att", x);
    Vector q = project(prefix + "wq", norm);
    Vector k = project(prefix + "wk", norm);
    rotate(q, keys[layer].size());
    rotate(k, keys[layer].size());
    keys[layer].push_back(k);
    values[layer].push_back(project(prefix + "wv", norm));
    Vector o = project(prefix + "wo", attend(layer, q));
    for (size_t i = 0; i < x.size(); ++i)
      x[i] += o[i];

    Vector ffnNorm = normalise(prefix + "rms_ffn", x);
    Vector gate = project(prefix + "w1", ffnNorm);
    Vector up = project(prefix + "w3", ffnNorm);
    for (size_t i = 0; i < gate.size(); ++i)
      gate[i] = gate[i] / (1 + std::exp(-gate[i])) * up[i];
    Vector down = project(prefix + "w2", gate);
    for (size_t i = 0; i < x.size(); ++i)
      x[i] += down[i];
  }
  return project(config.tiedHead ? "embedding" : "lm_head",
                 normalise("rms_final", x));
}

std::vector<std::vector<double>>
runNaiveLlama(const Checkpoint &checkpoint, const std::vector<int64_t> &ids) {
  NaiveLlama model(checkpoint);
  std::vector<std::vector<double>> logits;
  for (int64_t id : ids)
    logits.push_back(model.step(id));
  return logits;
}

} // namespace espresso::test
