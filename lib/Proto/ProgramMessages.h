//===- ProgramMessages.h - Programs and their messages ----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_PROTO_PROGRAMMESSAGES_H
#define ESPRESSO_LIB_PROTO_PROGRAMMESSAGES_H

#include "espresso/Proto/ProgramExport.h"

#include "Mil.pb.h"

#include <memory>

namespace espresso {

/// Blocks of operations inside of blocks; see kMaxValueNesting.
inline constexpr unsigned kMaxBlockNesting = 16;

/// See importProgram in espresso/Proto/ProgramImport.h. Functions named in
/// `order` come first, in that order.
[[nodiscard]] std::unique_ptr<Program>
importProgramMessage(Context &context, const pb::Program &message,
                     llvm::StringRef subject,
                     llvm::ArrayRef<std::string> order = {});

/// See exportProgram in espresso/Proto/ProgramExport.h. What `original` says
/// beyond what the IR holds (comments, further specialisations of a function,
/// unknown fields) is kept where function, operation and value are still there:
/// operations are known again by their results.
[[nodiscard]] LogicalResult exportProgramMessage(const Program &program,
                                                 const pb::Program *original,
                                                 WeightPlacer *placer,
                                                 pb::Program &out);

/// A function attribute of text that models keep in their description.
inline constexpr llvm::StringLiteral kFlexibleShapes =
    "FlexibleShapeInformation";

} // namespace espresso

#endif // ESPRESSO_LIB_PROTO_PROGRAMMESSAGES_H
