//===- OpInventoryGen.cpp - Records to a list of versions -----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Backends.h"
#include "OpRecord.h"

using namespace llvm;

namespace espresso::tblgen {

/// One line a version: name, first opset, and the kernel or `-`. The inventory
/// test compares it with test/Ops.
bool emitOpInventory(raw_ostream &os, RecordKeeper &records) {
  std::optional<std::vector<OpRecord>> ops = readOpRecords(records);
  if (!ops)
    return true;
  for (const OpRecord &op : *ops)
    os << op.name << '\t' << op.opsetSpelling << '\t'
       << (op.kernel.empty() ? "-" : op.kernel) << '\n';
  return false;
}

} // namespace espresso::tblgen
