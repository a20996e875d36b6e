//===- HuggingFaceReader.cpp - Folders of Hugging Face to models ----------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HuggingFaceSource.h"
#include "ModelReader.h"
#include "Readers.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <limits>

namespace espresso {

static std::string inDirectory(llvm::StringRef directory,
                               llvm::StringRef name) {
  llvm::SmallString<128> path(directory);
  llvm::sys::path::append(path, name);
  return path.str().str();
}

//===----------------------------------------------------------------------===//
// Special tokens
//===----------------------------------------------------------------------===//

/// Adds the ids of `value`, one or a list.
static bool addIds(const llvm::json::Value *value, std::vector<uint32_t> &ids) {
  if (!value)
    return true;
  auto add = [&](const llvm::json::Value &item) {
    std::optional<int64_t> id = item.getAsInteger();
    if (!id || *id < 0 || *id > std::numeric_limits<uint32_t>::max())
      return false;
    ids.push_back(static_cast<uint32_t>(*id));
    return true;
  };
  const llvm::json::Array *array = value->getAsArray();
  if (!array)
    return add(*value);
  for (const llvm::json::Value &item : *array)
    if (!add(item))
      return false;
  return true;
}

/// Beginning and ends of text. `generation_config.json` can add ends, such as
/// that of a turn.
static LogicalResult readSpecialIds(llvm::StringRef directory,
                                    ModelConfig &config,
                                    DiagnosticEngine &diagnostics) {
  for (llvm::StringRef name : {"config.json", "generation_config.json"}) {
    std::string path = inDirectory(directory, name);
    if (!llvm::sys::fs::exists(path))
      continue;
    FailureOr<JsonFile> file = JsonFile::read(path, diagnostics);
    if (failed(file))
      return failure();
    std::vector<uint32_t> begins;
    if (!addIds(file->find("bos_token_id"), begins) ||
        !addIds(file->find("eos_token_id"), config.stopIds))
      return diagnostics.emitError(path)
             << "expected 'bos_token_id' and 'eos_token_id' to be token ids";
    if (!begins.empty() && !config.bosId)
      config.bosId = begins.front();
  }
  // A second beginning of text ends this one.
  if (config.bosId)
    config.stopIds.push_back(*config.bosId);
  makeIdSet(config.stopIds);
  return success();
}

//===----------------------------------------------------------------------===//
// Vocabulary
//===----------------------------------------------------------------------===//

/// Embeddings often have more rows than the vocabulary has pieces.
static LogicalResult fitVocabulary(const ModelConfig &config,
                                   llvm::StringRef directory,
                                   TokenizerData &tokenizer,
                                   DiagnosticEngine &diagnostics) {
  auto size = static_cast<size_t>(config.vocabularySize);
  if (tokenizer.pieces.size() > size)
    return diagnostics.emitError(directory)
           << "expected a vocabulary of at most 'vocab_size', " << size
           << ", found " << tokenizer.pieces.size() << " pieces";
  for (size_t id = tokenizer.pieces.size(); id < size; ++id)
    tokenizer.pieces.push_back({"", 0, TokenizerData::PieceType::Unused});
  return success();
}

/// The model's settings are about generation, and win.
static LogicalResult readVocabulary(llvm::StringRef directory,
                                    const FrontendOptions &options,
                                    Checkpoint &checkpoint,
                                    DiagnosticEngine &diagnostics) {
  FailureOr<TokenizerData> tokenizer =
      readFolderTokenizer(directory, options, diagnostics);
  if (failed(tokenizer) || failed(fitVocabulary(checkpoint.config, directory,
                                                *tokenizer, diagnostics)))
    return failure();
  ModelConfig &config = checkpoint.config;
  if (config.bosId)
    tokenizer->bosId = config.bosId;
  config.bosId = tokenizer->bosId;
  llvm::append_range(config.stopIds, tokenizer->stopIds);
  makeIdSet(config.stopIds);
  tokenizer->stopIds = config.stopIds;
  checkpoint.tokenizer = *std::move(tokenizer);
  return success();
}

//===----------------------------------------------------------------------===//
// The model
//===----------------------------------------------------------------------===//

/// The licence in the head of the model card: "license: mit".
static std::string readLicense(llvm::StringRef directory) {
  constexpr size_t kMaxHead = 1 << 16;
  auto file = MappedFile::open(inDirectory(directory, "README.md"));
  if (!file.ok())
    return "";
  std::span<const uint8_t> bytes = (*file)->getBytes();
  llvm::StringRef text(reinterpret_cast<const char *>(bytes.data()),
                       std::min(bytes.size(), kMaxHead));
  if (!text.consume_front("---"))
    return "";
  text = text.split("\n---").first;
  while (!text.empty()) {
    llvm::StringRef line;
    std::tie(line, text) = text.split('\n');
    if (line.consume_front("license:"))
      return llvm::json::fixUTF8(line.trim());
  }
  return "";
}

FailureOr<Checkpoint> readHuggingFace(llvm::StringRef directory,
                                      const FrontendOptions &options,
                                      DiagnosticEngine &diagnostics) {
  FailureOr<std::unique_ptr<HuggingFaceSource>> opened =
      HuggingFaceSource::open(directory, diagnostics);
  if (failed(opened))
    return failure();
  HuggingFaceSource &source = **opened;
  const SettingKey typeKey = {"", "model_type"};
  std::optional<std::string> type = source.findString(typeKey);
  if (!type) {
    if (!source.has(typeKey))
      source.emitError(typeKey) << "expected 'model_type', found none";
    return failure();
  }
  const Family *family = getFamily(source, typeKey, *type);
  if (!family)
    return failure();

  Checkpoint checkpoint;
  checkpoint.path = directory.str();
  checkpoint.format = source.describeFormat();
  ModelConfig &config = checkpoint.config;
  config = readConfig(source, *family);
  config.name =
      llvm::json::fixUTF8(llvm::sys::path::filename(directory.rtrim('/')));
  config.license = readLicense(directory);
  config.vocabularySize = source.getInteger({"", "vocab_size"});
  if (failed(readSpecialIds(directory, config, diagnostics)) ||
      source.hasFailed() ||
      failed(verifyConfig(config, directory, diagnostics)))
    return failure();
  if (options.needsTokenizer &&
      failed(readVocabulary(directory, options, checkpoint, diagnostics)))
    return failure();
  if (failed(verifyConfig(config, directory, diagnostics)) ||
      failed(readTensors(source, *family, checkpoint)))
    return failure();
  return checkpoint;
}

} // namespace espresso
