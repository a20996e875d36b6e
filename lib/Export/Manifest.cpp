//===- Manifest.cpp - manifest.json and report.json -----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Manifest.h"

#include "espresso/Base/Sha256.h"
#include "espresso/Base/Version.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

#include <algorithm>

namespace espresso {

// llvm::json::Object prints its keys sorted, which makes the text a function of
// the contents.
using llvm::json::Array;
using llvm::json::Object;

static constexpr size_t kDigestDigits = 64;

static std::string print(llvm::json::Value value) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << llvm::formatv("{0:2}", value) << '\n';
  return text;
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

static Object describePort(const Value &value) {
  Object port;
  port["name"] = value.getName();
  StateType state = value.getType().getAs<StateType>();
  Type type = state ? state.getWrappedType() : value.getType();
  if (state)
    port["state"] = true;
  if (auto tensor = type.getAs<TensorType>()) {
    port["type"] = llvm::StringRef(getName(tensor.getElementType()));
    port["shape"] = Array(tensor.getShape());
  }
  return port;
}

/// Ports in order of their names: the order in which a device binds them.
static Array describePorts(std::vector<const Value *> values) {
  std::sort(values.begin(), values.end(), [](const Value *a, const Value *b) {
    return a->getName() < b->getName();
  });
  Array ports;
  for (const Value *value : values)
    ports.push_back(describePort(*value));
  return ports;
}

static bool isHost(const Function &function) {
  return function.getOpset() == Opset::Host;
}

static Array describeFunctions(const Program &program) {
  Array functions;
  for (const auto &function : program.getFunctions()) {
    if (function->getOpset() == Opset::Model)
      continue;
    const Block &body = function->getBody();
    std::vector<const Value *> inputs, outputs;
    for (const auto &input : body.getInputs())
      inputs.push_back(input.get());
    for (size_t i = 0; i < body.getNumOutputs(); ++i)
      outputs.push_back(body.getOutput(i));
    functions.push_back(Object{
        {"name", function->getName()},
        {"kind", isHost(*function) ? "host" : "program"},
        {"opset", function->getOpsetSpelling()},
        {"inputs", describePorts(std::move(inputs))},
        {"outputs", describePorts(std::move(outputs))},
    });
  }
  return functions;
}

//===----------------------------------------------------------------------===//
// Documents
//===----------------------------------------------------------------------===//

static Object describeModel(const PlanInfo &info) {
  const ModelConfig &model = info.model;
  Object object{
      {"name", model.name},
      {"architecture", model.architecture},
      {"layers", model.numLayers},
      {"embedding_size", model.embeddingSize},
      {"hidden_size", model.hiddenSize},
      {"heads", model.numHeads},
      {"kv_heads", model.numKVHeads},
      {"head_size", model.headSize},
      {"vocabulary_size", model.vocabularySize},
      {"context_length", info.contextLength},
      {"prefill_length", info.prefillLength},
      {"norm_epsilon", model.normEpsilon},
      {"rope_theta", model.ropeTheta},
      {"tied_head", model.tiedHead},
      {"parameters", static_cast<int64_t>(info.numParameters)},
      {"data_type", llvm::StringRef(getName(info.dataType))},
  };
  if (!model.license.empty())
    object["license"] = model.license;
  return object;
}

/// Names come from checkpoints, which may hold anything; JSON must be UTF-8.
static PlanInfo withValidText(PlanInfo info) {
  info.model.name = llvm::json::fixUTF8(info.model.name);
  info.model.license = llvm::json::fixUTF8(info.model.license);
  return info;
}

std::string makeManifest(const BundleContents &contents,
                         const std::map<std::string, FileEntry> &files) {
  Object listing;
  for (const auto &[name, entry] : files)
    listing[name] = Object{{"bytes", static_cast<int64_t>(entry.byteSize)},
                           {"sha256", entry.sha256}};
  std::string blank(kDigestDigits, '0');
  std::string text = print(Object{
      {"format", "espresso-bundle"},
      {"format_version", 1},
      {"producer", llvm::StringRef(kVersionText)},
      {"model", describeModel(withValidText(contents.plan))},
      {"target", Object{{"chip", "generic"}, {"verified_on_device", false}}},
      {"functions", describeFunctions(contents.program)},
      {"files", std::move(listing)},
      {"self_sha256", blank},
  });
  size_t position = text.rfind("\"self_sha256\"");
  position = text.find(blank, position);
  text.replace(position, kDigestDigits, sha256Hex(text));
  return text;
}

static int64_t countCalls(const Function &function) {
  return std::count_if(
      function.getBody().getOperations().begin(),
      function.getBody().getOperations().end(),
      [](const Operation &op) { return op.is("espresso.call"); });
}

/// The head of a host function and where it runs; null if there is none that a
/// pass has placed.
static llvm::json::Value describeHead(const Function &function) {
  for (const Operation &op : function.getBody().getOperations()) {
    Attribute placement = op.getAttribute("placement");
    if (!placement)
      continue;
    Object head{{"placement", placement.getString()}, {"op", op.getName()}};
    if (Attribute callee = op.getConstant("callee"))
      head["program"] = callee.getString();
    return head;
  }
  return nullptr;
}

std::string makeReport(const BundleContents &contents, uint64_t weightBytes) {
  Array schedule;
  for (const auto &function : contents.program.getFunctions())
    if (isHost(*function))
      schedule.push_back(Object{{"function", function->getName()},
                                {"dispatches", countCalls(*function)},
                                {"head", describeHead(*function)}});
  Array decisions;
  for (const Decision &decision : contents.decisions)
    decisions.push_back(Object{{"rule", decision.rule},
                               {"subject", decision.subject},
                               {"message", decision.message}});
  return print(Object{
      {"schema_version", 1},
      {"producer", llvm::StringRef(kVersionText)},
      {"pipeline", contents.pipeline},
      {"schedule", std::move(schedule)},
      {"weight_bytes", static_cast<int64_t>(weightBytes)},
      {"decisions", std::move(decisions)},
      {"placement",
       "modelled: nothing here was run on, or verified by, a device"},
  });
}

} // namespace espresso
