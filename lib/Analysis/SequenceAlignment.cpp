//===- SequenceAlignment.cpp - Which elements of two sequences agree ------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SequenceAlignment.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"

#include <algorithm>
#include <cstdlib>
#include <unordered_map>

namespace espresso {

//===----------------------------------------------------------------------===//
// Longest common subsequence
//===----------------------------------------------------------------------===//

namespace {

/// Myers, "An O(ND) difference algorithm and its variations", 1986: the
/// furthest point on each diagonal k = x - y after d edits, for d = 0, 1, ….
class GreedyAligner {
public:
  GreedyAligner(llvm::ArrayRef<uint64_t> a, llvm::ArrayRef<uint64_t> b)
      : a(a), b(b) {}

  std::optional<Alignment> run(uint32_t maxEdits);

private:
  using Frontier = std::vector<int64_t>;

  /// The furthest x on diagonal `k` after `d` edits.
  int64_t advance(const Frontier &previous, int64_t d, int64_t k) const;
  /// Where a path on diagonal `k` after `d` edits comes from: whether by an
  /// element of `b` that is not in `a`.
  static bool comesFromAbove(const Frontier &previous, int64_t d, int64_t k);
  Alignment trace() const;

  llvm::ArrayRef<uint64_t> a, b;
  /// Of d edits, diagonals -d, -d + 2, …, d.
  std::vector<Frontier> frontiers;
};

} // namespace

/// The entry of diagonal `k` in the frontier of `d` edits.
static size_t slot(int64_t d, int64_t k) {
  return static_cast<size_t>((k + d) / 2);
}

bool GreedyAligner::comesFromAbove(const Frontier &previous, int64_t d,
                                   int64_t k) {
  return k == -d || (k != d && previous[slot(d - 1, k - 1)] <
                                   previous[slot(d - 1, k + 1)]);
}

int64_t GreedyAligner::advance(const Frontier &previous, int64_t d,
                               int64_t k) const {
  int64_t x = 0;
  if (d != 0)
    x = comesFromAbove(previous, d, k) ? previous[slot(d - 1, k + 1)]
                                       : previous[slot(d - 1, k - 1)] + 1;
  int64_t y = x - k;
  int64_t endX = a.size(), endY = b.size();
  while (x < endX && y < endY && y >= 0 && a[x] == b[y])
    ++x, ++y;
  return x;
}

Alignment GreedyAligner::trace() const {
  Alignment reversed;
  int64_t x = a.size(), y = b.size();
  for (int64_t d = frontiers.size() - 1; d >= 0; --d) {
    int64_t k = x - y, startX = 0;
    if (d != 0) {
      const Frontier &previous = frontiers[d - 1];
      startX = comesFromAbove(previous, d, k)
                   ? previous[slot(d - 1, k + 1)]
                   : previous[slot(d - 1, k - 1)] + 1;
    }
    for (; x > startX; --x, --y)
      reversed.emplace_back(x - 1, y - 1);
    if (d != 0 && comesFromAbove(frontiers[d - 1], d, k))
      --y;
    else
      --x;
  }
  std::reverse(reversed.begin(), reversed.end());
  return reversed;
}

std::optional<Alignment> GreedyAligner::run(uint32_t maxEdits) {
  int64_t endX = a.size(), endY = b.size();
  for (int64_t d = 0; d <= maxEdits; ++d) {
    Frontier frontier(d + 1);
    for (int64_t k = -d; k <= d; k += 2) {
      frontier[slot(d, k)] =
          advance(d == 0 ? frontier : frontiers.back(), d, k);
    }
    frontiers.push_back(std::move(frontier));
    int64_t endK = endX - endY;
    if (std::abs(endK) <= d && (endK + d) % 2 == 0 &&
        frontiers.back()[slot(d, endK)] >= endX)
      return trace();
  }
  return std::nullopt;
}

std::optional<Alignment> alignSequences(llvm::ArrayRef<uint64_t> a,
                                        llvm::ArrayRef<uint64_t> b,
                                        uint32_t maxEdits) {
  size_t prefix = 0, shorter = std::min(a.size(), b.size());
  while (prefix < shorter && a[prefix] == b[prefix])
    ++prefix;
  size_t suffix = 0;
  while (suffix < shorter - prefix &&
         a[a.size() - 1 - suffix] == b[b.size() - 1 - suffix])
    ++suffix;
  std::optional<Alignment> middle =
      GreedyAligner(a.slice(prefix, a.size() - prefix - suffix),
                    b.slice(prefix, b.size() - prefix - suffix))
          .run(maxEdits);
  if (!middle)
    return std::nullopt;
  Alignment result;
  for (size_t i = 0; i < prefix; ++i)
    result.emplace_back(i, i);
  for (auto [x, y] : *middle)
    result.emplace_back(x + prefix, y + prefix);
  for (size_t i = suffix; i > 0; --i)
    result.emplace_back(a.size() - i, b.size() - i);
  return result;
}

//===----------------------------------------------------------------------===//
// Occurrences
//===----------------------------------------------------------------------===//

std::vector<IndexPair> pairOccurrences(llvm::ArrayRef<uint64_t> a,
                                       llvm::ArrayRef<uint64_t> b) {
  struct Places {
    llvm::SmallVector<uint32_t, 1> indices;
    size_t next = 0;
  };
  std::unordered_map<uint64_t, Places> places;
  for (uint32_t i = 0; i < b.size(); ++i)
    places[b[i]].indices.push_back(i);
  std::vector<IndexPair> pairs;
  for (uint32_t i = 0; i < a.size(); ++i) {
    auto found = places.find(a[i]);
    if (found != places.end() &&
        found->second.next < found->second.indices.size())
      pairs.emplace_back(i, found->second.indices[found->second.next++]);
  }
  return pairs;
}

Alignment selectAscending(llvm::ArrayRef<IndexPair> pairs) {
  constexpr uint32_t kNone = ~uint32_t{0};
  // The pair that ends the best run of each length, and what precedes it.
  std::vector<uint32_t> ends, before(pairs.size(), kNone);
  for (uint32_t i = 0; i < pairs.size(); ++i) {
    auto place = std::lower_bound(
        ends.begin(), ends.end(), pairs[i].second,
        [&](uint32_t end, uint32_t key) { return pairs[end].second < key; });
    size_t length = place - ends.begin();
    if (length > 0)
      before[i] = ends[length - 1];
    if (length == ends.size())
      ends.push_back(i);
    else
      ends[length] = i;
  }
  Alignment result;
  for (uint32_t i = ends.empty() ? kNone : ends.back(); i != kNone;
       i = before[i])
    result.push_back(pairs[i]);
  std::reverse(result.begin(), result.end());
  return result;
}

} // namespace espresso
