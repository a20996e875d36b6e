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

} // namespace espresso::runtime
