//===- EvaluateExpr.cpp - Expressions of templates, evaluated -------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Text/Template/Evaluator.h"

#include "espresso/Text/Utf8.h"

#include "absl/strings/str_cat.h"

#include <algorithm>
#include <optional>

namespace espresso::jinja {

Value Evaluator::evaluateKind(const Expr &expr) {
  switch (expr.kind) {
  case ExprKind::Literal:
    return expr.value;
  case ExprKind::Name:
    return evaluateName(expr);
  case ExprKind::List:
    return evaluateList(expr);
  case ExprKind::Dict:
    return evaluateDict(expr);
  case ExprKind::Attribute: {
    const Value object = evaluate(*expr.operands[0]);
    if (object.isUndefined())
      return fail(expr.place,
                  absl::StrCat("'", object.getUndefinedName(),
                               "' is undefined, and has no '", expr.text, "'"));
    return getAttribute(object, expr.text);
  }
  case ExprKind::Index: {
    const Value object = evaluate(*expr.operands[0]);
    const Value index = evaluate(*expr.operands[1]);
    return hasFailed() ? Value::none() : getIndex(object, index, expr.place);
  }
  case ExprKind::Slice:
    return evaluateSlice(expr);
  case ExprKind::Call:
    return evaluateCall(expr);
  case ExprKind::Filter: {
    const Value value = evaluate(*expr.operands[0]);
    const Arguments arguments = evaluateArguments(expr);
    return hasFailed() ? Value::none()
                       : applyFilter(expr.text, value, arguments, expr.place);
  }
  case ExprKind::Test: {
    const Value value = evaluate(*expr.operands[0]);
    const Arguments arguments = evaluateArguments(expr);
    return Value(!hasFailed() &&
                 applyTest(expr.text, value, arguments, expr.place));
  }
  case ExprKind::Unary:
    return evaluateUnary(expr);
  case ExprKind::Binary: {
    const Value left = evaluate(*expr.operands[0]);
    const Value right = evaluate(*expr.operands[1]);
    return hasFailed() ? Value::none()
                       : applyBinary(expr.text, left, right, expr.place);
  }
  case ExprKind::Comparison:
    return evaluateComparison(expr);
  case ExprKind::And: {
    Value left = evaluate(*expr.operands[0]);
    return left.isTrue() ? evaluate(*expr.operands[1]) : left;
  }
  case ExprKind::Or: {
    Value left = evaluate(*expr.operands[0]);
    return left.isTrue() ? left : evaluate(*expr.operands[1]);
  }
  case ExprKind::Conditional: {
    const bool isTrue = evaluate(*expr.operands[1]).isTrue();
    if (isTrue)
      return evaluate(*expr.operands[0]);
    return expr.operands[2] ? evaluate(*expr.operands[2])
                            : Value::undefined("the missing else");
  }
  }
  return Value::none();
}

Value Evaluator::evaluateName(const Expr &expr) {
  for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope)
    for (const auto &[key, value] : *scope)
      if (key == expr.text)
        return value;
  static constexpr std::string_view kGlobals[] = {
      "dict", "namespace", "raise_exception", "range", "strftime_now"};
  if (std::find(std::begin(kGlobals), std::end(kGlobals), expr.text) ==
      std::end(kGlobals))
    return Value::undefined(expr.text);
  auto function = std::make_shared<Value::Function>();
  function->name = expr.text;
  return Value(std::shared_ptr<const Value::Function>(std::move(function)));
}

Value Evaluator::evaluateList(const Expr &expr) {
  Value::List items;
  for (const ExprRef &operand : expr.operands)
    items.push_back(evaluate(*operand));
  return makeList(std::move(items), expr.place);
}

Value Evaluator::evaluateDict(const Expr &expr) {
  Value::Dict dict;
  for (size_t i = 0; i + 1 < expr.operands.size() && !hasFailed(); i += 2) {
    const Value key = evaluate(*expr.operands[i]);
    if (!key.isString())
      return fail(expr.operands[i]->place,
                  absl::StrCat("keys of dictionaries must be texts, found ",
                               key.getKindName()));
    Value value = evaluate(*expr.operands[i + 1]);
    auto found = std::find_if(dict.begin(), dict.end(), [&](const auto &entry) {
      return entry.first == key.getString();
    });
    if (found != dict.end())
      found->second = std::move(value);
    else
      dict.emplace_back(key.getString(), std::move(value));
  }
  Value result(std::move(dict));
  if (result.getDepth() > Value::kMaxDepth)
    return fail(expr.place, "values are nested too deep");
  return result;
}

