//===- Diagnostics.cpp - Messages with carets -----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Support/Diagnostics.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Locale.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/WithColor.h"

#include <algorithm>
#include <cassert>

namespace espresso {

//===----------------------------------------------------------------------===//
// InFlightDiagnostic
//===----------------------------------------------------------------------===//

InFlightDiagnostic::~InFlightDiagnostic() {
  if (engine)
    engine->report(std::move(diagnostic));
}

InFlightDiagnostic &InFlightDiagnostic::setRule(llvm::StringRef id) & {
  diagnostic.ruleId = id.str();
  return *this;
}

InFlightDiagnostic &&InFlightDiagnostic::setRule(llvm::StringRef id) && {
  return std::move(setRule(id));
}

InFlightDiagnostic &&InFlightDiagnostic::highlight(llvm::SMRange range) && {
  diagnostic.highlights.push_back(range);
  return std::move(*this);
}

InFlightDiagnostic &InFlightDiagnostic::addFixIt(llvm::SMRange range,
                                                 const llvm::Twine &text) & {
  diagnostic.fixIts.emplace_back(range, text);
  return *this;
}

InFlightDiagnostic &InFlightDiagnostic::addNote(Location location,
                                                const llvm::Twine &message) & {
  Diagnostic note;
  note.severity = Severity::Note;
  note.location = location;
  note.message = message.str();
  diagnostic.notes.push_back(std::move(note));
  return *this;
}

InFlightDiagnostic &InFlightDiagnostic::addHelp(const llvm::Twine &message) & {
  Diagnostic help;
  help.severity = Severity::Help;
  help.message = message.str();
  diagnostic.notes.push_back(std::move(help));
  return *this;
}

InFlightDiagnostic &&
InFlightDiagnostic::addNote(Location location, const llvm::Twine &message) && {
  return std::move(addNote(location, message));
}

InFlightDiagnostic &&
InFlightDiagnostic::addHelp(const llvm::Twine &message) && {
  return std::move(addHelp(message));
}

//===----------------------------------------------------------------------===//
// DiagnosticEngine
//===----------------------------------------------------------------------===//

DiagnosticEngine::DiagnosticEngine() {
  handler = [this](const Diagnostic &diagnostic) {
    printDiagnostic(diagnostic, sourceMgr, llvm::errs(), /*useColor=*/false);
  };
}

DiagnosticEngine::~DiagnosticEngine() = default;

DiagnosticEngine::Handler DiagnosticEngine::setHandler(Handler newHandler) {
  std::swap(handler, newHandler);
  return newHandler;
}

InFlightDiagnostic DiagnosticEngine::emit(Severity severity,
                                          Location location) {
  Diagnostic diagnostic;
  diagnostic.severity = severity;
  diagnostic.location = location;
  return InFlightDiagnostic(this, std::move(diagnostic));
}

InFlightDiagnostic DiagnosticEngine::emitError(const llvm::Twine &subject) {
  Diagnostic diagnostic;
  diagnostic.subject = subject.str();
  return InFlightDiagnostic(this, std::move(diagnostic));
}

const Diagnostic *DiagnosticCapture::findError() const {
  for (const Diagnostic &diagnostic : diagnostics)
    if (diagnostic.severity == Severity::Error)
      return &diagnostic;
  return nullptr;
}

void DiagnosticEngine::report(Diagnostic diagnostic) {
  if (captured) {
    captured->push_back(std::move(diagnostic));
    return;
  }
  if (warningsAsErrors && diagnostic.severity == Severity::Warning)
    diagnostic.severity = Severity::Error;
  if (diagnostic.severity == Severity::Warning)
    ++numWarnings;
  if (diagnostic.severity == Severity::Error) {
    ++numErrors;
    if (maxErrors != 0 && numErrors == maxErrors + 1) {
      Diagnostic last;
      last.message = "too many errors; the rest are not shown";
      last.severity = Severity::Note;
      handler(last);
    }
    if (maxErrors != 0 && numErrors > maxErrors)
      return;
  }
  handler(diagnostic);
}

//===----------------------------------------------------------------------===//
// Rendering
//===----------------------------------------------------------------------===//

static llvm::StringRef getLabel(Severity severity) {
  switch (severity) {
  case Severity::Error:
    return "error";
  case Severity::Warning:
    return "warning";
  case Severity::Remark:
    return "remark";
  case Severity::Note:
    return "note";
  case Severity::Help:
    return "help";
  }
  return "";
}

static llvm::SourceMgr::DiagKind getKind(Severity severity) {
  switch (severity) {
  case Severity::Error:
    return llvm::SourceMgr::DK_Error;
  case Severity::Warning:
    return llvm::SourceMgr::DK_Warning;
  case Severity::Remark:
    return llvm::SourceMgr::DK_Remark;
  case Severity::Note:
  case Severity::Help:
    return llvm::SourceMgr::DK_Note;
  }
  return llvm::SourceMgr::DK_Note;
}

static llvm::HighlightColor getColor(Severity severity) {
  switch (severity) {
  case Severity::Error:
    return llvm::HighlightColor::Error;
  case Severity::Warning:
    return llvm::HighlightColor::Warning;
  case Severity::Remark:
    return llvm::HighlightColor::Remark;
  case Severity::Note:
  case Severity::Help:
    return llvm::HighlightColor::Note;
  }
  return llvm::HighlightColor::Note;
}

/// For messages without source text: "subject: error: message".
static void printWithoutText(const Diagnostic &diagnostic,
                             llvm::StringRef message, llvm::raw_ostream &os,
                             bool useColor) {
  llvm::StringRef subject = diagnostic.subject.empty()
                                ? diagnostic.location.getName()
                                : llvm::StringRef(diagnostic.subject);
  if (!subject.empty())
    os << subject << ": ";
  llvm::WithColor(os, getColor(diagnostic.severity),
                  useColor ? llvm::ColorMode::Enable : llvm::ColorMode::Disable)
      << getLabel(diagnostic.severity) << ':';
  os << ' ' << message << '\n';
}

/// The line around `place`, and the column of `place` in what is left of it,
/// from 0. Cuts between characters.
static std::pair<llvm::StringRef, size_t> getLineAround(llvm::StringRef text,
                                                        const char *place,
                                                        size_t before,
                                                        size_t after) {
  auto isContinuation = [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
  };
  size_t column = place - text.data();
  size_t begin = text.rfind('\n', column) + 1; // npos + 1 is 0
  size_t end = std::min(text.find_first_of("\r\n", column), text.size());
  if (column - begin > before)
    begin = column - before;
  if (end - column > after)
    end = column + after;
  while (begin < column && isContinuation(text[begin]))
    ++begin;
  while (end > column && end < text.size() && isContinuation(text[end]))
    --end;
  return {text.slice(begin, end), column - begin};
}

/// Weights written out make lines of megabytes; of those a part is enough.
/// Returns false if the line is short.
static bool printInLongLine(const Diagnostic &diagnostic,
                            const llvm::SourceMgr &sourceMgr,
                            llvm::StringRef message, llvm::raw_ostream &os,
                            bool useColor) {
  constexpr size_t kLongLine = 1000;
  constexpr size_t kShownBefore = 60;
  constexpr size_t kShownAfter = 60;
  llvm::SMLoc place = diagnostic.location.getStart();
  unsigned id = sourceMgr.FindBufferContainingLoc(place);
  if (id == 0)
    return false;
  const llvm::MemoryBuffer *buffer = sourceMgr.getMemoryBuffer(id);
  auto line = getLineAround(buffer->getBuffer(), place.getPointer(), kLongLine,
                            kLongLine);
  if (line.first.size() <= kLongLine)
    return false;
  auto [window, column] = getLineAround(
      line.first, line.first.data() + line.second, kShownBefore, kShownAfter);
  auto [lineNumber, columnNumber] = sourceMgr.getLineAndColumn(place, id);
  Diagnostic header = diagnostic;
  header.subject = (buffer->getBufferIdentifier() + ":" +
                    llvm::Twine(lineNumber) + ":" + llvm::Twine(columnNumber))
                       .str();
  printWithoutText(header, message, os, useColor);
  // Negative where there is something unprintable.
  int width = llvm::sys::locale::columnWidth(window.take_front(column));
  os << "..." << window << "...\n";
  os.indent(3 + (width < 0 ? column : width)) << "^\n";
  return true;
}

static void printOne(const Diagnostic &diagnostic,
                     const llvm::SourceMgr &sourceMgr, llvm::raw_ostream &os,
                     bool useColor) {
  std::string message = diagnostic.message;
  if (!diagnostic.ruleId.empty())
    message += " [" + diagnostic.ruleId + "]";
  if (!diagnostic.location.hasText()) {
    printWithoutText(diagnostic, message, os, useColor);
    return;
  }
  if (printInLongLine(diagnostic, sourceMgr, message, os, useColor))
    return;
  llvm::SMRange range = diagnostic.location.getRange();
  llvm::SmallVector<llvm::SMRange, 4> ranges(diagnostic.highlights.begin(),
                                             diagnostic.highlights.end());
  if (range.End.getPointer() > range.Start.getPointer())
    ranges.push_back(range);
  // LLVM takes `useColor` for a permission and looks at the stream itself.
  auto *previous = llvm::WithColor::defaultAutoDetectFunction();
  llvm::WithColor::setAutoDetectFunction(
      [](const llvm::raw_ostream &) { return true; });
  sourceMgr.PrintMessage(os, range.Start, getKind(diagnostic.severity), message,
                         ranges, diagnostic.fixIts, useColor);
  llvm::WithColor::setAutoDetectFunction(previous);
}

void printDiagnostic(const Diagnostic &diagnostic,
                     const llvm::SourceMgr &sourceMgr, llvm::raw_ostream &os,
                     bool useColor) {
  printOne(diagnostic, sourceMgr, os, useColor);
  for (const Diagnostic &note : diagnostic.notes)
    printOne(note, sourceMgr, os, useColor);
}

//===----------------------------------------------------------------------===//
// Near misses
//===----------------------------------------------------------------------===//

std::optional<llvm::StringRef>
findNearMiss(llvm::StringRef word, llvm::ArrayRef<llvm::StringRef> candidates) {
  // A third of the letters may be wrong: "rleu" suggests "relu", "x" nothing.
  unsigned best = std::max<size_t>(1, word.size() / 3) + 1;
  std::optional<llvm::StringRef> nearest;
  for (llvm::StringRef candidate : candidates) {
    unsigned distance =
        word.edit_distance(candidate, /*AllowReplacements=*/true, best);
    // Two neighbouring letters swapped count as one mistake.
    if (distance == 2 && word.size() == candidate.size() &&
        std::is_permutation(word.begin(), word.end(), candidate.begin()))
      distance = 1;
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

} // namespace espresso
