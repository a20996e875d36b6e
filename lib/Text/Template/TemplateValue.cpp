//===- TemplateValue.cpp - Values in templates ----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Text/TemplateValue.h"

#include "Text/Template/Json.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace espresso {

TemplateValue::TemplateValue(List value) {
  auto holder = std::make_shared<Holder<List>>();
  for (const TemplateValue &item : value)
    holder->depth = std::max(holder->depth, item.getDepth() + 1);
  holder->items = std::move(value);
  data = std::move(holder);
}

TemplateValue::TemplateValue(Dict value) {
  auto holder = std::make_shared<Holder<Dict>>();
  for (const auto &[key, item] : value)
    holder->depth = std::max(holder->depth, item.getDepth() + 1);
  holder->items = std::move(value);
  data = std::move(holder);
}

TemplateValue TemplateValue::makeNamespace() {
  TemplateValue value{Dict()};
  std::get<std::shared_ptr<Holder<Dict>>>(value.data)->depth = kMaxDepth;
  return value;
}

uint32_t TemplateValue::getDepth() const {
  if (isList())
    return std::get<std::shared_ptr<Holder<List>>>(data)->depth;
  if (isDict())
    return std::get<std::shared_ptr<Holder<Dict>>>(data)->depth;
  return 0;
}

int64_t TemplateValue::getInt() const {
  if (isBool())
    return getBool() ? 1 : 0;
  if (isInt())
    return std::get<int64_t>(data);
  // Beyond these the conversion is undefined.
  constexpr double kMost = 9e18;
  const double value = std::get<double>(data);
  if (!(value > -kMost && value < kMost))
    return value > 0 ? INT64_MAX : value < 0 ? INT64_MIN : 0;
  return static_cast<int64_t>(value);
}

double TemplateValue::getFloat() const {
  return isFloat() ? std::get<double>(data) : static_cast<double>(getInt());
}

bool TemplateValue::isTrue() const {
  if (isUndefined() || isNone())
    return false;
  if (isFloat())
    return getFloat() != 0;
  if (isNumber())
    return getInt() != 0;
  if (isString())
    return !getString().empty();
  if (isList())
    return !getList().empty();
  if (isDict())
    return !getDict().empty();
  return true;
}

const char *TemplateValue::getKindName() const {
  static constexpr const char *kNames[] = {
      "undefined", "none", "boolean",    "integer", "float",
      "string",    "list", "dictionary", "function"};
  return kNames[data.index()];
}

const TemplateValue *TemplateValue::find(std::string_view key) const {
  for (const auto &[name, value] : getDict())
    if (name == key)
      return &value;
  return nullptr;
}

void TemplateValue::set(std::string_view key, TemplateValue value) const {
  Dict &dict = std::get<std::shared_ptr<Holder<Dict>>>(data)->items;
  for (auto &[name, old] : dict)
    if (name == key) {
      old = std::move(value);
      return;
    }
  dict.emplace_back(key, std::move(value));
}

std::string formatFloat(double value) {
  if (std::isnan(value))
    return "nan";
  if (std::isinf(value))
    return value < 0 ? "-inf" : "inf";
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), value).ptr;
  std::string text(buffer, end);
  if (text.find_first_of(".e") == std::string::npos)
    text += ".0";
  return text;
}

void TemplateValue::print(std::string &to, size_t limit) const {
  if (isString())
    to += getString();
  else if (!isUndefined())
    printQuoted(to, limit);
}

/// A text in quotes, as Python's repr() chooses them.
static void quote(const std::string &text, std::string &to) {
  const bool useDouble = text.find('\'') != std::string::npos &&
                         text.find('"') == std::string::npos;
  const char mark = useDouble ? '"' : '\'';
  to += mark;
  for (char c : text) {
    if (c == '\n')
      to += "\\n";
    else if (c == '\t')
      to += "\\t";
    else if (c == '\r')
      to += "\\r";
    else if (c == '\\' || c == mark)
      to.append(1, '\\').append(1, c);
    else
      to += c;
  }
  to += mark;
}

void TemplateValue::printQuoted(std::string &to, size_t limit) const {
  if (isUndefined()) {
    to += "Undefined";
  } else if (isNone()) {
    to += "None";
  } else if (isBool()) {
    to += getBool() ? "True" : "False";
  } else if (isInt()) {
    to += std::to_string(getInt());
  } else if (isFloat()) {
    to += formatFloat(getFloat());
  } else if (isString()) {
    quote(getString(), to);
  } else if (isList()) {
    to += '[';
    for (size_t i = 0; i < getList().size() && to.size() <= limit; ++i) {
      to += i == 0 ? "" : ", ";
      getList()[i].printQuoted(to, limit);
    }
    to += ']';
  } else if (isDict()) {
    to += '{';
    for (size_t i = 0; i < getDict().size() && to.size() <= limit; ++i) {
      to += i == 0 ? "" : ", ";
      quote(getDict()[i].first, to);
      to += ": ";
      getDict()[i].second.printQuoted(to, limit);
    }
    to += '}';
  } else {
    to += "<function>";
  }
}

bool TemplateValue::equals(const TemplateValue &other, uint64_t &steps) const {
  if (steps == 0)
    return false;
  --steps;
  if (isNumber() && other.isNumber())
    return isFloat() || other.isFloat() ? getFloat() == other.getFloat()
                                        : getInt() == other.getInt();
  if (data.index() != other.data.index())
    return false;
  if (isString())
    return getString() == other.getString();
  if (isList()) {
    const List &a = getList(), &b = other.getList();
    bool equal = a.size() == b.size();
    for (size_t i = 0; equal && i < a.size(); ++i)
      equal = a[i].equals(b[i], steps);
    return equal;
  }
  if (isDict()) {
    bool equal = getDict().size() == other.getDict().size();
    for (size_t i = 0; equal && i < getDict().size(); ++i) {
      const TemplateValue *found = other.find(getDict()[i].first);
      equal = found && found->equals(getDict()[i].second, steps);
    }
    return equal;
  }
  return isUndefined() || isNone();
}

} // namespace espresso
