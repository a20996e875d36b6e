//===- HeadReport.cpp - Heads of known models on known chips --------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Model/ModelRegistry.h"
#include "espresso/Tools/HeadToolOptions.h"
#include "espresso/Transforms/HeadPlacement.h"

#include "llvm/Support/FormatVariadic.h"

#include <vector>

namespace espresso {

static HeadShape getShape(const ModelConfig &config) {
  return {config.vocabularySize, config.embeddingSize, DataType::Float16};
}

static HeadDecision decide(const ModelConfig &config, const ane::Target &target,
                           HeadPolicy policy) {
  return decideHead(getShape(config), target,
                    {.policy = policy, .hostBandwidth = kAssumedHostBandwidth});
}

/// The target of a chip as --chip would have it.
static ane::Target getTarget(const ane::Chip &chip) {
  return *ane::findTarget(chip.name);
}

/// A row for each model and decision, with the chips that it is the same for.
static void printPlacements(llvm::raw_ostream &os) {
  os << "| model | head | placement | chips | reason |\n"
        "|---|---|---|---|---|\n";
  for (const ModelConfig &config : getRegisteredConfigs()) {
    struct Row {
      HeadDecision decision;
      std::vector<llvm::StringRef> chips;
    };
    std::vector<Row> rows;
    for (const ane::Chip &chip : ane::getAllChips()) {
      HeadDecision decision =
          decide(config, getTarget(chip), HeadPolicy::Budget);
      Row *same = nullptr;
      for (Row &row : rows)
        if (row.decision.getName() == decision.getName() &&
            row.decision.reason == decision.reason)
          same = &row;
      if (!same)
        same = &rows.emplace_back(Row{decision, {}});
      same->chips.push_back(chip.name);
    }
    for (const Row &row : rows) {
      std::string chips = "all";
      if (rows.size() > 1) {
        chips.clear();
        for (llvm::StringRef chip : row.chips)
          chips += (chips.empty() ? "" : ", ") + chip.str();
      }
      os << llvm::formatv("| {0} | {1} x {2} | {3} | {4} | {5} |\n",
                          config.name, config.vocabularySize,
                          config.embeddingSize, row.decision.getName(), chips,
                          row.decision.reason);
    }
  }
}

/// A row for each model, a column for each chip whose figures are known.
static void printCosts(llvm::raw_ostream &os) {
  std::vector<const ane::Chip *> chips;
  std::vector<ModelConfig> configs = getRegisteredConfigs();
  for (const ane::Chip &chip : ane::getAllChips())
    if (decide(configs.front(), getTarget(chip), HeadPolicy::Cost)
            .aneMicroseconds)
      chips.push_back(&chip);
  os << "| model | CPU |";
  for (const ane::Chip *chip : chips)
    os << " " << chip->name << " |";
  os << "\n|---|---|";
  for (size_t i = 0; i < chips.size(); ++i)
    os << "---|";
  os << "\n";
  for (const ModelConfig &config : configs) {
    HeadDecision any = decide(config, {}, HeadPolicy::Cost);
    os << llvm::formatv("| {0} | {1:f0} |", config.name, any.cpuMicroseconds);
    for (const ane::Chip *chip : chips) {
      HeadDecision decision =
          decide(config, getTarget(*chip), HeadPolicy::Cost);
      os << llvm::formatv(" {0:f0} ({1}) |", *decision.aneMicroseconds,
                          decision.getName());
    }
    os << "\n";
  }
}

std::string listHeadPlacements() {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "By the budget, the default:\n\n";
  printPlacements(os);
  os << llvm::formatv(
      "\nModelled microseconds of a token's head, for the CPU at an assumed "
      "{0} "
      "GB/s and for\nthe engine of chips whose figures are known, and in "
      "brackets where\n`head-policy=cost` puts it:\n\n",
      kAssumedHostBandwidth);
  printCosts(os);
  return text;
}

} // namespace espresso