Value Evaluator::evaluateComparison(const Expr &expr) {
  Value left = evaluate(*expr.operands[0]);
  for (size_t i = 0; i < expr.names.size(); ++i) {
    Value right = evaluate(*expr.operands[i + 1]);
    if (hasFailed() || !compare(expr.names[i], left, right, expr.place))
      return Value(false);
    left = std::move(right);
  }
  return Value(true);
}

Value Evaluator::evaluateUnary(const Expr &expr) {
  const Value value = evaluate(*expr.operands[0]);
  if (expr.text == "not")
    return Value(!value.isTrue());
  if (hasFailed())
    return value;
  if (!value.isNumber())
    return fail(expr.place, absl::StrCat("expected a number after '", expr.text,
                                         "', found ", value.getKindName()));
  if (value.isFloat())
    return Value(expr.text == "-" ? -value.getFloat() : value.getFloat());
  return expr.text == "-" ? applyIntegers('-', 0, value.getInt(), expr.place)
                          : Value(value.getInt());
}

//===----------------------------------------------------------------------===//
// Parts of values
//===----------------------------------------------------------------------===//

/// Names of what can be called on a value; of others `x.name` is undefined.
static bool hasMethod(const Value &object, std::string_view name) {
  static constexpr std::string_view kText[] = {
      "capitalize",   "count",      "endswith",   "find",    "format",
      "isalnum",      "isalpha",    "isdigit",    "islower", "isspace",
      "isupper",      "join",       "lower",      "lstrip",  "removeprefix",
      "removesuffix", "replace",    "rfind",      "rsplit",  "rstrip",
      "split",        "splitlines", "startswith", "strip",   "title",
      "upper"};
  static constexpr std::string_view kDict[] = {"get", "items", "keys",
                                               "values"};
  static constexpr std::string_view kList[] = {"count", "index"};
  auto has = [name](const auto &names) {
    return std::find(std::begin(names), std::end(names), name) !=
           std::end(names);
  };
  return (object.isString() && has(kText)) || (object.isDict() && has(kDict)) ||
         (object.isList() && has(kList));
}

Value Evaluator::getAttribute(const Value &object,
                              const std::string &attribute) {
  // As in Python, a method comes before an entry, but not before a field.
  if (object.isDict() &&
      (object.isNamespace() || !hasMethod(object, attribute)))
    if (const Value *found = object.find(attribute))
      return *found;
  if (hasMethod(object, attribute)) {
    auto method = std::make_shared<Value::Function>();
    method->kind = Value::Function::Method;
    method->name = attribute;
    method->self = object;
    return Value(std::shared_ptr<const Value::Function>(std::move(method)));
  }
  return Value::undefined(attribute);
}

/// Bytes of the text where each character begins, and its end.
static std::vector<size_t> getPlaces(const std::string &text) {
  std::vector<size_t> places;
  for (size_t at = 0; at < text.size(); ++at)
    if ((static_cast<uint8_t>(text[at]) & 0xC0) != 0x80)
      places.push_back(at);
  places.push_back(text.size());
  return places;
}

Value Evaluator::getIndex(const Value &object, const Value &index,
                          size_t place) {
  if (object.isUndefined())
    return fail(place, absl::StrCat("'", object.getUndefinedName(),
                                    "' is undefined, and has no parts"));
  if (object.isDict()) {
    if (!index.isString())
      return Value::undefined("the entry");
    const Value *found = object.find(index.getString());
    return found ? *found : getAttribute(object, index.getString());
  }
  if (index.isString())
    return getAttribute(object, index.getString());
  if (!index.isInt() || !(object.isList() || object.isString()))
    return fail(place, absl::StrCat("a value of kind ", object.getKindName(),
                                    " has no part of index kind ",
                                    index.getKindName()));
  std::vector<size_t> places;
  if (object.isString() && !chargeBytes(object.getString().size()))
    return Value::none();
  if (object.isString())
    places = getPlaces(object.getString());
  const auto count = static_cast<int64_t>(
      object.isList() ? object.getList().size() : places.size() - 1);
  int64_t at = index.getInt();
  at = at < 0 ? at + count : at;
  if (at < 0 || at >= count)
    return Value::undefined("the item");
  if (object.isList())
    return object.getList()[static_cast<size_t>(at)];
  const size_t begin = places[static_cast<size_t>(at)];
  const size_t end = places[static_cast<size_t>(at) + 1];
  return Value(object.getString().substr(begin, end - begin));
}

