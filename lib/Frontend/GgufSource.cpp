//===- GgufSource.cpp - GGUF files as a source of models ------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GgufSource.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Regex.h"

#include <numeric>

namespace espresso {

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

/// Parts are numbered with five digits, hence.
static constexpr int64_t kMaxParts = 99999;

LogicalResult GgufSource::addFile(std::shared_ptr<const MappedFile> file) {
  FailureOr<GgufFile> read = GgufFile::read(std::move(file), getDiagnostics());
  if (failed(read))
    return failure();
  files.push_back(std::make_unique<GgufFile>(*std::move(read)));
  const GgufFile &added = *files.back();
  for (const GgufTensor &tensor : added.getTensors()) {
    std::string place =
        added.getPath() + ", byte " + std::to_string(tensor.position);
    if (!indices.try_emplace(tensor.name, tensors.size()).second)
      return getDiagnostics().emitError(place)
             << "tensor " << quoteUntrusted(tensor.name) << " occurs twice";
    tensors.push_back({tensor.name, tensor.shape, tensor.type->name,
                       tensor.byteSize, std::move(place), tensors.size()});
    origins.emplace_back(&added, &tensor);
  }
  return success();
}

LogicalResult GgufSource::checkPart(const GgufFile &part, int64_t number,
                                    int64_t count) {
  GgufMetadata own(part, getDiagnostics());
  int64_t foundNumber = own.getInteger("split.no");
  int64_t foundCount = own.getInteger("split.count");
  if (own.hasFailed())
    return failure();
  if (foundNumber == number && foundCount == count)
    return success();
  return getDiagnostics().emitError(part.getPath())
         << "expected part " << number + 1 << " of " << count << ", found part "
         << foundNumber + 1 << " of " << foundCount;
}

/// Opens all parts of a model of which `named` is one.
LogicalResult GgufSource::addParts(std::shared_ptr<const MappedFile> named) {
  FailureOr<GgufFile> read = GgufFile::read(named, getDiagnostics());
  if (failed(read))
    return failure();
  GgufMetadata own(*read, getDiagnostics());
  int64_t count = own.findInteger("split.count").value_or(1);
  if (own.hasFailed())
    return failure();
  path = named->getPath();
  if (count <= 1)
    return addFile(std::move(named));

  llvm::SmallVector<llvm::StringRef, 4> groups;
  std::string total = llvm::formatv("{0,0+5}", count);
  llvm::Regex pattern("^(.*-)([0-9]{5})(-of-" + total + "\\.gguf)$");
  if (count > kMaxParts || !pattern.match(path, &groups))
    return getDiagnostics().emitError(path)
           << "expected a name that ends with '-00001-of-" << total
           << ".gguf', since the model is in " << count << " files";
  std::string start = groups[1].str(), end = groups[3].str();
  for (int64_t number = 0; number < count; ++number) {
    std::string part = start + llvm::formatv("{0,0+5}", number + 1).str() + end;
    if (number == 0)
      path = part;
    FailureOr<std::shared_ptr<const MappedFile>> file =
        openFile(part, getDiagnostics());
    if (failed(file) || failed(addFile(*std::move(file))) ||
        failed(checkPart(*files.back(), number, count)))
      return failure();
  }
  GgufMetadata first(*files.front(), getDiagnostics());
  std::optional<int64_t> expected = first.findInteger("split.tensors.count");
  if (expected && *expected != static_cast<int64_t>(tensors.size()))
    return getDiagnostics().emitError(path)
           << "expected " << *expected << " tensors in all parts, found "
           << tensors.size();
  return success();
}

FailureOr<std::unique_ptr<GgufSource>>
GgufSource::open(std::shared_ptr<const MappedFile> first,
                 DiagnosticEngine &diagnostics) {
  std::unique_ptr<GgufSource> source(new GgufSource(diagnostics));
  if (failed(source->addParts(std::move(first))))
    return failure();
  source->metadata.emplace(*source->files.front(), diagnostics);
  return source;
}

//===----------------------------------------------------------------------===//
// Settings
//===----------------------------------------------------------------------===//

std::string GgufSource::spell(const SettingKey &key) const {
  return prefix + key.gguf.str();
}

bool GgufSource::has(const SettingKey &key) const {
  return !key.gguf.empty() && metadata->hasKey(spell(key));
}

std::optional<int64_t> GgufSource::findInteger(const SettingKey &key) {
  if (!has(key))
    return std::nullopt;
  return note(metadata->findInteger(spell(key)));
}

std::optional<double> GgufSource::findReal(const SettingKey &key) {
  if (!has(key))
    return std::nullopt;
  return note(metadata->findReal(spell(key)));
}

std::optional<bool> GgufSource::findBool(const SettingKey &key) {
  if (!has(key))
    return std::nullopt;
  return note(metadata->findBool(spell(key)));
}

std::optional<std::string> GgufSource::findString(const SettingKey &key) {
  if (!has(key))
    return std::nullopt;
  std::optional<llvm::StringRef> text = note(metadata->findString(spell(key)));
  return text ? std::optional<std::string>(text->str()) : std::nullopt;
}

/// A number of any type but text.
static std::optional<double> decodeNumber(GgufType type,
                                          llvm::StringRef bytes) {
  if (type == GgufType::Bool)
    return bytes[0] != 0;
  if (type == GgufType::Float32) {
    float number;
    std::memcpy(&number, bytes.data(), sizeof(number));
    return number;
  }
  if (type == GgufType::Float64) {
    double number;
    std::memcpy(&number, bytes.data(), sizeof(number));
    return number;
  }
  if (std::optional<uint64_t> number = getUnsigned(type, bytes))
    return static_cast<double>(*number);
  return std::nullopt;
}

std::optional<std::vector<double>>
GgufSource::findNumbers(const SettingKey &key) {
  if (!has(key))
    return std::nullopt;
  const GgufValue &value = *metadata->find(spell(key));
  bool isArray = value.type == GgufType::Array;
  GgufType type = isArray ? value.elementType : value.type;
  uint64_t width = getWidth(type);
  std::vector<double> numbers;
  for (uint64_t i = 0; width != 0 && i < value.bytes.size(); i += width) {
    std::optional<double> number =
        decodeNumber(type, value.bytes.substr(i, width));
    if (!number)
      break;
    numbers.push_back(*number);
  }
  if (width != 0 && numbers.size() == value.bytes.size() / width)
    return numbers;
  markFailed();
  getDiagnostics().emitError(getPlace(key))
      << "expected '" << spell(key) << "' to be numbers from 0 on, found "
      << (isArray ? "an array of " : "") << getName(type);
  return std::nullopt;
}

std::optional<std::vector<std::string>>
GgufSource::findStrings(const SettingKey &key) {
  if (!has(key))
    return std::nullopt;
  const GgufValue *array =
      note(metadata->findArray(spell(key), GgufType::String));
  if (!array)
    return std::nullopt;
  return std::vector<std::string>(array->strings.begin(), array->strings.end());
}

std::string GgufSource::getPlace(const SettingKey &key) const {
  const GgufValue *value =
      key.gguf.empty() ? nullptr : metadata->find(spell(key));
  if (!value)
    return files.front()->getPath();
  return files.front()->getPath() + ", byte " + std::to_string(value->position);
}

void GgufSource::emitMissing(const SettingKey &key) {
  getDiagnostics().emitError(path)
      << "expected the metadata key '" << spell(key) << "', found none";
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

const SourceTensor *GgufSource::findTensor(llvm::StringRef name) const {
  auto found = indices.find(name);
  return found == indices.end() ? nullptr : &tensors[found->second];
}

WeightSourceRef GgufSource::getSource(const SourceTensor &tensor) const {
  auto [file, entry] = origins[tensor.index];
  return file->getSource(*entry);
}

} // namespace espresso
