//===- ModelConfig.cpp - Shape of a language model ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Model/ModelConfig.h"

#include "llvm/Support/FormatVariadic.h"

#include <cmath>

namespace espresso {

namespace {

struct Extent {
  llvm::StringRef what;
  int64_t value;
  int64_t limit;
};

} // namespace

static LogicalResult verifyExtents(const ModelConfig &config,
                                   llvm::StringRef subject,
                                   DiagnosticEngine &diagnostics) {
  const Extent extents[] = {
      {"layers", config.numLayers, kMaxLayers},
      {"embedding size", config.embeddingSize, kMaxExtent},
      {"hidden size", config.hiddenSize, kMaxExtent},
      {"query heads", config.numHeads, kMaxExtent},
      {"key/value heads", config.numKVHeads, kMaxExtent},
      {"head size", config.headSize, kMaxExtent},
      {"vocabulary size", config.vocabularySize, kMaxExtent},
      {"context length", config.contextLength, kMaxExtent},
  };
  LogicalResult result = success();
  for (const Extent &extent : extents) {
    if (extent.value >= 1 && extent.value <= extent.limit)
      continue;
    result = diagnostics.emitError(subject)
             << "expected '" << extent.what << "' between 1 and "
             << extent.limit << ", found " << extent.value;
  }
  return result;
}

static LogicalResult verifyHeads(const ModelConfig &config,
                                 llvm::StringRef subject,
                                 DiagnosticEngine &diagnostics) {
  if (config.numHeads % config.numKVHeads != 0)
    return diagnostics.emitError(subject)
           << "expected a number of key/value heads that divides the "
           << config.numHeads << " query heads, found " << config.numKVHeads;
  if (config.headSize % 2 != 0)
    return diagnostics.emitError(subject)
           << "expected an even head size for rotary positions, found "
           << config.headSize;
  if (config.getQuerySize() > kMaxExtent)
    return diagnostics.emitError(subject)
           << "expected heads times head size of at most " << kMaxExtent
           << ", found " << config.getQuerySize();
  return success();
}

static LogicalResult verifyNumbers(const ModelConfig &config,
                                   llvm::StringRef subject,
                                   DiagnosticEngine &diagnostics) {
  if (!std::isfinite(config.normEpsilon) || config.normEpsilon < 0 ||
      config.normEpsilon >= 1)
    return diagnostics.emitError(subject)
           << "expected a norm epsilon from 0 to below 1, found "
           << llvm::formatv("{0}", config.normEpsilon);
  if (!std::isfinite(config.ropeTheta) || config.ropeTheta <= 0)
    return diagnostics.emitError(subject)
           << "expected a positive rotary base, found "
           << llvm::formatv("{0}", config.ropeTheta);
  return success();
}

static LogicalResult verifyIds(const ModelConfig &config,
                               llvm::StringRef subject,
                               DiagnosticEngine &diagnostics) {
  if (config.bosId && *config.bosId >= config.vocabularySize)
    return diagnostics.emitError(subject)
           << "expected a beginning-of-text id below the vocabulary size "
           << config.vocabularySize << ", found " << *config.bosId;
  for (uint32_t id : config.stopIds)
    if (id >= config.vocabularySize)
      return diagnostics.emitError(subject)
             << "expected end-of-text ids below the vocabulary size "
             << config.vocabularySize << ", found " << id;
  return success();
}

LogicalResult verifyConfig(const ModelConfig &config, llvm::StringRef subject,
                           DiagnosticEngine &diagnostics) {
  // The later checks divide by and multiply what the first one bounds.
  if (failed(verifyExtents(config, subject, diagnostics)))
    return failure();
  bool ok = succeeded(verifyHeads(config, subject, diagnostics));
  ok &= succeeded(verifyNumbers(config, subject, diagnostics));
  ok &= succeeded(verifyIds(config, subject, diagnostics));
  return success(ok);
}

} // namespace espresso
