//===- Calls.cpp - Functions and tests of templates -----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Text/Template/Evaluator.h"

#include "espresso/Text/Unicode.h"

#include "absl/strings/str_cat.h"

#include <utility>

namespace espresso::jinja {

Value Evaluator::makeRange(const Arguments &arguments, size_t at) {
  const size_t count = arguments.positional.size();
  if (count < 1 || count > 3)
    return fail(at, "'range' takes one to three numbers");
  const int64_t first = getInteger(arguments, 0, "start", 0, at);
  const int64_t start = count == 1 ? 0 : first;
  const int64_t stop =
      count == 1 ? first : getInteger(arguments, 1, "stop", 0, at);
  const int64_t step = getInteger(arguments, 2, "step", 1, at);
  if (step == 0)
    return fail(at, "the step of 'range' is zero");
  Value::List items;
  for (int64_t i = start; step > 0 ? i < stop : i > stop;) {
    if (!charge())
      return Value::none();
    items.emplace_back(i);
    if (__builtin_add_overflow(i, step, &i))
      break;
  }
  return makeList(std::move(items), at);
}

Value Evaluator::callGlobal(const std::string &function,
                            const Arguments &arguments, size_t at) {
  if (function == "range")
    return makeRange(arguments, at);
  if (function == "raise_exception")
    return fail(
        at, absl::StrCat("the template says: ",
                         getText(arguments, 0, "message", "(no message)", at)));
  if (function == "strftime_now")
    return fail(at, "'strftime_now' is not supported: the same conversation "
                    "must give the same text");
  Value::Dict dict;
  if (!arguments.positional.empty() && arguments.positional[0].isDict())
    dict = arguments.positional[0].getDict();
  Value result = Value::makeNamespace();
  for (const auto &[key, value] : dict)
    result.set(key, value);
  for (const auto &[key, value] : arguments.named) {
    if (value.isNamespace())
      return fail(at, "a namespace cannot be put into another value");
    result.set(key, value);
  }
  if (function == "namespace")
    return result;
  Value plain(Value::Dict(result.getDict()));
  return plain.getDepth() > Value::kMaxDepth
             ? fail(at, "values are nested too deep")
             : plain;
}

Value Evaluator::callMethod(const Value &self, const std::string &method,
                            const Arguments &arguments, size_t at) {
  if (self.isString())
    return callTextMethod(self.getString(), method, arguments, at);
  if (self.isList()) {
    int64_t count = 0, index = -1;
    for (size_t i = 0; i < self.getList().size() && !hasFailed() &&
                       !arguments.positional.empty();
         ++i) {
      if (!areEqual(self.getList()[i], arguments.positional[0]))
        continue;
      ++count;
      index = index < 0 ? static_cast<int64_t>(i) : index;
    }
    if (method == "count")
      return Value(count);
    return index < 0 ? fail(at, "the value is not in the list") : Value(index);
  }
  if (method == "get") {
    const Value *key = arguments.find(0, "key");
    const Value *found =
        key && key->isString() ? self.find(key->getString()) : nullptr;
    const Value *other = arguments.find(1, "default");
    return found ? *found : other ? *other : Value::none();
  }
  return applyFilter(method, self, arguments, at);
}

//===----------------------------------------------------------------------===//
// Tests
//===----------------------------------------------------------------------===//

bool Evaluator::applyTest(const std::string &test, const Value &value,
                          const Arguments &arguments, size_t at) {
  const Value *other =
      arguments.positional.empty() ? nullptr : &arguments.positional[0];
  if (test == "defined")
    return !value.isUndefined();
  if (test == "undefined")
    return value.isUndefined();
  if (test == "none")
    return value.isNone();
  if (test == "boolean")
    return value.isBool();
  if (test == "true" || test == "false")
    return value.isBool() && value.getBool() == (test == "true");
  if (test == "string")
    return value.isString();
  if (test == "number")
    return value.isNumber();
  if (test == "integer")
    return value.isInt();
  if (test == "float")
    return value.isFloat();
  if (test == "mapping")
    return value.isDict();
  if (test == "sequence" || test == "iterable")
    return value.isList() || value.isString() || value.isDict();
  if (test == "callable")
    return value.isFunction();
  if (test == "upper" || test == "lower") {
    const std::string text = toText(value);
    const Value has = callTextMethod(text, "is" + test, {}, at);
    return has.isTrue();
  }
  if (test == "odd" || test == "even" || test == "divisibleby") {
    const int64_t by =
        test == "divisibleby" ? getInteger(arguments, 0, "num", 0, at) : 2;
    if (!value.isInt() || by == 0)
      fail(at, absl::StrCat("'", test,
                            "' needs whole numbers other than a "
                            "divisor of zero"));
    // INT64_MIN % -1 is undefined.
    const bool divides = !hasFailed() && (by == -1 || value.getInt() % by == 0);
    return divides != (test == "odd");
  }
  static constexpr std::pair<std::string_view, const char *> kOperators[] = {
      {"equalto", "=="},    {"eq", "=="}, {"==", "=="},
      {"sameas", "=="},     {"ne", "!="}, {"lt", "<"},
      {"lessthan", "<"},    {"le", "<="}, {"gt", ">"},
      {"greaterthan", ">"}, {"ge", ">="}, {"in", "in"}};
  for (const auto &[known, op] : kOperators) {
    if (known != test)
      continue;
    if (!other)
      fail(at, absl::StrCat("the test '", test, "' needs a value"));
    return !hasFailed() && compare(op, value, *other, at);
  }
  fail(at, absl::StrCat("the test '", test, "' is not supported"));
  return false;
}

} // namespace espresso::jinja
