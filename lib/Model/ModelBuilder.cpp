//===- ModelBuilder.cpp - Programs from checkpoints -----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Model/ModelBuilder.h"

#include "espresso/Model/DecoderBuilder.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <algorithm>

namespace espresso {

/// Sorted by name.
static const Architecture *const kArchitectures[] = {
    &kGemma,    &kGemma2, &kGemma3,   &kGpt2,    &kGranite,
    &kLfm2,     &kLlama,  &kOlmo2,    &kPhi3,    &kQwen2,
    &kQwen2Moe, &kQwen3,  &kQwen3Moe, &kSmolLm3, &kStableLm};

static const Architecture *findArchitecture(llvm::StringRef name) {
  for (const Architecture *architecture : kArchitectures)
    if (architecture->name == name)
      return architecture;
  return nullptr;
}

std::vector<llvm::StringRef> getArchitectureNames() {
  std::vector<llvm::StringRef> names;
  for (const Architecture *architecture : kArchitectures)
    names.push_back(architecture->name);
  return names;
}

int64_t getContextLength(const ModelConfig &config,
                         const BuildOptions &options) {
  if (options.contextLength != 0)
    return options.contextLength;
  // Rows that a table of positions does not have cannot be made up.
  int64_t least = config.hasPositionTable
                      ? std::min(config.contextLength, kDefaultMinContext)
                      : kDefaultMinContext;
  return std::clamp(config.contextLength, least, kDefaultMaxContext);
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

static LogicalResult verifyTensors(const Checkpoint &checkpoint,
                                   DiagnosticEngine &diagnostics) {
  bool ok = true;
  for (const ExpectedTensor &expected : getExpectedTensors(checkpoint.config)) {
    const CheckpointTensor *tensor = checkpoint.findTensor(expected.name);
    if (tensor && llvm::equal(tensor->shape, expected.shape))
      continue;
    ok = false;
    if (!tensor)
      diagnostics.emitError(checkpoint.path)
          << "tensor '" << expected.name << "' is missing";
    else
      diagnostics.emitError(checkpoint.path)
          << "tensor '" << expected.name << "' has shape "
          << formatShape(tensor->shape) << ", expected "
          << formatShape(expected.shape);
  }
  return success(ok);
}

/// Says that the cache goes past what the model states: aloud if that was asked
/// for, as a remark if it is the default.
static void remarkLongContext(const Checkpoint &checkpoint, int64_t context,
                              bool isAskedFor, DiagnosticEngine &diagnostics) {
  Diagnostic diagnostic;
  diagnostic.severity = isAskedFor ? Severity::Warning : Severity::Remark;
  diagnostic.subject = checkpoint.path;
  diagnostic.ruleId = "context-length";
  diagnostic.message = "the cache has " + std::to_string(context) +
                       " positions, more than the " +
                       std::to_string(checkpoint.config.contextLength) +
                       " that the model states; texts past these may be worse";
  diagnostics.report(std::move(diagnostic));
}

/// What the builder does not know must not be left out in silence.
static LogicalResult verifyFeatures(const Checkpoint &checkpoint,
                                    const Architecture &architecture,
                                    DiagnosticEngine &diagnostics) {
  LogicalResult result = success();
  for (ModelFeature feature : getFeatures(checkpoint.config)) {
    if (llvm::is_contained(architecture.features, feature))
      continue;
    result = diagnostics.emitError(checkpoint.path)
             << "the model has " << getName(feature)
             << ", which the architecture '" << architecture.name
             << "' does not support yet";
  }
  return result;
}

static LogicalResult verifyOptions(const Checkpoint &checkpoint,
                                   const BuildOptions &options,
                                   DiagnosticEngine &diagnostics) {
  if (options.dataType != DataType::Float16 &&
      options.dataType != DataType::Float32)
    return diagnostics.emitError(checkpoint.path)
           << "cannot compute in " << getName(options.dataType)
           << ", only in fp16 or fp32";
  if (options.contextLength < 0 || options.contextLength > kMaxExtent)
    return diagnostics.emitError(checkpoint.path)
           << "a context of " << options.contextLength
           << " positions is not within 1 and " << kMaxExtent;
  int64_t context = getContextLength(checkpoint.config, options);
  if (checkpoint.config.hasPositionTable &&
      context > checkpoint.config.contextLength)
    return diagnostics.emitError(checkpoint.path)
           << "a context of " << context << " positions is more than the "
           << checkpoint.config.contextLength
           << " rows of the model's table of positions";
  if (context > checkpoint.config.contextLength)
    remarkLongContext(checkpoint, context, options.contextLength != 0,
                      diagnostics);
  if (options.prefillLength < 0 || options.prefillLength > context)
    return diagnostics.emitError(checkpoint.path)
           << "a prefill of " << options.prefillLength
           << " tokens does not fit a context of " << context << " positions";
  return success();
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

/// Adds the ports in the order of their names, which is the order of the text.
static void addInputs(Function &function, int64_t numTokens,
                      llvm::StringRef positionName, const ModelConfig &config,
                      int64_t contextLength, DataType dataType) {
  Context &context = function.getContext();
  std::map<std::string, Type> ports;
  ports["ids"] = TensorType::get(context, DataType::Int32, {numTokens});
  ports[positionName.str()] = TensorType::get(context, DataType::Int32, {1});
  auto makeCache = [&](int64_t width) {
    return StateType::get(
        context, TensorType::get(context, dataType, {contextLength, width}));
  };
  for (int64_t i = 0; i < config.numLayers; ++i) {
    if (config.getLayer(i).kind == LayerConfig::Kind::Convolution) {
      ports[getStateName("conv", i)] = makeCache(config.embeddingSize);
      continue;
    }
    ports[getStateName("k", i)] = makeCache(config.getKeyValueSize());
    ports[getStateName("v", i)] = makeCache(config.getKeyValueSize());
  }
  for (const auto &[name, type] : ports)
    function.getBody().addInput(function.makeUniqueName(name), type,
                                function.getLocation());
}

/// Appends everything from `ids` to `logits`. With an input `last` only its
/// column goes through the final norm and the head: the other columns' logits
/// are of no use, and the head is the largest matrix there is.
static void buildBody(Function &function, const Architecture &architecture,
                      const ModelConfig &config, CheckpointWeights &weights,
                      int64_t contextLength) {
  Block &body = function.getBody();
  DecoderBuilder builder(function, config, weights, contextLength);
  Value *x = builder.embed(body.findInput("ids"));
  for (int64_t i = 0; i < config.numLayers; ++i) {
    builder.setLayer(i);
    x = architecture.buildLayer(builder, x);
  }
  builder.setLayer(std::nullopt);
  if (Value *last = body.findInput("last"))
    x = builder.takeColumns(x, last, "x_last");
  body.addOutput(builder.head(x));
}

std::unique_ptr<Program> buildModel(Context &context,
                                    const Checkpoint &checkpoint,
                                    const BuildOptions &options,
                                    DiagnosticEngine &diagnostics) {
  const ModelConfig &config = checkpoint.config;
  const Architecture *architecture = findArchitecture(config.architecture);
  if (!architecture) {
    diagnostics.emitError(checkpoint.path)
        << "architecture '" << config.architecture
        << "' is not supported; there is "
        << llvm::join(getArchitectureNames(), ", ");
    return nullptr;
  }
  if (failed(verifyConfig(config, checkpoint.path, diagnostics)) ||
      failed(verifyFeatures(checkpoint, *architecture, diagnostics)) ||
      failed(verifyTensors(checkpoint, diagnostics)) ||
      failed(verifyOptions(checkpoint, options, diagnostics)))
    return nullptr;

  auto program = std::make_unique<Program>(context);
  CheckpointWeights weights(context, checkpoint, options.dataType);
  int64_t contextLength = getContextLength(config, options);
  auto addFunction = [&](llvm::StringRef name, int64_t numTokens,
                         llvm::StringRef positionName) {
    Function *function = program->addFunction(
        name, Opset::Model, Location::name(context.intern(name)));
    addInputs(*function, numTokens, positionName, config, contextLength,
              options.dataType);
    buildBody(*function, *architecture, config, weights, contextLength);
  };
  addFunction("decode", /*numTokens=*/1, "position");
  if (options.prefillLength != 0)
    addFunction("prefill", options.prefillLength, "last");
  return program;
}

} // namespace espresso
