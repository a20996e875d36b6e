//===- Frontend.cpp - Checkpoint files to models --------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Frontend/Frontend.h"

#include "Readers.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"

#include <algorithm>

namespace espresso {

//===----------------------------------------------------------------------===//
// What the readers share
//===----------------------------------------------------------------------===//

/// Heads whose rows a tensor has in rotary order; 0 if it has none.
static int64_t getRotatedHeads(const ModelConfig &config,
                               const ExpectedTensor &expected) {
  llvm::StringRef kind = llvm::StringRef(expected.name).rsplit('.').second;
  if (kind == "wq" || kind == "bq")
    return config.numHeads;
  if (kind == "wk" || kind == "bk")
    return config.numKVHeads;
  if (kind == "q_norm" || kind == "k_norm")
    return expected.shape[0] / config.headSize;
  return 0;
}

void addTensor(Checkpoint &checkpoint, const ExpectedTensor &expected,
               WeightSourceRef source, RotaryOrder order,
               std::string originalName, std::string originalType) {
  const ModelConfig &config = checkpoint.config;
  int64_t heads = getRotatedHeads(config, expected);
  if (heads != 0 && order == RotaryOrder::Interleaved &&
      config.getRotarySize() != 0)
    source = permuteRotaryRows(std::move(source), heads, config.headSize,
                               config.getRotarySize(), RotaryOrder::HalfSplit);
  checkpoint.tensors[expected.name] = {expected.shape, std::move(source),
                                       std::move(originalName),
                                       std::move(originalType)};
}

bool isBytePiece(llvm::StringRef text) {
  return text.size() == 6 && text.starts_with("<0x") && text.ends_with(">") &&
         llvm::isHexDigit(text[3]) && llvm::isHexDigit(text[4]);
}

void makeIdSet(std::vector<uint32_t> &ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

std::string getModelName(llvm::StringRef path) {
  return llvm::sys::path::stem(path).str();
}

//===----------------------------------------------------------------------===//
// Telling files apart
//===----------------------------------------------------------------------===//

/// The first bytes as "50 4b 03 04".
static std::string describeStart(std::span<const uint8_t> bytes) {
  if (bytes.empty())
    return "an empty file";
  std::string text;
  llvm::raw_string_ostream os(text);
  for (uint8_t byte : bytes.first(std::min<size_t>(bytes.size(), 8)))
    os << (text.empty() ? "" : " ")
       << llvm::format_hex_no_prefix(byte, /*Width=*/2);
  return text;
}

/// What a file of another kind is, if its first bytes say so.
static llvm::StringRef recogniseOther(llvm::StringRef start) {
  if (start.starts_with("lmgg") || start.starts_with("fmgg") ||
      start.starts_with("tjgg"))
    return "this is a GGML file, older than GGUF; convert it to GGUF first";
  if (start.starts_with("PK\x03\x04"))
    return "PyTorch checkpoints (zip files) are not supported";
  return {};
}

/// The folder that `path` is or is in, if it is one of Hugging Face; or empty.
static std::string findFolder(llvm::StringRef path) {
  if (llvm::sys::fs::is_directory(path))
    return path.str();
  llvm::StringRef name = llvm::sys::path::filename(path);
  if (name != "config.json" && !name.ends_with(".safetensors") &&
      !name.ends_with(".safetensors.index.json"))
    return "";
  llvm::StringRef parent = llvm::sys::path::parent_path(path);
  return parent.empty() ? "." : parent.str();
}

FailureOr<Checkpoint> readCheckpoint(llvm::StringRef path,
                                     const FrontendOptions &options,
                                     DiagnosticEngine &diagnostics) {
  if (std::string folder = findFolder(path); !folder.empty())
    return readHuggingFace(folder, options, diagnostics);
  FailureOr<std::shared_ptr<const MappedFile>> file =
      openFile(path, diagnostics);
  if (failed(file))
    return failure();
  std::span<const uint8_t> bytes = (*file)->getBytes();
  llvm::StringRef start(reinterpret_cast<const char *>(bytes.data()),
                        std::min<size_t>(bytes.size(), 16));
  if (start.starts_with("GGUF") || start.starts_with("FUGG")) {
    if (options.tokenizerPath.empty())
      return readGguf(*file, options, diagnostics);
    return diagnostics.emitError(options.tokenizerPath)
           << "a vocabulary was given, but '" << path
           << "' is GGUF and has its own";
  }
  if (isLlama2c(bytes))
    return readLlama2c(*file, options, diagnostics);
  InFlightDiagnostic error =
      diagnostics.emitError(llvm::Twine(path) + ", byte 0");
  error << "expected a model: GGUF, which begins with 'GGUF', llama2.c, which "
           "begins with '24ka' or seven sizes, or a folder with 'config.json'; "
           "found "
        << describeStart(bytes);
  if (llvm::StringRef other = recogniseOther(start); !other.empty())
    error.addHelp(other);
  return error;
}

} // namespace espresso
