//===- OpBuilder.h - MIL beside an operation --------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TRANSFORMS_OPBUILDER_H
#define ESPRESSO_LIB_TRANSFORMS_OPBUILDER_H

#include "espresso/IR/Builder.h"

#include <optional>
#include <string>

namespace espresso {

/// Writes MIL before an operation, with its location. Results are named after
/// `prefix`: `<prefix>_<suffix>`. Flags and numbers are constants with names of
/// their own, as the engine wants them (ane-flag-consts). Types are inferred.
class OpBuilder {
public:
  OpBuilder(Operation &before, llvm::StringRef prefix)
      : builder(before), prefix(prefix.str()) {}

  Context &getContext() const { return builder.getContext(); }
  Builder &getBuilder() { return builder; }
  llvm::StringRef getPrefix() const { return prefix; }

  Value *create(llvm::StringRef op, llvm::ArrayRef<NamedArgument> args,
                llvm::StringRef suffix);
  Value *constant(Attribute value, llvm::StringRef suffix);
  Value *ints(llvm::ArrayRef<int64_t> values, llvm::StringRef suffix);
  Value *integer(int64_t value, llvm::StringRef suffix);
  Value *flag(bool value, llvm::StringRef suffix);
  Value *flags(llvm::ArrayRef<bool> values, llvm::StringRef suffix);
  Value *string(llvm::StringRef value, llvm::StringRef suffix);
  /// Rounded to `type`.
  Value *real(double value, DataType type, llvm::StringRef suffix);

  // Operations with their flags.
  Value *binary(llvm::StringRef op, Value *x, Value *y, llvm::StringRef suffix);
  Value *reduce(llvm::StringRef op, Value *x, llvm::ArrayRef<int64_t> axes,
                llvm::StringRef suffix);
  Value *reshape(Value *x, llvm::ArrayRef<int64_t> shape,
                 llvm::StringRef suffix);
  Value *transpose(Value *x, llvm::ArrayRef<int64_t> perm,
                   llvm::StringRef suffix);
  Value *cast(Value *x, DataType type, llvm::StringRef suffix);
  /// A convolution with a kernel of 1×1, and a bias unless that is null.
  Value *conv1x1(Value *x, Value *weight, llvm::StringRef suffix,
                 Value *bias = nullptr);

private:
  Builder builder;
  std::string prefix;
};

/// The element type of a tensor value, or nothing.
[[nodiscard]] std::optional<DataType> getElementType(const Value *value);

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_OPBUILDER_H
