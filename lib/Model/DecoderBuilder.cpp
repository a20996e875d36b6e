//===- DecoderBuilder.cpp - Vocabulary of architectures -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Model/DecoderBuilder.h"

#include "espresso/Ops/Verifier.h"
#include "espresso/Weights/WeightSources.h"

namespace espresso {

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

Attribute CheckpointWeights::get(llvm::StringRef name) {
  Attribute &attribute = attributes[name.str()];
  if (attribute)
    return attribute;
  const CheckpointTensor *tensor = checkpoint.findTensor(name);
  assert(tensor && "the checkpoint was not verified");
  attribute = Attribute::blob(TensorType::get(context, dataType, tensor->shape),
                              {("@checkpoint/" + name).str(), /*offset=*/0,
                               convertTo(tensor->source, dataType)});
  return attribute;
}

std::string DecoderBuilder::getTensorName(llvm::StringRef tensor) const {
  return layer ? getLayerTensorName(*layer, tensor) : tensor.str();
}

std::string DecoderBuilder::getValueName(llvm::StringRef name) const {
  return layer ? "l" + std::to_string(*layer) + "_" + name.str() : name.str();
}

Value *DecoderBuilder::weight(llvm::StringRef tensor) {
  std::string canonicalName = getTensorName(tensor);
  Value *&constant = constants[canonicalName];
  if (!constant)
    constant = builder.createConstant(weights.get(canonicalName),
                                      getValueName(tensor));
  return constant;
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

DecoderBuilder::DecoderBuilder(Function &function, const ModelConfig &config,
                               CheckpointWeights &weights)
    : function(function), config(config), weights(weights),
      builder(function.getBody()) {}

Value *DecoderBuilder::create(llvm::StringRef opName,
                              llvm::ArrayRef<NamedArgument> args,
                              llvm::StringRef name) {
  Context &context = builder.getContext();
  std::string valueName = getValueName(name);
  builder.setLocation(Location::name(
      context.intern((function.getName() + "/" + valueName).str())));
  Operation *op = buildOp(builder, opName, args, valueName);
  if (layer)
    op->setAttribute(context.intern("layer"), builder.getInt32(*layer));
  return op->getResult();
}

/// The function's input of that name, or, where all positions are known, the
/// first.
NamedArgument DecoderBuilder::getPosition() {
  if (Value *input = function.getBody().findInput("position"))
    return {"position", input};
  return {"position", builder.getInt32s({0})};
}

Value *DecoderBuilder::embedding(Value *ids, llvm::StringRef tensor,
                                 llvm::StringRef name) {
  Value *table = weight(tensor);
  return create("espresso.embedding", {{"ids", ids}, {"table", table}}, name);
}

Value *DecoderBuilder::rmsNorm(Value *x, llvm::StringRef tensor,
                               llvm::StringRef name) {
  Value *gain = weight(tensor);
  Attribute epsilon = builder.getReal(config.normEpsilon, DataType::Float32);
  return create("espresso.rms_norm",
                {{"x", x}, {"weight", gain}, {"epsilon", epsilon}}, name);
}

Value *DecoderBuilder::linear(Value *x, llvm::StringRef tensor,
                              llvm::StringRef name) {
  Value *matrix = weight(tensor);
  return create("espresso.linear", {{"x", x}, {"weight", matrix}}, name);
}

Value *DecoderBuilder::rope(Value *x, llvm::StringRef name) {
  Attribute headSize = builder.getInt32(config.headSize);
  Attribute theta = builder.getReal(config.ropeTheta, DataType::Float32);
  return create(
      "espresso.rope",
      {{"x", x}, getPosition(), {"head_dim", headSize}, {"theta", theta}},
      name);
}

Value *DecoderBuilder::attention(Value *q, Value *k, Value *v,
                                 llvm::StringRef name) {
  Block &body = function.getBody();
  std::string suffix = std::to_string(layer.value());
  Value *keyCache = body.findInput("k_cache_" + suffix);
  Value *valueCache = body.findInput("v_cache_" + suffix);
  return create("espresso.attention",
                {{"q", q},
                 {"k", k},
                 {"v", v},
                 getPosition(),
                 {"k_cache", keyCache},
                 {"v_cache", valueCache},
                 {"head_dim", builder.getInt32(config.headSize)}},
                name);
}

Value *DecoderBuilder::feedForward(Value *x, llvm::StringRef gate,
                                   llvm::StringRef up, llvm::StringRef down,
                                   llvm::StringRef name) {
  Value *gateMatrix = weight(gate);
  Value *upMatrix = weight(up);
  Value *downMatrix = weight(down);
  return create(
      "espresso.ffn",
      {{"x", x}, {"gate", gateMatrix}, {"up", upMatrix}, {"down", downMatrix}},
      name);
}

Value *DecoderBuilder::head(Value *x, llvm::StringRef tensor,
                            llvm::StringRef name) {
  Value *matrix = weight(tensor);
  return create("espresso.head", {{"x", x}, {"weight", matrix}}, name);
}

Value *DecoderBuilder::add(Value *x, Value *y, llvm::StringRef name) {
  return create("add", {{"x", x}, {"y", y}}, name);
}

Value *DecoderBuilder::takeColumns(Value *x, Value *indices,
                                   llvm::StringRef name) {
  return create("gather",
                {{"x", x}, {"indices", indices}, {"axis", builder.getInt32(3)}},
                name);
}

} // namespace espresso
