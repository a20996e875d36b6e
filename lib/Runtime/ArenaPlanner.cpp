//===- ArenaPlanner.cpp - Memory used in turns ----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ArenaPlanner.h"

#include "espresso/Base/CheckedMath.h"

#include <algorithm>
#include <iterator>

namespace espresso::runtime {

/// A plan that asks for more is refused by its size; here it must not wrap.
static constexpr uint64_t kMaxSize = uint64_t{1} << 62;

void ArenaPlanner::insert(uint64_t offset, uint64_t bytes) {
  freeByOffset.emplace(offset, bytes);
  freeBySize.emplace(bytes, offset);
}

void ArenaPlanner::erase(std::map<uint64_t, uint64_t>::iterator range) {
  freeBySize.erase({range->second, range->first});
  freeByOffset.erase(range);
}

uint64_t ArenaPlanner::allocate(uint64_t bytes) {
  bytes = alignUp(bytes, kAlignment);
  auto best = freeBySize.lower_bound({bytes, 0});
  if (best == freeBySize.end()) {
    const uint64_t offset = size;
    size = std::min(size + bytes, kMaxSize);
    return offset;
  }
  const auto [length, offset] = *best;
  erase(freeByOffset.find(offset));
  if (length > bytes)
    insert(offset + bytes, length - bytes);
  return offset;
}

void ArenaPlanner::release(uint64_t offset, uint64_t bytes) {
  bytes = alignUp(bytes, kAlignment);
  auto next = freeByOffset.lower_bound(offset);
  if (next != freeByOffset.end() && next->first == offset + bytes) {
    bytes += next->second;
    auto merged = next++;
    erase(merged);
  }
  if (next != freeByOffset.begin()) {
    auto before = std::prev(next);
    if (before->first + before->second == offset) {
      offset = before->first;
      bytes += before->second;
      erase(before);
    }
  }
  insert(offset, bytes);
}

} // namespace espresso::runtime
