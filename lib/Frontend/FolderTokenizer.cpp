//===- FolderTokenizer.cpp - Vocabularies beside a model ------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BpePieces.h"
#include "PreTokenizers.h"
#include "Readers.h"
#include "TokenizerJson.h"

#include "espresso/Text/Template.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

namespace espresso {

namespace fs = llvm::sys::fs;

static std::string getPathIn(llvm::StringRef directory, llvm::StringRef name) {
  llvm::SmallString<128> path(directory);
  llvm::sys::path::append(path, name);
  return path.str().str();
}

FailureOr<TokenizerData> readTokenizerJson(llvm::StringRef path,
                                           DiagnosticEngine &diagnostics) {
  FailureOr<JsonFile> file = JsonFile::read(path, diagnostics);
  if (failed(file))
    return failure();
  return TokenizerJsonReader(*file, diagnostics).read();
}

//===----------------------------------------------------------------------===//
// vocab.json and merges.txt
//===----------------------------------------------------------------------===//

/// Byte-level BPE as GPT-2's authors published it.
static FailureOr<TokenizerData>
readVocabularyAndMerges(llvm::StringRef path, llvm::StringRef mergesPath,
                        DiagnosticEngine &diagnostics) {
  FailureOr<JsonFile> file = JsonFile::read(path, diagnostics);
  FailureOr<std::shared_ptr<const MappedFile>> merges =
      openFile(mergesPath, diagnostics);
  if (failed(file) || failed(merges))
    return failure();
  TokenizerData data;
  data.kind = TokenizerData::Kind::ByteBpe;
  data.addBos = data.addSpacePrefix = false;
  data.splits.push_back({getGpt2Pattern().str()});
  const uint64_t maxPieces = getMaxPieces(file->getObject().size());
  for (const auto &[text, id] : file->getObject()) {
    std::optional<int64_t> number = id.getAsInteger();
    if (!number || *number < 0 || static_cast<uint64_t>(*number) >= maxPieces)
      return diagnostics.emitError(path)
             << "expected an id for " << quoteUntrusted(text);
    const auto index = static_cast<size_t>(*number);
    if (index >= data.pieces.size())
      data.pieces.resize(index + 1, {"", 0, TokenizerData::PieceType::Unused});
    if (!data.pieces[index].text.empty())
      return diagnostics.emitError(path)
             << "id " << index << " occurs twice: for "
             << quoteUntrusted(data.pieces[index].text) << " and "
             << quoteUntrusted(text);
    data.pieces[index] = {text.str()};
  }
  std::span<const uint8_t> bytes = (*merges)->getBytes();
  llvm::StringRef rest(reinterpret_cast<const char *>(bytes.data()),
                       bytes.size());
  PieceIndex index(data.pieces);
  for (size_t line = 1; !rest.empty(); ++line) {
    llvm::StringRef text;
    std::tie(text, rest) = rest.split('\n');
    text = text.rtrim('\r');
    if (text.empty() || (line == 1 && text.starts_with("#version")))
      continue;
    const auto [left, right] = splitMerge(text);
    if (std::optional<std::string> wrong = addMerge(left, right, index, data))
      return diagnostics.emitError(llvm::Twine(mergesPath) + ":" +
                                   llvm::Twine(line))
             << *wrong;
  }
  if (data.pieces.empty())
    return diagnostics.emitError(path) << "expected pieces, found none";
  decodePieces(data.pieces);
  // The one special token of such files ends texts and begins them.
  for (size_t id = 0; id < data.pieces.size(); ++id)
    if (data.pieces[id].text == "<|endoftext|>") {
      data.pieces[id].type = TokenizerData::PieceType::Control;
      data.bosId = data.eosId = static_cast<uint32_t>(id);
    }
  return data;
}

//===----------------------------------------------------------------------===//
// tokenizer_config.json
//===----------------------------------------------------------------------===//

/// The id of a token given as a text or as an object with its content.
static std::optional<uint32_t> findToken(const JsonFile &settings,
                                         llvm::StringRef key,
                                         const TokenizerData &data) {
  const llvm::json::Value *value = settings.find(key);
  std::optional<llvm::StringRef> text =
      value ? value->getAsString() : std::nullopt;
  if (value && value->getAsObject())
    text = value->getAsObject()->getString("content");
  for (size_t id = 0; text && id < data.pieces.size(); ++id)
    if (data.pieces[id].text == *text)
      return static_cast<uint32_t>(id);
  return std::nullopt;
}

/// The template, or of several the one named "default".
static std::string findTemplate(const JsonFile &settings) {
  const llvm::json::Value *value = settings.find("chat_template");
  if (!value)
    return {};
  if (std::optional<llvm::StringRef> text = value->getAsString())
    return text->str();
  const llvm::json::Array *list = value->getAsArray();
  for (size_t i = 0; list && i < list->size(); ++i) {
    const llvm::json::Object *entry = (*list)[i].getAsObject();
    if (entry && entry->getString("name") == "default")
      return entry->getString("template").value_or("").str();
  }
  return {};
}

/// `isComplete`: the vocabulary says itself what goes around a text.
static void applySettings(const JsonFile &settings, bool isComplete,
                          TokenizerData &data) {
  auto take = [&](llvm::StringRef key, std::optional<uint32_t> &id) {
    if (std::optional<uint32_t> found = findToken(settings, key, data))
      id = found;
  };
  take("bos_token", data.bosId);
  take("eos_token", data.eosId);
  take("unk_token", data.unknownId);
  data.chatTemplate = findTemplate(settings);
  if (isComplete)
    return;
  auto says = [&](llvm::StringRef key, bool &value) {
    if (const llvm::json::Value *found = settings.find(key))
      value = found->getAsBoolean().value_or(value);
  };
  says("add_bos_token", data.addBos);
  says("add_eos_token", data.addEos);
}

static LogicalResult readSettings(llvm::StringRef directory, bool isComplete,
                                  TokenizerData &data,
                                  DiagnosticEngine &diagnostics) {
  for (llvm::StringRef name :
       {"special_tokens_map.json", "tokenizer_config.json"}) {
    const std::string path = getPathIn(directory, name);
    if (!fs::exists(path))
      continue;
    FailureOr<JsonFile> settings = JsonFile::read(path, diagnostics);
    if (failed(settings))
      return failure();
    applySettings(*settings, isComplete, data);
  }
  const std::string path = getPathIn(directory, "chat_template.jinja");
  if (!fs::exists(path))
    return success();
  FailureOr<std::shared_ptr<const MappedFile>> file =
      openFile(path, diagnostics);
  if (failed(file))
    return failure();
  std::span<const uint8_t> bytes = (*file)->getBytes();
  data.chatTemplate.assign(bytes.begin(), bytes.end());
  return success();
}

//===----------------------------------------------------------------------===//
// What all have in common
//===----------------------------------------------------------------------===//

/// BOS and EOS among what goes around a text become flags, and ends of text are
/// gathered.
static void finish(TokenizerData &data) {
  if (data.bosId && !data.prefixIds.empty() &&
      data.prefixIds.front() == *data.bosId) {
    data.addBos = true;
    data.prefixIds.erase(data.prefixIds.begin());
  }
  if (data.eosId && !data.suffixIds.empty() &&
      data.suffixIds.back() == *data.eosId) {
    data.addEos = true;
    data.suffixIds.pop_back();
  }
  data.addBos = data.addBos && data.bosId;
  data.addEos = data.addEos && data.eosId;
  for (std::optional<uint32_t> id : {data.bosId, data.eosId})
    if (id)
      data.stopIds.push_back(*id);
  for (size_t id = 0; id < data.pieces.size(); ++id)
    if (data.pieces[id].type == TokenizerData::PieceType::Control &&
        endsTurn(data.pieces[id].text))
      data.stopIds.push_back(static_cast<uint32_t>(id));
  makeIdSet(data.stopIds);
}

void checkChatTemplate(const TokenizerData &data, llvm::StringRef path,
                       DiagnosticEngine &diagnostics) {
  if (data.chatTemplate.empty())
    return;
  absl::StatusOr<Template> parsed =
      Template::parse(data.chatTemplate, "chat template");
  if (parsed.ok())
    return;
  Diagnostic warning;
  warning.severity = Severity::Warning;
  warning.subject = path.str();
  warning.message = std::string(parsed.status().message()) +
                    "; espresso-run --chat will need another";
  diagnostics.report(std::move(warning));
}

FailureOr<TokenizerData> readTokenizerFile(llvm::StringRef path,
                                           DiagnosticEngine &diagnostics) {
  if (path.ends_with(".gguf"))
    return readGgufTokenizer(path, diagnostics);
  llvm::StringRef directory = llvm::sys::path::parent_path(path);
  const std::string merges = getPathIn(directory, "merges.txt");
  FailureOr<TokenizerData> data = failure();
  bool isComplete = false;
  if (path.ends_with(".model")) {
    data = readSentencePieceTokenizer(path, diagnostics);
  } else if (llvm::sys::path::filename(path) == "vocab.json") {
    data = readVocabularyAndMerges(path, merges, diagnostics);
  } else if (path.ends_with(".json")) {
    isComplete = true;
    data = readTokenizerJson(path, diagnostics);
  } else if (path.ends_with(".bin")) {
    return readLlama2cTokenizer(path, /*size=*/-1, diagnostics);
  } else {
    return diagnostics.emitError(path)
           << "expected a vocabulary: *.gguf, tokenizer.json, *.model, "
              "vocab.json beside merges.txt, or *.bin";
  }
  if (failed(data) ||
      failed(readSettings(directory, isComplete, *data, diagnostics)))
    return failure();
  finish(*data);
  checkChatTemplate(*data, path, diagnostics);
  return data;
}

FailureOr<TokenizerData> readFolderTokenizer(llvm::StringRef directory,
                                             const FrontendOptions &options,
                                             DiagnosticEngine &diagnostics) {
  if (!options.tokenizerPath.empty())
    return readTokenizerFile(options.tokenizerPath, diagnostics);
  for (llvm::StringRef name :
       {"tokenizer.json", "tokenizer.model", "vocab.json", "tokenizer.bin"})
    if (std::string path = getPathIn(directory, name); fs::exists(path))
      return readTokenizerFile(path, diagnostics);
  return diagnostics.emitError(directory)
         << "expected a vocabulary, found none; looked for tokenizer.json, "
            "tokenizer.model, vocab.json with merges.txt, tokenizer.bin";
}

} // namespace espresso
