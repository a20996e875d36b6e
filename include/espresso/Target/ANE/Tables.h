//===- Tables.h - What is known of the engine -------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Chips and rules as constant data with their evidence, generated from the
// records of lib/Target/ANE. Nothing in them was measured by this project. See
// docs/Target.md. Everything here lives for ever and is thread-safe.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TARGET_ANE_TABLES_H
#define ESPRESSO_TARGET_ANE_TABLES_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>

namespace espresso::ane {

#define GEN_ANE_ENUMS
#include "espresso/Target/ANE/Tables.h.inc"

/// Where a fact comes from. `what` is empty for pages on one thing only.
struct Source {
  llvm::StringRef url;
  llvm::StringRef what;
};

/// Accounts that contradict each other, and what is made of them.
struct Dispute {
  llvm::StringRef claim;
  llvm::StringRef supporting;
  llvm::StringRef contradicting;
  llvm::StringRef decision;
};

/// How a number was come by: measured by the sources, announced by the maker,
/// recalled from announcements without a check, assumed from neighbouring
/// generations, or contradicted.
enum class Origin : uint8_t {
  Measured,
  Announced,
  Recalled,
  Assumed,
  Disputed
};

struct LimitInfo {
  llvm::StringRef name;
  /// "bytes", "elements", …; empty for plain numbers.
  llvm::StringRef unit;
  llvm::StringRef what;
  /// What holds if no chip is named.
  int64_t value;
  /// Chips that say nothing of it leave it unknown.
  bool perChip;
};

struct LimitValue {
  Limit limit;
  int64_t value;
  Origin origin;
  llvm::StringRef note;
};

struct FigureInfo {
  llvm::StringRef name;
  llvm::StringRef unit;
  llvm::StringRef what;
};

struct FigureValue {
  Figure figure;
  double value;
  Origin origin;
  llvm::ArrayRef<const Source *> sources;
  llvm::StringRef note;
};

/// Chips that share an engine.
struct Generation {
  llvm::StringRef name;
  /// As containers of programs say it.
  std::optional<int> cpuSubtype;
  /// Version of task descriptors.
  std::optional<int> descriptorVersion;
  llvm::ArrayRef<LimitValue> limits;
  llvm::StringRef note;
};

struct Chip {
  llvm::StringRef name;
  const Generation *generation;
  llvm::ArrayRef<llvm::StringRef> aliases;
  /// Of all engines together.
  std::optional<int> cores;
  std::optional<int> engines;
  llvm::ArrayRef<LimitValue> limits;
  llvm::ArrayRef<FigureValue> figures;
  llvm::StringRef note;

  /// Null if it is not known.
  const FigureValue *findFigure(Figure figure) const;
};

/// A way to the engine; a set of them is a mask.
enum class Path : uint8_t {
  /// Packages through Core ML.
  Public = 1,
  /// MIL text through the private interface.
  Direct = 2,
  /// Task descriptors made by hand.
  Descriptor = 4,
};

class PathSet {
public:
  constexpr PathSet(Path path) : bits(static_cast<uint8_t>(path)) {}
  constexpr PathSet operator|(PathSet other) const {
    return PathSet(bits | other.bits);
  }
  constexpr bool intersects(PathSet other) const {
    return (bits & other.bits) != 0;
  }
  constexpr bool operator==(PathSet other) const { return bits == other.bits; }

private:
  constexpr explicit PathSet(int bits) : bits(static_cast<uint8_t>(bits)) {}
  uint8_t bits;
};
constexpr PathSet operator|(Path a, Path b) { return PathSet(a) | PathSet(b); }

/// Does not compile, does not run, or is wrong; slow, fragile, or on some chips
/// only; advice.
enum class RuleSeverity : uint8_t { Error, Warning, Remark };
/// Independent sources agree; a single one; they contradict each other; it
/// follows from other facts.
enum class Confidence : uint8_t { Several, One, Disputed, Inferred };

struct Rule {
  RuleId id;
  /// "ane-max-axis".
  llvm::StringRef name;
  llvm::StringRef group;
  llvm::StringRef statement;
  /// Chips and systems it was seen on, for people.
  llvm::StringRef seenOn;
  /// What it holds for; empty: all.
  llvm::ArrayRef<const Generation *> generations;
  PathSet paths;
  RuleSeverity severity;
  Confidence confidence;
  llvm::ArrayRef<Limit> limits;
  llvm::ArrayRef<const Source *> evidence;
  llvm::StringRef evidenceNote;
  /// What to do about it, for people; empty if nothing helps.
  llvm::StringRef rewrite;
  /// The pass that does it; empty if none does.
  llvm::StringRef pass;
  llvm::ArrayRef<const Dispute *> disputes;
};

/// From old to new.
[[nodiscard]] llvm::ArrayRef<Generation> getAllGenerations();
/// By generation, then by size.
[[nodiscard]] llvm::ArrayRef<Chip> getAllChips();
/// By group, then by name.
[[nodiscard]] llvm::ArrayRef<Rule> getAllRules();
[[nodiscard]] llvm::ArrayRef<Dispute> getAllDisputes();
[[nodiscard]] llvm::ArrayRef<Source> getAllSources();
[[nodiscard]] const LimitInfo &getInfo(Limit limit);
[[nodiscard]] const FigureInfo &getInfo(Figure figure);
[[nodiscard]] const Rule &getRule(RuleId id);
/// Null if there is none of that name.
[[nodiscard]] const Rule *findRule(llvm::StringRef name);
/// A rule named like `name`, if one is near; for "did you mean".
[[nodiscard]] std::optional<llvm::StringRef> suggestRule(llvm::StringRef name);

[[nodiscard]] llvm::StringRef getName(Origin origin);
[[nodiscard]] llvm::StringRef getName(Path path);
[[nodiscard]] llvm::StringRef getName(RuleSeverity severity);
[[nodiscard]] llvm::StringRef getName(Confidence confidence);

} // namespace espresso::ane

#endif // ESPRESSO_TARGET_ANE_TABLES_H
