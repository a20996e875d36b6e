//===- Columns.h - Tables of text -------------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_COLUMNS_H
#define ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_COLUMNS_H

#include <string>
#include <vector>

namespace espresso::runtime::bench {

/// Rows of cells, the first of them the heading. The first column of a table is
/// aligned to the left, the others to the right.
class Columns {
public:
  explicit Columns(std::vector<std::string> heading) {
    rows.push_back(std::move(heading));
  }
  void add(std::vector<std::string> row) { rows.push_back(std::move(row)); }

  [[nodiscard]] std::string formatTable() const;
  /// Cells with commas, quotes or line ends are quoted.
  [[nodiscard]] std::string formatCsv() const;

private:
  std::vector<std::vector<std::string>> rows;
};

} // namespace espresso::runtime::bench

#endif // ESPRESSO_LIB_RUNTIME_DRIVER_BENCH_COLUMNS_H
