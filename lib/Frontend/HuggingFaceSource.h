//===- HuggingFaceSource.h - Folders of Hugging Face as a source -*- C++
//-*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_FRONTEND_HUGGINGFACESOURCE_H
#define ESPRESSO_LIB_FRONTEND_HUGGINGFACESOURCE_H

#include "ModelSource.h"
#include "SafetensorsFile.h"

#include "llvm/ADT/StringMap.h"

namespace espresso {

/// A folder with `config.json` and safetensors, one file or several with an
/// index.
class HuggingFaceSource final : public ModelSource {
public:
  static FailureOr<std::unique_ptr<HuggingFaceSource>>
  open(llvm::StringRef directory, DiagnosticEngine &diagnostics);

  /// "safetensors, 3 files".
  std::string describeFormat() const;

  SourceFormat getFormat() const override { return SourceFormat::HuggingFace; }
  llvm::StringRef getPath() const override { return directory; }
  bool has(const SettingKey &key) const override { return find(key); }
  std::optional<int64_t> findInteger(const SettingKey &key) override;
  std::optional<double> findReal(const SettingKey &key) override;
  std::optional<bool> findBool(const SettingKey &key) override;
  std::optional<std::string> findString(const SettingKey &key) override;
  std::optional<std::vector<double>>
  findNumbers(const SettingKey &key) override;
  std::optional<std::vector<std::string>>
  findStrings(const SettingKey &key) override;

  llvm::ArrayRef<SourceTensor> getTensors() const override { return tensors; }
  const SourceTensor *findTensor(llvm::StringRef name) const override;
  WeightSourceRef getSource(const SourceTensor &tensor) const override;
  bool isAuxiliary(const SourceTensor &tensor) const override;
  std::string getSupportedTypes() const override {
    return SafetensorsFile::getSupportedTypes();
  }

protected:
  std::string getPlace(const SettingKey &key) const override {
    return config->getPath();
  }
  std::string spell(const SettingKey &key) const override;
  void emitMissing(const SettingKey &key) override;

private:
  HuggingFaceSource(llvm::StringRef directory, DiagnosticEngine &diagnostics)
      : ModelSource(diagnostics), directory(directory.str()) {}
  std::string getFile(llvm::StringRef name) const;
  LogicalResult addWeights();
  LogicalResult addShards(const JsonFile &index);
  LogicalResult addFile(llvm::StringRef path);
  const llvm::json::Value *find(const SettingKey &key) const {
    return config->find(key.huggingFace);
  }
  void emitWrongKind(const SettingKey &key, llvm::StringRef expected);
  WeightSourceRef applyScales(const SourceTensor &tensor,
                              WeightSourceRef source) const;

  std::string directory;
  std::optional<JsonFile> config;
  std::vector<std::unique_ptr<SafetensorsFile>> files;
  std::vector<SourceTensor> tensors;
  /// Beside `tensors`.
  std::vector<std::pair<const SafetensorsFile *, const SafetensorsEntry *>>
      origins;
  llvm::StringMap<size_t> indices;
};

} // namespace espresso

#endif // ESPRESSO_LIB_FRONTEND_HUGGINGFACESOURCE_H
