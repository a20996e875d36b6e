//===- DiagnosticVerifier.cpp - Expected messages -------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Support/DiagnosticVerifier.h"

#include "llvm/Support/MemoryBuffer.h"

namespace espresso {

static constexpr llvm::StringLiteral kPrefix = "expected-";

static constexpr std::pair<Severity, llvm::StringLiteral> kSeverities[] = {
    {Severity::Error, "error"},
    {Severity::Warning, "warning"},
    {Severity::Remark, "remark"},
    {Severity::Note, "note"},
    {Severity::Help, "help"}};

static llvm::StringRef getName(Severity severity) {
  for (const auto &[candidate, name] : kSeverities)
    if (candidate == severity)
      return name;
  return "";
}

DiagnosticVerifier::DiagnosticVerifier(DiagnosticEngine &engine,
                                       unsigned buffer)
    : engine(engine), buffer(buffer) {
  readExpectations();
  engine.setMaxErrors(0);
  previous = engine.setHandler([this](const Diagnostic &diagnostic) {
    check(diagnostic, /*parentLine=*/0);
  });
}

DiagnosticVerifier::~DiagnosticVerifier() {
  engine.setHandler(std::move(previous));
}

void DiagnosticVerifier::complain(llvm::SMLoc place,
                                  const llvm::Twine &message) {
  hasFailed = true;
  Diagnostic diagnostic;
  diagnostic.location = Location::at(place);
  diagnostic.message = message.str();
  printDiagnostic(diagnostic, engine.getSourceMgr(), llvm::errs(),
                  /*useColor=*/false);
}

//===----------------------------------------------------------------------===//
// Expectations
//===----------------------------------------------------------------------===//

void DiagnosticVerifier::readExpectations() {
  llvm::StringRef text =
      engine.getSourceMgr().getMemoryBuffer(buffer)->getBuffer();
  for (unsigned line = 1; !text.empty(); ++line) {
    llvm::StringRef current;
    std::tie(current, text) = text.split('\n');
    size_t comment = current.find("//");
    if (comment != llvm::StringRef::npos)
      readLine(current.drop_front(comment), line);
  }
}

/// Takes `@+1`, `@-2` or `@unknown`, if there is one, from the front of `text`
/// and moves `line` accordingly. Returns false if it is malformed.
static bool readPlace(llvm::StringRef &text, unsigned &line) {
  if (!text.consume_front("@"))
    return true;
  if (text.consume_front("unknown")) {
    line = 0;
    return true;
  }
  bool isBefore = text.consume_front("-");
  unsigned distance = 0;
  if ((!isBefore && !text.consume_front("+")) ||
      text.consumeInteger(10, distance) || (isBefore && distance >= line))
    return false;
  line = isBefore ? line - distance : line + distance;
  return true;
}

// expectation ::= "expected-" severity ("@" place)? " {{" text "}}"
void DiagnosticVerifier::readLine(llvm::StringRef text, unsigned line) {
  while (true) {
    size_t start = text.find(kPrefix);
    if (start == llvm::StringRef::npos)
      return;
    llvm::SMLoc place = llvm::SMLoc::getFromPointer(text.data() + start);
    text = text.drop_front(start + kPrefix.size());
    Expectation expectation;
    bool wellFormed = false;
    for (const auto &[severity, name] : kSeverities) {
      if (!text.consume_front(name))
        continue;
      wellFormed = true;
      expectation.severity = severity;
      break;
    }
    expectation.line = line;
    wellFormed = wellFormed && readPlace(text, expectation.line);
    text = text.ltrim();
    size_t end = text.find("}}");
    if (!wellFormed || !text.consume_front("{{") ||
        end == llvm::StringRef::npos) {
      complain(place, "malformed expectation; want 'expected-error@+1 "
                      "{{text}}'");
      return;
    }
    expectation.text = text.take_front(end - 2);
    text = text.drop_front(end);
    expectations.push_back(expectation);
  }
}

//===----------------------------------------------------------------------===//
// Comparison
//===----------------------------------------------------------------------===//

unsigned DiagnosticVerifier::getLine(const Diagnostic &diagnostic) const {
  if (!diagnostic.location.hasText())
    return 0;
  const llvm::SourceMgr &sourceMgr = engine.getSourceMgr();
  llvm::SMLoc place = diagnostic.location.getStart();
  if (sourceMgr.FindBufferContainingLoc(place) != buffer)
    return 0;
  return sourceMgr.getLineAndColumn(place, buffer).first;
}

/// Notes without a place of their own belong to the line of their message.
void DiagnosticVerifier::check(const Diagnostic &diagnostic,
                               unsigned parentLine) {
  unsigned line =
      diagnostic.location.hasText() ? getLine(diagnostic) : parentLine;
  std::string message = diagnostic.message;
  if (!diagnostic.ruleId.empty())
    message += " [" + diagnostic.ruleId + "]";
  bool wasExpected = false;
  for (Expectation &expectation : expectations) {
    if (expectation.seen || expectation.severity != diagnostic.severity ||
        expectation.line != line ||
        !llvm::StringRef(message).contains(expectation.text))
      continue;
    expectation.seen = true;
    wasExpected = true;
    break;
  }
  if (!wasExpected) {
    hasFailed = true;
    Diagnostic unexpected = diagnostic;
    unexpected.notes.clear();
    unexpected.severity = Severity::Error;
    unexpected.message = ("unexpected " + getName(diagnostic.severity) + ": " +
                          diagnostic.message)
                             .str();
    printDiagnostic(unexpected, engine.getSourceMgr(), llvm::errs(),
                    /*useColor=*/false);
  }
  for (const Diagnostic &note : diagnostic.notes)
    check(note, line);
}

LogicalResult DiagnosticVerifier::finish() {
  for (const Expectation &expectation : expectations)
    if (!expectation.seen)
      complain(llvm::SMLoc::getFromPointer(expectation.text.data()),
               "expected " + getName(expectation.severity) +
                   (expectation.line == 0
                        ? llvm::Twine(" without a place")
                        : " on line " + llvm::Twine(expectation.line)) +
                   " did not come: " + expectation.text);
  return success(!hasFailed);
}

} // namespace espresso
