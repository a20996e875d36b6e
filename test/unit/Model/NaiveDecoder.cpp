//===- NaiveDecoder.cpp - Language models in plain loops ------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NaiveDecoder.h"

#include "NaiveRope.h"
#include "RandomCheckpoint.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace espresso::test {
namespace {

using Vector = std::vector<double>;
constexpr double kPi = 3.14159265358979323846;

class NaiveDecoder {
public:
  NaiveDecoder(const Checkpoint &checkpoint, int64_t contextLength)
      : checkpoint(checkpoint), config(checkpoint.config),
        contextLength(contextLength), keys(config.numLayers),
        values(config.numLayers), mixed(config.numLayers) {}

  Vector step(int64_t id);

private:
  const std::vector<float> &read(const std::string &name);
  std::string inLayer(const std::string &name) const {
    return "layers." + std::to_string(layer) + "." + name;
  }
  Vector project(const std::string &matrix, const std::string &bias,
                 const Vector &x);
  Vector normalise(const std::string &place, const Vector &x);
  void normaliseHeads(const std::string &name, Vector &x);
  void rotate(Vector &x) const;
  Vector attend(const Vector &q);
  Vector selfAttention(const Vector &x);
  Vector convolve(const Vector &x);
  Vector network(const std::string &prefix, const Vector &x);
  Vector experts(const Vector &x);
  void addTo(Vector &x, const Vector &y) const;
  void runLayer(Vector &x);

  const Checkpoint &checkpoint;
  const ModelConfig &config;
  int64_t contextLength;
  int64_t layer = 0;
  int64_t position = 0;
  std::map<std::string, std::vector<float>> tensors;
  // [layer][position]
  std::vector<std::vector<Vector>> keys, values, mixed;
};

} // namespace

const std::vector<float> &NaiveDecoder::read(const std::string &name) {
  auto [entry, isNew] = tensors.try_emplace(name);
  if (isNew)
    entry->second = readTensor(checkpoint, name);
  return entry->second;
}

Vector NaiveDecoder::project(const std::string &name, const std::string &bias,
                             const Vector &x) {
  const std::vector<float> &matrix = read(name);
  Vector y(matrix.size() / x.size());
  for (size_t row = 0; row < y.size(); ++row) {
    for (size_t column = 0; column < x.size(); ++column)
      y[row] += matrix[row * x.size() + column] * x[column];
    if (!bias.empty())
      y[row] += read(bias)[row];
  }
  return y;
}

//===----------------------------------------------------------------------===//
// Norms
//===----------------------------------------------------------------------===//

Vector NaiveDecoder::normalise(const std::string &place, const Vector &x) {
  double mean = 0, square = 0;
  for (double element : x)
    mean += element / x.size();
  if (config.norm == NormKind::Rms)
    mean = 0;
  for (double element : x)
    square += (element - mean) * (element - mean) / x.size();
  Vector y(x.size());
  size_t dot = place.rfind('.') + 1; // 0 if there is none
  std::string start = place.substr(0, dot), end = place.substr(dot);
  for (size_t i = 0; i < x.size(); ++i) {
    y[i] = (x[i] - mean) / std::sqrt(square + config.normEpsilon);
    if (config.norm == NormKind::Rms)
      y[i] *= read(start + "rms_" + end)[i];
    else
      y[i] = y[i] * read(start + "ln_" + end + "_gamma")[i] +
             read(start + "ln_" + end + "_beta")[i];
  }
  return y;
}

