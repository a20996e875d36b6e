//===- Pass.h - A transformation or analysis of a program -------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// What a pass is. A pass is declared by a record in a Passes.td, from which its
// options, its base class and its row in the table of passes are generated;
// see docs/AddingAPass.md.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_PASS_PASS_H
#define ESPRESSO_PASS_PASS_H

#include "espresso/IR/Program.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <memory>
#include <string>
#include <variant>

namespace espresso {

class Pass;

/// What a pass did. `Changed` and `Unchanged` are promises that the manager
/// checks; before it returns `Failed`, a pass must have reported an error.
enum class PassResult : uint8_t { Unchanged, Changed, Failed };

/// `Changed` if `changed`, else `Unchanged`.
[[nodiscard]] inline PassResult changedIf(bool changed) {
  return changed ? PassResult::Changed : PassResult::Unchanged;
}

/// What a pass is run on: the whole program, or each function by itself. A
/// function pass must not look at or touch anything outside of its function.
enum class PassScope : uint8_t { Program, Function };

//===----------------------------------------------------------------------===//
// What a record says of a pass
//===----------------------------------------------------------------------===//

/// The value of an option. Names are those of the record and live for ever.
struct PassOptionValue {
  llvm::StringRef name;
  std::variant<bool, int64_t, std::string> value;
};

enum class PassOptionKind : uint8_t { Bool, Integer, String };

struct PassOptionInfo {
  llvm::StringRef name;
  PassOptionKind kind;
  /// As spelt in a pipeline.
  llvm::StringRef defaultText;
  llvm::StringRef help;
  /// For strings: the values accepted; empty for any.
  llvm::ArrayRef<llvm::StringRef> choices;
};

struct PassStatisticInfo {
  llvm::StringRef name;
  llvm::StringRef help;
};

/// How far a pass may move what a program computes, in units of the narrowest
/// float type in it: the distance from 1 to the next number, times the largest
/// element of the result. Checked by --check-numerics.
struct NumericTolerance {
  /// In the declared types. 0: every bit stays, apart from those of NaN.
  unsigned units = 0;
  /// In binary64, where only constants still have the declared types. Means
  /// nothing if `units` is 0.
  unsigned constantUnits = 0;

  bool isExact() const { return units == 0; }
};

/// A row of the table of passes: constant data that lives for ever.
struct PassInfo {
  /// The name in pipelines: "constant-fold".
  llvm::StringRef argument;
  PassScope scope;
  llvm::StringRef summary;
  llvm::StringRef description;
  llvm::ArrayRef<PassOptionInfo> options;
  llvm::ArrayRef<PassStatisticInfo> statistics;
  /// Not listed in help: exists to test the manager.
  bool isHidden;
  /// Of every execution, unless the pass says otherwise.
  NumericTolerance tolerance;
  /// Makes a pass; options that are not in `values` have their defaults. The
  /// names and kinds of `values` must be those of `options`.
  std::unique_ptr<Pass> (*create)(llvm::ArrayRef<PassOptionValue> values);

  /// Null if there is no such option.
  const PassOptionInfo *findOption(llvm::StringRef name) const;
};

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

/// A number that a pass counts, summed over all its executions.
class Statistic {
public:
  explicit Statistic(Pass &owner);
  Statistic(const Statistic &) = delete;
  Statistic &operator=(const Statistic &) = delete;

  Statistic &operator++() { return *this += 1; }
  Statistic &operator+=(uint64_t amount) {
    value += amount;
    return *this;
  }
  uint64_t get() const { return value; }

private:
  uint64_t value = 0;
};

/// What a pass is given beside the IR. Valid during one execution.
class PassContext {
public:
  PassContext(const Pass &pass, DiagnosticEngine &diagnostics)
      : pass(pass), diagnostics(diagnostics) {}

  DiagnosticEngine &getDiagnostics() { return diagnostics; }
  /// A decision the user should know of. Its rule id is the pass's argument
  /// unless setRule() gives another.
  InFlightDiagnostic emitRemark(Location location);

private:
  const Pass &pass;
  DiagnosticEngine &diagnostics;
};

/// A pass with its options and counters. One object serves all executions of
/// one place in a pipeline, so run() must not leave anything behind but
/// statistics. Operations a pass makes have the location of what they replace.
/// Thread-compatible. Derive from ProgramPass or FunctionPass through the
/// generated base class.
class Pass {
public:
  virtual ~Pass();
  Pass(const Pass &) = delete;
  Pass &operator=(const Pass &) = delete;

  const PassInfo &getInfo() const { return info; }
  llvm::StringRef getArgument() const { return info.argument; }
  /// That of the record; to be overridden where it depends on options.
  virtual NumericTolerance getTolerance() const { return info.tolerance; }
  PassScope getScope() const { return info.scope; }
  /// Every option with its value, in the order of the record. Generated.
  virtual void
  collectOptions(llvm::SmallVectorImpl<PassOptionValue> &values) const = 0;
  /// Those that differ from their defaults.
  void
  collectChangedOptions(llvm::SmallVectorImpl<PassOptionValue> &values) const;
  /// In the order of the record.
  llvm::ArrayRef<const Statistic *> getStatistics() const { return statistics; }

  /// As pipeline text: the argument, and the options that differ from their
  /// defaults.
  void print(llvm::raw_ostream &os) const;

private:
  friend class FunctionPass;
  friend class ProgramPass;
  friend class Statistic;
  explicit Pass(const PassInfo &info) : info(info) {}

  const PassInfo &info;
  llvm::SmallVector<const Statistic *, 2> statistics;
};

/// A pass that is run on each function by itself.
class FunctionPass : public Pass {
public:
  virtual PassResult run(Function &function, PassContext &context) = 0;

protected:
  explicit FunctionPass(const PassInfo &info) : Pass(info) {}
};

/// A pass that is run on the whole program; it may add and remove functions.
class ProgramPass : public Pass {
public:
  virtual PassResult run(Program &program, PassContext &context) = 0;

protected:
  explicit ProgramPass(const PassInfo &info) : Pass(info) {}
};

/// Sets `field` from `values` if `name` is among them. For generated code.
template <typename T>
void readPassOption(llvm::ArrayRef<PassOptionValue> values,
                    llvm::StringRef name, T &field) {
  for (const PassOptionValue &option : values)
    if (option.name == name)
      field = std::get<T>(option.value);
}

} // namespace espresso

#endif // ESPRESSO_PASS_PASS_H
