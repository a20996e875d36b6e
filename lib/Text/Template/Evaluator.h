//===- Evaluator.h - Rendering templates ------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TEXT_TEMPLATE_EVALUATOR_H
#define ESPRESSO_LIB_TEXT_TEMPLATE_EVALUATOR_H

#include "Text/Template/Ast.h"

#include "absl/status/statusor.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace espresso {

struct TemplateValue::Function {
  enum Kind : uint8_t { Global, Method, Macro, Cycle };
  Kind kind = Global;
  std::string name;
  TemplateValue self;                 ///< of a method; the index of a cycle
  const jinja::Stmt *macro = nullptr; ///< owned by the template
};

namespace jinja {

using Value = TemplateValue;

/// What a call, filter or test is given.
struct Arguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;

  /// By place or name; null if it is not there.
  const Value *find(size_t index, std::string_view name) const;
};

/// Renders one template once. The first error is kept; after it every function
/// returns at once, with values that mean nothing.
class Evaluator {
public:
  Evaluator(std::string_view source, std::string_view name,
            const Value &context)
      : source(source), name(name), scopes(2) {
    scopes[0] = context.getDict();
  }

  absl::StatusOr<std::string> run(const StmtList &body);

private:
  enum class Flow : uint8_t { Normal, Break, Continue };
  using Scope = Value::Dict;

  // Statements.
  Flow execute(const StmtList &list);
  Flow execute(const Stmt &stmt);
  Flow executeIf(const Stmt &stmt);
  void executeFor(const Stmt &stmt);
  void executeSet(const Stmt &stmt);
  void executeSetBlock(const Stmt &stmt);
  bool bind(const Stmt &stmt, const Value &value, Scope &scope);
  std::string capture(const StmtList &body);
  Value callMacro(const Stmt &macro, const Arguments &arguments, size_t place);

  // Expressions.
  Value evaluate(const Expr &expr);
  Value evaluateKind(const Expr &expr);
  Value evaluateName(const Expr &expr);
  Value evaluateList(const Expr &expr);
  Value evaluateDict(const Expr &expr);
  Value evaluateComparison(const Expr &expr);
  Value evaluateUnary(const Expr &expr);
  Value evaluateSlice(const Expr &expr);
  Value evaluateCall(const Expr &expr);
  Arguments evaluateArguments(const Expr &expr);
  Value applyBinary(const std::string &op, const Value &left,
                    const Value &right, size_t place);
  Value applyArithmetic(char op, const Value &left, const Value &right,
                        size_t place);
  Value applyIntegers(char op, int64_t left, int64_t right, size_t place);
  Value repeat(const Value &value, int64_t count, size_t place);
  bool compare(const std::string &op, const Value &left, const Value &right,
               size_t place);
  Value getAttribute(const Value &object, const std::string &attribute);
  Value getIndex(const Value &object, const Value &index, size_t place);

  // What templates can call, by name.
  Value applyFilter(const std::string &filter, const Value &value,
                    const Arguments &arguments, size_t place);
  Value applyTextFilter(const std::string &filter, const Value &value,
                        const Arguments &arguments, size_t place, bool &known);
  Value applyListFilter(const std::string &filter, const Value &value,
                        const Arguments &arguments, size_t place, bool &known);
  Value sortValues(const Value &value, const Arguments &arguments,
                   size_t place);
  Value selectValues(const std::string &filter, const Value &value,
                     const Arguments &arguments, size_t place);
  Value mapValues(const Value &value, const Arguments &arguments, size_t place);
  bool applyTest(const std::string &test, const Value &value,
                 const Arguments &arguments, size_t place);
  Value callGlobal(const std::string &function, const Arguments &arguments,
                   size_t place);
  Value makeRange(const Arguments &arguments, size_t place);
  Value callMethod(const Value &self, const std::string &method,
                   const Arguments &arguments, size_t place);
  Value callTextMethod(const std::string &text, const std::string &method,
                       const Arguments &arguments, size_t place);
  Value splitText(const std::string &text, bool fromRight,
                  const Arguments &arguments, size_t place);

  // Helpers.
  /// The items of a list, the keys of a dictionary, the characters of a text;
  /// nothing for what is undefined. An error for others.
  Value::List getItems(const Value &value, size_t place);
  std::string toText(const Value &value);
  bool areEqual(const Value &left, const Value &right);
  bool isLess(const Value &left, const Value &right, size_t place);
  bool contains(const Value &container, const Value &item, size_t place);
  Value makeText(std::string text);
  Value makeList(Value::List items, size_t place);
  /// "a.b.0": attributes of attributes.
  Value getPath(const Value &value, const std::string &path);
  /// A whole number given as an argument.
  int64_t getInteger(const Arguments &arguments, size_t index,
                     std::string_view argument, int64_t other, size_t place);
  std::string getText(const Arguments &arguments, size_t index,
                      std::string_view argument, std::string_view other,
                      size_t place);

  Value fail(size_t place, std::string_view message);
  bool hasFailed() const { return !status.ok(); }
  /// Counts steps, and what they make in units of 16 bytes; false at the limit.
  bool charge(size_t count = 1);
  bool chargeBytes(size_t bytes) { return charge(1 + bytes / 16); }
  /// Looking for `what` in a text of `size` bytes, which may take the product.
  bool chargeSearch(size_t size, size_t what) {
    return charge(1 + size / 16 + (size / 64) * (what / 64));
  }
  /// How much more text may be made.
  size_t getTextLimit() const;

  std::string_view source;
  std::string_view name;
  std::vector<Scope> scopes; ///< context, template, loops and macros
  std::string *output = nullptr;
  size_t steps = 0;
  size_t place = 0; ///< what is being evaluated, for errors of limits
  int depth = 0;
  absl::Status status;
};

} // namespace jinja
} // namespace espresso

#endif // ESPRESSO_LIB_TEXT_TEMPLATE_EVALUATOR_H
