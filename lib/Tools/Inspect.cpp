//===- Inspect.cpp - What a checkpoint holds ------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Inspect.h"

#include "espresso/Frontend/Frontend.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

#include <map>

namespace espresso {

FailureOr<Inspection> inspect(llvm::StringRef path,
                              llvm::StringRef tokenizerPath,
                              DiagnosticEngine &diagnostics) {
  DiagnosticEngine quiet;
  std::string problem;
  quiet.setHandler([&](const Diagnostic &diagnostic) {
    if (problem.empty() && diagnostic.severity == Severity::Error)
      problem = diagnostic.message;
  });
  FailureOr<Checkpoint> whole =
      readCheckpoint(path, {.tokenizerPath = tokenizerPath.str()}, quiet);
  if (succeeded(whole))
    return Inspection{*std::move(whole), ""};
  // What else is wrong comes up again, and is reported.
  FailureOr<Checkpoint> model =
      readCheckpoint(path, {.needsTokenizer = false}, diagnostics);
  if (failed(model))
    return failure();
  return Inspection{*std::move(model), std::move(problem)};
}

//===----------------------------------------------------------------------===//
// Facts
//===----------------------------------------------------------------------===//

namespace {

struct TypeCount {
  int64_t tensors = 0;
  int64_t parameters = 0;
};

/// A number of the configuration, and its name in JSON and in text.
struct Size {
  llvm::StringLiteral key;
  llvm::StringLiteral words;
  int64_t value;
};

} // namespace

/// By the type in the file, sorted by name.
static std::map<std::string, TypeCount> countTypes(const Checkpoint &model) {
  std::map<std::string, TypeCount> counts;
  for (const auto &[name, tensor] : model.tensors) {
    TypeCount &count = counts[tensor.originalType];
    ++count.tensors;
    count.parameters += tensor.source->getNumElements();
  }
  return counts;
}

static std::vector<Size> getSizes(const ModelConfig &config) {
  std::vector<Size> sizes = {
      {"layers", "layers", config.numLayers},
      {"embedding_size", "embedding size", config.embeddingSize},
      {"hidden_size", "hidden size", config.hiddenSize},
      {"heads", "query heads", config.numHeads},
      {"kv_heads", "key/value heads", config.numKVHeads},
      {"head_size", "head size", config.headSize},
      {"vocabulary_size", "vocabulary", config.vocabularySize},
      {"context_length", "context", config.contextLength},
  };
  if (config.slidingWindow != 0)
    sizes.push_back({"sliding_window", "sliding window", config.slidingWindow});
  if (config.numExperts != 0) {
    sizes.push_back({"experts", "experts", config.numExperts});
    sizes.push_back({"experts_used", "experts used", config.numExpertsUsed});
    sizes.push_back(
        {"expert_hidden_size", "expert hidden size", config.expertHiddenSize});
  }
  if (config.convolutionSize != 0)
    sizes.push_back(
        {"convolution_size", "convolution size", config.convolutionSize});
  return sizes;
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

static void printLine(llvm::raw_ostream &os, llvm::StringRef what,
                      const llvm::Twine &value) {
  os << "  " << llvm::left_justify(what, 18) << value << '\n';
}

static std::string describeRotation(const ModelConfig &config) {
  if (config.hasPositionTable)
    return "a table of positions";
  std::string text = llvm::formatv("base {0}", config.ropeTheta);
  if (config.getRotarySize() != config.headSize)
    text += llvm::formatv(", {0} of {1} elements", config.getRotarySize(),
                          config.headSize);
  const RopeScaling &scaling = config.ropeScaling;
  if (scaling.kind != RopeScalingKind::None)
    text += llvm::formatv(", scaling {0} by {1}", getName(scaling.kind),
                          scaling.factor);
  if (config.localRopeTheta)
    text +=
        llvm::formatv(", base {0} in sliding layers", *config.localRopeTheta);
  return text;
}

static std::string joinIds(llvm::ArrayRef<uint32_t> ids) {
  return llvm::join(
      llvm::map_range(ids, [](uint32_t id) { return std::to_string(id); }),
      ", ");
}

static std::string describeVocabulary(const Inspection &inspection) {
  const TokenizerData &tokenizer = inspection.checkpoint.tokenizer;
  if (tokenizer.pieces.empty())
    return "cannot be read: " + inspection.vocabularyProblem;
  std::string text = std::to_string(tokenizer.pieces.size()) + " pieces, text ";
  if (tokenizer.bosId && tokenizer.addBos)
    text += "begins with " + std::to_string(*tokenizer.bosId) + ", ";
  return text + "ends at " + joinIds(tokenizer.stopIds);
}

void printInspection(const Inspection &inspection, llvm::raw_ostream &os) {
  const Checkpoint &model = inspection.checkpoint;
  const ModelConfig &config = model.config;
  os << model.path << ": " << model.format << '\n';
  printLine(os, "name", config.name);
  printLine(os, "architecture", config.architecture);
  printLine(os, "license",
            config.license.empty() ? "not stated" : config.license);
  printLine(os, "parameters",
            std::to_string(model.getNumParameters()) + " in " +
                std::to_string(model.tensors.size()) + " tensors");
  for (const auto &[type, count] : countTypes(model))
    printLine(os, "",
              type + ": " + std::to_string(count.parameters) + " in " +
                  std::to_string(count.tensors));
  for (const Size &size : getSizes(config))
    printLine(os, size.words, llvm::Twine(size.value));
  printLine(os, "head", config.tiedHead ? "the embedding" : "of its own");
  printLine(os, "norms",
            getName(config.norm) + ", epsilon " +
                llvm::formatv("{0:E}", config.normEpsilon).str());
  printLine(os, "activation", getName(config.activation));
  printLine(os, "positions", describeRotation(config));
  for (ModelFeature feature : getFeatures(config))
    printLine(os, "has", getName(feature));
  printLine(os, "tokenizer", describeVocabulary(inspection));
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

static llvm::json::Object makeRotation(const ModelConfig &config) {
  const RopeScaling &scaling = config.ropeScaling;
  llvm::json::Object rope{{"base", config.ropeTheta},
                          {"size", config.getRotarySize()},
                          {"scaling", getName(scaling.kind)}};
  if (scaling.kind != RopeScalingKind::None)
    rope["factor"] = scaling.factor;
  if (scaling.originalContextLength != 0)
    rope["original_context_length"] = scaling.originalContextLength;
  if (config.localRopeTheta)
    rope["local_base"] = *config.localRopeTheta;
  return rope;
}

static llvm::json::Object makeConfig(const ModelConfig &config) {
  llvm::json::Object object;
  for (const Size &size : getSizes(config))
    object[size.key] = size.value;
  object["tied_head"] = config.tiedHead;
  object["norm"] = getName(config.norm);
  object["norm_epsilon"] = config.normEpsilon;
  object["activation"] = getName(config.activation);
  if (!config.hasPositionTable)
    object["rope"] = makeRotation(config);
  llvm::json::Array features;
  for (ModelFeature feature : getFeatures(config))
    features.push_back(getName(feature));
  object["features"] = std::move(features);
  return object;
}

static llvm::json::Value makeVocabulary(const Inspection &inspection) {
  const TokenizerData &tokenizer = inspection.checkpoint.tokenizer;
  if (tokenizer.pieces.empty())
    return llvm::json::Object{
        {"problem", llvm::json::fixUTF8(inspection.vocabularyProblem)}};
  llvm::json::Array stops(tokenizer.stopIds);
  llvm::json::Object object{
      {"pieces", static_cast<int64_t>(tokenizer.pieces.size())},
      {"stop_ids", std::move(stops)},
      {"add_bos", tokenizer.addBos}};
  if (tokenizer.bosId)
    object["bos_id"] = *tokenizer.bosId;
  return object;
}

void printInspectionAsJson(const Inspection &inspection,
                           llvm::raw_ostream &os) {
  const Checkpoint &model = inspection.checkpoint;
  llvm::json::Array types, tensors;
  for (const auto &[type, count] : countTypes(model))
    types.push_back(llvm::json::Object{{"type", type},
                                       {"tensors", count.tensors},
                                       {"parameters", count.parameters}});
  for (const auto &[name, tensor] : model.tensors)
    tensors.push_back(llvm::json::Object{
        {"name", name},
        {"original_name", llvm::json::fixUTF8(tensor.originalName)},
        {"type", tensor.originalType},
        {"shape", llvm::json::Array(tensor.shape)}});
  llvm::json::Object object{
      {"path", llvm::json::fixUTF8(model.path)},
      {"format", model.format},
      {"name", model.config.name},
      {"architecture", model.config.architecture},
      {"license", model.config.license},
      {"parameters", static_cast<int64_t>(model.getNumParameters())},
      {"config", makeConfig(model.config)},
      {"types", std::move(types)},
      {"tokenizer", makeVocabulary(inspection)},
      {"tensors", std::move(tensors)}};
  os << llvm::formatv("{0:2}", llvm::json::Value(std::move(object))) << '\n';
}

} // namespace espresso
