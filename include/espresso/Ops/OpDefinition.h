//===- OpDefinition.h - What a record says of an operation ------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// The rows that espresso-tblgen derives from lib/Ops/*.td. See
// docs/AddingAnOperation.md.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_OPS_OPDEFINITION_H
#define ESPRESSO_OPS_OPDEFINITION_H

#include "espresso/IR/Program.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>

namespace espresso {

/// A set of element types, one bit each.
class DataTypeSet {
public:
  constexpr DataTypeSet() = default;
  constexpr DataTypeSet(std::initializer_list<DataType> types) {
    for (DataType type : types)
      bits |= uint32_t{1} << static_cast<unsigned>(type);
  }
  constexpr bool contains(DataType type) const {
    return bits >> static_cast<unsigned>(type) & 1;
  }
  constexpr bool empty() const { return bits == 0; }
  /// "fp16 or fp32", "bool, fp16, fp32 or int32": for messages.
  std::string str() const;

private:
  uint32_t bits = 0;
};

/// What an input takes, apart from element types.
enum class InputKind : uint8_t {
  Tensor,
  State,
  List,
  /// Tensor, list, tuple or dictionary.
  Any,
};

/// A type variable: inputs that name the same one must agree in element type.
struct TypeVariable {
  llvm::StringRef name;
  DataTypeSet types;
};

struct InputDefinition {
  llvm::StringRef name;
  InputKind kind = InputKind::Tensor;
  /// Index into OpDefinition::typeVariables, or -1 if `types` stands alone.
  int typeVariable = -1;
  /// Element types allowed; empty: any.
  DataTypeSet types;
  /// The rank it must have, 0 for scalars; -1: any.
  int rank = -1;
  /// Must be known at compile time.
  bool isConst = false;
  bool isOptional = false;
  /// Takes a parenthesised list.
  bool isVariadic = false;
  /// The default as MIL literal text (`-1`, `"valid"`, `[0]`), empty if there
  /// is none or if it depends on other inputs.
  llvm::StringRef defaultText;
};

/// Traits, as bits.
enum OpTrait : uint32_t {
  /// Same inputs, same results, no effects: may be folded, shared, removed.
  OpTrait_Pure = 1 << 0,
  /// `x` and `y` may be exchanged.
  OpTrait_Commutative = 1 << 1,
  /// Result shape is the broadcast of the inputs' shapes, element by element.
  OpTrait_Elementwise = 1 << 2,
  /// Decompresses constants at load time; the result counts as compile-time.
  OpTrait_Constexpr = 1 << 3,
  /// Writes a state; never removed while the state lives.
  OpTrait_WritesState = 1 << 4,
  /// Reads a state; does not move across writes to it.
  OpTrait_ReadsState = 1 << 5,
  /// An espresso.* composite.
  OpTrait_Composite = 1 << 6,
  /// Takes inputs beyond those listed; the verify function checks them.
  OpTrait_OpenInputs = 1 << 7,
  /// Inputs may stand in attributes: `const`, and compressed weights.
  OpTrait_AttributeInputs = 1 << 8,
  /// Has blocks, which the infer function checks.
  OpTrait_NestedBlocks = 1 << 9,
  /// Not for a static program without state: reads tables by token, keeps a
  /// cache, or depends on the position of a token.
  OpTrait_HostOnly = 1 << 10,
  /// Columns look at those before them; others treat each column alone.
  OpTrait_Causal = 1 << 11,
};

/// Appends the types of the results of `op`, computed from its arguments, or
/// reports an error on `op` and fails. Assumes that required inputs are there
/// and of their kind.
using InferFn = LogicalResult (*)(const Operation &op,
                                  llvm::SmallVectorImpl<Type> &results);
/// Checks what a table cannot say; reports and fails. Runs after the checks of
/// the table have passed.
using VerifyFn = LogicalResult (*)(const Operation &op);

/// One version of one operation. Rows are constant data that lives for ever.
struct OpDefinition {
  llvm::StringRef name;
  /// The first opset with this definition; a later row of the same name
  /// replaces it from its own opset on. Model for espresso.* operations, which
  /// belong in Model and Host.
  Opset since = Opset::Unknown;
  llvm::StringRef summary;
  llvm::StringRef description;
  llvm::ArrayRef<InputDefinition> inputs;
  llvm::ArrayRef<TypeVariable> typeVariables;
  uint32_t traits = 0;
  /// Null only if results cannot be inferred (then the declared types stand).
  InferFn infer = nullptr;
  VerifyFn verify = nullptr;
  /// Name of the reference kernel in lib/Eval; empty if there is none, with the
  /// reason in `noKernelReason`.
  llvm::StringRef kernel;
  llvm::StringRef noKernelReason;

  bool hasTrait(OpTrait trait) const { return traits & trait; }
  /// Null if there is no such input.
  const InputDefinition *findInput(llvm::StringRef inputName) const;
};

} // namespace espresso

#endif // ESPRESSO_OPS_OPDEFINITION_H
