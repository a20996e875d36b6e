//===- Pass.cpp - A transformation or analysis of a program ---------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Pass/Pass.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

namespace espresso {

Pass::~Pass() = default;

Statistic::Statistic(Pass &owner) { owner.statistics.push_back(this); }

const PassOptionInfo *PassInfo::findOption(llvm::StringRef name) const {
  for (const PassOptionInfo &option : options)
    if (option.name == name)
      return &option;
  return nullptr;
}

InFlightDiagnostic PassContext::emitRemark(Location location) {
  return diagnostics.emitRemark(location).setRule(pass.getArgument());
}

//===----------------------------------------------------------------------===//
// Pipeline text
//===----------------------------------------------------------------------===//

static std::string
getValueText(const std::variant<bool, int64_t, std::string> &value) {
  if (const bool *flag = std::get_if<bool>(&value))
    return *flag ? "true" : "false";
  if (const int64_t *number = std::get_if<int64_t>(&value))
    return std::to_string(*number);
  return std::get<std::string>(value);
}

/// Quotes what the parser would not read back as one bare word.
static void printValue(llvm::StringRef text, llvm::raw_ostream &os) {
  if (!text.empty() && text.find_first_of(" \t\r\n,{}()\"\\") == text.npos) {
    os << text;
    return;
  }
  os << '"';
  for (char c : text) {
    if (c == '"' || c == '\\')
      os << '\\';
    os << c;
  }
  os << '"';
}

void Pass::collectChangedOptions(
    llvm::SmallVectorImpl<PassOptionValue> &values) const {
  collectOptions(values);
  llvm::erase_if(values, [&](const PassOptionValue &option) {
    return getValueText(option.value) ==
           info.findOption(option.name)->defaultText;
  });
}

void Pass::print(llvm::raw_ostream &os) const {
  os << getArgument();
  llvm::SmallVector<PassOptionValue> values;
  collectChangedOptions(values);
  llvm::ListSeparator separator(",");
  bool isOpen = false;
  for (const PassOptionValue &option : values) {
    if (!isOpen)
      os << '{';
    isOpen = true;
    os << separator << option.name << '=';
    printValue(getValueText(option.value), os);
  }
  if (isOpen)
    os << '}';
}

} // namespace espresso
