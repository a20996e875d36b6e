//===- ProgramDiff.h - In what two programs differ --------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_ANALYSIS_PROGRAMDIFF_H
#define ESPRESSO_ANALYSIS_PROGRAMDIFF_H

#include "espresso/IR/Program.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <string>
#include <vector>

namespace espresso {

enum class DifferenceKind : uint8_t {
  /// Only the second program has it.
  Added,
  /// Only the first program has it.
  Removed,
  Changed,
  /// The same operation on the same values, in another place of the order.
  Moved,
};

/// "added", "removed", "changed", "moved".
[[nodiscard]] llvm::StringRef getName(DifferenceKind kind);

/// One thing about what changed. Empty text: it is not there.
struct DifferenceDetail {
  /// "argument 'x'", "opset", "type of 'y'".
  std::string what;
  std::string before;
  std::string after;
};

struct Difference {
  DifferenceKind kind = DifferenceKind::Changed;
  /// Empty for the program itself.
  std::string function;
  /// "operation 'relu' of 'y'", "input 'x'", "function", "program".
  std::string subject;
  /// Unknown on the side that does not have it.
  Location before;
  Location after;
  std::vector<DifferenceDetail> details;
};

/// In what `after` differs from `before`, in the order of the text. Both must
/// have passed the verifier and share a context.
///
/// Programs are compared by structure. The names of inner values, the order of
/// inputs, and where and how often a constant is written do not count; ports
/// are known by name. Weights in files are equal if they are the same place of
/// the same file or, where both can be read, the same bytes; what cannot be
/// read is reported to the context's diagnostics.
///
/// Functions are matched by name, operations by what they compute: first those
/// that compute the same from the function's inputs, then what stands between
/// them by longest common subsequence, then what only moved. Time grows with
/// the operations and with the square of the differences, up to a bound from
/// which on the matching is coarser.
[[nodiscard]] std::vector<Difference> diffPrograms(const Program &before,
                                                   const Program &after);

/// A paragraph for each difference.
void printDifferences(llvm::ArrayRef<Difference> differences, Context &context,
                      llvm::raw_ostream &os);
/// One object; docs/Tools.md lists its members.
void printDifferencesAsJson(llvm::ArrayRef<Difference> differences,
                            Context &context, llvm::json::OStream &json);

} // namespace espresso

#endif // ESPRESSO_ANALYSIS_PROGRAMDIFF_H
