//===- AneRecord.h - Records of chips and rules -----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_UTILS_TBLGEN_ANERECORD_H
#define ESPRESSO_UTILS_TBLGEN_ANERECORD_H

#include "llvm/ADT/StringRef.h"
#include "llvm/TableGen/Record.h"

#include <optional>
#include <string>
#include <vector>

namespace espresso::tblgen {

/// Records by class, each in the order in which it is to be listed.
struct AneRecords {
  using List = std::vector<const llvm::Record *>;
  List sources, limits, figures, generations, chips, disputes;
  /// By group, then by id.
  List rules;
};

/// Reads and checks; what is wrong is reported at its record, and nothing
/// returned.
std::optional<AneRecords> readAneRecords(llvm::RecordKeeper &records);

/// "ane-max-axis" → "MaxAxis".
std::string getRuleEnumerator(const llvm::Record &rule);

} // namespace espresso::tblgen

#endif // ESPRESSO_UTILS_TBLGEN_ANERECORD_H
