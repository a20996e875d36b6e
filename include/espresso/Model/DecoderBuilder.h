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

private:
  Context &context;
  const Checkpoint &checkpoint;
  DataType dataType;
  std::map<std::string, Attribute> attributes;
};

/// Appends the operations of one decoder function. Inside of a layer, names of
/// tensors are completed to "layers.<i>.<name>", names of values to
/// "l<i>_<name>", and operations carry the attribute `layer`.
class DecoderBuilder {
public:
  DecoderBuilder(Function &function, const ModelConfig &config,
                 CheckpointWeights &weights);

  const ModelConfig &getConfig() const { return config; }
  /// What follows belongs to this layer; nothing leaves the layers.
  void setLayer(std::optional<int64_t> newLayer) { layer = newLayer; }

  // Composites. `tensor` arguments are names of checkpoint tensors, `name` is
  // the name of the result.
  Value *embedding(Value *ids, llvm::StringRef tensor, llvm::StringRef name);
  Value *rmsNorm(Value *x, llvm::StringRef tensor, llvm::StringRef name);
  Value *linear(Value *x, llvm::StringRef tensor, llvm::StringRef name);
  Value *rope(Value *x, llvm::StringRef name);
  /// Reads and writes the caches of the layer.
  Value *attention(Value *q, Value *k, Value *v, llvm::StringRef name);
  Value *feedForward(Value *x, llvm::StringRef gate, llvm::StringRef up,
                     llvm::StringRef down, llvm::StringRef name);
  Value *head(Value *x, llvm::StringRef tensor, llvm::StringRef name);
  // Plain MIL.
  Value *add(Value *x, Value *y, llvm::StringRef name);
  /// The columns of x [1, C, 1, S] that `indices` [n] names: [1, C, 1, n].
  Value *takeColumns(Value *x, Value *indices, llvm::StringRef name);

private:
  Value *create(llvm::StringRef op, llvm::ArrayRef<NamedArgument> args,
                llvm::StringRef name);
  Value *weight(llvm::StringRef tensor);
  std::string getTensorName(llvm::StringRef tensor) const;
  std::string getValueName(llvm::StringRef name) const;
  NamedArgument getPosition();

  Function &function;
  const ModelConfig &config;
  CheckpointWeights &weights;
  Builder builder;
  std::optional<int64_t> layer;
  /// Constants made so far, by canonical name: a tied head finds the table.
  llvm::StringMap<Value *> constants;
};

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

extern const Architecture kLlama;

} // namespace espresso

#endif // ESPRESSO_MODEL_DECODERBUILDER_H
