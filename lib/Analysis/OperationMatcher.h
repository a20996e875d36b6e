//===- OperationMatcher.h - Which operations of two blocks agree -*- C++
//-*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_ANALYSIS_OPERATIONMATCHER_H
#define ESPRESSO_LIB_ANALYSIS_OPERATIONMATCHER_H

#include "SequenceAlignment.h"

#include "espresso/IR/Program.h"

#include "llvm/ADT/DenseMap.h"

#include <string>
#include <vector>

namespace espresso {

/// What an argument is once constants are looked through.
struct PlainArgument {
  /// Null if it is known at compile time.
  const Value *value = nullptr;
  Attribute constant;
};
[[nodiscard]] PlainArgument getPlain(const Value *value);
[[nodiscard]] PlainArgument getPlain(const Argument &argument);

/// The operations of two blocks, `const` left out, and which agree.
struct BlockMatch {
  std::vector<const Operation *> before, after;
  /// For each of `before` its partner's index, or -1; and the reverse.
  std::vector<int64_t> partnerOfBefore, partnerOfAfter;
  /// For each of `before`: whether its partner stands in another place.
  std::vector<bool> moved;
};

/// Matches the operations of two functions, block by block, and remembers which
/// values correspond. Outer blocks must be matched before what they contain.
class OperationMatcher {
public:
  BlockMatch match(const Block &before, const Block &after);

  /// Lets `before` and `after` be the same value.
  void pairValues(const Value *before, const Value *after) {
    partners[before] = after;
  }
  /// The value of the second function that is `before`, or null.
  const Value *getPartner(const Value *before) const {
    return partners.lookup(before);
  }

private:
  /// How much of an operation must agree.
  enum class Level : uint8_t {
    /// Everything but the values used.
    Exact,
    /// Name and result types.
    Typed,
    Name,
  };
  static constexpr unsigned kNumLevels = 3;

  /// A range of both sequences between two pairs.
  struct Gap {
    uint32_t beginBefore, endBefore, beginAfter, endAfter;
  };

  struct Keys {
    /// Of everything an operation is computed from.
    std::vector<uint64_t> deep;
    std::vector<uint64_t> byLevel[kNumLevels];
  };
  using ValueKeys = llvm::DenseMap<const Value *, uint64_t>;

  Keys makeKeys(llvm::ArrayRef<const Operation *> ops, ValueKeys &valueKeys);
  uint64_t getExactKey(const Operation &op, const ValueKeys *valueKeys);
  void matchDeep(BlockMatch &match, const Keys &before, const Keys &after);
  void matchGap(BlockMatch &match, const Gap &gap, unsigned level);
  void matchMoved(BlockMatch &match);
  void matchReplaced(BlockMatch &match);
  void pair(BlockMatch &match, uint32_t before, uint32_t after);
  /// The key of an operation and the values of the second function it would
  /// use; nothing if one of its values has no partner.
  std::optional<uint64_t> getMovedKey(const Operation &op, uint64_t exactKey,
                                      bool translate) const;

  Keys keysBefore, keysAfter;
  ValueKeys valueKeysBefore, valueKeysAfter;
  llvm::DenseMap<const Value *, const Value *> partners;
};

} // namespace espresso

#endif // ESPRESSO_LIB_ANALYSIS_OPERATIONMATCHER_H
