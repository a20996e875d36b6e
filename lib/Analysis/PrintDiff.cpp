//===- PrintDiff.cpp - Differences as text and JSON -----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Analysis/ProgramDiff.h"

#include "espresso/IR/Context.h"

namespace espresso {

llvm::StringRef getName(DifferenceKind kind) {
  switch (kind) {
  case DifferenceKind::Added:
    return "added";
  case DifferenceKind::Removed:
    return "removed";
  case DifferenceKind::Changed:
    return "changed";
  case DifferenceKind::Moved:
    return "moved";
  }
  llvm_unreachable("every kind has a name");
}

namespace {
/// A location as people and tools want it.
struct Place {
  llvm::StringRef file;
  unsigned line = 0;
  unsigned column = 0;
};
} // namespace

/// Without text, the name of the location stands for the file.
static Place getPlace(Location location, Context &context) {
  if (!location.hasText())
    return {location.getName()};
  llvm::SourceMgr &sources = context.getDiagnostics().getSourceMgr();
  unsigned buffer = sources.FindBufferContainingLoc(location.getStart());
  if (buffer == 0)
    return {};
  auto [line, column] = sources.getLineAndColumn(location.getStart(), buffer);
  return {sources.getMemoryBuffer(buffer)->getBufferIdentifier(), line, column};
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

static void printPlace(llvm::StringRef title, Location location,
                       Context &context, llvm::raw_ostream &os) {
  if (location.isUnknown())
    return;
  Place place = getPlace(location, context);
  os << "  " << title << ": " << place.file;
  if (place.line != 0)
    os << ':' << place.line << ':' << place.column;
  os << '\n';
}

static void printDetail(const DifferenceDetail &detail, llvm::raw_ostream &os) {
  os << "  " << detail.what;
  if (!detail.before.empty() || !detail.after.empty())
    os << ": " << (detail.before.empty() ? "none" : detail.before) << " -> "
       << (detail.after.empty() ? "none" : detail.after);
  os << '\n';
}

void printDifferences(llvm::ArrayRef<Difference> differences, Context &context,
                      llvm::raw_ostream &os) {
  for (const Difference &difference : differences) {
    os << getName(difference.kind) << ": " << difference.subject;
    if (!difference.function.empty())
      os << (difference.subject == "function" ? " '" : " in function '")
         << difference.function << '\'';
    os << '\n';
    printPlace("before", difference.before, context, os);
    printPlace("after", difference.after, context, os);
    for (const DifferenceDetail &detail : difference.details)
      printDetail(detail, os);
  }
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

static void printPlaceAsJson(llvm::StringRef key, Location location,
                             Context &context, llvm::json::OStream &json) {
  if (location.isUnknown())
    return;
  Place place = getPlace(location, context);
  json.attributeObject(key, [&] {
    json.attribute("file", place.file);
    if (place.line == 0)
      return;
    json.attribute("line", place.line);
    json.attribute("column", place.column);
  });
}

static void printDetailAsJson(const DifferenceDetail &detail,
                              llvm::json::OStream &json) {
  json.object([&] {
    json.attribute("what", detail.what);
    if (!detail.before.empty())
      json.attribute("before", detail.before);
    if (!detail.after.empty())
      json.attribute("after", detail.after);
  });
}

void printDifferencesAsJson(llvm::ArrayRef<Difference> differences,
                            Context &context, llvm::json::OStream &json) {
  json.object([&] {
    json.attribute("equal", differences.empty());
    json.attributeArray("differences", [&] {
      for (const Difference &difference : differences)
        json.object([&] {
          json.attribute("kind", getName(difference.kind));
          json.attribute("subject", difference.subject);
          if (!difference.function.empty())
            json.attribute("function", difference.function);
          printPlaceAsJson("before", difference.before, context, json);
          printPlaceAsJson("after", difference.after, context, json);
          json.attributeArray("details", [&] {
            for (const DifferenceDetail &detail : difference.details)
              printDetailAsJson(detail, json);
          });
        });
    });
  });
}

} // namespace espresso
