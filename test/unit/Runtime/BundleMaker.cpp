//===- BundleMaker.cpp - Bundles made by hand -----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BundleMaker.h"

#include "espresso/Base/CheckedMath.h"
#include "espresso/Base/Half.h"
#include "espresso/Base/Sha256.h"

#include "nlohmann/json.hpp"
#include "gtest/gtest.h"

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <stdlib.h>

namespace espresso::runtime {

namespace fs = std::filesystem;

//===----------------------------------------------------------------------===//
// Functions and steps
//===----------------------------------------------------------------------===//

uint32_t FunctionMaker::value(plan::ElementType type, const Shape &shape) {
  plan::Value &value = *function.add_values();
  value.set_name("v" + std::to_string(function.values_size() - 1));
  value.set_type(type);
  value.mutable_shape()->Add(shape.begin(), shape.end());
  return function.values_size() - 1;
}

uint32_t FunctionMaker::input(const std::string &name, plan::ElementType type,
                              const Shape &shape) {
  const uint32_t index = value(type, shape);
  plan::Port &port = *function.add_inputs();
  port.set_name(name);
  port.set_value(index);
  return index;
}

void FunctionMaker::output(const std::string &name, uint32_t value) {
  plan::Port &port = *function.add_outputs();
  port.set_name(name);
  port.set_value(value);
}

uint32_t FunctionMaker::weight(uint32_t index) {
  const plan::Weight &weight = plan.weights(index);
  const uint32_t result =
      value(weight.type(), Shape(weight.shape().begin(), weight.shape().end()));
  function.mutable_values(result)->set_weight(index);
  return result;
}

uint32_t FunctionMaker::state(uint32_t index) {
  const plan::State &state = plan.states(index);
  const uint32_t result =
      value(state.type(), Shape(state.shape().begin(), state.shape().end()));
  function.mutable_values(result)->set_state(index);
  return result;
}

plan::Step &
FunctionMaker::step(const std::string &op,
                    const std::vector<std::pair<std::string, uint32_t>> &args) {
  plan::Step &step = *function.add_steps();
  step.set_op(op);
  step.set_name("s" + std::to_string(function.steps_size() - 1));
  for (const auto &[name, value] : args) {
    plan::Operand *operand = nullptr;
    if (step.operands_size() && step.operands().rbegin()->name() == name)
      operand = &*step.mutable_operands()->rbegin();
    else
      operand = step.add_operands();
    operand->set_name(name);
    operand->add_values(value);
  }
  return step;
}

uint32_t
FunctionMaker::add(const std::string &op,
                   const std::vector<std::pair<std::string, uint32_t>> &args,
                   const Shape &shape, plan::ElementType type) {
  const uint32_t result = value(type, shape);
  step(op, args).add_results()->set_value(result);
  return result;
}

static plan::Attribute &attribute(plan::Step &step, const std::string &name) {
  plan::Attribute &result = *step.add_attributes();
  result.set_name(name);
  return result;
}

void set(plan::Step &step, const std::string &name, int64_t value) {
  attribute(step, name).set_integer(value);
}
void set(plan::Step &step, const std::string &name, int value) {
  set(step, name, int64_t{value});
}
void set(plan::Step &step, const std::string &name, double value) {
  attribute(step, name).set_real(value);
}
void set(plan::Step &step, const std::string &name, bool value) {
  attribute(step, name).set_boolean(value);
}
void set(plan::Step &step, const std::string &name, const char *value) {
  attribute(step, name).set_text(value);
}
void set(plan::Step &step, const std::string &name,
         const std::vector<int64_t> &values) {
  attribute(step, name)
      .mutable_integers()
      ->mutable_values()
      ->Add(values.begin(), values.end());
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

BundleMaker::BundleMaker() {
  std::string pattern =
      (fs::temp_directory_path() / "espresso-test-XXXXXX").string();
  const char *made = mkdtemp(pattern.data());
  EXPECT_NE(made, nullptr);
  path = pattern;
  plan.set_format_version(1);
  tokenizer.set_model(plan::Tokenizer::SENTENCEPIECE_BPE);
}

BundleMaker::~BundleMaker() {
  std::error_code error;
  fs::remove_all(path, error);
}

FunctionMaker BundleMaker::function(const std::string &name,
                                    plan::Function::Kind kind) {
  plan::Function &function = *plan.add_functions();
  function.set_name(name);
  function.set_kind(kind);
  return FunctionMaker(plan, function);
}

template <typename T>
static void append(std::string &bytes, T value) {
  bytes.append(reinterpret_cast<const char *>(&value), sizeof(value));
}

uint32_t BundleMaker::weight(plan::ElementType type, const Shape &shape,
                             const std::vector<float> &values) {
  weights.resize(alignUp(weights.size(), 64));
  plan::Weight &weight = *plan.add_weights();
  weight.set_offset(weights.size());
  weight.set_type(type);
  weight.mutable_shape()->Add(shape.begin(), shape.end());
  for (float value : values) {
    if (type == plan::FLOAT16)
      append(weights, floatToHalf(value));
    else if (type == plan::FLOAT32)
      append(weights, value);
    else if (type == plan::INT32)
      append(weights, static_cast<int32_t>(value));
    else
      append(weights, static_cast<int8_t>(value));
  }
  weight.set_byte_size(weights.size() - weight.offset());
  return plan.weights_size() - 1;
}

std::vector<float> BundleMaker::getValues(uint32_t index) const {
  const plan::Weight &weight = plan.weights(index);
  std::vector<float> values;
  const char *data = weights.data() + weight.offset();
  for (uint64_t at = 0; at < weight.byte_size();) {
    if (weight.type() == plan::FLOAT16) {
      uint16_t bits;
      std::memcpy(&bits, data + at, sizeof(bits));
      values.push_back(halfToFloat(bits));
      at += sizeof(bits);
    } else {
      float value;
      std::memcpy(&value, data + at, sizeof(value));
      values.push_back(value);
      at += sizeof(value);
    }
  }
  return values;
}

uint32_t BundleMaker::state(plan::ElementType type, const Shape &shape) {
  plan::State &state = *plan.add_states();
  state.set_name("state" + std::to_string(plan.states_size() - 1));
  state.set_type(type);
  state.mutable_shape()->Add(shape.begin(), shape.end());
  return plan.states_size() - 1;
}

void BundleMaker::piece(const std::string &text, float score,
                        plan::Tokenizer::PieceType type) {
  plan::Tokenizer::Piece &piece = *tokenizer.add_pieces();
  piece.set_text(text);
  piece.set_score(score);
  piece.set_type(type);
}

void BundleMaker::writeFile(const std::string &name, const std::string &bytes) {
  fs::create_directories((fs::path(path) / name).parent_path());
  std::ofstream(fs::path(path) / name, std::ios::binary) << bytes;
}

std::string BundleMaker::readFile(const std::string &name) const {
  std::ifstream file(fs::path(path) / name, std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

std::map<std::string, std::string> BundleMaker::getFiles() {
  plan.clear_weight_files();
  plan::WeightFile &file = *plan.add_weight_files();
  file.set_path("weights.bin");
  file.set_byte_size(weights.size());
  if (tokenizer.pieces().empty())
    piece("a", 0);
  return {{"host.plan", plan.SerializeAsString()},
          {"tokenizer.pb", tokenizer.SerializeAsString()},
          {"weights.bin", weights}};
}

void BundleMaker::writeManifest(
    const std::map<std::string, std::string> &files) {
  nlohmann::json manifest;
  manifest["format"] = "espresso-bundle";
  manifest["format_version"] = 1;
  manifest["files"] = nlohmann::json::object();
  for (const auto &[name, bytes] : files)
    manifest["files"][name] = {{"bytes", bytes.size()},
                               {"sha256", sha256Hex(std::string_view(bytes))}};
  const std::string zeros(64, '0');
  manifest["self_sha256"] = zeros;
  std::string text = manifest.dump(1);
  const std::string digest = sha256Hex(std::string_view(text));
  text.replace(text.find(zeros), zeros.size(), digest);
  writeFile("manifest.json", text);
}

void BundleMaker::write() {
  const std::map<std::string, std::string> files = getFiles();
  for (const auto &[name, bytes] : files)
    writeFile(name, bytes);
  writeManifest(files);
}

//===----------------------------------------------------------------------===//
// A language model
//===----------------------------------------------------------------------===//

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
  uint32_t fed = f.add("espresso.swiglu",
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

/// decode (`s` = 1) or prefill.
void makeHost(BundleMaker &maker, const Model &model, const std::string &name,
              int64_t s, uint32_t firstProgram) {
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
  f.output("logits",
           f.add("espresso.head", {{"x", x}, {"weight", f.weight(model.head)}},
                 {1, kVocabulary, 1, 1}));
}

} // namespace

TestModel makeModel(BundleMaker &maker, plan::ElementType type, bool prefill,
                    int layers) {
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
    makeHost(maker, model, name, s, first);
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
