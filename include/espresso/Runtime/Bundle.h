//===- Bundle.h - A compiled model on disk ----------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_RUNTIME_BUNDLE_H
#define ESPRESSO_RUNTIME_BUNDLE_H

#include "espresso/Runtime/HeadMethod.h"
#include "espresso/Runtime/Tokenizer.h"

#include "absl/status/statusor.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace espresso::runtime {

class Program;

/// What a bundle says of its model.
struct ModelInfo {
  std::string name;
  std::string architecture;
  std::string dataType; ///< "fp16" or "fp32"
  int64_t numLayers = 0;
  int64_t vocabularySize = 0;
  int64_t contextLength = 0; ///< positions in the cache
  int64_t prefillLength = 0; ///< columns of `prefill`; 0: there is none
  uint64_t numParameters = 0;
};

struct BundleOptions {
  /// Digests of files that hold nothing but weights are checked too.
  bool verifyWeights = true;
  /// Where it is noted which weights were found right, so that those that have
  /// not changed since, on a machine that has not started anew, are not read
  /// for their digests again; empty: nowhere.
  std::string verifiedFiles = {};
  /// Steps of the plan are joined to one kernel where there is one for them;
  /// results change by rounding only.
  bool fuseSteps = true;
  /// How the CPU finds the best token.
  HeadMethod headMethod = HeadMethod::Auto;
  /// A plan that asks for more memory than this is refused.
  uint64_t maxMemoryBytes = uint64_t{64} << 30;
};

/// A bundle opened for reading: its files are checked and mapped, its plan is
/// checked and ready to run. Thread-safe; what sessions see of it never
/// changes.
class Bundle {
public:
  /// Opens the directory `path`. Errors name the file, what was expected and
  /// what was found: NotFound or PermissionDenied for files, InvalidArgument
  /// for everything that is wrong inside them.
  [[nodiscard]] static absl::StatusOr<std::shared_ptr<const Bundle>>
  open(const std::string &path, const BundleOptions &options = {});
  ~Bundle();

  const std::string &getPath() const { return path; }
  const ModelInfo &getModel() const { return model; }
  const Tokenizer &getTokenizer() const { return tokenizer; }
  /// The executable form of host.plan; opaque to embedders.
  const Program &getProgram() const { return *program; }
  /// Bytes of the weights the plan names.
  uint64_t getWeightBytes() const { return weightBytes; }
  /// What came of heads from which the best token was asked, so far.
  std::vector<HeadReport> getHeadReports() const;

private:
  Bundle(std::string path, ModelInfo model, Tokenizer tokenizer,
         std::unique_ptr<const Program> program, uint64_t weightBytes);

  std::string path;
  ModelInfo model;
  Tokenizer tokenizer;
  std::unique_ptr<const Program> program;
  uint64_t weightBytes;
};

} // namespace espresso::runtime

#endif // ESPRESSO_RUNTIME_BUNDLE_H
