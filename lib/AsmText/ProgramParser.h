//===- ProgramParser.h - Parser of programs ---------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_ASMTEXT_PROGRAMPARSER_H
#define ESPRESSO_LIB_ASMTEXT_PROGRAMPARSER_H

#include "ValueParser.h"

#include "espresso/IR/Program.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"

namespace espresso {

/// The names of one function. Values are SSA: defined once, before their uses.
class NameScope {
public:
  explicit NameScope(Context &context) : context(context) {}

  /// Gives `name` to `value`. A null value stands for a definition with an
  /// error in it: using it is not another error. Reports a name that is taken.
  LogicalResult define(const Token &name, Value *value);
  /// The value; null if there is none yet (remembered, see reportUnresolved) or
  /// its definition had errors.
  Value *lookup(const Token &name);
  /// Tells that some definitions could not be read at all, so that a missing
  /// one is nobody's fault.
  void setDefinitionsLost() { definitionsLost = true; }
  /// Reports the uses that had no definition before them, now that all names
  /// are known.
  void reportUnresolved();

  /// What is defined between entering a block and leaving it is not known after
  /// it. Blocks are left in reverse order.
  size_t enterBlock() const { return names.size(); }
  void leaveBlock(size_t entered);

private:
  struct Definition {
    Value *value = nullptr;
    Token name;
  };
  void reportUndefined(const Token &use);

  Context &context;
  /// Keyed by the data of the interned name.
  llvm::DenseMap<const char *, Definition> definitions;
  /// In order of definition, for near misses.
  std::vector<llvm::StringRef> names;
  std::vector<Token> unresolved;
  unsigned numSuggestions = 0;
  bool definitionsLost = false;
};

/// Parses functions and whole programs. Goes on after an error where the next
/// statement begins.
class ProgramParser : public ValueParser {
public:
  using ValueParser::ValueParser;

  /// Null after an error.
  std::unique_ptr<Program> parseProgram();

private:
  struct NamedType {
    Type type;
    Token name;
  };

  // Programs and functions (ProgramParser.cpp).
  LogicalResult parseVersion(Program &program);
  LogicalResult parseProgramBody(Program &program);
  LogicalResult parseFunction(Program &program);
  Function *parseFunctionName(Program &program);
  LogicalResult parseParameters(Function &function, Block &body);
  LogicalResult parseOutputs(Block &body);
  LogicalResult parseNamedType(NamedType &result, const llvm::Twine &what);
  void skipToFunction();

  // Operations (OperationParser.cpp).
  /// Parses statements up to the brace that closes the block and takes it.
  LogicalResult parseStatements(Block &block);
  LogicalResult parseStatement(Block &block);
  LogicalResult parseResults(llvm::SmallVectorImpl<NamedType> &results);
  std::unique_ptr<Operation> parseOperation();
  LogicalResult parseBlocks(Operation &op);
  LogicalResult parseBlockList(Operation &op);
  LogicalResult parseBlock(Function &function, Block &block);
  LogicalResult parseArgument(Operation &op);
  LogicalResult parseArgumentList(Operation &op, Binding &binding);
  LogicalResult parseArgumentElement(Operation &op, Binding &binding);
  void skipStatement();

  /// The function being parsed; names of nested blocks are in the same scope.
  NameScope *scope = nullptr;
  llvm::StringMap<Token> functionNames;
};

} // namespace espresso

#endif // ESPRESSO_LIB_ASMTEXT_PROGRAMPARSER_H
