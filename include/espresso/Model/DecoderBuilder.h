//===- DecoderBuilder.h - Vocabulary of architectures -----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// What the file of an architecture is written with: the composites of
// docs/Composites.md, bound to the tensors of a checkpoint by their canonical
// names, with readable names for the values.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_MODEL_DECODERBUILDER_H
#define ESPRESSO_MODEL_DECODERBUILDER_H

#include "espresso/IR/Builder.h"
#include "espresso/Model/ModelBuilder.h"

#include "llvm/ADT/StringMap.h"

#include <map>
#include <optional>
#include <string>

namespace espresso {

/// The tensors of a checkpoint as constants of one data type. Two requests for
/// a tensor give the same attribute, so that functions share their weights.
class CheckpointWeights {
public:
  CheckpointWeights(Context &context, const Checkpoint &checkpoint,
                    DataType dataType)
      : context(context), checkpoint(checkpoint), dataType(dataType) {}

  /// The tensor of that canonical name, which must exist.
  Attribute get(llvm::StringRef name);
  DataType getDataType() const { return dataType; }

private:
  Context &context;
  const Checkpoint &checkpoint;
  DataType dataType;
  std::map<std::string, Attribute> attributes;
};

/// Appends the operations of one decoder function. Inside of a layer, names of
/// tensors are completed to "layers.<i>.<name>", names of values to
/// "l<i>_<name>", and operations carry the attribute `layer`. What differs by
/// number, and which of the optional parts there are, comes from the
/// configuration.
class DecoderBuilder {
public:
  /// `contextLength` is the number of positions in the caches.
  DecoderBuilder(Function &function, const ModelConfig &config,
                 CheckpointWeights &weights, int64_t contextLength);

  const ModelConfig &getConfig() const { return config; }
  /// What follows belongs to this layer; nothing leaves the layers.
  void setLayer(std::optional<int64_t> newLayer) { layer = newLayer; }
  /// The configuration of the layer that was set.
  LayerConfig getLayerConfig() const { return config.getLayer(layer.value()); }

  //===--------------------------------------------------------------------===//
  // Parts of a layer: what architectures are described with
  //===--------------------------------------------------------------------===//

  /// The norm at `place`: "att", "att_post", "ffn", "ffn_post", "final".
  Value *norm(Value *x, llvm::StringRef place, llvm::StringRef name);
  /// Projections q, k and v of `x`, with biases, norms of q and k, and rotation
  /// where the configuration has them; attention over the caches of the layer;
  /// and the output projection, named `o`.
  Value *selfAttention(Value *x);
  /// The gated convolution of a layer of that kind: with b, c, h the thirds of
  /// a projection of `x`, the output projection of c · conv(b · h), named `o`.
  Value *shortConvolution(Value *x);
  /// The feed-forward network of the layer, or its experts.
  Value *feedForward(Value *x, llvm::StringRef name);
  /// x + y, y being multiplied by the residual scale.
  Value *addResidual(Value *x, Value *y, llvm::StringRef name);

  //===--------------------------------------------------------------------===//
  // What stands around the layers
  //===--------------------------------------------------------------------===//

  /// Embedding of the tokens, named `x`: scaled, and with rows of the table of
  /// positions added, where the configuration says so.
  Value *embed(Value *ids);
  /// The columns of x [1, C, 1, S] that `indices` [n] names: [1, C, 1, n].
  Value *takeColumns(Value *x, Value *indices, llvm::StringRef name);
  /// Final norm and head, the latter named `logits`.
  Value *head(Value *x);

private:
  using Arguments = llvm::SmallVector<NamedArgument, 12>;

  Value *create(llvm::StringRef op, llvm::ArrayRef<NamedArgument> args,
                llvm::StringRef name);
  Value *weight(llvm::StringRef tensor);
  /// Adds the tensor as an argument if `condition` holds.
  void addWeight(Arguments &args, llvm::StringRef input, llvm::StringRef tensor,
                 bool condition = true);
  /// A constant of the function, made once for each name. Within programs the
  /// engine needs named constants (ane-flag-consts).
  Value *constant(llvm::StringRef name, Attribute value);
  Value *scalar(llvm::StringRef name, double value);
  Value *linear(Value *x, llvm::StringRef tensor, llvm::StringRef bias,
                bool hasBias, llvm::StringRef name);
  Value *queryKeyNorm(Value *x, llvm::StringRef tensor, llvm::StringRef name);
  Value *rope(Value *x, llvm::StringRef name);
  Value *attention(Value *q, Value *k, Value *v, llvm::StringRef name);
  Value *network(Value *x, llvm::StringRef prefix, llvm::StringRef name,
                 Value *route = nullptr, int64_t expert = 0);
  Value *experts(Value *x, llvm::StringRef name);
  Value *sharedExpert(Value *x);
  Value *takeThird(Value *x, int64_t index, llvm::StringRef name);
  Value *add(Value *x, Value *y, llvm::StringRef name);
  Value *mul(Value *x, Value *y, llvm::StringRef name);
  Value *findInput(llvm::StringRef kind);
  std::string getTensorName(llvm::StringRef tensor) const;
  std::string getValueName(llvm::StringRef name) const;
  NamedArgument getPosition();

  Function &function;
  const ModelConfig &config;
  CheckpointWeights &weights;
  int64_t contextLength;
  Builder builder;
  std::optional<int64_t> layer;
  /// Constants made so far, by name: a tied head finds the table.
  llvm::StringMap<Value *> constants;
};

/// Names of the states of a layer: "k_cache_<i>" and so on.
[[nodiscard]] std::string getStateName(llvm::StringRef kind, int64_t layer);

/// A family of models: how one layer looks. Everything around the layers
/// (embedding, caches, final norm, head) is common.
struct Architecture {
  /// As checkpoints spell it.
  llvm::StringRef name;
  /// Appends one layer to the residual stream `x` and returns the new one.
  Value *(*buildLayer)(DecoderBuilder &builder, Value *x);
  /// What it honours of ModelConfig beyond Llama 2; anything else is an error
  /// of buildModel().
  llvm::ArrayRef<ModelFeature> features;
};

/// h = x + attention(norm(x)); h + ffn(norm(h)): the layer of most decoders.
/// A convolution stands in for attention in layers of that kind, norms of the
/// results are there where the configuration has them.
Value *buildPreNormLayer(DecoderBuilder &builder, Value *x);

// Sorted by name.
extern const Architecture kGemma;
extern const Architecture kGemma2;
extern const Architecture kGemma3;
extern const Architecture kGpt2;
extern const Architecture kGranite;
extern const Architecture kLfm2;
extern const Architecture kLlama;
extern const Architecture kOlmo2;
extern const Architecture kPhi3;
extern const Architecture kQwen2;
extern const Architecture kQwen2Moe;
extern const Architecture kQwen3;
extern const Architecture kQwen3Moe;
extern const Architecture kSmolLm3;
extern const Architecture kStableLm;

} // namespace espresso

#endif // ESPRESSO_MODEL_DECODERBUILDER_H
