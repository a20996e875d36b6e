//===- Operation.h - Operations and their named arguments -------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_IR_OPERATION_H
#define ESPRESSO_IR_OPERATION_H

#include "espresso/IR/Attribute.h"
#include "espresso/IR/Opset.h"
#include "espresso/IR/Value.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/ilist_node.h"

#include <memory>
#include <vector>

namespace espresso {

class Block;
class Context;
class Function;

/// One element of a binding: a use of a value, or a literal.
class Argument {
public:
  Argument(Value *value, Operation *user) : use(value, user) {}
  explicit Argument(Attribute literal) : literal(std::move(literal)) {}

  /// The value, or null if this is a literal.
  Value *getValue() const { return use.get(); }
  /// The literal, or null if this is a value.
  const Attribute &getLiteral() const { return literal; }

private:
  Use use;
  Attribute literal;
};

/// What one named input of an operation is bound to: `x = a`, `x =
/// fp16(0x1p+0)` or, for variadic inputs, `values = (a, b)`. Position means
/// nothing.
class Binding {
public:
  Binding(llvm::StringRef name, bool parenthesised)
      : name(name), parenthesised(parenthesised) {}

  llvm::StringRef getName() const { return name; }
  /// Written `(a, b)`; a single argument may be written either way.
  bool isParenthesised() const { return parenthesised; }
  size_t size() const { return arguments.size(); }
  const Argument &operator[](size_t index) const { return *arguments[index]; }
  /// The argument of a binding that is not a list.
  const Argument &getSingle() const {
    assert(arguments.size() == 1 && "a list has no single argument");
    return *arguments[0];
  }

  void addValue(Value *value, Operation *user) {
    arguments.push_back(std::make_unique<Argument>(value, user));
  }
  void addLiteral(Attribute literal) {
    arguments.push_back(std::make_unique<Argument>(std::move(literal)));
  }

private:
  llvm::StringRef name;
  bool parenthesised;
  std::vector<std::unique_ptr<Argument>> arguments;
};

/// One operation: a name, named arguments, results, attributes, nested blocks.
/// Owned by its block (or by whoever took it out). Names are interned.
class Operation : public llvm::ilist_node<Operation> {
public:
  /// Makes an operation that belongs to no block yet.
  static std::unique_ptr<Operation> create(llvm::StringRef name,
                                           Location location);
  ~Operation();
  Operation(const Operation &) = delete;
  Operation &operator=(const Operation &) = delete;

  llvm::StringRef getName() const { return name; }
  void setName(llvm::StringRef newName) { name = newName; }
  bool is(llvm::StringRef opName) const { return name == opName; }
  Location getLocation() const { return location; }
  void setLocation(Location newLocation) { location = newLocation; }

  /// `relu<ios17>(...)`: the opset the operation names itself, or none.
  llvm::StringRef getOpsetQualifier() const { return opsetQualifier; }
  void setOpsetQualifier(llvm::StringRef spelling) {
    opsetQualifier = spelling;
  }
  /// The opset whose definition applies: the qualifier's, or the function's.
  /// Unknown for an operation outside of a function.
  Opset getOpset() const;

  // Where it stands.
  Block *getBlock() const { return block; }
  Function *getFunction() const;
  /// The operation whose block this is in, or null.
  Operation *getParentOp() const;
  void moveBefore(Operation *other);
  /// Removes and destroys. Results must be unused.
  void erase();
  /// Removes without destroying.
  std::unique_ptr<Operation> takeOut();

  // Arguments. Bindings are sorted by name, so that no pass can come to depend
  // on the order in which they were made or written.
  llvm::ArrayRef<std::unique_ptr<Binding>> getBindings() const {
    return bindings;
  }
  const Binding *findBinding(llvm::StringRef input) const;
  bool hasBinding(llvm::StringRef input) const {
    return findBinding(input) != nullptr;
  }
  /// The value bound to `input`, or null if it is absent, literal, or a list of
  /// other than one.
  Value *getOperand(llvm::StringRef input) const;
  /// All values bound to `input`, literals left out.
  llvm::SmallVector<Value *, 4> getOperands(llvm::StringRef input) const;
  /// Every value used, in order of the bindings.
  llvm::SmallVector<Value *, 8> getAllOperands() const;
  /// The type of the value or literal bound to `input`, null if absent or a
  /// list.
  Type getArgumentType(llvm::StringRef input) const;
  /// What `input` is known to be at compile time: its literal, the value of the
  /// `const` it is bound to, or the attribute of that name (the form compressed
  /// weights have in ios16); null otherwise. A blob reference is a known value.
  Attribute getConstant(llvm::StringRef input) const;
  /// These replace a binding of that name. `input` must be interned.
  void setOperand(llvm::StringRef input, Value *value);
  void setOperands(llvm::StringRef input, llvm::ArrayRef<Value *> values);
  void setLiteral(llvm::StringRef input, Attribute literal);
  void removeBinding(llvm::StringRef input);
  /// Adds or replaces a binding made elsewhere.
  void setBinding(std::unique_ptr<Binding> binding);

  // Results.
  Value *addResult(llvm::StringRef resultName, Type type, Location location);
  unsigned getNumResults() const { return results.size(); }
  Value *getResult(unsigned index = 0) const { return results[index].get(); }
  llvm::ArrayRef<std::unique_ptr<Value>> getResults() const { return results; }
  bool hasUses() const;

  // Attributes.
  const AttributeList &getAttributes() const { return attributes; }
  Attribute getAttribute(llvm::StringRef attributeName) const {
    return attributes.get(attributeName);
  }
  void setAttribute(llvm::StringRef attributeName, Attribute value) {
    attributes.set(attributeName, std::move(value));
  }
  bool removeAttribute(llvm::StringRef attributeName) {
    return attributes.remove(attributeName);
  }

  // Nested blocks.
  Block *addBlock();
  llvm::ArrayRef<std::unique_ptr<Block>> getBlocks() const { return blocks; }

  InFlightDiagnostic emitError() const;
  InFlightDiagnostic emitWarning() const;
  InFlightDiagnostic emitRemark() const;

private:
  friend class Block;
  Operation(llvm::StringRef name, Location location)
      : name(name), location(location) {}
  DiagnosticEngine &getDiagnostics() const;

  llvm::StringRef name;
  llvm::StringRef opsetQualifier;
  Location location;
  Block *block = nullptr;
  std::vector<std::unique_ptr<Binding>> bindings;
  std::vector<std::unique_ptr<Value>> results;
  AttributeList attributes;
  std::vector<std::unique_ptr<Block>> blocks;
};

} // namespace espresso

#endif // ESPRESSO_IR_OPERATION_H
