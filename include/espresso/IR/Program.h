//===- Program.h - Blocks, functions and programs ---------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_IR_PROGRAM_H
#define ESPRESSO_IR_PROGRAM_H

#include "espresso/IR/Context.h"
#include "espresso/IR/Operation.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/ilist.h"

#include <memory>
#include <string>
#include <vector>

namespace espresso {

class Program;

/// Inputs, a list of operations, and the values that are its outputs. There is
/// no terminator and no branch: "defined earlier here or in an enclosing block"
/// is all of dominance. Owned by its function or operation.
class Block {
public:
  using OperationList = llvm::iplist<Operation>;

  explicit Block(Function *function) : parentFunction(function) {}
  explicit Block(Operation *op) : parentOp(op) {}
  ~Block();
  Block(const Block &) = delete;
  Block &operator=(const Block &) = delete;

  /// The function this is in, at whatever depth; null if detached.
  Function *getFunction() const;
  /// The operation this is nested in, or null for a function's body.
  Operation *getParentOp() const { return parentOp; }

  Value *addInput(llvm::StringRef name, Type type, Location location);
  llvm::ArrayRef<std::unique_ptr<Value>> getInputs() const { return inputs; }
  Value *findInput(llvm::StringRef name) const;
  /// Removes an unused input.
  void eraseInput(Value *input);

  OperationList &getOperations() { return operations; }
  const OperationList &getOperations() const { return operations; }
  OperationList::iterator begin() { return operations.begin(); }
  OperationList::iterator end() { return operations.end(); }
  bool empty() const { return operations.empty(); }
  Operation *append(std::unique_ptr<Operation> op);
  Operation *insertBefore(Operation *position, std::unique_ptr<Operation> op);

  size_t getNumOutputs() const { return outputs.size(); }
  Value *getOutput(size_t index) const { return outputs[index]->get(); }
  void addOutput(Value *value);
  void setOutput(size_t index, Value *value) { outputs[index]->set(value); }
  void clearOutputs() { outputs.clear(); }

private:
  Function *parentFunction = nullptr;
  Operation *parentOp = nullptr;
  std::vector<std::unique_ptr<Value>> inputs;
  OperationList operations;
  std::vector<std::unique_ptr<Use>> outputs;
};

/// A named function of one opset. Its body's inputs and outputs are its ports,
/// bound by name. Owned by its program.
class Function {
public:
  Function(Program &program, llvm::StringRef name,
           llvm::StringRef opsetSpelling, Location location);

  Program &getProgram() const { return program; }
  Context &getContext() const;
  llvm::StringRef getName() const { return name; }
  void setName(llvm::StringRef newName) { name = newName; }
  /// As written: "ios18", "host", or a word we do not know.
  llvm::StringRef getOpsetSpelling() const { return opsetSpelling; }
  void setOpset(Opset newOpset);
  Opset getOpset() const { return opset; }
  Location getLocation() const { return location; }

  Block &getBody() { return body; }
  const Block &getBody() const { return body; }
  AttributeList &getAttributes() { return attributes; }
  const AttributeList &getAttributes() const { return attributes; }

  /// `base`, or `base_1`, `base_2`, … if it is taken in this function. The name
  /// is interned and marked as taken; names are never given back.
  llvm::StringRef makeUniqueName(const llvm::Twine &base);
  /// Marks a name as taken; false if it was already.
  bool reserveName(llvm::StringRef valueName);

  /// Visits every operation, those of nested blocks before the one they are in.
  /// `visit` may erase the operation it is given.
  void walk(llvm::function_ref<void(Operation &)> visit);

private:
  Program &program;
  llvm::StringRef name;
  llvm::StringRef opsetSpelling;
  Opset opset;
  Location location;
  AttributeList attributes;
  llvm::StringSet<> takenNames;
  llvm::StringMap<unsigned> nextSuffix;
  Block body;
};

/// The dialect number of the text, `program(1.0)` or `program(1.3)`: it decides
/// how scalars are spelt.
struct TextVersion {
  unsigned majorNumber = 1;
  unsigned minorNumber = 3;
  /// `tensor<int32, []>` rather than `int32`.
  bool hasTensorScalars() const { return majorNumber == 1 && minorNumber < 3; }
};

/// A whole program: functions and attributes. Owns everything below it; the
/// context must outlive it. Thread-compatible.
class Program {
public:
  explicit Program(Context &context) : context(context) {}

  Context &getContext() const { return context; }
  TextVersion getTextVersion() const { return version; }
  void setTextVersion(TextVersion newVersion) { version = newVersion; }
  AttributeList &getAttributes() { return attributes; }
  const AttributeList &getAttributes() const { return attributes; }
  /// Whether `[...]` stands in the text even if it is empty.
  bool hasAttributeBrackets() const { return attributeBrackets; }
  void setAttributeBrackets(bool present) { attributeBrackets = present; }

  llvm::ArrayRef<std::unique_ptr<Function>> getFunctions() const {
    return functions;
  }
  /// Null if there is none of that name.
  Function *findFunction(llvm::StringRef name) const;
  /// Appends. The name must be free.
  Function *addFunction(llvm::StringRef name, llvm::StringRef opsetSpelling,
                        Location location);
  Function *addFunction(llvm::StringRef name, Opset opset, Location location);
  void eraseFunction(Function *function);

private:
  Context &context;
  TextVersion version;
  AttributeList attributes;
  bool attributeBrackets = false;
  std::vector<std::unique_ptr<Function>> functions;
};

} // namespace espresso

#endif // ESPRESSO_IR_PROGRAM_H
