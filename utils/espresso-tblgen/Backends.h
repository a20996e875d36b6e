//===- Backends.h - What espresso-tblgen can generate -----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TBLGEN_BACKENDS_H
#define ESPRESSO_TBLGEN_BACKENDS_H

namespace llvm {
class RecordKeeper;
class raw_ostream;
} // namespace llvm

namespace espresso::tblgen {

/// Writes one generated file. Returns true on error, as llvm::TableGenMain
/// wants it; errors are reported at the record they concern.
using Backend = bool(llvm::raw_ostream &os, llvm::RecordKeeper &records);

// AneGen.cpp, AneDocGen.cpp
Backend emitAneTables;
Backend emitAneChipDoc;
Backend emitAneRuleDoc;
// Op*Gen.cpp
Backend emitOpDoc;
Backend emitOpIndex;
Backend emitOpRegistry;
// PassGen.cpp
Backend emitPassDecls;
Backend emitPassDoc;

} // namespace espresso::tblgen

#endif // ESPRESSO_TBLGEN_BACKENDS_H
