//===- HuggingFaceSource.cpp - Folders of Hugging Face as a source --------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HuggingFaceSource.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"

namespace espresso {

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

std::string HuggingFaceSource::getFile(llvm::StringRef name) const {
  llvm::SmallString<128> path(directory);
  llvm::sys::path::append(path, name);
  return path.str().str();
}

FailureOr<std::unique_ptr<HuggingFaceSource>>
HuggingFaceSource::open(llvm::StringRef directory,
                        DiagnosticEngine &diagnostics) {
  std::unique_ptr<HuggingFaceSource> source(
      new HuggingFaceSource(directory, diagnostics));
  FailureOr<JsonFile> config =
      JsonFile::read(source->getFile("config.json"), diagnostics);
  if (failed(config))
    return failure();
  source->config = *std::move(config);
  if (failed(source->addWeights()))
    return failure();
  return source;
}

LogicalResult HuggingFaceSource::addWeights() {
  static constexpr llvm::StringLiteral kSingle = "model.safetensors";
  static constexpr llvm::StringLiteral kIndex = "model.safetensors.index.json";
  if (llvm::sys::fs::exists(getFile(kIndex))) {
    FailureOr<JsonFile> index =
        JsonFile::read(getFile(kIndex), getDiagnostics());
    return failed(index) ? failure() : addShards(*index);
  }
  if (llvm::sys::fs::exists(getFile(kSingle)))
    return addFile(getFile(kSingle));
  InFlightDiagnostic error = getDiagnostics().emitError(directory);
  error << "expected weights in '" << kSingle << "', or in several files with '"
        << kIndex << "', found neither";
  for (llvm::StringRef other :
       {"pytorch_model.bin", "pytorch_model.bin.index.json"})
    if (llvm::sys::fs::exists(getFile(other)))
      error.addHelp("the weights are in '" + other.str() +
                    "', a pickle of PyTorch, which is not read; convert it to "
                    "safetensors first");
  return error;
}

/// A file beside the index; nothing else is followed.
static bool isPlainName(llvm::StringRef name) {
  return !name.empty() && name != "." && name != ".." && !name.contains('/') &&
         !name.contains('\\') && !name.contains('\0');
}

LogicalResult HuggingFaceSource::addShards(const JsonFile &index) {
  const llvm::json::Object *map = index.getObject().getObject("weight_map");
  if (!map || map->empty())
    return getDiagnostics().emitError(index.getPath())
           << "expected a 'weight_map' of tensors to files, found none";
  std::vector<std::pair<std::string, std::string>> entries;
  for (const auto &[name, file] : *map) {
    std::optional<llvm::StringRef> text = file.getAsString();
    if (!text || !isPlainName(*text))
      return getDiagnostics().emitError(index.getPath())
             << "expected the name of a file beside the index for "
             << quoteUntrusted(name);
    entries.emplace_back(name.str(), text->str());
  }
  llvm::sort(entries);
  std::vector<std::string> names;
  for (const auto &[tensor, file] : entries)
    names.push_back(file);
  llvm::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  for (const std::string &name : names)
    if (failed(addFile(getFile(name))))
      return failure();
  for (const auto &[name, file] : entries) {
    const SourceTensor *tensor = findTensor(name);
    if (tensor && origins[tensor->index].first->getPath() == getFile(file))
      continue;
    return getDiagnostics().emitError(index.getPath())
           << "expected tensor " << quoteUntrusted(name) << " in '" << file
           << "', found " << (tensor ? "it in another file" : "none");
  }
  return success();
}

LogicalResult HuggingFaceSource::addFile(llvm::StringRef path) {
  FailureOr<std::shared_ptr<const MappedFile>> mapped =
      openFile(path, getDiagnostics());
  if (failed(mapped))
    return failure();
  FailureOr<SafetensorsFile> read =
      SafetensorsFile::read(*std::move(mapped), getDiagnostics());
  if (failed(read))
    return failure();
  files.push_back(std::make_unique<SafetensorsFile>(*std::move(read)));
  const SafetensorsFile &added = *files.back();
  for (const SafetensorsEntry &entry : added.getEntries()) {
    std::string place =
        added.getPath() + ", byte " + std::to_string(entry.position);
    if (!indices.try_emplace(entry.name, tensors.size()).second)
      return getDiagnostics().emitError(place)
             << "tensor " << quoteUntrusted(entry.name) << " occurs twice";
    tensors.push_back({entry.name, entry.shape, entry.typeName, entry.byteSize,
                       std::move(place), tensors.size()});
    origins.emplace_back(&added, &entry);
  }
  return success();
}

std::string HuggingFaceSource::describeFormat() const {
  return files.size() == 1
             ? std::string("safetensors")
             : "safetensors, " + std::to_string(files.size()) + " files";
}

//===----------------------------------------------------------------------===//
// Settings
//===----------------------------------------------------------------------===//

std::string HuggingFaceSource::spell(const SettingKey &key) const {
  return key.huggingFace.split('|').first.str();
}

void HuggingFaceSource::emitMissing(const SettingKey &key) {
  getDiagnostics().emitError(config->getPath())
      << "expected '" << spell(key) << "', found none";
}

void HuggingFaceSource::emitWrongKind(const SettingKey &key,
                                      llvm::StringRef expected) {
  markFailed();
  getDiagnostics().emitError(config->getPath())
      << "expected '" << spell(key) << "' to be " << expected << ", found "
      << quoteUntrusted(llvm::formatv("{0}", *find(key)).str());
}

std::optional<int64_t> HuggingFaceSource::findInteger(const SettingKey &key) {
  const llvm::json::Value *value = find(key);
  if (!value)
    return std::nullopt;
  std::optional<int64_t> number = value->getAsInteger();
  if (!number)
    emitWrongKind(key, "an integer");
  return number;
}

std::optional<double> HuggingFaceSource::findReal(const SettingKey &key) {
  const llvm::json::Value *value = find(key);
  if (!value)
    return std::nullopt;
  std::optional<double> number = value->getAsNumber();
  if (!number)
    emitWrongKind(key, "a number");
  return number;
}

std::optional<bool> HuggingFaceSource::findBool(const SettingKey &key) {
  const llvm::json::Value *value = find(key);
  if (!value)
    return std::nullopt;
  std::optional<bool> truth = value->getAsBoolean();
  if (!truth)
    emitWrongKind(key, "true or false");
  return truth;
}

std::optional<std::string>
HuggingFaceSource::findString(const SettingKey &key) {
  const llvm::json::Value *value = find(key);
  if (!value)
    return std::nullopt;
  std::optional<llvm::StringRef> text = value->getAsString();
  if (!text) {
    emitWrongKind(key, "a text");
    return std::nullopt;
  }
  return text->str();
}

static std::optional<double> getNumber(const llvm::json::Value &value) {
  if (std::optional<bool> truth = value.getAsBoolean())
    return *truth ? 1 : 0;
  return value.getAsNumber();
}

std::optional<std::vector<double>>
HuggingFaceSource::findNumbers(const SettingKey &key) {
  const llvm::json::Value *value = find(key);
  if (!value)
    return std::nullopt;
  if (std::optional<double> number = getNumber(*value))
    return std::vector<double>{*number};
  std::vector<double> numbers;
  const llvm::json::Array *array = value->getAsArray();
  for (size_t i = 0; array && i < array->size(); ++i) {
    std::optional<double> number = getNumber((*array)[i]);
    if (!number) {
      array = nullptr;
      break;
    }
    numbers.push_back(*number);
  }
  if (array)
    return numbers;
  emitWrongKind(key, "numbers");
  return std::nullopt;
}

std::optional<std::vector<std::string>>
HuggingFaceSource::findStrings(const SettingKey &key) {
  const llvm::json::Value *value = find(key);
  if (!value)
    return std::nullopt;
  std::vector<std::string> texts;
  const llvm::json::Array *array = value->getAsArray();
  for (size_t i = 0; array && i < array->size(); ++i) {
    std::optional<llvm::StringRef> text = (*array)[i].getAsString();
    if (!text) {
      array = nullptr;
      break;
    }
    texts.push_back(text->str());
  }
  if (array)
    return texts;
  emitWrongKind(key, "a list of texts");
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

const SourceTensor *HuggingFaceSource::findTensor(llvm::StringRef name) const {
  auto found = indices.find(name);
  return found == indices.end() ? nullptr : &tensors[found->second];
}

WeightSourceRef HuggingFaceSource::getSource(const SourceTensor &tensor) const {
  auto [file, entry] = origins[tensor.index];
  WeightSourceRef source = file->getSource(*entry);
  if (!source || !tensor.typeName.starts_with("F8"))
    return source;
  return applyScales(tensor, std::move(source));
}

// Scales of 8-bit weights stand beside them: one for each tile, named "…_inv"
// though they are multiplied, or one for each row or for all. Scales of
// activations do not change the weights.
static constexpr llvm::StringLiteral kTileSuffix = "_scale_inv";
static constexpr llvm::StringLiteral kScaleSuffix = "_scale";
static constexpr llvm::StringLiteral kActivationSuffixes[] = {
    ".input_scale", ".k_scale", ".v_scale", ".q_scale"};

bool HuggingFaceSource::isAuxiliary(const SourceTensor &tensor) const {
  llvm::StringRef stem = tensor.name;
  for (llvm::StringRef suffix : kActivationSuffixes)
    if (stem.ends_with(suffix))
      return true;
  if (!stem.consume_back(kTileSuffix) && !stem.consume_back(kScaleSuffix))
    return false;
  const SourceTensor *weight = findTensor(stem);
  return weight && weight->typeName.starts_with("F8");
}

/// Null if the scales do not fit.
WeightSourceRef HuggingFaceSource::applyScales(const SourceTensor &tensor,
                                               WeightSourceRef source) const {
  constexpr int64_t kUsualTile = 128;
  const SourceTensor *tiles =
      findTensor((tensor.name + kTileSuffix.str()).str());
  const SourceTensor *scale =
      tiles ? tiles : findTensor((tensor.name + kScaleSuffix.str()).str());
  if (!scale)
    return source;
  auto [file, entry] = origins[scale->index];
  WeightSourceRef values = file->getSource(*entry);
  if (!values || tensor.shape.size() != 2)
    return nullptr;
  int64_t rows = tensor.shape[0], columns = tensor.shape[1];
  if (values->getNumElements() == 1)
    return multiplyTiles(source, {values, columns, rows, columns});
  if (values->getNumElements() == rows)
    return multiplyTiles(source, {values, columns, 1, columns});
  int64_t tileRows = kUsualTile, tileColumns = kUsualTile;
  const llvm::json::Value *sizes =
      config->find("quantization_config.weight_block_size");
  if (const llvm::json::Array *array = sizes ? sizes->getAsArray() : nullptr;
      array && array->size() == 2) {
    tileRows = (*array)[0].getAsInteger().value_or(0);
    tileColumns = (*array)[1].getAsInteger().value_or(0);
  }
  if (tileRows < 1 || tileColumns < 1 || scale->shape.size() != 2 ||
      scale->shape[0] != (rows - 1) / tileRows + 1 ||
      scale->shape[1] != (columns - 1) / tileColumns + 1)
    return nullptr;
  return multiplyTiles(source, {values, columns, tileRows, tileColumns});
}

} // namespace espresso
