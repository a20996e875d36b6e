//===- ArenaPlanner.h - Memory used in turns --------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_ARENAPLANNER_H
#define ESPRESSO_LIB_RUNTIME_ARENAPLANNER_H

#include <cstdint>
#include <map>
#include <set>
#include <utility>

namespace espresso::runtime {

/// Hands out ranges of an arena that does not exist yet. A freed range is given
/// out again, the smallest that suffices first. O(log n) each.
class ArenaPlanner {
public:
  /// Every range starts at a multiple of it.
  static constexpr uint64_t kAlignment = 64;

  /// The offset of a range of `bytes`; the arena grows if nothing free is
  /// large enough.
  uint64_t allocate(uint64_t bytes);
  /// Gives back a range.
  void release(uint64_t offset, uint64_t bytes);
  /// Bytes the arena must have.
  uint64_t getSize() const { return size; }

private:
  void insert(uint64_t offset, uint64_t bytes);
  void erase(std::map<uint64_t, uint64_t>::iterator range);

  uint64_t size = 0;
  std::map<uint64_t, uint64_t> freeByOffset;
  std::set<std::pair<uint64_t, uint64_t>> freeBySize;
};

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_ARENAPLANNER_H
