//===- DecoderLayer.cpp - Parts of decoder layers -------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RopeFrequencies.h"
#include "espresso/Model/DecoderBuilder.h"

#include "llvm/ADT/STLExtras.h"

#include <cstring>

namespace espresso {

//===----------------------------------------------------------------------===//
// Norms
//===----------------------------------------------------------------------===//

Value *DecoderBuilder::norm(Value *x, llvm::StringRef place,
                            llvm::StringRef name) {
  Attribute epsilon = builder.getReal(config.normEpsilon, DataType::Float32);
  Arguments args = {{"x", x}, {"epsilon", epsilon}};
  if (config.norm == NormKind::Rms) {
    addWeight(args, "weight", ("rms_" + place).str());
    return create("espresso.rms_norm", args, name);
  }
  addWeight(args, "gamma", ("ln_" + place + "_gamma").str());
  addWeight(args, "beta", ("ln_" + place + "_beta").str());
  return create("espresso.layer_norm", args, name);
}

Value *DecoderBuilder::queryKeyNorm(Value *x, llvm::StringRef tensor,
                                    llvm::StringRef name) {
  if (config.queryKeyNorm == QueryKeyNorm::None)
    return x;
  Attribute epsilon = builder.getReal(config.normEpsilon, DataType::Float32);
  Arguments args = {{"x", x}, {"epsilon", epsilon}};
  addWeight(args, "weight", tensor);
  int64_t heads = x->getTensorType().getDim(1) / config.headSize;
  if (config.queryKeyNorm == QueryKeyNorm::Head && heads > 1)
    args.emplace_back("groups", builder.getInt32(heads));
  return create("espresso.rms_norm", args, name);
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

static Attribute makeVector(Context &context, llvm::ArrayRef<double> values) {
  std::vector<uint8_t> bytes(values.size() * sizeof(float));
  for (auto [i, value] : llvm::enumerate(values)) {
    auto element = static_cast<float>(value);
    std::memcpy(bytes.data() + i * sizeof(float), &element, sizeof(float));
  }
  auto count = static_cast<int64_t>(values.size());
  TensorType type = TensorType::get(context, DataType::Float32, {count});
  return Attribute::dense(type, {{count}, std::move(bytes), {}});
}

Value *DecoderBuilder::rope(Value *x, llvm::StringRef name) {
  if (config.getRotarySize() == 0 || !getLayerConfig().hasRope)
    return x;
  RopeAngles angles = getRopeAngles(config, getLayerConfig(), contextLength);
  Arguments args = {{"x", x}, getPosition()};
  args.emplace_back("head_dim", builder.getInt32(config.headSize));
  if (angles.frequencies.empty())
    args.emplace_back("theta",
                      builder.getReal(angles.theta, DataType::Float32));
  else
    args.emplace_back("frequencies", constant("rope_frequencies",
                                              makeVector(builder.getContext(),
                                                         angles.frequencies)));
  if (config.getRotarySize() != config.headSize)
    args.emplace_back("rotary_dim", builder.getInt32(config.getRotarySize()));
  if (angles.scale != 1)
    args.emplace_back("scale",
                      builder.getReal(angles.scale, DataType::Float32));
  return create("espresso.rope", args, name);
}

Value *DecoderBuilder::attention(Value *q, Value *k, Value *v,
                                 llvm::StringRef name) {
  Arguments args = {{"q", q}, {"k", k}, {"v", v}, getPosition()};
  args.emplace_back("k_cache", findInput("k"));
  args.emplace_back("v_cache", findInput("v"));
  args.emplace_back("head_dim", builder.getInt32(config.headSize));
  if (config.attentionScale)
    args.emplace_back(
        "scale", builder.getReal(*config.attentionScale, DataType::Float32));
  // A window that holds all positions hides none.
  if (getLayerConfig().isSliding && config.slidingWindow < contextLength)
    args.emplace_back("window", builder.getInt32(config.slidingWindow));
  if (config.attentionSoftCap != 0)
    args.emplace_back(
        "softcap", builder.getReal(config.attentionSoftCap, DataType::Float32));
  return create("espresso.attention", args, name);
}

Value *DecoderBuilder::selfAttention(Value *x) {
  Value *q = linear(x, "wq", "bq", config.hasQkvBias, "q");
  Value *k = linear(x, "wk", "bk", config.hasQkvBias, "k");
  Value *v = linear(x, "wv", "bv", config.hasQkvBias, "v");
  q = queryKeyNorm(q, "q_norm", "q_normed");
  k = queryKeyNorm(k, "k_norm", "k_normed");
  q = rope(q, "q_rot");
  k = rope(k, "k_rot");
  Value *context = attention(q, k, v, "attn");
  return linear(context, "wo", "bo", config.hasOutputBias, "o");
}

//===----------------------------------------------------------------------===//
// Convolution
//===----------------------------------------------------------------------===//

Value *DecoderBuilder::takeThird(Value *x, int64_t index,
                                 llvm::StringRef name) {
  TensorType type = x->getTensorType();
  int64_t channels = type.getDim(1) / 3;
  Value *begin = constant("third_" + std::to_string(index),
                          builder.getInt32s({0, index * channels, 0, 0}));
  Value *size = constant("third_size",
                         builder.getInt32s({1, channels, 1, type.getDim(3)}));
  return create("slice_by_size", {{"x", x}, {"begin", begin}, {"size", size}},
                name);
}

Value *DecoderBuilder::shortConvolution(Value *x) {
  Value *thirds = linear(x, "conv_in", "", /*hasBias=*/false, "bch");
  Value *b = takeThird(thirds, 0, "b");
  Value *c = takeThird(thirds, 1, "c");
  Value *h = takeThird(thirds, 2, "conv_h");
  Arguments args = {{"x", mul(b, h, "bh")}, getPosition()};
  args.emplace_back("cache", findInput("conv"));
  addWeight(args, "weight", "conv");
  Value *mixed = create("espresso.short_conv", args, "conv_bh");
  return linear(mul(mixed, c, "gated"), "conv_out", "", /*hasBias=*/false, "o");
}

//===----------------------------------------------------------------------===//
// Feed-forward networks
//===----------------------------------------------------------------------===//

/// The network whose tensors begin with `prefix`: all of the layer's, or an
/// expert.
Value *DecoderBuilder::network(Value *x, llvm::StringRef prefix,
                               llvm::StringRef name, Value *route,
                               int64_t expert) {
  Arguments args = {{"x", x}};
  auto addMatrix = [&](llvm::StringRef input, llvm::StringRef number) {
    addWeight(args, input, (prefix + "w" + number).str());
    if (config.hasFfnBias && prefix.empty())
      addWeight(args,
                input == "gate" ? "gate_bias"
                : input == "up" ? "up_bias"
                                : "down_bias",
                ("b" + number).str());
  };
  if (config.isGated)
    addMatrix("gate", "1");
  addMatrix("up", config.isGated ? "3" : "1");
  addMatrix("down", "2");
  if (config.activation != Activation::Silu)
    args.emplace_back("activation",
                      builder.getString(getName(config.activation)));
  if (route) {
    args.emplace_back("route", route);
    args.emplace_back("expert", builder.getInt32(expert));
  }
  return create("espresso.ffn", args, name);
}

/// The expert that always takes part, weighed by a gate where there is one.
Value *DecoderBuilder::sharedExpert(Value *x) {
  Value *shared = network(x, "shared.", "shared");
  if (!config.hasSharedExpertGate)
    return shared;
  Value *logit =
      linear(x, "shared_gate", "", /*hasBias=*/false, "shared_logit");
  Value *gate = create("sigmoid", {{"x", logit}}, "shared_weight");
  return mul(shared, gate, "shared_weighted");
}

Value *DecoderBuilder::experts(Value *x, llvm::StringRef name) {
  Attribute count = builder.getInt32(config.numExpertsUsed);
  Arguments args = {{"x", x}, {"top_k", count}};
  addWeight(args, "weight", "router");
  if (!config.normalizesExperts)
    args.emplace_back("normalize", builder.getBool(false));
  Value *route = create("espresso.router", args, "route");
  llvm::SmallVector<Value *, 16> parts;
  for (int64_t e = 0; e < config.numExperts; ++e) {
    std::string number = std::to_string(e);
    parts.push_back(
        network(x, "experts." + number + ".", "expert_" + number, route, e));
  }
  if (config.sharedExpertHiddenSize != 0)
    parts.push_back(sharedExpert(x));
  Value *sum = parts.front();
  for (size_t i = 1; i < parts.size(); ++i)
    sum = add(sum, parts[i],
              i + 1 == parts.size() ? name.str()
                                    : (name + "_" + llvm::Twine(i)).str());
  return sum;
}

Value *DecoderBuilder::feedForward(Value *x, llvm::StringRef name) {
  return getLayerConfig().hasExperts ? experts(x, name) : network(x, "", name);
}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

Value *DecoderBuilder::addResidual(Value *x, Value *y, llvm::StringRef name) {
  if (config.residualScale != 1) {
    Value *scale = scalar("residual_scale", config.residualScale);
    y = mul(y, scale, (name + "_scaled").str());
  }
  return add(x, y, name);
}

Value *buildPreNormLayer(DecoderBuilder &builder, Value *x) {
  const ModelConfig &config = builder.getConfig();
  bool isConvolution =
      builder.getLayerConfig().kind == LayerConfig::Kind::Convolution;
  Value *norm = builder.norm(x, "att", "norm");
  Value *mixed = isConvolution ? builder.shortConvolution(norm)
                               : builder.selfAttention(norm);
  if (config.hasPostNorms)
    mixed = builder.norm(mixed, "att_post", "o_norm");
  Value *h = builder.addResidual(x, mixed, "h");

  Value *ffnNorm = builder.norm(h, "ffn", "ffn_norm");
  Value *ffn = builder.feedForward(ffnNorm, "ffn");
  if (config.hasPostNorms)
    ffn = builder.norm(ffn, "ffn_post", "ffn_post_norm");
  return builder.addResidual(h, ffn, "out");
}

} // namespace espresso
