//===- Llama2cReader.cpp - llama2.c files to models -----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "ByteReader.h"
#include "Llama2cLayout.h"
#include "Readers.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace espresso {

//===----------------------------------------------------------------------===//
// Configuration and tensors
//===----------------------------------------------------------------------===//

/// The file states neither; these are what all such models were trained with.
static constexpr double kNormEpsilon = 1e-5;
static constexpr double kRopeTheta = 10000;
static constexpr uint32_t kUnknownId = 0, kBosId = 1, kEosId = 2;

static FailureOr<ModelConfig> readConfig(const MappedFile &file,
                                         const Llama2cHeader &header,
                                         DiagnosticEngine &diagnostics) {
  ModelConfig config;
  config.name = getModelName(file.getPath());
  config.architecture = "llama";
  config.numLayers = header.numLayers;
  config.embeddingSize = header.dim;
  config.hiddenSize = header.hiddenDim;
  config.numHeads = header.numHeads;
  config.numKVHeads = header.numKVHeads;
  config.vocabularySize = header.vocabulary;
  config.contextLength = header.positions;
  config.normEpsilon = kNormEpsilon;
  config.ropeTheta = kRopeTheta;
  config.tiedHead = !header.hasOwnHead;
  config.bosId = kBosId;
  config.stopIds = {kBosId, kEosId};
  if (header.numHeads <= 0 || header.dim % header.numHeads != 0)
    return diagnostics.emitError(llvm::Twine(file.getPath()) + ", byte " +
                                 llvm::Twine(header.version == 0 ? 12 : 20))
           << "expected a number of heads that divides the embedding size "
           << header.dim << ", found " << header.numHeads;
  config.headSize = header.dim / header.numHeads;
  if (failed(verifyConfig(config, file.getPath(), diagnostics)))
    return failure();
  return config;
}

/// Needs a file of the size the sections have together.
static void addTensors(const std::shared_ptr<const MappedFile> &file,
                       const Llama2cHeader &header,
                       llvm::ArrayRef<Llama2cSection> sections,
                       Checkpoint &checkpoint) {
  llvm::StringMap<ExpectedTensor> expected;
  for (ExpectedTensor &tensor : getExpectedTensors(checkpoint.config))
    expected[tensor.name] = tensor;
  uint64_t offset = header.dataOffset;
  for (const Llama2cSection &section : sections) {
    int64_t count = section.rows * section.columns;
    uint64_t byteSize = *getTensorByteSize(section, header.groupLength);
    bool isInGroups = section.isQuantized && header.groupLength != 0;
    int64_t repetitions = section.isOfLayers ? checkpoint.config.numLayers : 1;
    for (int64_t i = 0; i < repetitions; ++i, offset += byteSize) {
      if (section.name.empty())
        continue;
      std::string name = section.isOfLayers
                             ? getLayerTensorName(i, section.name)
                             : section.name.str();
      WeightSourceRef source =
          isInGroups ? makeGroupSource(file, offset, header.groupLength, count)
                     : makeFileSource(file, offset, DataType::Float32, count);
      addTensor(checkpoint, expected[name], std::move(source),
                RotaryOrder::Interleaved, name, isInGroups ? "int8" : "F32");
    }
  }
}

//===----------------------------------------------------------------------===//
// Vocabulary
//===----------------------------------------------------------------------===//

/// The file has blanks where SentencePiece has U+2581, and line breaks around
/// the names of control pieces, which its own programs print.
static TokenizerData::Piece makePiece(uint32_t id, llvm::StringRef text,
                                      float score) {
  using PieceType = TokenizerData::PieceType;
  TokenizerData::Piece piece;
  piece.score = score;
  if (id == kUnknownId || id == kBosId || id == kEosId) {
    piece.text = text.trim('\n').str();
    piece.type = id == kUnknownId ? PieceType::Unknown : PieceType::Control;
    return piece;
  }
  if (isBytePiece(text))
    piece.type = PieceType::Byte;
  for (char byte : text)
    piece.text +=
        byte == ' ' ? std::string("\xe2\x96\x81") : std::string(1, byte);
  return piece;
}

static FailureOr<TokenizerData::Piece> readPiece(ByteReader &reader,
                                                 uint32_t id) {
  uint64_t position = reader.getPosition();
  FailureOr<float> score = reader.read<float>("the score of a piece");
  if (failed(score))
    return failure();
  if (std::isnan(*score))
    return reader.emitError(position)
           << "expected the score of piece " << id << ", found nan";
  position = reader.getPosition();
  FailureOr<int32_t> length = reader.read<int32_t>("the length of a piece");
  if (failed(length))
    return failure();
  if (*length < 0)
    return reader.emitError(position)
           << "expected the length of piece " << id << ", found " << *length;
  FailureOr<llvm::StringRef> text =
      reader.readBytes(static_cast<uint64_t>(*length), "the text of a piece");
  if (failed(text))
    return failure();
  return makePiece(id, *text, *score);
}

