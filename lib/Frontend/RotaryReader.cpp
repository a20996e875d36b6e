//===- RotaryReader.cpp - Settings of rotary positions --------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ByteReader.h"
#include "ModelReader.h"

#include "llvm/Support/FormatVariadic.h"

#include <cmath>

namespace espresso {

/// Factors of frequencies are a number for each pair of a head: a tensor that
/// claims to have more is not read.
static constexpr int64_t kMaxFactors = 1 << 16;

static std::vector<double> readFactorTensor(ModelSource &source,
                                            llvm::StringRef name) {
  const SourceTensor *tensor = source.findTensor(name);
  if (!tensor)
    return {};
  WeightSourceRef elements = source.getSource(*tensor);
  if (!elements || !isFloat(elements->getElementType()) ||
      elements->getNumElements() > kMaxFactors) {
    source.emitError({"", ""})
        << "expected tensor '" << name << "' to be a short list of numbers";
    return {};
  }
  elements = convertTo(elements, DataType::Float32);
  std::vector<float> values(elements->getNumElements());
  if (failed(elements->read({reinterpret_cast<uint8_t *>(values.data()),
                             values.size() * sizeof(float)},
                            source.getDiagnostics())))
    return {};
  return {values.begin(), values.end()};
}

//===----------------------------------------------------------------------===//
// GGUF
//===----------------------------------------------------------------------===//

static double getYarnAttentionFactor(double factor) {
  return factor > 1 ? 0.1 * std::log(factor) + 1 : 1;
}

static void readGgufScaling(ModelSource &source, RopeScaling &scaling) {
  const SettingKey typeKey = {"rope.scaling.type", ""};
  std::string type = source.findString(typeKey).value_or("");
  // Before there was a type, scaling was linear; 0 stands for "none".
  std::optional<double> factor = source.findReal({"rope.scaling.factor", ""});
  if (!factor)
    factor = source.findReal({"rope.scale_linear", ""});
  scaling.factor = factor && *factor != 0 ? *factor : 1;
  scaling.originalContextLength =
      source.findInteger({"rope.scaling.original_context_length", ""})
          .value_or(0);
  std::optional<double> attention =
      source.findReal({"rope.scaling.attn_factor", ""});
  scaling.shortFactors = readFactorTensor(source, "rope_factors_short.weight");
  scaling.longFactors = readFactorTensor(source, "rope_factors_long.weight");
  if (!scaling.longFactors.empty()) {
    scaling.kind = RopeScalingKind::LongRope;
    scaling.attentionFactor = attention;
    return;
  }
  scaling.longFactors = readFactorTensor(source, "rope_freqs.weight");
  if (type == "linear" || (type.empty() && scaling.factor != 1)) {
    scaling.kind = RopeScalingKind::Linear;
  } else if (type == "yarn") {
    scaling.kind = RopeScalingKind::Yarn;
    scaling.betaFast =
        source.findReal({"rope.scaling.yarn_beta_fast", ""}).value_or(32);
    scaling.betaSlow =
        source.findReal({"rope.scaling.yarn_beta_slow", ""}).value_or(1);
    if (attention)
      scaling.attentionFactor =
          *attention * getYarnAttentionFactor(scaling.factor);
  } else if (type == "longrope") {
    source.emitError(typeKey) << "expected the tensors 'rope_factors_long."
                                 "weight' and 'rope_factors_short.weight' of "
                                 "rope.scaling.type = 'longrope', found none";
  } else if (!type.empty() && type != "none" && type != "linear") {
    source.emitError(typeKey)
        << "not supported: rope.scaling.type = " << quoteUntrusted(type);
  }
}

//===----------------------------------------------------------------------===//
// Hugging Face
//===----------------------------------------------------------------------===//

/// Settings are in `rope_scaling`, or since version 5 of their library in
/// `rope_parameters`.
static SettingKey inScaling(llvm::StringLiteral both) { return {"", both}; }

static void readYarn(ModelSource &source, RopeScaling &scaling) {
  scaling.betaFast = source
                         .findReal(inScaling("rope_scaling.beta_fast|"
                                             "rope_parameters.beta_fast"))
                         .value_or(32);
  scaling.betaSlow = source
                         .findReal(inScaling("rope_scaling.beta_slow|"
                                             "rope_parameters.beta_slow"))
                         .value_or(1);
  std::optional<double> mscale =
      source.findReal(inScaling("rope_scaling.mscale|rope_parameters.mscale"));
  std::optional<double> all = source.findReal(
      inScaling("rope_scaling.mscale_all_dim|rope_parameters.mscale_all_dim"));
  if (mscale && all && *all != 0 && !scaling.attentionFactor) {
    auto get = [&](double m) {
      return scaling.factor > 1 ? 0.1 * m * std::log(scaling.factor) + 1 : 1;
    };
    scaling.attentionFactor = get(*mscale) / get(*all);
  }
}

static void readLongRope(ModelSource &source, const ModelConfig &config,
                         RopeScaling &scaling) {
  auto read = [&](const SettingKey &key) {
    if (!source.has(key))
      source.getInteger(key); // says what is missing
    return source.findNumbers(key).value_or(std::vector<double>());
  };
  scaling.shortFactors =
      read(inScaling("rope_scaling.short_factor|rope_parameters.short_factor"));
  scaling.longFactors =
      read(inScaling("rope_scaling.long_factor|rope_parameters.long_factor"));
  if (scaling.factor == 1 && scaling.originalContextLength > 0)
    scaling.factor = static_cast<double>(config.contextLength) /
                     static_cast<double>(scaling.originalContextLength);
}

static void readHuggingFaceScaling(ModelSource &source,
                                   const ModelConfig &config,
                                   RopeScaling &scaling) {
  const SettingKey typeKey =
      inScaling("rope_scaling.rope_type|rope_scaling.type|"
                "rope_parameters.rope_type|rope_parameters.type");
  std::optional<std::string> type = source.findString(typeKey);
  if (!type || *type == "default")
    return;
  scaling.factor =
      source.findReal(inScaling("rope_scaling.factor|rope_parameters.factor"))
          .value_or(1);
  scaling.originalContextLength =
      source
          .findInteger(
              inScaling("rope_scaling.original_max_position_embeddings|"
                        "rope_parameters.original_max_position_embeddings|"
                        "original_max_position_embeddings"))
          .value_or(0);
  scaling.attentionFactor = source.findReal(inScaling(
      "rope_scaling.attention_factor|rope_parameters.attention_factor"));
  if (*type == "linear") {
    scaling.kind = RopeScalingKind::Linear;
  } else if (*type == "dynamic") {
    scaling.kind = RopeScalingKind::Dynamic;
  } else if (*type == "yarn") {
    scaling.kind = RopeScalingKind::Yarn;
    readYarn(source, scaling);
  } else if (*type == "longrope" || *type == "su") {
    scaling.kind = RopeScalingKind::LongRope;
    readLongRope(source, config, scaling);
  } else if (*type == "llama3") {
    scaling.kind = RopeScalingKind::Llama3;
    scaling.lowFrequencyFactor =
        source
            .findReal(inScaling("rope_scaling.low_freq_factor|"
                                "rope_parameters.low_freq_factor"))
            .value_or(scaling.lowFrequencyFactor);
    scaling.highFrequencyFactor =
        source
            .findReal(inScaling("rope_scaling.high_freq_factor|"
                                "rope_parameters.high_freq_factor"))
            .value_or(scaling.highFrequencyFactor);
  } else {
    source.emitError(typeKey)
        << "not supported: rotary scaling of type " << quoteUntrusted(*type);
  }
}

void readRotary(ModelSource &source, ModelConfig &config) {
  config.ropeTheta =
      source
          .findReal({"rope.freq_base", "rope_theta|rope_parameters.rope_theta"})
          .value_or(config.ropeTheta);
  config.rotarySize =
      source.findInteger({"rope.dimension_count", ""}).value_or(0);
  if (std::optional<double> part = source.findReal(
          {"", "partial_rotary_factor|rope_parameters.partial_rotary_factor"}))
    config.rotarySize =
        *part > 0 && *part <= 1
            ? static_cast<int64_t>(*part * static_cast<double>(config.headSize))
            : -1;
  if (config.rotarySize == config.headSize)
    config.rotarySize = 0;
  if (source.getFormat() == SourceFormat::Gguf)
    readGgufScaling(source, config.ropeScaling);
  else
    readHuggingFaceScaling(source, config, config.ropeScaling);
}

} // namespace espresso
