//===- TargetReport.cpp - Lists of chips and rules ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Tools/TargetOptions.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"

namespace espresso {

using ane::Chip;
using ane::Generation;
using ane::Limit;
using ane::Path;
using ane::Rule;
using ane::Target;

static constexpr llvm::StringLiteral kUnknown = "unknown";

/// The number as short as it can be: 1.14, 190.
static std::string getNumberText(double value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%g", value);
  return text;
}

static std::string getNumberText(std::optional<int64_t> value) {
  return value ? std::to_string(*value) : kUnknown.str();
}

static llvm::SmallVector<Limit> getPerChipLimits() {
  llvm::SmallVector<Limit> limits;
  for (unsigned i = 0; i < ane::kNumLimits; ++i)
    if (getInfo(static_cast<Limit>(i)).perChip)
      limits.push_back(static_cast<Limit>(i));
  return limits;
}

static llvm::SmallVector<Path> getPaths(const Rule &rule) {
  llvm::SmallVector<Path> paths;
  for (Path path : {Path::Public, Path::Direct, Path::Descriptor})
    if (rule.paths.intersects(path))
      paths.push_back(path);
  return paths;
}

//===----------------------------------------------------------------------===//
// Chips, text
//===----------------------------------------------------------------------===//

/// "max-axis 16384 elements (assumed)".
static void printLimit(Limit limit, const Target &target,
                       llvm::raw_ostream &os) {
  const ane::LimitInfo &info = getInfo(limit);
  std::optional<int64_t> number = getLimit(limit, target);
  os << info.name << ' ' << getNumberText(number);
  if (number && !info.unit.empty())
    os << ' ' << info.unit;
  const ane::LimitValue *value = findLimitValue(limit, target);
  if (value && value->origin != ane::Origin::Measured)
    os << " (" << getName(value->origin) << ')';
}

static void printGeneration(const Generation &generation,
                            llvm::raw_ostream &os) {
  os << generation.name << ": subtype " << getNumberText(generation.cpuSubtype)
     << ", task descriptors " << getNumberText(generation.descriptorVersion);
  for (Limit limit : getPerChipLimits()) {
    os << ", ";
    printLimit(limit, Target{&generation}, os);
  }
  os << '\n';
  if (!generation.note.empty())
    os << "  note: " << generation.note << '\n';
}

static void printChip(const Chip &chip, llvm::raw_ostream &os) {
  os << "  " << chip.name << ": cores " << getNumberText(chip.cores)
     << ", engines " << getNumberText(chip.engines) << '\n';
  for (const ane::LimitValue &value : chip.limits) {
    os << "    ";
    printLimit(value.limit, Target{chip.generation, &chip}, os);
    os << (value.note.empty() ? "" : "; ") << value.note << '\n';
  }
  for (const ane::FigureValue &value : chip.figures) {
    const ane::FigureInfo &info = getInfo(value.figure);
    os << "    " << info.name << ' ' << getNumberText(value.value) << ' '
       << info.unit << " (" << getName(value.origin) << ')'
       << (value.note.empty() ? "" : "; ") << value.note << '\n';
  }
  if (!chip.note.empty())
    os << "    note: " << chip.note << '\n';
}

/// Generations in order, each with its chips; then what is not known.
static void printTargets(llvm::raw_ostream &os) {
  for (const Generation &generation : ane::getAllGenerations()) {
    printGeneration(generation, os);
    for (const Chip &chip : ane::getAllChips())
      if (chip.generation == &generation)
        printChip(chip, os);
  }
  os << "figures that are missing are unknown; none was measured by this "
        "project\n";
}

//===----------------------------------------------------------------------===//
// Chips, JSON
//===----------------------------------------------------------------------===//

using llvm::json::OStream;

static void writeNumber(llvm::StringRef key, std::optional<int64_t> value,
                        OStream &json) {
  if (value)
    json.attribute(key, *value);
  else
    json.attribute(key, nullptr);
}

static void writeLimits(llvm::ArrayRef<Limit> limits, const Target &target,
                        OStream &json) {
  json.attributeArray("limits", [&] {
    for (Limit limit : limits)
      json.object([&] {
        const ane::LimitInfo &info = getInfo(limit);
        json.attribute("name", info.name);
        writeNumber("value", getLimit(limit, target), json);
        json.attribute("unit", info.unit);
        json.attribute("what", info.what);
        const ane::LimitValue *value = findLimitValue(limit, target);
        if (!value)
          return;
        json.attribute("origin", getName(value->origin));
        if (!value->note.empty())
          json.attribute("note", value->note);
      });
  });
}

static void writeSources(llvm::StringRef key,
                         llvm::ArrayRef<const ane::Source *> sources,
                         OStream &json) {
  json.attributeArray(key, [&] {
    for (const ane::Source *source : sources)
      json.value(source->url);
  });
}

/// Every figure; null if it is not known.
static void writeFigures(const Chip &chip, OStream &json) {
  json.attributeArray("figures", [&] {
    for (unsigned i = 0; i < ane::kNumFigures; ++i)
      json.object([&] {
        auto figure = static_cast<ane::Figure>(i);
        json.attribute("name", getInfo(figure).name);
        json.attribute("unit", getInfo(figure).unit);
        const ane::FigureValue *value = chip.findFigure(figure);
        if (!value) {
          json.attribute("value", nullptr);
          return;
        }
        json.attribute("value", value->value);
        json.attribute("origin", getName(value->origin));
        writeSources("sources", value->sources, json);
        if (!value->note.empty())
          json.attribute("note", value->note);
      });
  });
}

static void writeChip(const Chip &chip, OStream &json) {
  json.object([&] {
    json.attribute("name", chip.name);
    json.attribute("generation", chip.generation->name);
    json.attributeArray("aliases", [&] {
      for (llvm::StringRef alias : chip.aliases)
        json.value(alias);
    });
    writeNumber("cores", chip.cores, json);
    writeNumber("engines", chip.engines, json);
    llvm::SmallVector<Limit> limits = getPerChipLimits();
    for (const ane::LimitValue &value : chip.limits)
      if (!llvm::is_contained(limits, value.limit))
        limits.push_back(value.limit);
    writeLimits(limits, Target{chip.generation, &chip}, json);
    writeFigures(chip, json);
    if (!chip.note.empty())
      json.attribute("note", chip.note);
  });
}

static void writeTargets(OStream &json) {
  json.object([&] {
    json.attributeArray("generations", [&] {
      for (const Generation &generation : ane::getAllGenerations())
        json.object([&] {
          json.attribute("name", generation.name);
          writeNumber("subtype", generation.cpuSubtype, json);
          writeNumber("descriptor_version", generation.descriptorVersion, json);
          writeLimits(getPerChipLimits(), Target{&generation}, json);
          if (!generation.note.empty())
            json.attribute("note", generation.note);
        });
    });
    json.attributeArray("chips", [&] {
      for (const Chip &chip : ane::getAllChips())
        writeChip(chip, json);
    });
  });
}

std::string listTargets(ReportFormat format) {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (format == ReportFormat::Json) {
    OStream json(os, /*IndentSize=*/2);
    writeTargets(json);
    os << '\n';
  } else {
    printTargets(os);
  }
  return text;
}

//===----------------------------------------------------------------------===//
// Rules, text
//===----------------------------------------------------------------------===//

static std::string getPathText(const Rule &rule) {
  std::string text;
  for (Path path : getPaths(rule))
    text += (text.empty() ? "" : ", ") + getName(path).str();
  return text;
}

static void printRules(llvm::raw_ostream &os) {
  llvm::StringRef group;
  for (const Rule &rule : ane::getAllRules()) {
    if (rule.group != group)
      os << rule.group << '\n';
    group = rule.group;
    os << "  " << rule.name << ": " << getName(rule.severity) << ", "
       << getPathText(rule) << "; evidence: " << getName(rule.confidence)
       << "\n      " << rule.statement << '\n';
  }
}

static void printEvidence(const Rule &rule, llvm::raw_ostream &os) {
  for (const ane::Source *source : rule.evidence)
    os << "  evidence: " << source->url
       << (source->what.empty() ? "" : " (" + source->what.str() + ")") << '\n';
  if (!rule.evidenceNote.empty())
    os << "  evidence: " << rule.evidenceNote << '\n';
  for (const ane::Dispute *dispute : rule.disputes)
    os << "  disputed: " << dispute->claim
       << "\n    for it: " << dispute->supporting
       << "\n    against it: " << dispute->contradicting
       << "\n    decision: " << dispute->decision << '\n';
}

static void printRule(const Rule &rule, const Target &target,
                      llvm::raw_ostream &os) {
  os << rule.name << ": " << rule.statement
     << "\n  severity: " << getName(rule.severity)
     << "\n  confidence: " << getName(rule.confidence)
     << "\n  path: " << getPathText(rule) << "\n  seen on: " << rule.seenOn
     << '\n';
  if (!rule.generations.empty()) {
    os << "  generations: ";
    llvm::interleaveComma(rule.generations, os,
                          [&](const Generation *one) { os << one->name; });
    os << '\n';
  }
  if (!appliesTo(rule, target))
    os << "  does not hold for " << target.getName() << '\n';
  for (Limit limit : rule.limits) {
    os << "  limit: ";
    printLimit(limit, target, os);
    os << " on " << (target.generation ? target.getName() : "any chip") << "; "
       << getInfo(limit).what << '\n';
  }
  printEvidence(rule, os);
  if (!rule.rewrite.empty())
    os << "  rewrite: " << rule.rewrite << '\n';
  if (!rule.pass.empty())
    os << "  pass: " << rule.pass << '\n';
}

//===----------------------------------------------------------------------===//
// Rules, JSON
//===----------------------------------------------------------------------===//

static void writeDispute(const ane::Dispute &dispute, OStream &json) {
  json.object([&] {
    json.attribute("claim", dispute.claim);
    json.attribute("for", dispute.supporting);
    json.attribute("against", dispute.contradicting);
    json.attribute("decision", dispute.decision);
  });
}

static void writeRule(const Rule &rule, const Target &target, OStream &json) {
  json.object([&] {
    json.attribute("id", rule.name);
    json.attribute("group", rule.group);
    json.attribute("statement", rule.statement);
    json.attribute("severity", getName(rule.severity));
    json.attribute("confidence", getName(rule.confidence));
    json.attributeArray("paths", [&] {
      for (Path path : getPaths(rule))
        json.value(getName(path));
    });
    json.attributeArray("generations", [&] {
      for (const Generation *generation : rule.generations)
        json.value(generation->name);
    });
    json.attribute("seen_on", rule.seenOn);
    json.attribute("applies", appliesTo(rule, target));
    writeLimits(rule.limits, target, json);
    writeSources("evidence", rule.evidence, json);
    json.attribute("evidence_note", rule.evidenceNote);
    json.attribute("rewrite", rule.rewrite);
    json.attribute("pass", rule.pass);
    json.attributeArray("disputes", [&] {
      for (const ane::Dispute *dispute : rule.disputes)
        writeDispute(*dispute, json);
    });
  });
}

std::string listRules(ReportFormat format) {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (format != ReportFormat::Json) {
    printRules(os);
    return text;
  }
  OStream json(os, /*IndentSize=*/2);
  json.object([&] {
    json.attributeArray("rules", [&] {
      for (const Rule &rule : ane::getAllRules())
        writeRule(rule, {}, json);
    });
    json.attributeArray("disputes", [&] {
      for (const ane::Dispute &dispute : ane::getAllDisputes())
        writeDispute(dispute, json);
    });
  });
  os << '\n';
  return text;
}

std::string explainRule(const Rule &rule, const Target &target,
                        ReportFormat format) {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (format == ReportFormat::Json) {
    OStream json(os, /*IndentSize=*/2);
    writeRule(rule, target, json);
    os << '\n';
  } else {
    printRule(rule, target, os);
  }
  return text;
}

} // namespace espresso
