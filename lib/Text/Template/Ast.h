//===- Ast.h - What templates consist of ------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TEXT_TEMPLATE_AST_H
#define ESPRESSO_LIB_TEXT_TEMPLATE_AST_H

#include "espresso/Text/TemplateValue.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace espresso::jinja {

enum class ExprKind : uint8_t {
  Literal,     // value
  Name,        // text
  List,        // operands
  Dict,        // operands: key, value, key, value, ...
  Attribute,   // operands[0] . text
  Index,       // operands[0] [ operands[1] ]
  Slice,       // operands[0] [ operands[1] : operands[2] : operands[3] ]
  Call,        // operands[0] ( arguments )
  Filter,      // operands[0] | text ( arguments )
  Test,        // operands[0] is text ( arguments )
  Unary,       // text operands[0]
  Binary,      // operands[0] text operands[1]
  Comparison,  // operands[0] names[0] operands[1] names[1] operands[2] ...
  And,         // operands[0], operands[1]
  Or,          // operands[0], operands[1]
  Conditional, // operands[0] if operands[1] else operands[2]; that may be null
};

struct Expr;
using ExprRef = std::unique_ptr<Expr>;

struct Expr {
  ExprKind kind = ExprKind::Literal;
  size_t place = 0; ///< byte of the template
  int depth = 1;    ///< levels of the tree from here on
  std::string text;
  TemplateValue value;
  std::vector<ExprRef> operands; ///< null where something is left out
  std::vector<ExprRef> arguments;
  std::vector<std::pair<std::string, ExprRef>> namedArguments;
  std::vector<std::string> names;
};

enum class StmtKind : uint8_t {
  Text,     // text
  Print,    // expression
  If,       // branches: condition (null for else) and body
  For,      // names in expression, if filter: body, else orElse
  Set,      // names = expression
  SetField, // names[0].names[1] = expression
  SetBlock, // names[0] = what body prints, through the filter `expression`
  Macro,    // text(names = defaults): body
  Break,
  Continue,
  Group, // body
};

struct Stmt;
using StmtList = std::vector<std::unique_ptr<Stmt>>;

struct Stmt {
  StmtKind kind = StmtKind::Text;
  size_t place = 0;
  std::string text;
  ExprRef expression;
  ExprRef filter;
  std::vector<std::string> names;
  std::vector<ExprRef> defaults; ///< one for each name of a macro, or null
  std::vector<std::pair<ExprRef, StmtList>> branches;
  StmtList body;
  StmtList orElse;
};

} // namespace espresso::jinja

#endif // ESPRESSO_LIB_TEXT_TEMPLATE_AST_H
