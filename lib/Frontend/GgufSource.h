//===- GgufSource.h - GGUF files as a source of models ----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_FRONTEND_GGUFSOURCE_H
#define ESPRESSO_LIB_FRONTEND_GGUFSOURCE_H

#include "GgufMetadata.h"
#include "ModelSource.h"

namespace espresso {

/// One GGUF model in one or several files. Its metadata are those of the first
/// file.
class GgufSource final : public ModelSource {
public:
  /// `first` is the file that `path` names; the other parts of a split model
  /// are found beside it. `path` may name any of the parts.
  static FailureOr<std::unique_ptr<GgufSource>>
  open(std::shared_ptr<const MappedFile> first, DiagnosticEngine &diagnostics);

  GgufMetadata &getMetadata() { return *metadata; }
  const GgufFile &getFirstFile() const { return *files.front(); }
  /// Settings are looked up under this name from now on.
  void setArchitecture(llvm::StringRef name) { prefix = name.str() + "."; }

  SourceFormat getFormat() const override { return SourceFormat::Gguf; }
  llvm::StringRef getPath() const override { return path; }
  bool has(const SettingKey &key) const override;
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
  std::string getSupportedTypes() const override {
    return GgufFile::getSupportedTypes();
  }

protected:
  std::string getPlace(const SettingKey &key) const override;
  std::string spell(const SettingKey &key) const override;
  void emitMissing(const SettingKey &key) override;

private:
  explicit GgufSource(DiagnosticEngine &diagnostics)
      : ModelSource(diagnostics) {}
  LogicalResult addFile(std::shared_ptr<const MappedFile> file);
  LogicalResult addParts(std::shared_ptr<const MappedFile> first);
  LogicalResult checkPart(const GgufFile &part, int64_t number, int64_t count);
  /// What metadata.find…() returned, noting whether it failed.
  template <typename T>
  T note(T result) {
    if (metadata->hasFailed())
      markFailed();
    return result;
  }

  /// The file that the user named, or its first part.
  std::string path;
  std::string prefix;
  std::vector<std::unique_ptr<GgufFile>> files;
  std::optional<GgufMetadata> metadata;
  std::vector<SourceTensor> tensors;
  /// Beside `tensors`.
  std::vector<std::pair<const GgufFile *, const GgufTensor *>> origins;
  llvm::StringMap<size_t> indices;
};

} // namespace espresso

#endif // ESPRESSO_LIB_FRONTEND_GGUFSOURCE_H
