//===- BundleWeights.h - The weight files of a bundle -----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_EXPORT_BUNDLEWEIGHTS_H
#define ESPRESSO_LIB_EXPORT_BUNDLEWEIGHTS_H

#include "espresso/Export/Bundle.h"
#include "espresso/Support/StagedDirectory.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"

namespace espresso {

/// Decides where each weight of a program lies in the bundle, and writes the
/// files. Weights of a program: a file each, one file for equal ones. Weights
/// of the host: records of weights.bin, one for equal ones.
class BundleWeights {
public:
  BundleWeights(const Program &program, StagedDirectory &directory,
                std::function<void(uint64_t, uint64_t)> progress);

  /// Writes everything.
  [[nodiscard]] absl::Status write();
  /// After write(): where a `const` operation's bytes are.
  FailureOr<WeightPlace> find(const Operation &constant) const;
  /// "programs/<function>/weights".
  static std::string getWeightDirectory(const Function &function);
  /// "<value>.bin".
  static std::string getFileName(const Operation &constant);
  /// Bytes of data, shared weights counted once.
  uint64_t getTotalBytes() const { return totalBytes; }

private:
  struct Item {
    const Operation *constant;
    std::shared_ptr<const WeightSource> source;
    std::string key;
    uint64_t byteSize;
  };

  [[nodiscard]] absl::Status collect();
  [[nodiscard]] absl::Status writeProgramWeights();
  [[nodiscard]] absl::Status writeHostWeights();
  void advance(uint64_t bytes);

  const Program &program;
  StagedDirectory &directory;
  std::function<void(uint64_t, uint64_t)> progress;
  std::vector<Item> programItems;
  std::vector<Item> hostItems;
  llvm::StringMap<WeightPlace> writtenPrograms;
  llvm::DenseMap<const Operation *, WeightPlace> places;
  uint64_t totalBytes = 0;
  uint64_t doneBytes = 0;
};

} // namespace espresso

#endif // ESPRESSO_LIB_EXPORT_BUNDLEWEIGHTS_H
