//===- Evaluator.cpp - Statements of templates, run -----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Text/Template/Evaluator.h"

#include "Text/Template/Lexer.h"

#include "absl/strings/str_cat.h"

#include <algorithm>
#include <iterator>

namespace espresso::jinja {

/// Real templates take a few thousand.
static constexpr size_t kMaxSteps = 4'000'000;
/// Levels of evaluation: expressions, statements and macros in each other.
static constexpr int kMaxDepth = 400;

const Value *Arguments::find(size_t index, std::string_view argument) const {
  if (index < positional.size())
    return &positional[index];
  for (const auto &[key, value] : named)
    if (key == argument)
      return &value;
  return nullptr;
}

Value Evaluator::fail(size_t at, std::string_view message) {
  if (status.ok())
    status = makeError(name, source, at, message);
  return Value::none();
}

bool Evaluator::charge(size_t count) {
  if (hasFailed())
    return false;
  steps += std::min(count, kMaxSteps + 1);
  if (steps <= kMaxSteps)
    return true;
  const absl::Status where =
      makeError(name, source, place,
                absl::StrCat("the template takes more than ", kMaxSteps,
                             " steps, or makes too much text"));
  status = absl::ResourceExhaustedError(where.message());
  return false;
}

size_t Evaluator::getTextLimit() const {
  return steps < kMaxSteps ? (kMaxSteps - steps) * 16 : 0;
}

static void setVariable(Value::Dict &scope, std::string_view name,
                        Value value) {
  for (auto &[key, old] : scope)
    if (key == name) {
      old = std::move(value);
      return;
    }
  scope.emplace_back(name, std::move(value));
}

absl::StatusOr<std::string> Evaluator::run(const StmtList &body) {
  std::string text;
  output = &text;
  execute(body);
  if (hasFailed())
    return status;
  return text;
}

Evaluator::Flow Evaluator::execute(const StmtList &list) {
  for (const auto &stmt : list) {
    if (depth >= kMaxDepth)
      fail(stmt->place,
           absl::StrCat("evaluation is nested deeper than ", kMaxDepth));
    if (hasFailed())
      return Flow::Normal;
    ++depth;
    const Flow flow = execute(*stmt);
    --depth;
    if (flow != Flow::Normal || hasFailed())
      return flow;
  }
  return Flow::Normal;
}

Evaluator::Flow Evaluator::execute(const Stmt &stmt) {
  place = stmt.place;
  if (!charge())
    return Flow::Normal;
  switch (stmt.kind) {
  case StmtKind::Text:
    if (chargeBytes(stmt.text.size()))
      *output += stmt.text;
    return Flow::Normal;
  case StmtKind::Print: {
    const Value value = evaluate(*stmt.expression);
    const std::string text = hasFailed() ? std::string() : toText(value);
    if (!hasFailed())
      *output += text;
    return Flow::Normal;
  }
  case StmtKind::If:
    return executeIf(stmt);
  case StmtKind::For:
    executeFor(stmt);
    return Flow::Normal;
  case StmtKind::Set:
  case StmtKind::SetField:
    executeSet(stmt);
    return Flow::Normal;
  case StmtKind::SetBlock:
    executeSetBlock(stmt);
    return Flow::Normal;
  case StmtKind::Macro: {
    auto function = std::make_shared<Value::Function>();
    function->kind = Value::Function::Macro;
    function->name = stmt.text;
    function->macro = &stmt;
    setVariable(scopes.back(), stmt.text,
                Value(std::shared_ptr<const Value::Function>(function)));
    return Flow::Normal;
  }
  case StmtKind::Break:
    return Flow::Break;
  case StmtKind::Continue:
    return Flow::Continue;
  case StmtKind::Group:
    return execute(stmt.body);
  }
  return Flow::Normal;
}

Evaluator::Flow Evaluator::executeIf(const Stmt &stmt) {
  for (const auto &[condition, body] : stmt.branches) {
    const bool isTaken = !condition || evaluate(*condition).isTrue();
    if (hasFailed())
      return Flow::Normal;
    if (isTaken)
      return execute(body);
  }
  return Flow::Normal;
}

//===----------------------------------------------------------------------===//
// Variables
//===----------------------------------------------------------------------===//

/// Gives the names of `stmt` a value, or the items of one.
bool Evaluator::bind(const Stmt &stmt, const Value &value, Scope &scope) {
  if (stmt.names.size() == 1) {
    setVariable(scope, stmt.names[0], value);
    return true;
  }
  const Value::List items = getItems(value, stmt.place);
  if (!hasFailed() && items.size() != stmt.names.size())
    fail(stmt.place, absl::StrCat("expected ", stmt.names.size(),
                                  " values to unpack, found ", items.size()));
  for (size_t i = 0; !hasFailed() && i < items.size(); ++i)
    setVariable(scope, stmt.names[i], items[i]);
  return !hasFailed();
}

void Evaluator::executeSet(const Stmt &stmt) {
  const Value value = evaluate(*stmt.expression);
  if (hasFailed())
    return;
  if (stmt.kind == StmtKind::Set) {
    bind(stmt, value, scopes.back());
    return;
  }
  Expr object;
  object.kind = ExprKind::Name;
  object.place = stmt.place;
  object.text = stmt.names[0];
  const Value target = evaluate(object);
  if (!target.isNamespace())
    fail(stmt.place, absl::StrCat("'", stmt.names[0],
                                  "' is no namespace, whose fields could be "
                                  "set"));
  else if (value.isNamespace())
    fail(stmt.place, "a namespace cannot be put into another value");
  else
    target.set(stmt.names[1], value);
}

std::string Evaluator::capture(const StmtList &body) {
  std::string text;
  std::string *outer = output;
  output = &text;
  execute(body);
  output = outer;
  return text;
}

void Evaluator::executeSetBlock(const Stmt &stmt) {
  Value value = makeText(capture(stmt.body));
  std::vector<const Expr *> filters;
  for (const Expr *filter = stmt.expression.get(); filter;
       filter = filter->operands[0].get())
    filters.push_back(filter);
  for (auto filter = filters.rbegin(); filter != filters.rend(); ++filter)
    if (!hasFailed())
      value = applyFilter((*filter)->text, value, evaluateArguments(**filter),
                          (*filter)->place);
  if (!hasFailed())
    setVariable(scopes.back(), stmt.names[0], std::move(value));
}

//===----------------------------------------------------------------------===//
// Loops and macros
//===----------------------------------------------------------------------===//

static Value makeLoop(const Value::List &items, size_t index) {
  const auto count = static_cast<int64_t>(items.size());
  const auto at = static_cast<int64_t>(index);
  auto cycle = std::make_shared<Value::Function>();
  cycle->kind = Value::Function::Cycle;
  cycle->name = "cycle";
  cycle->self = Value(at);
  Value::Dict loop;
  loop.emplace_back("index", Value(at + 1));
  loop.emplace_back("index0", Value(at));
  loop.emplace_back("first", Value(at == 0));
  loop.emplace_back("last", Value(at + 1 == count));
  loop.emplace_back("length", Value(count));
  loop.emplace_back("revindex", Value(count - at));
  loop.emplace_back("revindex0", Value(count - at - 1));
  if (index > 0)
    loop.emplace_back("previtem", items[index - 1]);
  if (index + 1 < items.size())
    loop.emplace_back("nextitem", items[index + 1]);
  loop.emplace_back("cycle",
                    Value(std::shared_ptr<const Value::Function>(cycle)));
  return Value(std::move(loop));
}

void Evaluator::executeFor(const Stmt &stmt) {
  const Value iterable = evaluate(*stmt.expression);
  Value::List items =
      hasFailed() ? Value::List() : getItems(iterable, stmt.place);
  if (stmt.filter) {
    Value::List kept;
    for (const Value &item : items) {
      scopes.emplace_back();
      const bool isKept = charge() && bind(stmt, item, scopes.back()) &&
                          evaluate(*stmt.filter).isTrue();
      scopes.pop_back();
      if (isKept)
        kept.push_back(item);
    }
    items = std::move(kept);
  }
  if (hasFailed())
    return;
  if (items.empty()) {
    execute(stmt.orElse);
    return;
  }
  for (size_t i = 0; i < items.size() && charge(); ++i) {
    scopes.emplace_back();
    scopes.back().emplace_back("loop", makeLoop(items, i));
    Flow flow = Flow::Normal;
    if (bind(stmt, items[i], scopes.back()))
      flow = execute(stmt.body);
    scopes.pop_back();
    if (flow == Flow::Break || hasFailed())
      return;
  }
}

Value Evaluator::callMacro(const Stmt &macro, const Arguments &arguments,
                           size_t at) {
  if (arguments.positional.size() > macro.names.size())
    return fail(at, absl::StrCat("macro '", macro.text, "' takes ",
                                 macro.names.size(), " arguments, found ",
                                 arguments.positional.size()));
  for (const auto &[key, value] : arguments.named)
    if (std::find(macro.names.begin(), macro.names.end(), key) ==
        macro.names.end())
      return fail(at, absl::StrCat("macro '", macro.text,
                                   "' has no parameter '", key, "'"));
  // A macro sees the context and the template, not who calls it.
  std::vector<Scope> outer(std::make_move_iterator(scopes.begin() + 2),
                           std::make_move_iterator(scopes.end()));
  scopes.resize(2);
  scopes.emplace_back();
  for (size_t i = 0; i < macro.names.size() && !hasFailed(); ++i) {
    Value value = Value::undefined(macro.names[i]);
    if (const Value *given = arguments.find(i, macro.names[i]))
      value = *given;
    else if (macro.defaults[i])
      value = evaluate(*macro.defaults[i]);
    setVariable(scopes.back(), macro.names[i], std::move(value));
  }
  std::string text = hasFailed() ? std::string() : capture(macro.body);
  scopes.resize(2);
  scopes.insert(scopes.end(), std::make_move_iterator(outer.begin()),
                std::make_move_iterator(outer.end()));
  return makeText(std::move(text));
}

//===----------------------------------------------------------------------===//
// Helpers
//===----------------------------------------------------------------------===//

Value Evaluator::evaluate(const Expr &expr) {
  if (!charge())
    return Value::none();
  if (++depth > kMaxDepth) {
    --depth;
    return fail(expr.place,
                absl::StrCat("evaluation is nested deeper than ", kMaxDepth));
  }
  place = expr.place;
  Value value = evaluateKind(expr);
  --depth;
  return value;
}

std::string Evaluator::toText(const Value &value) {
  std::string text;
  const size_t limit = getTextLimit();
  value.print(text, limit);
  return chargeBytes(text.size()) ? text : std::string();
}

Value Evaluator::makeText(std::string text) {
  return chargeBytes(text.size()) ? Value(std::move(text)) : Value::none();
}

Value Evaluator::makeList(Value::List items, size_t at) {
  if (!charge(1 + items.size()))
    return Value::none();
  Value list(std::move(items));
  if (list.getDepth() > Value::kMaxDepth)
    return fail(at, "values are nested too deep");
  return list;
}

} // namespace espresso::jinja
