//===- SequenceAlignment.h - Which elements of two sequences agree -*- C++
//-*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_ANALYSIS_SEQUENCEALIGNMENT_H
#define ESPRESSO_LIB_ANALYSIS_SEQUENCEALIGNMENT_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace espresso {

/// Indices into two sequences.
using IndexPair = std::pair<uint32_t, uint32_t>;
/// Ascending in both indices.
using Alignment = std::vector<IndexPair>;

/// A longest common subsequence of `a` and `b`, by Myers' greedy algorithm:
/// time (|a| + |b|) · D and memory D² for D elements that are not in it.
/// Nothing if D would exceed `maxEdits`.
[[nodiscard]] std::optional<Alignment>
alignSequences(llvm::ArrayRef<uint64_t> a, llvm::ArrayRef<uint64_t> b,
               uint32_t maxEdits);

/// Pairs the n-th occurrence of a key in `a` with the n-th in `b`, in whatever
/// order they stand; ascending in the first index.
[[nodiscard]] std::vector<IndexPair>
pairOccurrences(llvm::ArrayRef<uint64_t> a, llvm::ArrayRef<uint64_t> b);

/// The longest part of `pairs`, which ascend in the first index, that ascends
/// in the second one too.
[[nodiscard]] Alignment selectAscending(llvm::ArrayRef<IndexPair> pairs);

} // namespace espresso

#endif // ESPRESSO_LIB_ANALYSIS_SEQUENCEALIGNMENT_H
