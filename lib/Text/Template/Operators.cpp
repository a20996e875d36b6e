//===- Operators.cpp - Operators of templates -----------------------------===//
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
#include <cmath>

namespace espresso::jinja {

Value Evaluator::applyBinary(const std::string &op, const Value &left,
                             const Value &right, size_t at) {
  if (op == "~") {
    std::string text = toText(left);
    text += toText(right);
    return makeText(std::move(text));
  }
  for (const Value *value : {&left, &right})
    if (value->isUndefined())
      return fail(at, absl::StrCat("'", value->getUndefinedName(),
                                   "' is undefined, and cannot be an operand "
                                   "of '",
                                   op, "'"));
  if (left.isNumber() && right.isNumber())
    return applyArithmetic(op == "//"   ? 'q'
                           : op == "**" ? 'p'
                                        : op[0],
                           left, right, at);
  if (op == "+" && left.isString() && right.isString())
    return chargeBytes(left.getString().size() + right.getString().size())
               ? Value(left.getString() + right.getString())
               : Value::none();
  if (op == "+" && left.isList() && right.isList()) {
    if (!charge(left.getList().size() + right.getList().size()))
      return Value::none();
    Value::List items = left.getList();
    items.insert(items.end(), right.getList().begin(), right.getList().end());
    return makeList(std::move(items), at);
  }
  const bool canRepeat = left.isString() || left.isList();
  if (op == "*" && canRepeat && right.isInt())
    return repeat(left, right.getInt(), at);
  if (op == "*" && (right.isString() || right.isList()) && left.isInt())
    return repeat(right, left.getInt(), at);
  if (op == "%" && left.isString())
    return fail(at, "formatting of texts with '%' is not supported");
  return fail(at,
              absl::StrCat("'", op, "' has no meaning for ", left.getKindName(),
                           " and ", right.getKindName()));
}

Value Evaluator::repeat(const Value &value, int64_t count, size_t at) {
  count = std::max<int64_t>(count, 0);
  const size_t size =
      value.isList() ? value.getList().size() * 16 : value.getString().size();
  const auto times = static_cast<size_t>(count);
  if (size != 0 && times > getTextLimit() / size)
    charge(SIZE_MAX); // reports it
  if (!chargeBytes(size * times))
    return Value::none();
  if (value.isString()) {
    std::string text;
    for (size_t i = 0; i < times && size != 0; ++i)
      text += value.getString();
    return Value(std::move(text));
  }
  Value::List items;
  for (size_t i = 0; i < times && size != 0; ++i)
    items.insert(items.end(), value.getList().begin(), value.getList().end());
  return makeList(std::move(items), at);
}

Value Evaluator::applyArithmetic(char op, const Value &left, const Value &right,
                                 size_t at) {
  if (!left.isFloat() && !right.isFloat() && op != '/')
    return applyIntegers(op, left.getInt(), right.getInt(), at);
  const double a = left.getFloat(), b = right.getFloat();
  if ((op == '/' || op == 'q' || op == '%') && b == 0)
    return fail(at, "division by zero");
  switch (op) {
  case '+':
    return Value(a + b);
  case '-':
    return Value(a - b);
  case '*':
    return Value(a * b);
  case '/':
    return Value(a / b);
  case 'q':
    return Value(std::floor(a / b));
  case '%':
    return Value(a - b * std::floor(a / b));
  default:
    return Value(std::pow(a, b));
  }
}

/// Python's: quotients are rounded down, and a remainder has the divisor's
/// sign.
Value Evaluator::applyIntegers(char op, int64_t left, int64_t right,
                               size_t at) {
  int64_t result = 0;
  bool overflows = false;
  switch (op) {
  case '+':
    overflows = __builtin_add_overflow(left, right, &result);
    break;
  case '-':
    overflows = __builtin_sub_overflow(left, right, &result);
    break;
  case '*':
    overflows = __builtin_mul_overflow(left, right, &result);
    break;
  case 'q':
  case '%': {
    if (right == 0)
      return fail(at, "division by zero");
    overflows = left == INT64_MIN && right == -1;
    if (overflows)
      break;
    const bool isInexact = left % right != 0 && (left < 0) != (right < 0);
    result = op == 'q' ? left / right - (isInexact ? 1 : 0)
                       : left % right + (isInexact ? right : 0);
    break;
  }
  default: { // power
    if (right < 0)
      return Value(
          std::pow(static_cast<double>(left), static_cast<double>(right)));
    result = 1;
    constexpr int64_t kMostBits = 63;
    const bool isTrivial = left >= -1 && left <= 1;
    overflows = !isTrivial && right > kMostBits;
    const int64_t count = isTrivial ? right % 2 + 2 * (right > 1) : right;
    for (int64_t i = 0; i < count && !overflows; ++i)
      overflows = __builtin_mul_overflow(result, left, &result);
  }
  }
  if (overflows)
    return fail(at, "the number does not fit 64 bits");
  return Value(result);
}

//===----------------------------------------------------------------------===//
// Comparisons
//===----------------------------------------------------------------------===//

bool Evaluator::areEqual(const Value &left, const Value &right) {
  // Steps are what is left of the budget.
  uint64_t remaining = getTextLimit() / 16;
  const uint64_t before = remaining;
  const bool equal = left.equals(right, remaining);
  return charge(before - remaining) && equal;
}

bool Evaluator::isLess(const Value &left, const Value &right, size_t at) {
  if (left.isNumber() && right.isNumber())
    return left.isFloat() || right.isFloat()
               ? left.getFloat() < right.getFloat()
               : left.getInt() < right.getInt();
  if (left.isString() && right.isString())
    return left.getString() < right.getString();
  fail(at, absl::StrCat(left.getKindName(), " and ", right.getKindName(),
                        " have no order"));
  return false;
}

bool Evaluator::contains(const Value &container, const Value &item, size_t at) {
  if (container.isString()) {
    if (!item.isString())
      fail(at, absl::StrCat("expected a text before 'in', found ",
                            item.getKindName()));
    return !hasFailed() &&
           chargeSearch(container.getString().size(),
                        item.getString().size()) &&
           container.getString().find(item.getString()) != std::string::npos;
  }
  if (container.isDict())
    return item.isString() && container.find(item.getString());
  for (const Value &candidate : getItems(container, at))
    if (!hasFailed() && areEqual(candidate, item))
      return true;
  return false;
}

bool Evaluator::compare(const std::string &op, const Value &left,
                        const Value &right, size_t at) {
  if (op == "==")
    return areEqual(left, right);
  if (op == "!=")
    return !areEqual(left, right);
  if (op == "in")
    return contains(right, left, at);
  if (op == "not in")
    return !contains(right, left, at);
  if (op == "<")
    return isLess(left, right, at);
  if (op == ">")
    return isLess(right, left, at);
  if (op == "<=")
    return !isLess(right, left, at);
  return !isLess(left, right, at);
}

Value::List Evaluator::getItems(const Value &value, size_t at) {
  Value::List items;
  if (value.isUndefined() || hasFailed())
    return items;
  if (value.isList()) {
    if (charge(value.getList().size()))
      items = value.getList();
  } else if (value.isDict()) {
    for (const auto &[key, entry] : value.getDict())
      items.emplace_back(key);
  } else if (value.isString()) {
    const std::string &text = value.getString();
    if (charge(text.size()))
      for (size_t i = 0; i < text.size();) {
        const size_t length = std::min(getUtf8Length(text[i]), text.size() - i);
        items.emplace_back(text.substr(i, length));
        i += length;
      }
  } else {
    fail(at, absl::StrCat("a value of kind ", value.getKindName(),
                          " has no items"));
  }
  return items;
}

} // namespace espresso::jinja
