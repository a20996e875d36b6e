//===- Value.h - What operations compute and use ----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_IR_VALUE_H
#define ESPRESSO_IR_VALUE_H

#include "espresso/IR/Type.h"
#include "espresso/Support/Diagnostics.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"

namespace espresso {

class Block;
class Operation;
class Use;

/// The result of an operation or an input of a block. Owned by that operation
/// or block. Names are interned, unique in a function, and seen by users where
/// the value is an input or an output.
class Value {
public:
  Value(llvm::StringRef name, Type type, Location location,
        Operation *definingOp, Block *block)
      : name(name), type(type), location(location), definingOp(definingOp),
        inputOf(block) {}
  ~Value();
  Value(const Value &) = delete;
  Value &operator=(const Value &) = delete;

  llvm::StringRef getName() const { return name; }
  /// `newName` must be interned and free; see Function::makeUniqueName.
  void setName(llvm::StringRef newName) { name = newName; }
  Type getType() const { return type; }
  void setType(Type newType) { type = newType; }
  /// The type as a tensor, or a null type.
  TensorType getTensorType() const { return type.getAs<TensorType>(); }
  Location getLocation() const { return location; }

  /// The operation this is a result of, or null for a block's input.
  Operation *getDefiningOp() const { return definingOp; }
  /// The block this is an input of, or null for a result.
  Block *getInputOf() const { return inputOf; }

  bool hasUses() const { return firstUse != nullptr; }
  bool hasOneUse() const;
  unsigned getNumUses() const;
  /// Visits each use; `visit` may change the use it is given, but no other.
  void forEachUse(llvm::function_ref<void(Use &)> visit);
  void replaceAllUsesWith(Value *other);

private:
  friend class Use;
  llvm::StringRef name;
  Type type;
  Location location;
  Operation *definingOp;
  Block *inputOf;
  Use *firstUse = nullptr;
};

/// One place where a value is used: an argument of an operation, or an output
/// of a block. Links itself into the value's list.
class Use {
public:
  Use() = default;
  Use(Value *value, Operation *user) : user(user) { set(value); }
  Use(Value *value, Block *block) : outputOf(block) { set(value); }
  ~Use() { set(nullptr); }
  Use(const Use &) = delete;
  Use &operator=(const Use &) = delete;

  Value *get() const { return value; }
  void set(Value *newValue);
  /// The operation that uses the value, or null for a block's output.
  Operation *getUser() const { return user; }
  /// The block whose output this is, or null.
  Block *getOutputOf() const { return outputOf; }

private:
  friend class Value;
  Value *value = nullptr;
  Operation *user = nullptr;
  Block *outputOf = nullptr;
  Use *next = nullptr;
  Use **previousLink = nullptr;
};

} // namespace espresso

#endif // ESPRESSO_IR_VALUE_H
