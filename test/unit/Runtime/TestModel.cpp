//===- TestModel.cpp - A small Llama made by hand -------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BundleMaker.h"

namespace espresso::runtime {

namespace {

using Layer = TestModel::Layer;
constexpr int64_t kHeads = TestModel::kHeads, kKvHeads = TestModel::kKvHeads,
                  kHeadDim = TestModel::kHeadDim, kWidth = TestModel::kWidth,
                  kHidden = TestModel::kHidden,
                  kVocabulary = TestModel::kVocabulary,
                  kContext = TestModel::kContext,
                  kPrefill = TestModel::kPrefill;
constexpr double kEpsilon = TestModel::kEpsilon, kTheta = TestModel::kTheta;

/// Reproducible weights in [-scale, scale).
std::vector<float> makeValues(int64_t count, float scale, uint64_t &seed) {
  std::vector<float> values(count);
  for (float &value : values) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    value = scale * static_cast<float>(static_cast<int64_t>(seed) >> 40) /
            8388608.0f;
  }
  return values;
}

using Model = TestModel;

Model makeWeights(BundleMaker &maker, plan::ElementType type, int layers) {
  uint64_t seed = 7;
  auto matrix = [&](int64_t rows, int64_t columns) {
    return maker.weight(type, {rows, columns},
                        makeValues(rows * columns, 0.5f, seed));
  };
  auto kernel = [&](int64_t rows, int64_t columns) {
    return maker.weight(type, {rows, columns, 1, 1},
                        makeValues(rows * columns, 0.5f, seed));
  };
  auto vector = [&](int64_t count) {
    return maker.weight(type, {count}, makeValues(count, 1.0f, seed));
  };
  Model model;
  model.table = matrix(kVocabulary, kWidth);
  model.norm = vector(kWidth);
  model.head = matrix(kVocabulary, kWidth);
  for (int i = 0; i < layers; ++i) {
    Layer layer;
    layer.norm1 = vector(kWidth);
    layer.q = kernel(kHeads * kHeadDim, kWidth);
    layer.k = kernel(kKvHeads * kHeadDim, kWidth);
    layer.v = kernel(kKvHeads * kHeadDim, kWidth);
    layer.o = kernel(kWidth, kHeads * kHeadDim);
    layer.norm2 = vector(kWidth);
    layer.gate = matrix(kHidden, kWidth);
    layer.up = matrix(kHidden, kWidth);
    layer.down = matrix(kWidth, kHidden);
    layer.kCache = maker.state(type, {kContext, kKvHeads * kHeadDim});
    layer.vCache = maker.state(type, {kContext, kKvHeads * kHeadDim});
    model.layers.push_back(layer);
  }
  return model;
}

/// q, k, v of one layer, as a program of MIL operations.
void makePre(BundleMaker &maker, const Layer &layer, const std::string &name,
             int64_t s) {
  FunctionMaker f = maker.function(name, plan::Function::PROGRAM);
  const Shape shape = {1, kWidth, 1, s};
  uint32_t x = f.input("x", plan::FLOAT16, shape);
  uint32_t sum =
      f.add("reduce_sum_square", {{"x", x}}, {1, 1, 1, s}, plan::FLOAT16);
  set(f.last(), "axes", std::vector<int64_t>{1});
  set(f.last(), "keep_dims", true);
  uint32_t mean = f.add("mul", {{"x", sum}}, {1, 1, 1, s});
  set(f.last(), "y", 1.0 / kWidth);
  uint32_t shifted = f.add("add", {{"x", mean}}, {1, 1, 1, s});
  set(f.last(), "y", kEpsilon);
  uint32_t factor = f.add("pow", {{"x", shifted}}, {1, 1, 1, s});
  set(f.last(), "y", -0.5);
  uint32_t scaled = f.add("mul", {{"x", x}, {"y", factor}}, shape);
  uint32_t weight =
      f.add("reshape", {{"x", f.weight(layer.norm1)}}, {1, kWidth, 1, 1});
  uint32_t normed = f.add("mul", {{"x", scaled}, {"y", weight}}, shape);
  auto project = [&](const char *port, uint32_t w, int64_t channels) {
    f.output(port, f.add("conv", {{"x", normed}, {"weight", f.weight(w)}},
                         {1, channels, 1, s}));
    set(f.last(), "pad_type", "valid");
    set(f.last(), "strides", std::vector<int64_t>{1, 1});
    set(f.last(), "groups", 1);
  };
  project("q", layer.q, kHeads * kHeadDim);
  project("k", layer.k, kKvHeads * kHeadDim);
  project("v", layer.v, kKvHeads * kHeadDim);
}

/// Everything after attention, with composites.
void makePost(BundleMaker &maker, const Layer &layer, const std::string &name,
              int64_t s) {
  FunctionMaker f = maker.function(name, plan::Function::PROGRAM);
  const Shape shape = {1, kWidth, 1, s};
  uint32_t a = f.input("a", plan::FLOAT32, shape);
  uint32_t x = f.input("x", plan::FLOAT32, shape);
  uint32_t o = f.add("conv", {{"x", a}, {"weight", f.weight(layer.o)}}, shape);
  uint32_t sum = f.add("add", {{"x", x}, {"y", o}}, shape);
  uint32_t normed =
      f.add("espresso.rms_norm",
            {{"x", sum}, {"weight", f.weight(layer.norm2)}}, shape);
  set(f.last(), "epsilon", kEpsilon);
  uint32_t fed = f.add("espresso.ffn",
                       {{"x", normed},
                        {"gate", f.weight(layer.gate)},
                        {"up", f.weight(layer.up)},
                        {"down", f.weight(layer.down)}},
                       shape);
  f.output("y", f.add("add", {{"x", sum}, {"y", fed}}, shape));
}

void setRope(plan::Step &step) {
  set(step, "head_dim", static_cast<int64_t>(kHeadDim));
  set(step, "theta", kTheta);
}

/// The head, giving logits or choosing.
void makeHead(FunctionMaker &f, const Model &model, uint32_t x, bool greedy) {
  if (!greedy) {
    f.output("logits", f.add("espresso.head",
                             {{"x", x}, {"weight", f.weight(model.head)}},
                             {1, kVocabulary, 1, 1}));
    return;
  }
  plan::Step &step = f.step("espresso.greedy_head",
                            {{"x", x}, {"weight", f.weight(model.head)}});
  for (const auto &[name, type] :
       {std::pair("token", plan::INT32), std::pair("maximum", plan::FLOAT32)}) {
    const uint32_t value = f.value(type, {1});
    step.add_results()->set_value(value);
    f.output(name, value);
  }
}

/// decode (`s` = 1) or prefill.
void makeHost(BundleMaker &maker, const Model &model, const std::string &name,
              int64_t s, uint32_t firstProgram, bool greedy) {
  const bool isPrefill = name == "prefill";
  FunctionMaker f = maker.function(name);
  uint32_t ids = f.input("ids", plan::INT32, {s});
  uint32_t at = f.input(isPrefill ? "last" : "position", plan::INT32, {1});
  const Shape shape = {1, kWidth, 1, s};
  auto withPosition = [&](std::vector<std::pair<std::string, uint32_t>> args) {
    if (!isPrefill)
      args.emplace_back("position", at);
    return args;
  };
  auto setPosition = [&] {
    if (isPrefill)
      set(f.last(), "position", 0);
  };
  uint32_t x = f.add("espresso.embedding",
                     {{"ids", ids}, {"table", f.weight(model.table)}}, shape);
  for (const Layer &layer : model.layers) {
    const Shape kv = {1, kKvHeads * kHeadDim, 1, s};
    uint32_t q = f.value(plan::FLOAT32, shape), k = f.value(plan::FLOAT32, kv),
             v = f.value(plan::FLOAT32, kv);
    plan::Step &pre = f.step("espresso.call", {{"x", x}});
    pre.set_callee(firstProgram++);
    // Results by name, in another order than the callee's.
    for (const auto &[port, value] :
         {std::pair("v", v), std::pair("k", k), std::pair("q", q)}) {
      plan::Port &result = *pre.add_results();
      result.set_name(port);
      result.set_value(value);
    }
    q = f.add("espresso.rope", withPosition({{"x", q}}), shape);
    setRope(f.last());
    setPosition();
    k = f.add("espresso.rope", withPosition({{"x", k}}), kv);
    setRope(f.last());
    setPosition();
    uint32_t a = f.add("espresso.attention",
                       withPosition({{"q", q},
                                     {"k", k},
                                     {"v", v},
                                     {"k_cache", f.state(layer.kCache)},
                                     {"v_cache", f.state(layer.vCache)}}),
                       shape);
    set(f.last(), "head_dim", static_cast<int64_t>(kHeadDim));
    setPosition();
    uint32_t y = f.value(plan::FLOAT32, shape);
    plan::Step &post = f.step("espresso.call", {{"a", a}, {"x", x}});
    post.set_callee(firstProgram++);
    post.add_results()->set_name("y");
    post.mutable_results(0)->set_value(y);
    x = y;
  }
  if (isPrefill) {
    x = f.add("gather", {{"x", x}, {"indices", at}}, {1, kWidth, 1, 1});
    set(f.last(), "axis", 3);
  }
  x = f.add("espresso.rms_norm", {{"x", x}, {"weight", f.weight(model.norm)}},
            {1, kWidth, 1, 1});
  set(f.last(), "epsilon", kEpsilon);
  makeHead(f, model, x, greedy);
}

} // namespace

