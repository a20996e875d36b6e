//===- Columns.h - Tensors as columns and back ---------------- -*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TRANSFORMS_LIFT_COLUMNS_H
#define ESPRESSO_LIB_TRANSFORMS_LIFT_COLUMNS_H

#include "../Patterns/Match.h"
#include "../Patterns/PatternDriver.h"

namespace espresso {

// One table a family; in each, what is tried first stands first.
llvm::ArrayRef<PatternRow> getLiftedNormPatterns();
llvm::ArrayRef<PatternRow> getLiftedLinearPatterns();
llvm::ArrayRef<PatternRow> getLiftedFeedForwardPatterns();
llvm::ArrayRef<PatternRow> getLiftedAttentionPatterns();
llvm::ArrayRef<PatternRow> getLiftedRopePatterns();
llvm::ArrayRef<PatternRow> getLiftedRotationPatterns();

/// Gives each part of a product with a constant matrix, if nothing else of it
/// is used, a product of its own. Returns how many that made.
unsigned cutProducts(Function &function);

/// Gives operations the layer they belong to, by the attention they lead to or
/// come from, unless some have one. Returns whether there was anything to say.
bool labelLayers(Function &function);

// Why the attention or the rotation that `op` ends stays as it is; empty if it
// ends none.
[[nodiscard]] llvm::StringRef explainAttention(Operation &op);
[[nodiscard]] llvm::StringRef explainRotation(Operation &op);

/// Makes values at one place, named after one result.
class ColumnBuilder {
public:
  ColumnBuilder(Operation &op, Builder &builder)
      : op(op), builder(builder), name(op.getResult()->getName().str()) {}

  Builder &getBuilder() { return builder; }

  /// x with its channels along `axis` as [1, C, 1, S], S being everything else
  /// in order.
  Value *toColumns(Value *x, int64_t axis);
  /// The inverse: [1, C, 1, S] in the shape of the result of the operation that
  /// is being replaced.
  Value *fromColumns(Value *columns, int64_t axis);

  Value *reshape(Value *x, llvm::ArrayRef<int64_t> shape);
  Value *transpose(Value *x, llvm::ArrayRef<int64_t> perm);
  Value *constant(Attribute value, const llvm::Twine &suffix);
  Value *create(llvm::StringRef opName, llvm::ArrayRef<NamedArgument> args,
                const llvm::Twine &suffix);

private:
  Operation &op;
  Builder &builder;
  std::string name;
};

/// The same elements as a constant of another shape.
[[nodiscard]] Attribute reshapeConstant(const Attribute &constant,
                                        TensorType type);

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_LIFT_COLUMNS_H
