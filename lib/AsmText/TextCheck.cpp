//===- TextCheck.cpp - What can be printed --------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/AsmText/TextCheck.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"

namespace espresso {

//===----------------------------------------------------------------------===//
// Words and strings
//===----------------------------------------------------------------------===//

static bool isIdentifier(llvm::StringRef name) {
  auto isPart = [](char c) { return llvm::isAlnum(c) || c == '_' || c == '@'; };
  return !name.empty() && !llvm::isDigit(name.front()) && name.front() != '@' &&
         llvm::all_of(name, isPart);
}

/// `relu`, `espresso.rope`.
static bool isOperationName(llvm::StringRef name) {
  return llvm::all_of(llvm::split(name, '.'), isIdentifier);
}

static bool isText(llvm::StringRef text) {
  const auto *begin = reinterpret_cast<const llvm::UTF8 *>(text.begin());
  const auto *end = reinterpret_cast<const llvm::UTF8 *>(text.end());
  return !text.contains('\0') && llvm::isLegalUTF8String(&begin, end);
}

static bool holdsText(const Attribute &attribute) {
  if (const DenseElements *dense = attribute.getDense())
    return llvm::all_of(dense->strings, isText);
  if (const BlobReference *blob = attribute.getBlob())
    return isText(blob->path);
  if (const ListElements *list = attribute.getList())
    return llvm::all_of(list->elements, holdsText);
  if (const DictElements *dict = attribute.getDict())
    return llvm::all_of(dict->entries, [](const auto &entry) {
      return holdsText(entry.first) && holdsText(entry.second);
    });
  return true;
}

/// For messages: bytes that a terminal should not see are escaped.
static std::string quote(llvm::StringRef name) {
  std::string quoted;
  llvm::raw_string_ostream os(quoted);
  os << '\'';
  llvm::printEscapedString(name, os);
  os << '\'';
  return quoted;
}

//===----------------------------------------------------------------------===//
// The walk over the program
//===----------------------------------------------------------------------===//

namespace {

class TextChecker {
public:
  TextChecker(const Program &program, TextForm form)
      : program(program), form(form),
        diagnostics(program.getContext().getDiagnostics()) {}

  LogicalResult run();

private:
  void checkName(llvm::StringRef name, llvm::StringRef what, Location location);
  void checkAttributes(const AttributeList &attributes, Location location);
  void checkValue(const Attribute &value, llvm::StringRef name,
                  Location location);
  void check(const Operation &op);
  void report(Location location, const llvm::Twine &message) {
    ok = false;
    diagnostics.emitError(location) << message;
  }

  const Program &program;
  TextForm form;
  DiagnosticEngine &diagnostics;
  bool ok = true;
};

} // namespace

void TextChecker::checkName(llvm::StringRef name, llvm::StringRef what,
                            Location location) {
  if (!isIdentifier(name))
    report(location, what + " " + quote(name) +
                         " is no identifier, and text cannot name it");
}

void TextChecker::checkValue(const Attribute &value, llvm::StringRef name,
                             Location location) {
  if (value && !holdsText(value))
    report(location, "a string of " + quote(name) +
                         " is not UTF-8, and text cannot hold it");
}

void TextChecker::checkAttributes(const AttributeList &attributes,
                                  Location location) {
  for (const NamedAttribute &attribute : attributes) {
    checkName(attribute.name, "attribute", location);
    checkValue(attribute.value, attribute.name, location);
  }
}

void TextChecker::check(const Operation &op) {
  Location location = op.getLocation();
  if (!isOperationName(op.getName()))
    report(location, "operation " + quote(op.getName()) +
                         " is no identifier, and text cannot name it");
  for (const std::unique_ptr<Binding> &binding : op.getBindings()) {
    checkName(binding->getName(), "argument", location);
    for (size_t i = 0; i < binding->size(); ++i)
      checkValue((*binding)[i].getLiteral(), binding->getName(), location);
  }
  for (const std::unique_ptr<Value> &result : op.getResults())
    checkName(result->getName(), "value", location);
  checkAttributes(op.getAttributes(), location);
  for (const std::unique_ptr<Block> &block : op.getBlocks())
    for (const std::unique_ptr<Value> &input : block->getInputs())
      checkName(input->getName(), "value", location);
  if (form == TextForm::Artifact && !op.getBlocks().empty())
    report(location, "'" + op.getName() +
                         "' has nested blocks, for which MIL text has no known "
                         "form; write a package");
}

LogicalResult TextChecker::run() {
  checkAttributes(program.getAttributes(), Location());
  for (const std::unique_ptr<Function> &function : program.getFunctions()) {
    Location location = function->getLocation();
    checkName(function->getName(), "function", location);
    checkName(function->getOpsetSpelling(), "opset", location);
    checkAttributes(function->getAttributes(), location);
    for (const std::unique_ptr<Value> &input : function->getBody().getInputs())
      checkName(input->getName(), "input", location);
    function->walk([&](Operation &op) { check(op); });
  }
  return success(ok);
}

LogicalResult checkText(const Program &program, TextForm form) {
  return TextChecker(program, form).run();
}

} // namespace espresso
