//===- AneGen.cpp - Tables of chips and rules -----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// From the records of lib/Target/ANE:
//
//   GEN_ANE_ENUMS     enum class Limit, Figure, RuleId
//   GEN_ANE_TABLES    arrays kSources, kLimits, kFigures, kGenerations, kChips,
//                     kDisputes, kRules
//
//===----------------------------------------------------------------------===//

#include "AneRecord.h"
#include "Backends.h"
#include "Text.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/raw_ostream.h"

using llvm::Record;
using llvm::StringRef;

namespace espresso::tblgen {

namespace {

/// Writes the tables; a record that another refers to is an element of an array
/// written before.
class TableWriter {
public:
  TableWriter(const AneRecords &records, llvm::raw_ostream &os)
      : records(records), os(os) {
    for (const AneRecords::List *list :
         {&records.sources, &records.generations, &records.disputes})
      for (const auto &[index, record] : llvm::enumerate(*list))
        places[record] = index;
  }

  void emitEnums();
  void emitTables();

private:
  void emitEnum(StringRef name, const AneRecords::List &list);
  /// `static constexpr const Source *k<owner>Sources[] = {...};`
  void emitPointers(const Record &owner, StringRef field, StringRef type,
                    StringRef array);
  void emitStrings(const Record &owner, StringRef field);
  void emitLimitValues(const Record &owner);
  void emitFigureValues(const Record &owner);
  /// The array emitted for `field`, or `{}`.
  void emitList(const Record &owner, StringRef field);
  void emitSources();
  void emitKinds();
  void emitGenerations();
  void emitChips();
  void emitDisputes();
  void emitRule(const Record &rule);
  void emitRules();

