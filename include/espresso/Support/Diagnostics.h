//===- Diagnostics.h - Messages with carets ---------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Everything a user is told about their input goes through a DiagnosticEngine:
// errors, warnings and remarks with a place, notes, a hint and fix-its. Text is
// rendered by llvm::SourceMgr. See docs/Diagnostics.md.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_SUPPORT_DIAGNOSTICS_H
#define ESPRESSO_SUPPORT_DIAGNOSTICS_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/LogicalResult.h"
#include "llvm/Support/SMLoc.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace espresso {

using llvm::failed;
using llvm::failure;
using llvm::FailureOr;
using llvm::LogicalResult;
using llvm::succeeded;
using llvm::success;

/// Where something came from: a range of source text, or a name for things that
/// have no text ("prefill/blk.0.attn_q", or a file with a byte offset). A
/// value; the text it points at is owned by the DiagnosticEngine's source
/// manager, the name by the Context or by whoever made it.
class Location {
public:
  Location() = default;
  static Location range(llvm::SMRange range) {
    Location location;
    location.text = range;
    return location;
  }
  static Location at(llvm::SMLoc loc) { return range({loc, loc}); }
  /// `name` must outlive the location.
  static Location name(llvm::StringRef name) {
    Location location;
    location.label = name;
    return location;
  }

  bool isUnknown() const { return !text.isValid() && label.empty(); }
  bool hasText() const { return text.isValid(); }
  llvm::SMRange getRange() const { return text; }
  llvm::SMLoc getStart() const { return text.Start; }
  llvm::StringRef getName() const { return label; }

private:
  llvm::SMRange text;
  llvm::StringRef label;
};

enum class Severity : uint8_t { Error, Warning, Remark, Note, Help };

/// One message and what hangs on it.
struct Diagnostic {
  Severity severity = Severity::Error;
  Location location;
  /// For things without text: what the message is about, e.g. "a.gguf, byte
  /// 24". Overrides the location's name.
  std::string subject;
  std::string message;
  /// Stable id of the rule that was broken ("ane-rank-max"), or empty.
  std::string ruleId;
  llvm::SmallVector<llvm::SMRange, 2> highlights;
  llvm::SmallVector<llvm::SMFixIt, 1> fixIts;
  std::vector<Diagnostic> notes;
};

class DiagnosticEngine;

/// A message under construction; reported when it is destroyed. Converts to
/// failure, so that `return op.emitError() << "...";` reads well.
class [[nodiscard]] InFlightDiagnostic {
public:
  InFlightDiagnostic(DiagnosticEngine *engine, Diagnostic diagnostic)
      : engine(engine), diagnostic(std::move(diagnostic)) {}
  InFlightDiagnostic(InFlightDiagnostic &&other)
      : engine(other.engine), diagnostic(std::move(other.diagnostic)) {
    other.engine = nullptr;
  }
  InFlightDiagnostic &operator=(InFlightDiagnostic &&) = delete;
  ~InFlightDiagnostic();

  /// Appends anything a raw_ostream prints.
  template <typename T>
  InFlightDiagnostic &operator<<(const T &piece) & {
    llvm::raw_string_ostream(diagnostic.message) << piece;
    return *this;
  }
  template <typename T>
  InFlightDiagnostic &&operator<<(const T &piece) && {
    llvm::raw_string_ostream(diagnostic.message) << piece;
    return std::move(*this);
  }

  InFlightDiagnostic &setRule(llvm::StringRef id) &;
  InFlightDiagnostic &&setRule(llvm::StringRef id) &&;
  InFlightDiagnostic &&highlight(llvm::SMRange range) &&;
  InFlightDiagnostic &addFixIt(llvm::SMRange range, const llvm::Twine &text) &;
  /// "note: message", shown below, with its own place.
  InFlightDiagnostic &addNote(Location location, const llvm::Twine &message) &;
  /// "help: message": what to do about it.
  InFlightDiagnostic &addHelp(const llvm::Twine &message) &;
  InFlightDiagnostic &&addNote(Location location,
                               const llvm::Twine &message) &&;
  InFlightDiagnostic &&addHelp(const llvm::Twine &message) &&;

