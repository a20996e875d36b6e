//===- Builder.h - Making operations ----------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_IR_BUILDER_H
#define ESPRESSO_IR_BUILDER_H

#include "espresso/IR/Program.h"

#include "llvm/ADT/DenseMap.h"

namespace espresso {

/// One argument for Builder::create: a name with a value, a list of values, or
/// a literal.
struct NamedArgument {
  NamedArgument(llvm::StringRef name, Value *value)
      : name(name), values({value}) {}
  NamedArgument(llvm::StringRef name, llvm::ArrayRef<Value *> values)
      : name(name), values(values.begin(), values.end()), isList(true) {}
  NamedArgument(llvm::StringRef name, Attribute literal)
      : name(name), literal(std::move(literal)) {}

  llvm::StringRef name;
  llvm::SmallVector<Value *, 2> values;
  Attribute literal;
  bool isList = false;
};

/// Inserts operations at a place in a block, names their results, and gives
/// them a location. Thread-compatible.
class Builder {
public:
  /// Appends to `block`.
  explicit Builder(Block &block, Location location = {});
  /// Inserts before `op`, with its location.
  explicit Builder(Operation &op);

  Context &getContext() const { return function.getContext(); }
  Function &getFunction() const { return function; }
  void setLocation(Location newLocation) { location = newLocation; }
  void setInsertionPoint(Operation &before) {
    block = before.getBlock();
    position = &before;
  }
  void setInsertionPointToEnd(Block &newBlock) {
    block = &newBlock;
    position = nullptr;
  }

  /// Makes an operation whose results have the given types and are named after
  /// `resultName` (made unique; several get `_0`, `_1`, …). No `name` attribute
  /// is set.
  Operation *create(llvm::StringRef opName, llvm::ArrayRef<NamedArgument> args,
                    llvm::ArrayRef<Type> resultTypes,
                    const llvm::Twine &resultName);
  /// `const()[val = value]`.
  Value *createConstant(Attribute value, const llvm::Twine &name);

  // Literals.
  Attribute getBool(bool value) {
    return Attribute::boolean(getContext(), value);
  }
  Attribute getString(llvm::StringRef value) {
    return Attribute::string(getContext(), value);
  }
  Attribute getInt32(int64_t value) {
    return Attribute::integer(getContext(), value);
  }
  Attribute getInt32s(llvm::ArrayRef<int64_t> values) {
    return Attribute::integers(getContext(), values);
  }
  Attribute getReal(double value, DataType type) {
    return Attribute::real(getContext(), value, type);
  }

private:
  Function &function;
  Block *block;
  Operation *position = nullptr;
  Location location;
};

/// Copies `op` (nested blocks included) to the builder's place; operands are
/// looked up in `mapping` and kept if absent there; results are entered in it.
Operation *cloneOperation(const Operation &op, Builder &builder,
                          llvm::DenseMap<const Value *, Value *> &mapping);

/// Copies ports and operations of `from` into `to`, which must be empty. Names
/// are kept.
void cloneFunctionBody(const Function &from, Function &to);

/// A deep copy of `program` in the same context.
std::unique_ptr<Program> cloneProgram(const Program &program);

} // namespace espresso

#endif // ESPRESSO_IR_BUILDER_H