  const AneRecords &records;
  llvm::raw_ostream &os;
  llvm::DenseMap<const Record *, size_t> places;
  /// Lists that have been written.
  llvm::StringSet<> emitted;
};

} // namespace

static std::string getText(const Record &record, StringRef field) {
  return quote(record.getValueAsString(field));
}

//===----------------------------------------------------------------------===//
// Enumerations
//===----------------------------------------------------------------------===//

void TableWriter::emitEnum(StringRef name, const AneRecords::List &list) {
  os << "enum class " << name << " : uint8_t {\n";
  for (const Record *record : list) {
    StringRef what = name == "RuleId" ? "statement" : "what";
    os << "  /// " << record->getValueAsString(what) << "\n  "
       << (name == "RuleId" ? getRuleEnumerator(*record)
                            : record->getName().str())
       << ",\n";
  }
  os << "};\ninline constexpr unsigned kNum" << name << "s = " << list.size()
     << ";\n\n";
}

void TableWriter::emitEnums() {
  os << "/// A number that rules depend on.\n";
  emitEnum("Limit", records.limits);
  os << "/// A kind of measurement.\n";
  emitEnum("Figure", records.figures);
  os << "/// A rule.\n";
  emitEnum("RuleId", records.rules);
}

//===----------------------------------------------------------------------===//
// Lists of a record
//===----------------------------------------------------------------------===//

static std::string getListName(const Record &owner, StringRef field) {
  std::string name = field.str();
  name[0] = llvm::toUpper(name[0]);
  return "k" + owner.getName().str() + "_" + name;
}

void TableWriter::emitPointers(const Record &owner, StringRef field,
                               StringRef type, StringRef array) {
  std::vector<Record *> list = owner.getValueAsListOfDefs(field);
  // Values without a name of their own are one record if they are equal.
  if (list.empty() || !emitted.insert(getListName(owner, field)).second)
    return;
  os << "static constexpr const " << type << " *" << getListName(owner, field)
     << "[] = {";
  llvm::interleaveComma(list, os, [&](const Record *element) {
    os << '&' << array << '[' << places.lookup(element) << ']';
  });
  os << "};\n";
}

void TableWriter::emitStrings(const Record &owner, StringRef field) {
  std::vector<StringRef> list = owner.getValueAsListOfStrings(field);
  if (list.empty())
    return;
  os << "static constexpr llvm::StringRef " << getListName(owner, field)
     << "[] = {";
  llvm::interleaveComma(list, os, [&](StringRef text) { os << quote(text); });
  os << "};\n";
}

/// `Disputed_` is named so because a confidence has the name.
static StringRef getOrigin(const Record &value) {
  return value.getValueAsDef("origin")->getName().rtrim('_');
}

void TableWriter::emitLimitValues(const Record &owner) {
  std::vector<Record *> values = owner.getValueAsListOfDefs("limits");
  if (values.empty())
    return;
  os << "static constexpr LimitValue " << getListName(owner, "limits")
     << "[] = {\n";
  for (const Record *value : values)
    os << "    {Limit::" << value->getValueAsDef("limit")->getName() << ", "
       << value->getValueAsInt("value") << ", Origin::" << getOrigin(*value)
       << ", " << getText(*value, "note") << "},\n";
  os << "};\n";
}

void TableWriter::emitFigureValues(const Record &owner) {
  std::vector<Record *> values = owner.getValueAsListOfDefs("figures");
  for (const Record *value : values)
    emitPointers(*value, "sources", "Source", "kSources");
  if (values.empty())
    return;
  os << "static constexpr FigureValue " << getListName(owner, "figures")
     << "[] = {\n";
  for (const Record *value : values) {
    os << "    {Figure::" << value->getValueAsDef("figure")->getName() << ", "
       << value->getValueAsString("value") << ", Origin::" << getOrigin(*value)
       << ", ";
    emitList(*value, "sources");
    os << ", " << getText(*value, "note") << "},\n";
  }
  os << "};\n";
}

void TableWriter::emitList(const Record &owner, StringRef field) {
  const auto *list = llvm::cast<llvm::ListInit>(owner.getValueInit(field));
  if (list->empty())
    os << "{}";
  else
    os << getListName(owner, field);
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

void TableWriter::emitSources() {
  os << "static constexpr Source kSources[] = {\n";
  for (const Record *source : records.sources)
    os << "    {" << getText(*source, "url") << ", " << getText(*source, "what")
       << "},\n";
  os << "};\n\n";
}

void TableWriter::emitKinds() {
  os << "static constexpr LimitInfo kLimits[] = {\n";
  for (const Record *limit : records.limits)
    os << "    {" << getText(*limit, "name") << ", " << getText(*limit, "unit")
       << ", " << getText(*limit, "what") << ", "
       << limit->getValueAsInt("value") << ", "
       << (limit->getValueAsBit("perChip") ? "true" : "false") << "},\n";
  os << "};\n\nstatic constexpr FigureInfo kFigures[] = {\n";
  for (const Record *figure : records.figures)
    os << "    {" << getText(*figure, "name") << ", "
       << getText(*figure, "unit") << ", " << getText(*figure, "what")
       << "},\n";
  os << "};\n\n";
}

static std::string getNumber(const Record &record, StringRef field) {
  int64_t value = record.getValueAsInt(field);
  return value < 0 ? "std::nullopt" : std::to_string(value);
}

void TableWriter::emitGenerations() {
  for (const Record *generation : records.generations)
    emitLimitValues(*generation);
  os << "static constexpr Generation kGenerations[] = {\n";
  for (const Record *generation : records.generations) {
    os << "    {" << getText(*generation, "name") << ", "
       << getNumber(*generation, "cpuSubtype") << ", "
       << getNumber(*generation, "descriptorVersion") << ", ";
    emitList(*generation, "limits");
    os << ", " << getText(*generation, "note") << "},\n";
  }
  os << "};\n\n";
}

void TableWriter::emitChips() {
  for (const Record *chip : records.chips) {
    emitStrings(*chip, "aliases");
    emitLimitValues(*chip);
    emitFigureValues(*chip);
  }
  os << "static constexpr Chip kChips[] = {\n";
  for (const Record *chip : records.chips) {
    os << "    {" << getText(*chip, "name") << ", &kGenerations["
       << places.lookup(chip->getValueAsDef("generation")) << "], ";
    emitList(*chip, "aliases");
    os << ", " << getNumber(*chip, "cores") << ", "
       << getNumber(*chip, "engines") << ", ";
    emitList(*chip, "limits");
    os << ", ";
    emitList(*chip, "figures");
    os << ", " << getText(*chip, "note") << "},\n";
  }
  os << "};\n\n";
}

void TableWriter::emitDisputes() {
  os << "static constexpr Dispute kDisputes[] = {\n";
  for (const Record *dispute : records.disputes)
    os << "    {" << getText(*dispute, "claim") << ", "
       << getText(*dispute, "supporting") << ", "
       << getText(*dispute, "contradicting") << ", "
       << getText(*dispute, "decision") << "},\n";
  os << "};\n\n";
}

void TableWriter::emitRule(const Record &rule) {
  os << "    {RuleId::" << getRuleEnumerator(rule) << ", "
     << getText(rule, "id") << ",\n     "
     << quote(rule.getValueAsDef("group")->getValueAsString("title")) << ", "
     << getText(rule, "statement") << ",\n     " << getText(rule, "seenOn")
     << ", ";
  emitList(rule, "generations");
  os << ", ";
  llvm::interleave(
      rule.getValueAsListOfDefs("paths"), os,
      [&](const Record *path) { os << "Path::" << path->getName(); }, " | ");
  os << ", RuleSeverity::" << rule.getValueAsDef("severity")->getName()
     << ", Confidence::" << rule.getValueAsDef("confidence")->getName() << ", ";
  emitList(rule, "limits");
  os << ", ";
  emitList(rule, "evidence");
  os << ",\n     " << getText(rule, "evidenceNote") << ", "
     << getText(rule, "rewrite") << ", " << getText(rule, "pass") << ", ";
  emitList(rule, "disputes");
  os << "},\n";
}

void TableWriter::emitRules() {
  for (const Record *rule : records.rules) {
    emitPointers(*rule, "generations", "Generation", "kGenerations");
    emitPointers(*rule, "evidence", "Source", "kSources");
    emitPointers(*rule, "disputes", "Dispute", "kDisputes");
    std::vector<Record *> limits = rule->getValueAsListOfDefs("limits");
    if (limits.empty())
      continue;
    os << "static constexpr Limit " << getListName(*rule, "limits") << "[] = {";
    llvm::interleaveComma(limits, os, [&](const Record *limit) {
      os << "Limit::" << limit->getName();
    });
    os << "};\n";
  }
  os << "static constexpr Rule kRules[] = {\n";
  for (const Record *rule : records.rules)
    emitRule(*rule);
  os << "};\n\n";
}

void TableWriter::emitTables() {
  emitSources();
  emitKinds();
  emitGenerations();
  emitChips();
  emitDisputes();
  emitRules();
}

bool emitAneTables(llvm::raw_ostream &os, llvm::RecordKeeper &keeper) {
  std::optional<AneRecords> records = readAneRecords(keeper);
  if (!records)
    return true;
  TableWriter writer(*records, os);
  os << "// Generated by espresso-tblgen -gen-ane-tables.\n\n"
     << "#ifdef GEN_ANE_ENUMS\n#undef GEN_ANE_ENUMS\n\n";
  writer.emitEnums();
  os << "#endif // GEN_ANE_ENUMS\n\n"
     << "#ifdef GEN_ANE_TABLES\n#undef GEN_ANE_TABLES\n\n";
  writer.emitTables();
  os << "#endif // GEN_ANE_TABLES\n";
  return false;
}

} // namespace espresso::tblgen
