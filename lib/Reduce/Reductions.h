//===- Reductions.h - Ways to take things away ------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_REDUCE_REDUCTIONS_H
#define ESPRESSO_LIB_REDUCE_REDUCTIONS_H

#include "espresso/IR/Program.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace espresso {

/// A range of things, counted through the whole program from 0.
struct ItemRange {
  size_t begin;
  size_t end;

  bool contains(size_t index) const { return index >= begin && index < end; }
};

/// One way to make a program smaller. What it leaves need not be valid, or
/// other than before: the driver looks.
struct Reduction {
  llvm::StringLiteral name;
  /// How many things there are to take away.
  size_t (*count)(Program &program);
  /// Takes away those in `range`, as far as that goes.
  void (*apply)(Program &program, ItemRange range);
  /// Whether things are taken away one at a time only.
  bool isSingle = false;
};

/// All of them, those first that take away most.
llvm::ArrayRef<Reduction> getReductions();

// In Ports.cpp.
size_t countFunctions(Program &program);
void removeFunctions(Program &program, ItemRange range);
size_t countOutputs(Program &program);
void removeOutputs(Program &program, ItemRange range);
size_t countInputs(Program &program);
void removeUnusedInputs(Program &program, ItemRange range);

// In Operations.cpp.
size_t countOperations(Program &program);
/// Results become inputs of the function, under their names.
void turnIntoInputs(Program &program, ItemRange range);
void removeUnused(Program &program, ItemRange range);
/// An operand of the same type takes the place of the result.
void bypass(Program &program, ItemRange range);
size_t countPeels(Program &program);
/// An operand of the operation behind an output becomes the output, and takes
/// its name.
void peelOutputs(Program &program, ItemRange range);

// In Details.cpp.
size_t countConstants(Program &program);
void turnIntoZeros(Program &program, ItemRange range);
size_t countOptionalInputs(Program &program);
void removeOptionalInputs(Program &program, ItemRange range);
size_t countAttributes(Program &program);
void removeAttributes(Program &program, ItemRange range);

// In Shapes.cpp.
size_t countExtents(Program &program);
/// One extent, wherever it occurs, becomes a smaller one.
void shrinkExtent(Program &program, ItemRange range);

/// The element count of the type if it is a tensor of static shape, else 0;
/// saturates.
uint64_t getStaticElements(Type type);
/// Zeros, false or empty text of `type`, which is static.
Attribute makeZeros(Context &context, TensorType type);
/// Constants of more elements than this are not written out as zeros.
inline constexpr uint64_t kMaxZeros = 4096;

} // namespace espresso

#endif // ESPRESSO_LIB_REDUCE_REDUCTIONS_H