FailureOr<TokenizerData> readLlama2cTokenizer(llvm::StringRef path,
                                              int64_t size,
                                              DiagnosticEngine &diagnostics) {
  FailureOr<std::shared_ptr<const MappedFile>> file =
      openFile(path, diagnostics);
  if (failed(file))
    return failure();
  ByteReader reader(**file, diagnostics);
  // The longest piece; no use to us.
  if (failed(reader.read<int32_t>("the length of the longest piece")))
    return failure();
  TokenizerData tokenizer;
  for (int64_t id = 0; size < 0 ? reader.getRemaining() != 0 : id < size;
       ++id) {
    FailureOr<TokenizerData::Piece> piece =
        readPiece(reader, static_cast<uint32_t>(id));
    if (failed(piece))
      return failure();
    tokenizer.pieces.push_back(*std::move(piece));
  }
  if (reader.getRemaining() != 0)
    return reader.emitError(reader.getPosition())
           << "expected the end of the file after " << size << " pieces, found "
           << reader.getRemaining()
           << " more bytes: a vocabulary of another model";
  if (tokenizer.pieces.size() <= kEosId)
    return reader.emitError(reader.getPosition())
           << "expected unknown, beginning and end of text among the pieces, "
              "found "
           << tokenizer.pieces.size();
  tokenizer.unknownId = kUnknownId;
  tokenizer.fuseUnknown = true;
  tokenizer.bosId = kBosId;
  tokenizer.eosId = kEosId;
  tokenizer.stopIds = {kBosId, kEosId};
  return tokenizer;
}

/// The given path, or the first that exists of those documented in Frontend.h.
static FailureOr<std::string> findTokenizer(llvm::StringRef modelPath,
                                            int64_t vocabularySize,
                                            const FrontendOptions &options,
                                            DiagnosticEngine &diagnostics) {
  if (!options.tokenizerPath.empty())
    return options.tokenizerPath;
  llvm::StringRef directory = llvm::sys::path::parent_path(modelPath);
  const std::string names[] = {getModelName(modelPath) + ".tokenizer.bin",
                               "tok" + std::to_string(vocabularySize) + ".bin",
                               "tokenizer.bin"};
  std::string tried;
  for (const std::string &name : names) {
    llvm::SmallString<128> path(directory);
    llvm::sys::path::append(path, name);
    if (llvm::sys::fs::exists(path))
      return path.str().str();
    tried += (tried.empty() ? "'" : ", '") + path.str().str() + "'";
  }
  return diagnostics.emitError(modelPath)
         << "expected a vocabulary beside the model, found none; looked "
            "for "
         << tried;
}

//===----------------------------------------------------------------------===//
// The model
//===----------------------------------------------------------------------===//

FailureOr<Checkpoint> readLlama2c(std::shared_ptr<const MappedFile> file,
                                  const FrontendOptions &options,
                                  DiagnosticEngine &diagnostics) {
  FailureOr<Llama2cHeader> header = readLlama2cHeader(*file, diagnostics);
  if (failed(header))
    return failure();
  FailureOr<ModelConfig> config = readConfig(*file, *header, diagnostics);
  if (failed(config))
    return failure();
  std::vector<Llama2cSection> sections = getLlama2cSections(*header, *config);
  std::optional<uint64_t> size = getLlama2cFileSize(*header, sections);
  if (size != file->getSize())
    return diagnostics.emitError(file->getPath())
           << "expected " << (size ? std::to_string(*size) : "more than 2^64")
           << " bytes of llama2.c version " << header->version << " for "
           << config->numLayers << " layers, sizes " << config->embeddingSize
           << " and " << config->hiddenSize << ", " << config->numHeads
           << " and " << config->numKVHeads << " heads, "
           << config->vocabularySize << " tokens and " << config->contextLength
           << " positions; found " << file->getSize();

  Checkpoint checkpoint;
  checkpoint.path = file->getPath();
  checkpoint.config = *config;
  checkpoint.format = "llama2.c version " + std::to_string(header->version);
  addTensors(file, *header, sections, checkpoint);
  if (!options.needsTokenizer)
    return checkpoint;
  FailureOr<std::string> tokenizerPath = findTokenizer(
      file->getPath(), config->vocabularySize, options, diagnostics);
  if (failed(tokenizerPath))
    return failure();
  FailureOr<TokenizerData> tokenizer =
      readLlama2cTokenizer(*tokenizerPath, config->vocabularySize, diagnostics);
  if (failed(tokenizer))
    return failure();
  checkpoint.tokenizer = *std::move(tokenizer);
  return checkpoint;
}

} // namespace espresso
