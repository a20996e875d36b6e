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

#include <algorithm>

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

Value *DecoderBuilder::constant(llvm::StringRef name, Attribute value) {
  Value *&known = constants[name];
  if (!known)
    known = builder.createConstant(std::move(value), name);
  return known;
}

Value *DecoderBuilder::scalar(llvm::StringRef name, double value) {
  return constant(name, builder.getReal(value, weights.getDataType()));
}

Value *DecoderBuilder::weight(llvm::StringRef tensor) {
  std::string valueName = getValueName(tensor);
  std::replace(valueName.begin(), valueName.end(), '.', '_');
  return constant(valueName, weights.get(getTensorName(tensor)));
}

void DecoderBuilder::addWeight(Arguments &args, llvm::StringRef input,
                               llvm::StringRef tensor, bool condition) {
  if (condition)
    args.emplace_back(input, weight(tensor));
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

DecoderBuilder::DecoderBuilder(Function &function, const ModelConfig &config,
                               CheckpointWeights &weights,
                               int64_t contextLength)
    : function(function), config(config), weights(weights),
      contextLength(contextLength), builder(function.getBody()) {}

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

std::string getStateName(llvm::StringRef kind, int64_t layer) {
  return (kind + "_cache_" + llvm::Twine(layer)).str();
}

Value *DecoderBuilder::findInput(llvm::StringRef kind) {
  return function.getBody().findInput(getStateName(kind, layer.value()));
}

/// The function's input of that name, or, where all positions are known, the
/// first.
NamedArgument DecoderBuilder::getPosition() {
  if (Value *input = function.getBody().findInput("position"))
    return {"position", input};
  return {"position", builder.getInt32s({0})};
}

Value *DecoderBuilder::add(Value *x, Value *y, llvm::StringRef name) {
  return create("add", {{"x", x}, {"y", y}}, name);
}

Value *DecoderBuilder::mul(Value *x, Value *y, llvm::StringRef name) {
  return create("mul", {{"x", x}, {"y", y}}, name);
}

Value *DecoderBuilder::linear(Value *x, llvm::StringRef tensor,
                              llvm::StringRef bias, bool hasBias,
                              llvm::StringRef name) {
  Arguments args = {{"x", x}, {"weight", weight(tensor)}};
  addWeight(args, "bias", bias, hasBias);
  return create("espresso.linear", args, name);
}

//===----------------------------------------------------------------------===//
// Around the layers
//===----------------------------------------------------------------------===//

Value *DecoderBuilder::embed(Value *ids) {
  bool isScaled = config.embeddingScale != 1;
  Value *table = weight("embedding");
  Value *x = create("espresso.embedding", {{"ids", ids}, {"table", table}},
                    isScaled || config.hasPositionTable ? "tokens" : "x");
  if (isScaled) {
    Value *scale = scalar("embedding_scale", config.embeddingScale);
    x = mul(x, scale, config.hasPositionTable ? "scaled" : "x");
  }
  if (!config.hasPositionTable)
    return x;
  Value *positions = weight("positions");
  return create("espresso.position_embedding",
                {{"x", x}, getPosition(), {"table", positions}}, "x");
}

Value *DecoderBuilder::takeColumns(Value *x, Value *indices,
                                   llvm::StringRef name) {
  return create("gather",
                {{"x", x}, {"indices", indices}, {"axis", builder.getInt32(3)}},
                name);
}

Value *DecoderBuilder::head(Value *x) {
  Value *normalised = norm(x, "final", "final_norm");
  Arguments args = {{"x", normalised}};
  addWeight(args, "weight", config.tiedHead ? "embedding" : "lm_head");
  addWeight(args, "bias", "lm_head_b", config.hasHeadBias);
  if (config.logitScale != 1)
    args.emplace_back("scale",
                      builder.getReal(config.logitScale, DataType::Float32));
  if (config.logitSoftCap != 0)
    args.emplace_back("softcap",
                      builder.getReal(config.logitSoftCap, DataType::Float32));
  return create("espresso.head", args, "logits");
}

} // namespace espresso
