//===- AneRecord.cpp - Records of chips and rules -------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AneRecord.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/TableGen/Error.h"

using llvm::Record;
using llvm::StringRef;

namespace espresso::tblgen {

std::string getRuleEnumerator(const Record &rule) {
  StringRef id = rule.getValueAsString("id");
  id.consume_front("ane-");
  std::string result;
  for (StringRef word : llvm::split(id, '-'))
    if (!word.empty())
      (result += llvm::toUpper(word.front())) += word.drop_front();
  return result;
}

namespace {

/// Looks at records one by one and remembers whether all were well.
class Checker {
public:
  void checkRule(const Record &rule);
  void checkChip(const Record &chip);
  void checkGeneration(const Record &generation);
  bool hasError() const { return failed; }

private:
  void error(const Record &record, const llvm::Twine &message) {
    llvm::PrintError(record.getLoc(), message);
    failed = true;
  }
  void checkProse(const Record &record, StringRef field);
  void checkLimits(const Record &record);
  void addSpelling(const Record &record, StringRef spelling);

  llvm::StringSet<> ids;
  /// What --chip accepts, in its normal form.
  llvm::StringSet<> spellings;
  bool failed = false;
};

} // namespace

void Checker::checkProse(const Record &record, StringRef field) {
  if (record.getValueAsString(field).ends_with("."))
    error(record, "'" + field + "' ends with a full stop");
}

void Checker::checkRule(const Record &rule) {
  StringRef id = rule.getValueAsString("id");
  if (!id.starts_with("ane-"))
    error(rule, "id '" + id + "' does not begin with 'ane-'");
  if (!ids.insert(id).second)
    error(rule, "id '" + id + "' is taken");
  for (StringRef field : {"statement", "rewrite", "evidenceNote"})
    checkProse(rule, field);
  if (rule.getValueAsListOfDefs("paths").empty())
    error(rule, "'" + id + "' holds for no path");
  if (rule.getValueAsListOfDefs("evidence").empty() &&
      rule.getValueAsString("evidenceNote").empty())
    error(rule, "'" + id + "' has no evidence");
  bool isDisputed =
      rule.getValueAsDef("confidence")->getValueAsString("name") == "disputed";
  if (isDisputed && rule.getValueAsListOfDefs("disputes").empty())
    error(rule, "'" + id + "' is disputed, but no dispute is named");
}

void Checker::checkLimits(const Record &record) {
  llvm::StringSet<> seen;
  for (const Record *value : record.getValueAsListOfDefs("limits"))
    if (StringRef name =
            value->getValueAsDef("limit")->getValueAsString("name");
        !seen.insert(name).second)
      error(record, "limit '" + name + "' is given twice");
}

void Checker::addSpelling(const Record &record, StringRef spelling) {
  std::string normal;
  for (char c : spelling)
    if (llvm::isAlnum(c))
      normal += llvm::toLower(c);
  if (!spellings.insert(normal).second)
    error(record, "'" + spelling + "' is spelt like another chip");
}

void Checker::checkGeneration(const Record &generation) {
  addSpelling(generation, generation.getValueAsString("name"));
  checkLimits(generation);
}

void Checker::checkChip(const Record &chip) {
  addSpelling(chip, chip.getValueAsString("name"));
  for (StringRef alias : chip.getValueAsListOfStrings("aliases"))
    addSpelling(chip, alias);
  checkLimits(chip);
  for (const Record *figure : chip.getValueAsListOfDefs("figures")) {
    double value;
    if (figure->getValueAsString("value").getAsDouble(value) || value <= 0)
      error(chip,
            "figure '" +
                figure->getValueAsDef("figure")->getValueAsString("name") +
                "' is not a positive number");
  }
}

/// In the order of the text.
static AneRecords::List getInOrder(llvm::RecordKeeper &records,
                                   StringRef name) {
  AneRecords::List list;
  for (const Record *record : records.getAllDerivedDefinitions(name))
    list.push_back(record);
  llvm::sort(list, [](const Record *a, const Record *b) {
    return a->getID() < b->getID();
  });
  return list;
}

std::optional<AneRecords> readAneRecords(llvm::RecordKeeper &records) {
  AneRecords result;
  result.sources = getInOrder(records, "Source");
  result.limits = getInOrder(records, "Limit");
  result.figures = getInOrder(records, "Figure");
  result.generations = getInOrder(records, "Generation");
  result.chips = getInOrder(records, "Chip");
  result.disputes = getInOrder(records, "Dispute");
  result.rules = getInOrder(records, "Rule");
  auto getGroup = [](const Record *rule) {
    return rule->getValueAsDef("group")->getValueAsInt("order");
  };
  llvm::sort(result.rules, [&](const Record *a, const Record *b) {
    return std::make_pair(getGroup(a), a->getValueAsString("id")) <
           std::make_pair(getGroup(b), b->getValueAsString("id"));
  });
  Checker checker;
  for (const Record *rule : result.rules)
    checker.checkRule(*rule);
  for (const Record *generation : result.generations)
    checker.checkGeneration(*generation);
  for (const Record *chip : result.chips)
    checker.checkChip(*chip);
  if (checker.hasError())
    return std::nullopt;
  return result;
}

} // namespace espresso::tblgen
