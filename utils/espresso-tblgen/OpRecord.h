//===- OpRecord.h - Operation records, read and checked ---------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_UTILS_TBLGEN_OPRECORD_H
#define ESPRESSO_UTILS_TBLGEN_OPRECORD_H

#include "llvm/ADT/StringRef.h"
#include "llvm/TableGen/Record.h"

#include <optional>
#include <string>
#include <vector>

namespace espresso::tblgen {

/// One argument of the `inputs` dag of a record.
struct InputRecord {
  llvm::StringRef name;
  /// Enumerator of InputKind.
  llvm::StringRef kind;
  /// Name of the type variable, or empty if `types` stands alone.
  llvm::StringRef variable;
  /// Element types as MIL spells them; empty: any.
  std::vector<llvm::StringRef> types;
  bool isConst = false;
  bool isOptional = false;
  bool isVariadic = false;
  /// -1 for any rank.
  int64_t rank = -1;
  llvm::StringRef defaultText;
  llvm::StringRef defaultNote;
};

struct VariableRecord {
  llvm::StringRef name;
  std::vector<llvm::StringRef> types;
};

/// A record of class Op as plain data.
struct OpRecord {
  const llvm::Record *record = nullptr;
  llvm::StringRef name;
  /// Enumerator of Opset, and its place in the order of opsets.
  llvm::StringRef opset;
  int64_t opsetOrder = 0;
  llvm::StringRef opsetSpelling;
  llvm::StringRef summary;
  llvm::StringRef description;
  std::vector<InputRecord> inputs;
  std::vector<VariableRecord> variables;
  std::vector<llvm::StringRef> traits;
  /// Names of functions without their prefix; empty if there is none.
  llvm::StringRef infer;
  llvm::StringRef verify;
  /// Name of the reference kernel; empty if `noKernelReason` says why not.
  std::string kernel;
  llvm::StringRef noKernelReason;
};

/// Every record of class Op, sorted by name and opset. Reports what is wrong
/// with a record at its place and returns nothing if there was anything.
std::optional<std::vector<OpRecord>> readOpRecords(llvm::RecordKeeper &records);

} // namespace espresso::tblgen

#endif // ESPRESSO_UTILS_TBLGEN_OPRECORD_H