  operator LogicalResult() const { return failure(); }
  template <typename T>
  operator FailureOr<T>() const {
    return failure();
  }

private:
  DiagnosticEngine *engine;
  Diagnostic diagnostic;
};

/// Collects, counts and delivers messages, and owns the source text they point
/// into. Thread-compatible.
class DiagnosticEngine {
public:
  using Handler = std::function<void(const Diagnostic &)>;

  /// Errors after this many are counted and not delivered.
  static constexpr unsigned kDefaultMaxErrors = 20;

  DiagnosticEngine();
  ~DiagnosticEngine();

  llvm::SourceMgr &getSourceMgr() { return sourceMgr; }

  /// Replaces what happens to a message; the default renders it to stderr
  /// without colour. Returns the handler that was in place.
  Handler setHandler(Handler handler);

  /// 0 means no limit.
  void setMaxErrors(unsigned limit) { maxErrors = limit; }
  void setWarningsAsErrors(bool enable) { warningsAsErrors = enable; }

  InFlightDiagnostic emit(Severity severity, Location location);
  InFlightDiagnostic emitError(Location location) {
    return emit(Severity::Error, location);
  }
  InFlightDiagnostic emitWarning(Location location) {
    return emit(Severity::Warning, location);
  }
  InFlightDiagnostic emitRemark(Location location) {
    return emit(Severity::Remark, location);
  }
  /// An error about something that has no text, such as a place in a binary
  /// file: "a.gguf, byte 24: error: ...".
  InFlightDiagnostic emitError(const llvm::Twine &subject);

  void report(Diagnostic diagnostic);

  unsigned getNumErrors() const { return numErrors; }
  unsigned getNumWarnings() const { return numWarnings; }
  bool hasErrors() const { return numErrors != 0; }

private:
  friend class DiagnosticCapture;
  llvm::SourceMgr sourceMgr;
  Handler handler;
  /// Where messages go instead, uncounted; null for nowhere else.
  std::vector<Diagnostic> *captured = nullptr;
  unsigned maxErrors = kDefaultMaxErrors;
  unsigned numErrors = 0;
  unsigned numWarnings = 0;
  bool warningsAsErrors = false;
};

/// While it lives, messages of `engine` are kept here, neither counted nor
/// shown: for attempts whose failure is an answer. They may nest.
class DiagnosticCapture {
public:
  explicit DiagnosticCapture(DiagnosticEngine &engine)
      : engine(engine), previous(engine.captured) {
    engine.captured = &diagnostics;
  }
  ~DiagnosticCapture() { engine.captured = previous; }
  DiagnosticCapture(const DiagnosticCapture &) = delete;
  DiagnosticCapture &operator=(const DiagnosticCapture &) = delete;

  llvm::ArrayRef<Diagnostic> get() const { return diagnostics; }
  /// The first error, or null.
  const Diagnostic *findError() const;

private:
  DiagnosticEngine &engine;
  std::vector<Diagnostic> *previous;
  std::vector<Diagnostic> diagnostics;
};

/// Writes `diagnostic` as "file:line:col: error: message [rule]", the source
/// line, a caret, and its notes.
void printDiagnostic(const Diagnostic &diagnostic,
                     const llvm::SourceMgr &sourceMgr, llvm::raw_ostream &os,
                     bool useColor);

/// The candidate most like `word` by edit distance, if any is close enough to
/// be a likely typing mistake; "did you mean". Ties go to the first.
[[nodiscard]] std::optional<llvm::StringRef>
findNearMiss(llvm::StringRef word, llvm::ArrayRef<llvm::StringRef> candidates);

} // namespace espresso

#endif // ESPRESSO_SUPPORT_DIAGNOSTICS_H
