//===- Filters.cpp - Filters of templates ---------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Text/Template/Evaluator.h"

#include "Text/Template/Json.h"
#include "espresso/Text/Unicode.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include <algorithm>
#include <cmath>

namespace espresso::jinja {

Value Evaluator::applyFilter(const std::string &filter, const Value &value,
                             const Arguments &arguments, size_t at) {
  if (!charge())
    return Value::none();
  if (filter == "default" || filter == "d") {
    const Value *other = arguments.find(0, "default_value");
    const Value *forFalse = arguments.find(1, "boolean");
    const bool isMissing = value.isUndefined() ||
                           (forFalse && forFalse->isTrue() && !value.isTrue());
    return !isMissing ? value : other ? *other : Value("");
  }
  bool known = false;
  Value result = applyTextFilter(filter, value, arguments, at, known);
  if (!known)
    result = applyListFilter(filter, value, arguments, at, known);
  if (!known)
    return fail(at, absl::StrCat("the filter '", filter, "' is not supported"));
  return result;
}

static std::string replaceAll(const std::string &text, const std::string &what,
                              const std::string &by, int64_t count,
                              size_t limit) {
  std::string result;
  size_t start = 0;
  for (size_t at = text.find(what);
       at != std::string::npos && count != 0 && result.size() <= limit;
       at = text.find(what, start), --count) {
    result.append(text, start, at - start).append(by);
    start = at + what.size();
  }
  return result.append(text, start, std::string::npos);
}

static std::string indentLines(const std::string &text,
                               const std::string &indent, bool first,
                               bool blank) {
  std::string result = first ? indent : "";
  for (size_t i = 0; i < text.size(); ++i) {
    result += text[i];
    const bool isLineEnd = text[i] == '\n' && i + 1 < text.size();
    if (isLineEnd && (blank || text[i + 1] != '\n'))
      result += indent;
  }
  return result;
}

static std::string escapeHtml(const std::string &text) {
  std::string result;
  for (char c : text) {
    if (c == '&')
      result += "&amp;";
    else if (c == '<')
      result += "&lt;";
    else if (c == '>')
      result += "&gt;";
    else if (c == '"')
      result += "&#34;";
    else if (c == '\'')
      result += "&#39;";
    else
      result += c;
  }
  return result;
}

/// Half to even, as Python rounds.
static Value roundNumber(const Value &value, int64_t digits) {
  const double scale =
      std::pow(10.0, static_cast<double>(std::clamp<int64_t>(digits, 0, 15)));
  return Value(std::nearbyint(value.getFloat() * scale) / scale);
}

Value Evaluator::applyTextFilter(const std::string &filter, const Value &value,
                                 const Arguments &arguments, size_t at,
                                 bool &known) {
  known = true;
  if (filter == "trim" || filter == "strip")
    return callTextMethod(toText(value), "strip", arguments, at);
  if (filter == "upper" || filter == "lower" || filter == "title" ||
      filter == "capitalize")
    return callTextMethod(toText(value), filter, {}, at);
  if (filter == "string")
    return makeText(toText(value));
  if (filter == "safe")
    return value;
  if (filter == "escape" || filter == "e")
    return makeText(escapeHtml(toText(value)));
  if (filter == "replace") {
    const std::string text = toText(value);
    const std::string what = getText(arguments, 0, "old", "", at);
    const std::string by = getText(arguments, 1, "new", "", at);
    const int64_t count = getInteger(arguments, 2, "count", -1, at);
    if (what.empty())
      return fail(at, "'replace' needs a text to look for");
    return chargeSearch(text.size(), what.size())
               ? makeText(replaceAll(text, what, by, count, getTextLimit()))
               : Value::none();
  }
  if (filter == "indent") {
    const Value *width = arguments.find(0, "width");
    const Value *first = arguments.find(1, "first");
    const Value *blank = arguments.find(2, "blank");
    const std::string text = toText(value);
    const int64_t count = width && width->isString()
                              ? 0
                              : getInteger(arguments, 0, "width", 4, at);
    if (count < 0 || count > 1000)
      return fail(at, "'indent' takes up to 1000 blanks");
    const std::string indent =
        width && width->isString()
            ? width->getString()
            : std::string(static_cast<size_t>(count), ' ');
    const auto lines =
        static_cast<size_t>(std::count(text.begin(), text.end(), '\n') + 1);
    return chargeBytes(lines * indent.size())
               ? makeText(indentLines(text, indent, first && first->isTrue(),
                                      blank && blank->isTrue()))
               : Value::none();
  }
  if (filter == "tojson") {
    const int64_t indent = getInteger(arguments, 0, "indent", -1, at);
    if (indent > 64)
      return fail(at, "'tojson' indents by up to 64 blanks");
    std::string text;
    if (!printJson(value, indent, text, getTextLimit()))
      return fail(at, absl::StrCat("a value of kind ", value.getKindName(),
                                   " has no form in JSON"));
    return makeText(std::move(text));
  }
  if (filter == "int" || filter == "float") {
    double number = value.isNumber() ? value.getFloat() : 0;
    int64_t integer = value.isNumber() ? value.getInt() : 0;
    bool isNumber = value.isNumber();
    if (value.isString()) {
      isNumber = absl::SimpleAtod(value.getString(), &number);
      if (!absl::SimpleAtoi(value.getString(), &integer))
        integer = Value(number).getInt();
    }
    if (!isNumber) {
      const Value *other = arguments.find(0, "default");
      return other ? *other : filter == "int" ? Value(int64_t{0}) : Value(0.0);
    }
    return filter == "int" ? Value(integer) : Value(number);
  }
  if (filter == "abs" || filter == "round") {
    if (!value.isNumber())
      return fail(at, absl::StrCat("'", filter, "' needs a number, found ",
                                   value.getKindName()));
    if (filter == "round")
      return roundNumber(value, getInteger(arguments, 0, "precision", 0, at));
    return value.isFloat()      ? Value(std::fabs(value.getFloat()))
           : value.getInt() < 0 ? applyIntegers('-', 0, value.getInt(), at)
                                : Value(value.getInt());
  }
  known = false;
  return Value::none();
}

} // namespace espresso::jinja