TestModel makeModel(BundleMaker &maker, plan::ElementType type, bool prefill,
                    int layers, bool greedy) {
  plan::ModelConfig &config = *maker.plan.mutable_model();
  config.set_name("test");
  config.set_num_layers(layers);
  config.set_vocabulary_size(kVocabulary);
  config.set_context_length(kContext);
  config.set_prefill_length(prefill ? kPrefill : 0);
  config.set_data_type(type == plan::FLOAT16 ? "fp16" : "fp32");
  const Model model = makeWeights(maker, type, layers);
  auto makeAll = [&](const std::string &name, int64_t s) {
    const uint32_t first = maker.plan.functions_size();
    for (size_t i = 0; i < model.layers.size(); ++i) {
      const std::string suffix = "_" + std::to_string(i) + "_" + name;
      makePre(maker, model.layers[i], "pre" + suffix, s);
      makePost(maker, model.layers[i], "post" + suffix, s);
    }
    makeHost(maker, model, name, s, first, greedy);
  };
  makeAll("decode", 1);
  if (prefill)
    makeAll("prefill", kPrefill);
  maker.piece("<unk>", 0, plan::Tokenizer::UNKNOWN);
  maker.piece("<s>", 0, plan::Tokenizer::CONTROL);
  maker.piece("</s>", 0, plan::Tokenizer::CONTROL);
  for (char c = 'a'; c <= 'h'; ++c)
    maker.piece(std::string(1, c), -c);
  maker.piece("\xE2\x96\x81", 0);
  maker.tokenizer.set_bos(1);
  maker.tokenizer.set_unknown(0);
  maker.tokenizer.set_add_bos(true);
  maker.tokenizer.add_stop(2);
  return model;
}

} // namespace espresso::runtime
