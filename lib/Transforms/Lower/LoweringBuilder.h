//===- LoweringBuilder.h - MIL in place of a composite ----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// What the lowerings are written with. Operations of one composite are named
// after its result, `<result>_<suffix>`, and stand where it stood, in an order
// that is part of the contract.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TRANSFORMS_LOWER_LOWERINGBUILDER_H
#define ESPRESSO_LIB_TRANSFORMS_LOWER_LOWERINGBUILDER_H

#include "espresso/IR/Builder.h"
#include "espresso/Weights/WeightSources.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringMap.h"

#include <string>
#include <utility>
#include <vector>

namespace espresso {

/// Ways to write x · sigmoid(x), and the order of the operations around it.
enum class SiluForm : uint8_t {
  /// gate conv, up conv, sigmoid, mul, mul, down conv.
  Sigmoid,
  /// The same with 0.5x · (1 + tanh(0.5x)).
  Tanh,
  /// gate conv, silu, up conv, mul, down conv.
  Op,
};

struct LoweringOptions {
  SiluForm silu = SiluForm::Sigmoid;
  /// What a mask adds where a column must not look.
  double maskValue = -40000;
};

/// The constants that the lowerings of one function share: flags, scalars and
/// masks. An equal constant asked for under the same name in the same block is
/// the one made first, which stands above.
class SharedConstants {
public:
  Value *get(Builder &builder, Block &block, llvm::StringRef name,
             const Attribute &value);

private:
  using Entries = std::vector<std::pair<Attribute, Value *>>;
  llvm::DenseMap<Block *, llvm::StringMap<Entries>> constants;
};

/// Writes the MIL of one composite before it. Destroying the builder changes
/// nothing; replaceWith() ends the composite.
class LoweringBuilder {
public:
  LoweringBuilder(Operation &composite, SharedConstants &shared,
                  const LoweringOptions &options);

  Operation &getComposite() const { return composite; }
  const LoweringOptions &getOptions() const { return options; }
  Context &getContext() const { return builder.getContext(); }
  /// Element type of the activations.
  DataType getDataType() const { return dataType; }
  Value *getOperand(llvm::StringRef input) const {
    return composite.getOperand(input);
  }

  /// `name` with the result's name in front.
  Value *create(llvm::StringRef op, llvm::ArrayRef<NamedArgument> args,
                llvm::StringRef suffix);
  /// A shared constant: flags of operations must be named constants
  /// (ane-flag-consts). Named after its value, since it serves several
  /// purposes.
  Value *flag(llvm::StringRef name, Attribute value);
  /// A shared scalar in the type of the activations. In fp16 a small epsilon is
  /// subnormal: 1e-5 becomes 1.00136e-5.
  Value *scalar(llvm::StringRef name, double value);
  /// A shared tensor of the activations' type whose elements stay in a blob
  /// (ane-inline-tensor-const). `getElement` is called with row-major indices.
  Value *tensor(llvm::StringRef name, llvm::ArrayRef<int64_t> shape,
                llvm::function_ref<double(int64_t)> getElement);
  /// The same with elements that `source` makes when they are read.
  Value *tensor(llvm::StringRef name, llvm::ArrayRef<int64_t> shape,
                WeightSourceRef source);
  /// The compile-time input as a blob constant of another shape with as many
  /// elements. Takes the constant over if nobody else uses it.
  Value *weight(llvm::StringRef input, llvm::ArrayRef<int64_t> shape);

  // Operations with their flags.
  Value *conv1x1(Value *x, Value *weight, llvm::StringRef suffix);
  /// The matrix `weight` [O, I] times x as a convolution with the same bytes as
  /// [O, I, 1, 1], then the vector `bias` added if the composite has one: the
  /// engine refuses a bias in the convolution (ane-conv-inline-bias).
  Value *project(Value *x, llvm::StringRef weight, llvm::StringRef bias,
                 llvm::StringRef suffix);
  Value *add(Value *x, Value *y, llvm::StringRef suffix);
  Value *sub(Value *x, Value *y, llvm::StringRef suffix);
  Value *mul(Value *x, Value *y, llvm::StringRef suffix);
  /// Sum along one axis, kept as an extent of one.
  Value *sum(Value *x, int64_t axis, llvm::StringRef suffix);
  /// softmax along one axis.
  Value *softmax(Value *x, int64_t axis, llvm::StringRef suffix);
  Value *reshape(Value *x, llvm::ArrayRef<int64_t> shape,
                 llvm::StringRef suffix);
  /// The slice of `extents` that begins at `begin`.
  Value *slice(Value *x, llvm::ArrayRef<int64_t> begin,
               llvm::ArrayRef<int64_t> extents, llvm::StringRef suffix);
  Value *concat(llvm::ArrayRef<Value *> values, int64_t axis,
                llvm::StringRef suffix);
  Value *transpose(Value *x, llvm::ArrayRef<int64_t> perm,
                   llvm::StringRef suffix);
  /// Exchanges the last two of four axes.
  Value *transposeLast(Value *x, llvm::StringRef suffix);
  Value *matmul(Value *x, Value *y, bool transposeY, llvm::StringRef suffix);

  /// Gives the composite's uses and name to `value` and removes it.
  void replaceWith(Value *value);
  /// Ends with an operation without results in the composite's place.
  void finishWith(llvm::StringRef op, llvm::ArrayRef<NamedArgument> args);

private:
  void eraseComposite();

  Operation &composite;
  SharedConstants &shared;
  const LoweringOptions &options;
  Builder builder;
  std::string prefix;
  DataType dataType;
};

// The lowerings, by family. Each leaves nothing of the composite.
void lowerRmsNorm(LoweringBuilder &builder);
void lowerLayerNorm(LoweringBuilder &builder);
void lowerLinear(LoweringBuilder &builder);
void lowerFeedForward(LoweringBuilder &builder);
void lowerRouter(LoweringBuilder &builder);
void lowerCausalAttention(LoweringBuilder &builder);
void lowerMaskedAttention(LoweringBuilder &builder);
void lowerRotate(LoweringBuilder &builder);

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_LOWER_LOWERINGBUILDER_H