Value Evaluator::evaluateSlice(const Expr &expr) {
  const Value object = evaluate(*expr.operands[0]);
  std::optional<int64_t> bounds[3]; // start, stop, step
  for (int i = 0; i < 3 && !hasFailed(); ++i) {
    if (!expr.operands[i + 1])
      continue;
    const Value bound = evaluate(*expr.operands[i + 1]);
    if (bound.isInt())
      bounds[i] = bound.getInt();
    else if (!bound.isNone())
      return fail(expr.place, absl::StrCat("expected whole numbers in a slice, "
                                           "found ",
                                           bound.getKindName()));
  }
  if (hasFailed())
    return Value::none();
  if (!object.isList() && !object.isString())
    return fail(expr.place,
                absl::StrCat("a value of kind ", object.getKindName(),
                             " has no slices"));
  if (object.isString() && !chargeBytes(object.getString().size()))
    return Value::none();
  const std::vector<size_t> places =
      object.isString() ? getPlaces(object.getString()) : std::vector<size_t>();
  const auto count = static_cast<int64_t>(
      object.isList() ? object.getList().size() : places.size() - 1);
  const int64_t step = bounds[2].value_or(1);
  if (step == 0)
    return fail(expr.place, "the step of a slice is zero");
  // As Python does: bounds are clamped to where steps can begin and end.
  const int64_t low = step > 0 ? 0 : -1, high = step > 0 ? count : count - 1;
  auto clamp = [&](std::optional<int64_t> bound, int64_t other) {
    if (!bound)
      return other;
    const int64_t at =
        *bound < 0 ? std::max(*bound, -count - 1) + count : *bound;
    return std::clamp(at, low, std::max(low, high));
  };
  const int64_t start = clamp(bounds[0], step > 0 ? low : high);
  const int64_t stop = clamp(bounds[1], step > 0 ? high : low);
  Value::List items;
  std::string text;
  for (int64_t at = start; step > 0 ? at < stop : at > stop;) {
    if (object.isList()) {
      items.push_back(object.getList()[static_cast<size_t>(at)]);
    } else {
      const size_t begin = places[static_cast<size_t>(at)];
      text.append(object.getString(), begin,
                  places[static_cast<size_t>(at) + 1] - begin);
    }
    // A step beyond the end must not overflow.
    if (step > 0 ? step >= stop - at : step <= stop - at)
      break;
    at += step;
  }
  return object.isList() ? makeList(std::move(items), expr.place)
                         : makeText(std::move(text));
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

Arguments Evaluator::evaluateArguments(const Expr &expr) {
  Arguments arguments;
  for (const ExprRef &argument : expr.arguments)
    arguments.positional.push_back(hasFailed() ? Value::none()
                                               : evaluate(*argument));
  for (const auto &[key, argument] : expr.namedArguments)
    arguments.named.emplace_back(key, hasFailed() ? Value::none()
                                                  : evaluate(*argument));
  return arguments;
}

Value Evaluator::evaluateCall(const Expr &expr) {
  const Value callee = evaluate(*expr.operands[0]);
  const Arguments arguments = evaluateArguments(expr);
  if (hasFailed())
    return Value::none();
  if (callee.isUndefined())
    return fail(expr.place, absl::StrCat("'", callee.getUndefinedName(),
                                         "' is undefined, and cannot be "
                                         "called"));
  if (!callee.isFunction())
    return fail(expr.place,
                absl::StrCat("a value of kind ", callee.getKindName(),
                             " cannot be called"));
  const Value::Function &function = callee.getFunction();
  switch (function.kind) {
  case Value::Function::Global:
    return callGlobal(function.name, arguments, expr.place);
  case Value::Function::Method:
    return callMethod(function.self, function.name, arguments, expr.place);
  case Value::Function::Macro:
    return callMacro(*function.macro, arguments, expr.place);
  case Value::Function::Cycle:
    if (arguments.positional.empty())
      return fail(expr.place, "expected values to cycle through");
    return arguments.positional[static_cast<size_t>(function.self.getInt()) %
                                arguments.positional.size()];
  }
  return Value::none();
}

} // namespace espresso::jinja
