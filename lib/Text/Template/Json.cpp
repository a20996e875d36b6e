//===- Json.cpp - Values as JSON ------------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Text/Template/Json.h"

namespace espresso {

static void printJsonText(const std::string &text, std::string &to) {
  static constexpr char kDigits[] = "0123456789abcdef";
  to += '"';
  for (char c : text) {
    switch (c) {
    case '"':
      to += "\\\"";
      break;
    case '\\':
      to += "\\\\";
      break;
    case '\n':
      to += "\\n";
      break;
    case '\r':
      to += "\\r";
      break;
    case '\t':
      to += "\\t";
      break;
    case '\b':
      to += "\\b";
      break;
    case '\f':
      to += "\\f";
      break;
    default:
      if (static_cast<unsigned char>(c) < 0x20) {
        to += "\\u00";
        to += kDigits[c >> 4];
        to += kDigits[c & 15];
      } else {
        to += c;
      }
    }
  }
  to += '"';
}

bool printJson(const TemplateValue &value, int64_t indent, std::string &to,
               size_t limit, int64_t level) {
  auto newLine = [&](int64_t depth) {
    if (indent >= 0)
      to.append(1, '\n').append(static_cast<size_t>(indent * depth), ' ');
  };
  const char *separator = indent >= 0 ? "," : ", ";
  bool ok = true;
  if (value.isNone()) {
    to += "null";
  } else if (value.isBool()) {
    to += value.getBool() ? "true" : "false";
  } else if (value.isNumber()) {
    value.print(to, limit);
  } else if (value.isString()) {
    printJsonText(value.getString(), to);
  } else if (value.isList()) {
    const TemplateValue::List &list = value.getList();
    to += '[';
    for (size_t i = 0; i < list.size() && to.size() <= limit; ++i) {
      to += i == 0 ? "" : separator;
      newLine(level + 1);
      ok = ok && printJson(list[i], indent, to, limit, level + 1);
    }
    if (!list.empty())
      newLine(level);
    to += ']';
  } else if (value.isDict()) {
    const TemplateValue::Dict &dict = value.getDict();
    to += '{';
    for (size_t i = 0; i < dict.size() && to.size() <= limit; ++i) {
      to += i == 0 ? "" : separator;
      newLine(level + 1);
      printJsonText(dict[i].first, to);
      to += ": ";
      ok = ok && printJson(dict[i].second, indent, to, limit, level + 1);
    }
    if (!dict.empty())
      newLine(level);
    to += '}';
  } else {
    return false;
  }
  return ok;
}

} // namespace espresso
