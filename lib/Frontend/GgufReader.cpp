//===- GgufReader.cpp - GGUF files to models ------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Readers.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/JSON.h"

namespace espresso {

/// Architectures whose tensors and keys are those of Llama.
static constexpr llvm::StringRef kKnownArchitectures[] = {"llama"};

//===----------------------------------------------------------------------===//
// Configuration
//===----------------------------------------------------------------------===//

namespace {

/// Reads the configuration of one architecture: keys begin with its name.
class ConfigReader {
public:
  ConfigReader(GgufMetadata &metadata, llvm::StringRef architecture)
      : metadata(metadata), architecture(architecture) {}

  ModelConfig read();

private:
  std::string key(llvm::StringRef name) const {
    return (architecture + "." + name).str();
  }
  void readHeads(ModelConfig &config);
  void readNumbers(ModelConfig &config);
  void refuseVariants(const ModelConfig &config);
  /// Only `usual` is supported of what `name` can say.
  void requireInteger(llvm::StringRef name, int64_t usual);

  GgufMetadata &metadata;
  llvm::StringRef architecture;
};

} // namespace

ModelConfig ConfigReader::read() {
  ModelConfig config;
  config.architecture = architecture.str();
  config.name =
      llvm::json::fixUTF8(metadata.findString("general.name").value_or(""));
  config.license =
      llvm::json::fixUTF8(metadata.findString("general.license").value_or(""));
  config.numLayers = metadata.getInteger(key("block_count"));
  config.embeddingSize = metadata.getInteger(key("embedding_length"));
  config.hiddenSize = metadata.getInteger(key("feed_forward_length"));
  config.contextLength = metadata.getInteger(key("context_length"));
  readHeads(config);
  readNumbers(config);
  refuseVariants(config);
  return config;
}

void ConfigReader::readHeads(ModelConfig &config) {
  config.numHeads = metadata.getInteger(key("attention.head_count"));
  config.numKVHeads = metadata.findInteger(key("attention.head_count_kv"))
                          .value_or(config.numHeads);
  if (std::optional<int64_t> size =
          metadata.findInteger(key("attention.key_length"))) {
    config.headSize = *size;
    return;
  }
  if (config.numHeads == 0)
    return; // verifyConfig() says so
  if (config.embeddingSize % config.numHeads != 0)
    metadata.emitError(metadata.find(key("attention.head_count")))
        << "expected a number of heads that divides the embedding size "
        << config.embeddingSize << ", found " << config.numHeads;
  config.headSize = config.embeddingSize / config.numHeads;
}

void ConfigReader::readNumbers(ModelConfig &config) {
  config.normEpsilon =
      metadata.getReal(key("attention.layer_norm_rms_epsilon"));
  config.ropeTheta =
      metadata.findReal(key("rope.freq_base")).value_or(config.ropeTheta);
}

void ConfigReader::requireInteger(llvm::StringRef name, int64_t usual) {
  std::optional<int64_t> value = metadata.findInteger(key(name));
  if (value && *value != usual)
    metadata.emitError(metadata.find(key(name)))
        << "not supported yet: " << key(name) << " = " << *value
        << "; expected " << usual;
}

/// What would change the result and is not built yet must not be ignored.
void ConfigReader::refuseVariants(const ModelConfig &config) {
  requireInteger("rope.dimension_count", config.headSize);
  requireInteger("attention.value_length", config.headSize);
  requireInteger("attention.sliding_window", 0);
  requireInteger("expert_count", 0);
  std::optional<llvm::StringRef> scaling =
      metadata.findString(key("rope.scaling.type"));
  if (scaling && *scaling != "none")
    metadata.emitError(metadata.find(key("rope.scaling.type")))
        << "not supported yet: rope.scaling.type = "
        << quoteUntrusted(*scaling);
  for (llvm::StringRef name : {"rope.scaling.factor", "rope.scale_linear"}) {
    std::optional<double> factor = metadata.findReal(key(name));
    bool isNeutral = !factor || *factor == 1 || *factor == 0;
    if (!isNeutral && !scaling)
      metadata.emitError(metadata.find(key(name)))
          << "not supported yet: " << name << " other than 1";
  }
  std::optional<int64_t> splits = metadata.findInteger("split.count");
  if (splits && *splits > 1)
    metadata.emitError(metadata.find("split.count"))
        << "not supported yet: models in " << *splits << " files";
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

namespace {

struct TensorName {
  llvm::StringLiteral canonical;
  llvm::StringLiteral gguf;
};

} // namespace

static constexpr TensorName kModelTensors[] = {
    {"embedding", "token_embd.weight"},
    {"rms_final", "output_norm.weight"},
    {"lm_head", "output.weight"},
};
static constexpr TensorName kLayerTensors[] = {
    {"rms_att", "attn_norm.weight"}, {"wq", "attn_q.weight"},
    {"wk", "attn_k.weight"},         {"wv", "attn_v.weight"},
    {"wo", "attn_output.weight"},    {"rms_ffn", "ffn_norm.weight"},
    {"w1", "ffn_gate.weight"},       {"w2", "ffn_down.weight"},
    {"w3", "ffn_up.weight"},
};

/// "layers.3.wq" → "blk.3.attn_q.weight".
static std::string getGgufName(llvm::StringRef canonical) {
  for (const TensorName &name : kModelTensors)
    if (name.canonical == canonical)
      return name.gguf.str();
  auto [layer, kind] = canonical.rsplit('.');
  layer.consume_front("layers.");
  for (const TensorName &name : kLayerTensors)
    if (name.canonical == kind)
      return ("blk." + layer + "." + name.gguf).str();
  llvm_unreachable("every canonical tensor has a name in GGUF");
}

/// Reports each tensor type that cannot be decoded, once.
static LogicalResult refuseTypes(const GgufFile &file,
                                 DiagnosticEngine &diagnostics) {
  struct Use {
    const GgufTensor *first;
    unsigned count = 0;
  };
  llvm::MapVector<llvm::StringRef, Use> refused;
  for (const GgufTensor &tensor : file.getTensors())
    if (!file.getSource(tensor))
      ++refused.try_emplace(tensor.type->name, Use{&tensor})
            .first->second.count;
  for (const auto &[type, use] : refused)
    diagnostics.emitError(llvm::Twine(file.getPath()) + ", byte " +
                          llvm::Twine(use.first->position))
        << "tensor " << quoteUntrusted(use.first->name) << " is of type "
        << type << (use.count > 1 ? ", as are more; it" : ", which")
        << " is not supported yet; supported are "
        << GgufFile::getSupportedTypes();
  return success(refused.empty());
}

static LogicalResult readTensor(const GgufFile &file,
                                const ExpectedTensor &expected,
                                Checkpoint &checkpoint,
                                DiagnosticEngine &diagnostics) {
  std::string name = getGgufName(expected.name);
  const GgufTensor *tensor = file.findTensor(name);
  if (!tensor)
    return diagnostics.emitError(file.getPath())
           << "expected tensor '" << name << "' of shape "
           << formatShape(expected.shape) << ", found none of this name";
  if (tensor->shape != expected.shape)
    return diagnostics.emitError(llvm::Twine(file.getPath()) + ", byte " +
                                 llvm::Twine(tensor->position))
           << "tensor '" << name << "': expected shape "
           << formatShape(expected.shape) << ", found "
           << formatShape(tensor->shape);
  WeightSourceRef source = file.getSource(*tensor);
  if (!source)
    return failure(); // refuseTypes() has said why
  addTensor(checkpoint, expected, std::move(source), name);
  return success();
}

/// A tensor that no part of the model takes would change its result.
static LogicalResult refuseOthers(const GgufFile &file,
                                  const Checkpoint &checkpoint,
                                  DiagnosticEngine &diagnostics) {
  llvm::StringSet<> used;
  for (const auto &[name, tensor] : checkpoint.tensors)
    used.insert(tensor.originalName);
  LogicalResult result = success();
  for (const GgufTensor &tensor : file.getTensors()) {
    if (used.contains(tensor.name))
      continue;
    result = diagnostics.emitError(llvm::Twine(file.getPath()) + ", byte " +
                                   llvm::Twine(tensor.position))
             << "tensor " << quoteUntrusted(tensor.name)
             << " has no place in the architecture '"
             << checkpoint.config.architecture << "' as far as it is supported";
  }
  return result;
}

//===----------------------------------------------------------------------===//
// The model
//===----------------------------------------------------------------------===//

static LogicalResult checkArchitecture(GgufMetadata &metadata,
                                       llvm::StringRef architecture) {
  if (metadata.hasFailed())
    return failure();
  if (llvm::is_contained(kKnownArchitectures, architecture))
    return success();
  return metadata.emitError(metadata.find("general.architecture"))
         << "unknown architecture " << quoteUntrusted(architecture)
         << "; known are: "
         << llvm::join(llvm::ArrayRef(kKnownArchitectures), ", ");
}

/// The vocabulary size is the number of tokens, whatever else is claimed.
static void addVocabulary(GgufMetadata &metadata,
                          const TokenizerData &tokenizer, ModelConfig &config) {
  config.vocabularySize = static_cast<int64_t>(tokenizer.pieces.size());
  config.bosId = tokenizer.bosId;
  config.stopIds = tokenizer.stopIds;
  std::string key = config.architecture + ".vocab_size";
  std::optional<int64_t> claimed = metadata.findInteger(key);
  if (claimed && *claimed != config.vocabularySize)
    metadata.emitError(metadata.find(key))
        << "expected '" << key << "' to be the number of tokens, "
        << config.vocabularySize << ", found " << *claimed;
}

FailureOr<Checkpoint> readGguf(std::shared_ptr<const MappedFile> mapped,
                               DiagnosticEngine &diagnostics) {
  FailureOr<GgufFile> file = GgufFile::read(std::move(mapped), diagnostics);
  if (failed(file))
    return failure();
  GgufMetadata metadata(*file, diagnostics);
  llvm::StringRef architecture = metadata.getString("general.architecture");
  if (failed(checkArchitecture(metadata, architecture)))
    return failure();

  Checkpoint checkpoint;
  checkpoint.path = file->getPath();
  ModelConfig &config = checkpoint.config;
  config = ConfigReader(metadata, architecture).read();
  if (config.name.empty())
    config.name = getModelName(file->getPath());
  FailureOr<TokenizerData> tokenizer = readTokenizer(metadata);
  if (failed(tokenizer))
    return failure();
  addVocabulary(metadata, *tokenizer, config);
  if (metadata.hasFailed())
    return failure();
  checkpoint.tokenizer = *std::move(tokenizer);
  config.tiedHead = !file->findTensor("output.weight");
  if (failed(verifyConfig(config, file->getPath(), diagnostics)))
    return failure();

  if (file->getTensors().empty())
    return diagnostics.emitError(file->getPath())
           << "expected the tensors of a model, found none: this is a "
              "vocabulary only";
  bool complete = succeeded(refuseTypes(*file, diagnostics));
  for (const ExpectedTensor &expected : getExpectedTensors(config))
    complete &= succeeded(readTensor(*file, expected, checkpoint, diagnostics));
  if (!complete || failed(refuseOthers(*file, checkpoint, diagnostics)))
    return failure();
  return checkpoint;
}

} // namespace espresso
