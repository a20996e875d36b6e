//===- Target.cpp - What a program is made for ----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Target/ANE/Target.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/MathExtras.h"

namespace espresso::ane {

//===----------------------------------------------------------------------===//
// Names of targets
//===----------------------------------------------------------------------===//

static constexpr llvm::StringLiteral kAny = "any";

llvm::StringRef Target::getName() const {
  if (chip)
    return chip->name;
  return generation ? generation->name : llvm::StringRef(kAny);
}

/// Letters and digits, in lower case.
static std::string normalize(llvm::StringRef name) {
  std::string normal;
  for (char c : name)
    if (!llvm::StringRef(" -_").contains(c))
      normal += llvm::toLower(c);
  return normal;
}

static bool isCalled(const Chip &chip, llvm::StringRef normal) {
  return normalize(chip.name) == normal ||
         llvm::any_of(chip.aliases, [&](llvm::StringRef alias) {
           return normalize(alias) == normal;
         });
}

std::optional<Target> findTarget(llvm::StringRef name) {
  std::string normal = normalize(name);
  if (normal == kAny)
    return Target{};
  for (const Chip &chip : getAllChips())
    if (isCalled(chip, normal))
      return Target{chip.generation, &chip};
  for (const Generation &generation : getAllGenerations())
    if (normalize(generation.name) == normal)
      return Target{&generation, nullptr};
  return std::nullopt;
}

/// The name most like `name` in the normal form of both.
static std::optional<llvm::StringRef> suggestTarget(llvm::StringRef name) {
  llvm::SmallVector<llvm::StringRef> names{kAny};
  for (const Chip &chip : getAllChips())
    names.push_back(chip.name);
  for (const Generation &generation : getAllGenerations())
    names.push_back(generation.name);
  std::vector<std::string> normals;
  for (llvm::StringRef candidate : names)
    normals.push_back(normalize(candidate));
  llvm::SmallVector<llvm::StringRef> references(normals.begin(), normals.end());
  std::string normal = normalize(name);
  // Any two letters are near any other two.
  if (normal.size() < 3)
    return std::nullopt;
  std::optional<llvm::StringRef> near = findNearMiss(normal, references);
  if (!near)
    return std::nullopt;
  return names[llvm::find(references, *near) - references.begin()];
}

std::optional<Target> findTarget(llvm::StringRef name, std::string &error) {
  std::optional<Target> target = findTarget(name);
  if (target)
    return target;
  error = ("unknown chip '" + name + "'").str();
  if (std::optional<llvm::StringRef> near = suggestTarget(name))
    error += ("; did you mean '" + *near + "'?").str();
  else
    error += "; --list-targets has those there are";
  return std::nullopt;
}

std::optional<PathSet> findPaths(llvm::StringRef name) {
  return llvm::StringSwitch<std::optional<PathSet>>(name)
      .Case("public", Path::Public)
      .Case("direct", Path::Direct)
      .Case("both", Path::Public | Path::Direct)
      .Default(std::nullopt);
}

bool appliesTo(const Rule &rule, const Target &target) {
  if (!rule.paths.intersects(target.paths))
    return false;
  return rule.generations.empty() || !target.generation ||
         llvm::is_contained(rule.generations, target.generation);
}

//===----------------------------------------------------------------------===//
// Limits
//===----------------------------------------------------------------------===//

const LimitValue *findLimitValue(Limit limit, const Target &target) {
  auto find = [&](llvm::ArrayRef<LimitValue> values) -> const LimitValue * {
    const LimitValue *value = llvm::find_if(
        values, [&](const LimitValue &v) { return v.limit == limit; });
    return value == values.end() ? nullptr : value;
  };
  if (target.chip)
    if (const LimitValue *value = find(target.chip->limits))
      return value;
  return target.generation ? find(target.generation->limits) : nullptr;
}

std::optional<int64_t> getLimit(Limit limit, const Target &target) {
  if (const LimitValue *value = findLimitValue(limit, target))
    return value->value;
  const LimitInfo &info = getInfo(limit);
  if (info.perChip && target.generation)
    return std::nullopt;
  return info.value;
}

/// A limit that is known for every chip.
static int64_t getCommonLimit(Limit limit, const Target &target) {
  assert(!getInfo(limit).perChip && "may not be known");
  return *getLimit(limit, target);
}

int64_t getHeadBudget(const Target &target) {
  return getCommonLimit(Limit::HeadElements, target);
}

int64_t getProgramBytes(const Target &target) {
  return getCommonLimit(Limit::ProgramBytes, target);
}

int64_t getBoundaryBytes(const Target &target) {
  return getCommonLimit(Limit::BoundaryBytes, target);
}

bool meetsBoundaryMinimum(int64_t bytes, const Target &target) {
  return bytes >= getBoundaryBytes(target);
}

int64_t getMinimumSpatial(int64_t channels, int64_t elementBytes,
                          const Target &target) {
  assert(channels > 0 && elementBytes > 0 && "a column has a size");
  int64_t bytes = getBoundaryBytes(target);
  // Beyond it one column is enough, and the product might overflow.
  if (channels >= bytes)
    return 1;
  return llvm::PowerOf2Ceil(llvm::divideCeil(bytes, channels * elementBytes));
}

bool isStreamed(int64_t bytes, const Target &target) {
  return bytes > getCommonLimit(Limit::StreamingBytes, target);
}

//===----------------------------------------------------------------------===//
// Messages
//===----------------------------------------------------------------------===//

Severity getSeverity(const Rule &rule) {
  switch (rule.severity) {
  case RuleSeverity::Error:
    return Severity::Error;
  case RuleSeverity::Warning:
    return Severity::Warning;
  case RuleSeverity::Remark:
    return Severity::Remark;
  }
  llvm_unreachable("every severity is one");
}

InFlightDiagnostic emitBreach(DiagnosticEngine &diagnostics, Location location,
                              RuleId id) {
  const Rule &rule = getRule(id);
  InFlightDiagnostic diag = diagnostics.emit(getSeverity(rule), location);
  diag.setRule(rule.name);
  for (const Dispute *dispute : rule.disputes)
    diag.addNote({}, "disputed: " + dispute->supporting +
                         "; against it: " + dispute->contradicting);
  return diag;
}

} // namespace espresso::ane
