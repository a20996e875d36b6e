//===- GgufReader.cpp - GGUF files to models ------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GgufSource.h"
#include "ModelReader.h"
#include "Readers.h"

#include "llvm/Support/JSON.h"

namespace espresso {

static std::string readText(GgufMetadata &metadata, llvm::StringRef key) {
  return llvm::json::fixUTF8(metadata.findString(key).value_or(""));
}

/// The vocabulary size is the number of tokens, whatever else is claimed.
static void addVocabulary(GgufMetadata &metadata,
                          const TokenizerData &tokenizer, ModelConfig &config) {
  config.vocabularySize = static_cast<int64_t>(tokenizer.pieces.size());
  config.bosId = tokenizer.bosId;
  config.stopIds = tokenizer.stopIds;
  std::string key =
      metadata.findString("general.architecture").value_or("").str() +
      ".vocab_size";
  std::optional<int64_t> claimed = metadata.findInteger(key);
  if (claimed && *claimed != config.vocabularySize)
    metadata.emitError(metadata.find(key))
        << "expected '" << key << "' to be the number of tokens, "
        << config.vocabularySize << ", found " << *claimed;
}

/// What can be said without reading the vocabulary.
static void countVocabulary(const GgufSource &source, GgufMetadata &metadata,
                            ModelConfig &config) {
  if (const GgufValue *tokens = metadata.find("tokenizer.ggml.tokens"))
    config.vocabularySize = static_cast<int64_t>(tokens->count);
  else if (const SourceTensor *table = source.findTensor("token_embd.weight"))
    config.vocabularySize = table->shape.empty() ? 0 : table->shape[0];
}

FailureOr<Checkpoint> readGguf(std::shared_ptr<const MappedFile> mapped,
                               const FrontendOptions &options,
                               DiagnosticEngine &diagnostics) {
  FailureOr<std::unique_ptr<GgufSource>> opened =
      GgufSource::open(std::move(mapped), diagnostics);
  if (failed(opened))
    return failure();
  GgufSource &source = **opened;
  GgufMetadata &metadata = source.getMetadata();
  llvm::StringRef architecture = metadata.getString("general.architecture");
  if (metadata.hasFailed())
    return failure();
  const Family *family =
      getFamily(source, {"general.architecture", ""}, architecture);
  if (!family)
    return failure();
  source.setArchitecture(architecture);

  Checkpoint checkpoint;
  checkpoint.path = source.getPath().str();
  checkpoint.format = describeFormat(source.getFirstFile());
  ModelConfig &config = checkpoint.config;
  config = readConfig(source, *family);
  config.name = readText(metadata, "general.name");
  config.license = readText(metadata, "general.license");
  if (config.name.empty())
    config.name = getModelName(source.getPath());
  if (options.needsTokenizer) {
    FailureOr<TokenizerData> tokenizer = readTokenizer(metadata);
    if (failed(tokenizer))
      return failure();
    addVocabulary(metadata, *tokenizer, config);
    checkpoint.tokenizer = *std::move(tokenizer);
  } else {
    countVocabulary(source, metadata, config);
  }
  if (source.hasFailed() || metadata.hasFailed() ||
      failed(verifyConfig(config, source.getPath(), diagnostics)))
    return failure();
  if (source.getTensors().empty())
    return diagnostics.emitError(source.getPath())
           << "expected the tensors of a model, found none: this is a "
              "vocabulary only";
  if (failed(readTensors(source, *family, checkpoint)))
    return failure();
  return checkpoint;
}

} // namespace espresso
