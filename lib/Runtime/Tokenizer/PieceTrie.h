//===- PieceTrie.h - Pieces that a text begins with -------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_TOKENIZER_PIECETRIE_H
#define ESPRESSO_LIB_RUNTIME_TOKENIZER_PIECETRIE_H

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace espresso::runtime {

/// Finds the pieces that a text begins with, in time linear in the longest.
/// Takes about 12 bytes for each byte of the pieces. Immutable once built.
class PieceTrie {
public:
  /// Pieces by their spelling, which must not be empty; of equal ones the first
  /// counts.
  explicit PieceTrie(std::vector<std::pair<std::string_view, int32_t>> pieces) {
    std::stable_sort(
        pieces.begin(), pieces.end(),
        [](const auto &a, const auto &b) { return a.first < b.first; });
    nodes.emplace_back();
    roots.fill(-1);
    struct Range {
      size_t begin, end, depth;
      int32_t node;
    };
    std::vector<Range> work = {{0, pieces.size(), 0, 0}};
    // Breadth first, so that the children of a node are neighbours.
    for (size_t next = 0; next < work.size(); ++next) {
      const Range range = work[next];
      nodes[range.node].firstChild = static_cast<int32_t>(nodes.size());
      for (size_t i = range.begin; i < range.end;) {
        const auto &[text, id] = pieces[i];
        if (text.size() == range.depth) {
          if (nodes[range.node].id < 0)
            nodes[range.node].id = id;
          ++i;
          continue;
        }
        const char byte = text[range.depth];
        size_t end = i;
        while (end < range.end && pieces[end].first[range.depth] == byte)
          ++end;
        work.push_back(
            {i, end, range.depth + 1, static_cast<int32_t>(nodes.size())});
        if (range.depth == 0)
          roots[static_cast<uint8_t>(byte)] =
              static_cast<int32_t>(nodes.size());
        nodes.push_back({-1, -1, static_cast<uint8_t>(byte)});
        ++nodes[range.node].numChildren;
        i = end;
      }
    }
  }

  bool isEmpty() const { return nodes.size() == 1; }
  /// True if a piece may begin with this byte.
  bool mayBegin(char byte) const {
    return roots[static_cast<uint8_t>(byte)] >= 0;
  }

  /// Calls `visit(length, id)` for each piece that `text` begins with, shortest
  /// first.
  template <typename Visit>
  void findPrefixes(std::string_view text, const Visit &visit) const {
    int32_t node = text.empty() ? -1 : roots[static_cast<uint8_t>(text[0])];
    for (size_t length = 1; node >= 0; ++length) {
      if (nodes[node].id >= 0)
        visit(length, nodes[node].id);
      node = length < text.size() ? findChild(node, text[length]) : -1;
    }
  }

private:
  struct Node {
    int32_t firstChild = -1;
    int32_t id = -1;
    uint8_t byte = 0;
    uint16_t numChildren = 0;
  };

  int32_t findChild(int32_t parent, char byte) const {
    const Node &node = nodes[parent];
    const Node *first = nodes.data() + node.firstChild;
    const Node *last = first + node.numChildren;
    const Node *found = std::lower_bound(
        first, last, static_cast<uint8_t>(byte),
        [](const Node &child, uint8_t value) { return child.byte < value; });
    return found != last && found->byte == static_cast<uint8_t>(byte)
               ? static_cast<int32_t>(found - nodes.data())
               : -1;
  }

  std::vector<Node> nodes;
  std::array<int32_t, 256> roots;
};

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_TOKENIZER_PIECETRIE_H
