//===- Arrangement.cpp - Axes in another order ----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Arrangement.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace espresso {

/// Axes that an operation of the engine has.
static constexpr size_t kEngineRank = 4;

Axes Arrangement::getShape(llvm::ArrayRef<int64_t> extents) const {
  Axes shape;
  size_t at = 0;
  for (unsigned run : runs) {
    int64_t extent = 1;
    for (unsigned i = 0; i < run; ++i)
      extent *= extents[order[at++]];
    shape.push_back(extent);
  }
  return shape;
}

Axes getIdentity(size_t rank) {
  Axes axes(rank);
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

Axes skipUnits(llvm::ArrayRef<int64_t> order, llvm::ArrayRef<int64_t> extents) {
  Axes axes;
  for (int64_t axis : order)
    if (extents[axis] != 1)
      axes.push_back(axis);
  return axes;
}

namespace {

/// What an axis before and an axis after a reshape have in common.
struct Factor {
  int64_t extent;
  int64_t to;
};

} // namespace

/// The factors of each axis of `from`, outermost first; nothing if an axis of
/// one begins within an indivisible part of the other.
static std::optional<std::vector<std::vector<Factor>>>
factorise(llvm::ArrayRef<int64_t> from, llvm::ArrayRef<int64_t> to) {
  std::vector<std::vector<Factor>> factors(from.size());
  // From the innermost, as elements are counted.
  size_t j = to.size();
  int64_t openTo = 1;
  for (size_t i = from.size(); i-- > 0;) {
    int64_t openFrom = from[i];
    while (openFrom > 1) {
      while (openTo == 1) {
        if (j == 0)
          return std::nullopt;
        openTo = to[--j];
      }
      int64_t taken = std::min(openFrom, openTo);
      if (openFrom % taken != 0 || openTo % taken != 0)
        return std::nullopt;
      factors[i].insert(factors[i].begin(), {taken, static_cast<int64_t>(j)});
      openFrom /= taken;
      openTo /= taken;
    }
  }
  return factors;
}

std::optional<Axes> mapThroughReshape(llvm::ArrayRef<int64_t> order,
                                      llvm::ArrayRef<int64_t> from,
                                      llvm::ArrayRef<int64_t> to) {
  auto factors = factorise(from, to);
  if (!factors)
    return std::nullopt;
  // The parts of an axis of `to` must follow each other, outermost first, as
  // they do in `from`.
  std::vector<std::pair<int64_t, size_t>> sequence;
  for (int64_t axis : order)
    for (size_t i = 0; i < (*factors)[axis].size(); ++i)
      sequence.emplace_back(axis, i);
  auto getFactor = [&](const std::pair<int64_t, size_t> &place) {
    return (*factors)[place.first][place.second];
  };
  Axes result;
  for (size_t i = 0; i < to.size(); ++i)
    if (to[i] == 1)
      result.push_back(static_cast<int64_t>(i));
  for (size_t i = 0; i < sequence.size();) {
    int64_t axis = getFactor(sequence[i]).to;
    if (llvm::is_contained(result, axis))
      return std::nullopt;
    result.push_back(axis);
    auto previous = sequence[i];
    for (++i; i < sequence.size() && getFactor(sequence[i]).to == axis; ++i) {
      if (sequence[i] < previous)
        return std::nullopt;
      previous = sequence[i];
    }
  }
  if (result.size() != to.size())
    return std::nullopt;
  return result;
}

Runs findRuns(llvm::ArrayRef<int64_t> order, llvm::ArrayRef<int64_t> extents,
              llvm::ArrayRef<int64_t> shape) {
  Runs runs;
  size_t at = 0;
  for (int64_t dim : shape) {
    unsigned run = 0;
    int64_t extent = 1;
    for (; extent < dim && at < order.size(); ++run)
      extent *= extents[order[at++]];
    if (extent != dim)
      return Runs(order.size(), 1);
    runs.push_back(run);
  }
  if (runs.empty())
    return Runs(order.size(), 1);
  // What is left has one element.
  runs.back() += static_cast<unsigned>(order.size() - at);
  return runs;
}

namespace {

struct OpenRun {
  unsigned count = 0;
  int64_t extent = 1;
  std::optional<int64_t> key;
};

} // namespace

Runs splitRuns(const Arrangement &arrangement, llvm::ArrayRef<int64_t> extents,
               llvm::function_ref<std::optional<int64_t>(int64_t)> getKey) {
  llvm::SmallVector<OpenRun, 8> parts;
  size_t at = 0;
  for (unsigned run : arrangement.runs) {
    parts.emplace_back();
    for (unsigned i = 0; i < run; ++i) {
      int64_t axis = arrangement.order[at++];
      std::optional<int64_t> key = getKey(axis);
      if (key && parts.back().key && key != parts.back().key)
        parts.emplace_back();
      parts.back().key = key ? key : parts.back().key;
      parts.back().extent *= extents[axis];
      ++parts.back().count;
    }
  }
  // From the end: the axis of height goes before that of the batch.
  for (size_t i = parts.size(); i-- > 0 && parts.size() > kEngineRank;) {
    if (parts[i].extent != 1 || parts[i].key)
      continue;
    parts[i > 0 ? i - 1 : 1].count += parts[i].count;
    parts.erase(parts.begin() + static_cast<ptrdiff_t>(i));
  }
  Runs runs;
  for (const OpenRun &part : parts)
    runs.push_back(part.count);
  return runs;
}

} // namespace espresso