void NaiveDecoder::normaliseHeads(const std::string &name, Vector &x) {
  if (config.queryKeyNorm == QueryKeyNorm::None)
    return;
  const std::vector<float> &gain = read(inLayer(name));
  for (size_t first = 0; first < x.size(); first += gain.size()) {
    double square = 0;
    for (size_t i = 0; i < gain.size(); ++i)
      square += x[first + i] * x[first + i];
    double root = std::sqrt(square / gain.size() + config.normEpsilon);
    for (size_t i = 0; i < gain.size(); ++i)
      x[first + i] = x[first + i] / root * gain[i];
  }
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

void NaiveDecoder::rotate(Vector &x) const {
  LayerConfig own = config.getLayer(layer);
  if (config.hasPositionTable || !own.hasRope)
    return;
  int64_t d = config.headSize, r = config.getRotarySize();
  double scale =
      own.isSliding && config.localRopeTheta ? 1 : getNaiveRopeScale(config);
  for (size_t head = 0; head < x.size() / d; ++head) {
    for (int64_t i = 0; i < r / 2; ++i) {
      double angle =
          position * getNaiveFrequency(config, own, i, contextLength);
      double &a = x[head * d + i];
      double &b = x[head * d + i + r / 2];
      double rotated = scale * (a * std::cos(angle) - b * std::sin(angle));
      b = scale * (b * std::cos(angle) + a * std::sin(angle));
      a = rotated;
    }
  }
}

Vector NaiveDecoder::attend(const Vector &q) {
  int64_t d = config.headSize;
  int64_t queriesPerKey = config.numHeads / config.numKVHeads;
  double scale = config.attentionScale.value_or(1 / std::sqrt(double(d)));
  int64_t first = 0;
  if (config.getLayer(layer).isSliding)
    first = std::max<int64_t>(0, position - config.slidingWindow + 1);
  Vector context(q.size());
  for (int64_t head = 0; head < config.numHeads; ++head) {
    int64_t keyHead = head / queriesPerKey;
    Vector weights;
    double total = 0;
    for (int64_t p = first; p <= position; ++p) {
      double score = 0;
      for (int64_t i = 0; i < d; ++i)
        score += q[head * d + i] * keys[layer][p][keyHead * d + i];
      score *= scale;
      if (config.attentionSoftCap != 0)
        score = config.attentionSoftCap *
                std::tanh(score / config.attentionSoftCap);
      weights.push_back(std::exp(score));
      total += weights.back();
    }
    for (size_t p = 0; p < weights.size(); ++p)
      for (int64_t i = 0; i < d; ++i)
        context[head * d + i] +=
            weights[p] / total * values[layer][first + p][keyHead * d + i];
  }
  return context;
}

Vector NaiveDecoder::selfAttention(const Vector &x) {
  auto projectHeads = [&](const std::string &which) {
    return project(inLayer("w" + which),
                   config.hasQkvBias ? inLayer("b" + which) : "", x);
  };
  Vector q = projectHeads("q"), k = projectHeads("k");
  normaliseHeads("q_norm", q);
  normaliseHeads("k_norm", k);
  rotate(q);
  rotate(k);
  keys[layer].push_back(k);
  values[layer].push_back(projectHeads("v"));
  return project(inLayer("wo"), config.hasOutputBias ? inLayer("bo") : "",
                 attend(q));
}

//===----------------------------------------------------------------------===//
// Other parts
//===----------------------------------------------------------------------===//

Vector NaiveDecoder::convolve(const Vector &x) {
  Vector thirds = project(inLayer("conv_in"), "", x);
  size_t d = x.size();
  Vector product(d), y(d);
  for (size_t c = 0; c < d; ++c)
    product[c] = thirds[c] * thirds[2 * d + c];
  mixed[layer].push_back(product);
  const std::vector<float> &taps = read(inLayer("conv"));
  int64_t length = config.convolutionSize;
  for (size_t c = 0; c < d; ++c) {
    for (int64_t back = 0; back < length && back <= position; ++back)
      y[c] += taps[c * length + length - 1 - back] *
              mixed[layer][position - back][c];
    y[c] *= thirds[d + c];
  }
  return project(inLayer("conv_out"), "", y);
}

Vector NaiveDecoder::network(const std::string &prefix, const Vector &x) {
  bool hasBias = config.hasFfnBias && prefix.empty();
  auto name = [&](const char *tensor) { return inLayer(prefix + tensor); };
  auto biasName = [&](const char *tensor) {
    return hasBias ? inLayer(tensor) : std::string();
  };
  Vector hidden = project(name("w1"), biasName("b1"), x);
  for (double &h : hidden) {
    switch (config.activation) {
    case Activation::Silu:
      h = h / (1 + std::exp(-h));
      break;
    case Activation::Gelu:
      h = h * 0.5 * std::erfc(-h / std::sqrt(2.0));
      break;
    case Activation::GeluTanh:
      h = h /
          (1 + std::exp(-2 * std::sqrt(2 / kPi) * (h + 0.044715 * h * h * h)));
      break;
    case Activation::Relu:
      h = h > 0 ? h : 0;
      break;
    }
  }
  if (config.isGated) {
    Vector up = project(name("w3"), biasName("b3"), x);
    for (size_t i = 0; i < hidden.size(); ++i)
      hidden[i] *= up[i];
  }
  return project(name("w2"), biasName("b2"), hidden);
}

/// One after the other, the best expert that is left.
Vector NaiveDecoder::experts(const Vector &x) {
  Vector weights = project(inLayer("router"), "", x);
  double total = 0;
  for (double &weight : weights)
    total += weight = std::exp(weight);
  for (double &weight : weights)
    weight /= total;
  std::vector<size_t> chosen;
  double chosenTotal = 0;
  while (chosen.size() < static_cast<size_t>(config.numExpertsUsed)) {
    size_t best = weights.size();
    for (size_t e = 0; e < weights.size(); ++e)
      if (std::find(chosen.begin(), chosen.end(), e) == chosen.end() &&
          (best == weights.size() || weights[e] > weights[best]))
        best = e;
    chosen.push_back(best);
    chosenTotal += weights[best];
  }
  Vector y(x.size());
  for (size_t e : chosen) {
    Vector part = network("experts." + std::to_string(e) + ".", x);
    double weight =
        config.normalizesExperts ? weights[e] / chosenTotal : weights[e];
    for (size_t i = 0; i < y.size(); ++i)
      y[i] += weight * part[i];
  }
  if (config.sharedExpertHiddenSize == 0)
    return y;
  Vector shared = network("shared.", x);
  double gate = 1;
  if (config.hasSharedExpertGate)
    gate = 1 / (1 + std::exp(-project(inLayer("shared_gate"), "", x)[0]));
  for (size_t i = 0; i < y.size(); ++i)
    y[i] += gate * shared[i];
  return y;
}

void NaiveDecoder::addTo(Vector &x, const Vector &y) const {
  for (size_t i = 0; i < x.size(); ++i)
    x[i] += config.residualScale * y[i];
}

void NaiveDecoder::runLayer(Vector &x) {
  LayerConfig own = config.getLayer(layer);
  auto norm = [&](bool exists, const char *place, const Vector &input) {
    return exists ? normalise(inLayer(place), input) : input;
  };
  Vector input = norm(config.hasPreNorms, "att", x);
  Vector attended = own.kind == LayerConfig::Kind::Convolution
                        ? convolve(input)
                        : selfAttention(input);
  Vector before = x;
  addTo(x, norm(config.hasPostNorms, "att_post", attended));
  Vector ffnInput = config.isParallel ? before : x;
  if (config.isParallel && !config.hasFfnNorm)
    ffnInput = input;
  else
    ffnInput = norm(config.hasPreNorms, "ffn", ffnInput);
  Vector fed = own.hasExperts ? experts(ffnInput) : network("", ffnInput);
  addTo(x, norm(config.hasPostNorms, "ffn_post", fed));
}

Vector NaiveDecoder::step(int64_t id) {
  const std::vector<float> &table = read("embedding");
  int64_t width = config.embeddingSize;
  Vector x(width);
  for (int64_t i = 0; i < width; ++i) {
    x[i] = config.embeddingScale * table[id * width + i];
    if (config.hasPositionTable)
      x[i] += read("positions")[position * width + i];
  }
  for (layer = 0; layer < config.numLayers; ++layer)
    runLayer(x);
  Vector logits =
      project(config.tiedHead ? "embedding" : "lm_head",
              config.hasHeadBias ? "lm_head_b" : "", normalise("final", x));
  for (double &logit : logits) {
    logit *= config.logitScale;
    if (config.logitSoftCap != 0)
      logit = config.logitSoftCap * std::tanh(logit / config.logitSoftCap);
  }
  ++position;
  return logits;
}

std::vector<std::vector<double>>
runNaiveDecoder(const Checkpoint &checkpoint, const std::vector<int64_t> &ids,
                int64_t contextLength) {
  NaiveDecoder model(checkpoint, contextLength);
  std::vector<std::vector<double>> logits;
  for (int64_t id : ids)
    logits.push_back(model.step(id));
  return logits;
}

} // namespace espresso::test
