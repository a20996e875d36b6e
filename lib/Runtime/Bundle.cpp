//===- Bundle.cpp - A compiled model on disk ------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Runtime/Bundle.h"

#include "Manifest.h"
#include "Program.h"
#include "espresso/Base/StatusMacros.h"

#include "absl/strings/str_cat.h"

namespace espresso::runtime {

Bundle::Bundle(std::string path, ModelInfo model, Tokenizer tokenizer,
               std::unique_ptr<const Program> program, uint64_t weightBytes)
    : path(std::move(path)), model(std::move(model)),
      tokenizer(std::move(tokenizer)), program(std::move(program)),
      weightBytes(weightBytes) {}
Bundle::~Bundle() = default;

std::vector<HeadReport> Bundle::getHeadReports() const {
  return program->getHeads().getReports();
}

static ModelInfo getModelInfo(const plan::ModelConfig &config) {
  return {.name = config.name(),
          .architecture = config.architecture(),
          .dataType = config.data_type(),
          .numLayers = config.num_layers(),
          .vocabularySize = config.vocabulary_size(),
          .contextLength = config.context_length(),
          .prefillLength = config.prefill_length(),
          .numParameters = config.num_parameters()};
}

/// Messages about parts of the plan begin with the file's whole path.
static absl::Status addPath(const absl::Status &status,
                            const std::string &path) {
  return absl::Status(status.code(),
                      absl::StrCat(path, "/", std::string(status.message())));
}

absl::StatusOr<std::shared_ptr<const Bundle>>
Bundle::open(const std::string &path, const BundleOptions &options) {
  ESPRESSO_ASSIGN_OR_RETURN(FileMap files, readManifest(path, options));
  auto vocabulary = files.find("tokenizer.pb");
  if (vocabulary == files.end())
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": the bundle has no tokenizer.pb"));
  ESPRESSO_ASSIGN_OR_RETURN(Tokenizer tokenizer,
                            Tokenizer::parse(vocabulary->second->getBytes(),
                                             vocabulary->second->getPath()));
  absl::StatusOr<CheckedPlan> plan = readPlan(files);
  if (!plan.ok())
    return addPath(plan.status(), path);
  ModelInfo model = getModelInfo(plan->message->model());
  const uint64_t weightBytes = plan->weightBytes;
  auto program = Program::compile(
      *std::move(plan),
      {.maxMemoryBytes = options.maxMemoryBytes,
       .fuse = options.fuseSteps,
       .heads = std::make_shared<HeadSet>(options.headMethod)});
  if (!program.ok())
    return addPath(program.status(), path);
  return std::shared_ptr<const Bundle>(
      new Bundle(path, std::move(model), std::move(tokenizer),
                 *std::move(program), weightBytes));
}

} // namespace espresso::runtime
