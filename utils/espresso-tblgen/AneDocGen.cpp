//===- AneDocGen.cpp - References of chips and rules ----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AneRecord.h"
#include "Backends.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/raw_ostream.h"

using llvm::Record;
using llvm::StringRef;

namespace espresso::tblgen {

static constexpr StringRef kPreface =
    "Generated from the records in `lib/Target/ANE`; do not edit. Nothing of "
    "it was\nmeasured by this project.\n\n";

static StringRef getName(const Record &record) {
  return record.getValueAsString("name");
}

static std::string getOrigin(const Record &value) {
  return value.getValueAsDef("origin")->getValueAsString("name").str();
}

/// "a source that measures it" or the bare address, as links.
static void emitSources(llvm::ArrayRef<Record *> sources,
                        llvm::raw_ostream &os) {
  llvm::interleave(
      sources, os,
      [&](const Record *source) {
        os << '<' << source->getValueAsString("url") << '>';
      },
      ", ");
}

//===----------------------------------------------------------------------===//
// Chips
//===----------------------------------------------------------------------===//

/// What a list of values says of a limit: "16384 (assumed)", or nothing.
static std::string getLimit(llvm::ArrayRef<Record *> values,
                            const Record &limit) {
  for (const Record *value : values) {
    if (value->getValueAsDef("limit") != &limit)
      continue;
    std::string text = std::to_string(value->getValueAsInt("value"));
    if (getOrigin(*value) != "measured")
      text += " (" + getOrigin(*value) + ")";
    return text;
  }
  return "unknown";
}

static std::string getNumber(const Record &record, StringRef field) {
  int64_t value = record.getValueAsInt(field);
  return value < 0 ? "unknown" : std::to_string(value);
}

static void emitGenerations(const AneRecords &records, llvm::raw_ostream &os) {
  AneRecords::List limits;
  llvm::copy_if(
      records.limits, std::back_inserter(limits),
      [](const Record *limit) { return limit->getValueAsBit("perChip"); });
  os << "## Generations\n\n| generation | subtype | task descriptors |";
  for (const Record *limit : limits)
    os << ' ' << getName(*limit) << " |";
  os << " note |\n|---|---|---|";
  for (size_t i = 0; i < limits.size(); ++i)
    os << "---|";
  os << "---|\n";
  for (const Record *generation : records.generations) {
    os << "| " << getName(*generation) << " | "
       << getNumber(*generation, "cpuSubtype") << " | "
       << getNumber(*generation, "descriptorVersion") << " |";
    for (const Record *limit : limits)
      os << ' ' << getLimit(generation->getValueAsListOfDefs("limits"), *limit)
         << " |";
    os << ' ' << generation->getValueAsString("note") << " |\n";
  }
  os << '\n';
}

static void emitChip(const Record &chip, llvm::raw_ostream &os) {
  os << "### " << getName(chip) << "\n\nGeneration "
     << getName(*chip.getValueAsDef("generation")) << ", cores "
     << getNumber(chip, "cores") << ", engines " << getNumber(chip, "engines")
     << '.';
  if (StringRef note = chip.getValueAsString("note"); !note.empty())
    os << " Note: " << note << '.';
  os << "\n\n";
  std::vector<Record *> figures = chip.getValueAsListOfDefs("figures");
  std::vector<Record *> limits = chip.getValueAsListOfDefs("limits");
  if (figures.empty() && limits.empty())
    return;
  os << "| number | value | unit | origin | note | sources |\n"
        "|---|---|---|---|---|---|\n";
  auto emitRow = [&](const Record &kind, StringRef value, const Record &row) {
    os << "| " << getName(kind) << " | " << value << " | "
       << kind.getValueAsString("unit") << " | " << getOrigin(row) << " | "
       << row.getValueAsString("note") << " | ";
  };
  for (const Record *figure : figures) {
    emitRow(*figure->getValueAsDef("figure"), figure->getValueAsString("value"),
            *figure);
    emitSources(figure->getValueAsListOfDefs("sources"), os);
    os << " |\n";
  }
  for (const Record *limit : limits) {
    emitRow(*limit->getValueAsDef("limit"),
            std::to_string(limit->getValueAsInt("value")), *limit);
    os << "|\n";
  }
  os << '\n';
}

bool emitAneChipDoc(llvm::raw_ostream &os, llvm::RecordKeeper &keeper) {
  std::optional<AneRecords> records = readAneRecords(keeper);
  if (!records)
    return true;
  os << "# Chips\n\n" << kPreface;
  emitGenerations(*records, os);
  os << "## Figures\n\n| figure | unit | meaning |\n|---|---|---|\n";
  for (const Record *figure : records->figures)
    os << "| " << getName(*figure) << " | " << figure->getValueAsString("unit")
       << " | " << figure->getValueAsString("what") << " |\n";
  os << "\n## Chips\n\n";
  for (const Record *chip : records->chips)
    emitChip(*chip, os);
  return false;
}

//===----------------------------------------------------------------------===//
// Rules
//===----------------------------------------------------------------------===//

static void emitLimits(const Record &rule, llvm::raw_ostream &os) {
  std::vector<Record *> limits = rule.getValueAsListOfDefs("limits");
  llvm::interleave(
      limits, os,
      [&](const Record *limit) {
        os << '`' << getName(*limit) << "` " << limit->getValueAsInt("value");
        if (limit->getValueAsBit("perChip"))
          os << " (differs by chip)";
      },
      ", ");
}

/// A row unless `text` is empty.
static void emitRow(StringRef title, StringRef text, llvm::raw_ostream &os) {
  if (!text.empty())
    os << "| " << title << " | " << text << " |\n";
}

static std::string getPaths(const Record &rule) {
  std::string text;
  for (const Record *path : rule.getValueAsListOfDefs("paths"))
    text += (text.empty() ? "" : ", ") + getName(*path).str();
  return text;
}

static std::string getEvidence(const Record &rule) {
  std::string text;
  llvm::raw_string_ostream os(text);
  emitSources(rule.getValueAsListOfDefs("evidence"), os);
  StringRef note = rule.getValueAsString("evidenceNote");
  if (!note.empty())
    os << (text.empty() ? "" : " — ") << note;
  return text;
}

static void emitRule(const Record &rule, llvm::raw_ostream &os) {
  os << "### `" << rule.getValueAsString("id") << "`\n\n"
     << rule.getValueAsString("statement") << ".\n\n| | |\n|---|---|\n";
  emitRow("severity", rule.getValueAsDef("severity")->getName().lower(), os);
  emitRow("confidence", getName(*rule.getValueAsDef("confidence")), os);
  emitRow("path", getPaths(rule), os);
  std::string chips;
  for (const Record *generation : rule.getValueAsListOfDefs("generations"))
    chips += (chips.empty() ? "" : ", ") + getName(*generation).str();
  emitRow("generations", chips, os);
  emitRow("seen on", rule.getValueAsString("seenOn"), os);
  std::string limits;
  llvm::raw_string_ostream limitStream(limits);
  emitLimits(rule, limitStream);
  emitRow("limits", limits, os);
  emitRow("evidence", getEvidence(rule), os);
  emitRow("rewrite", rule.getValueAsString("rewrite"), os);
  if (StringRef pass = rule.getValueAsString("pass"); !pass.empty())
    emitRow("pass", "`" + pass.str() + "`", os);
  for (const Record *dispute : rule.getValueAsListOfDefs("disputes"))
    emitRow("dispute", dispute->getValueAsString("claim"), os);
  os << '\n';
}

static void emitDispute(const Record &dispute, llvm::raw_ostream &os) {
  os << "| " << dispute.getValueAsString("claim") << " | "
     << dispute.getValueAsString("supporting") << " | "
     << dispute.getValueAsString("contradicting") << " | "
     << dispute.getValueAsString("decision") << " |\n";
}

bool emitAneRuleDoc(llvm::raw_ostream &os, llvm::RecordKeeper &keeper) {
  std::optional<AneRecords> records = readAneRecords(keeper);
  if (!records)
    return true;
  os << "# Rules\n\n" << kPreface;
  const Record *group = nullptr;
  for (const Record *rule : records->rules) {
    const Record *next = rule->getValueAsDef("group");
    if (next != group)
      os << "## " << next->getValueAsString("title") << "\n\n";
    group = next;
    emitRule(*rule, os);
  }
  os << "## Disputed claims\n\n| claim | for it | against it | decision |\n"
        "|---|---|---|---|\n";
  for (const Record *dispute : records->disputes)
    emitDispute(*dispute, os);
  os << "\n## Sources\n\n| source | what it is |\n|---|---|\n";
  for (const Record *source : records->sources)
    if (StringRef what = source->getValueAsString("what"); !what.empty())
      os << "| <" << source->getValueAsString("url") << "> | " << what
         << " |\n";
  return false;
}

} // namespace espresso::tblgen
