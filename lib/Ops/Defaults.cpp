//===- Defaults.cpp - Values of absent inputs -----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Ops/Registry.h"

#include <cstdlib>

namespace espresso {

/// The element type that `input` has in `op`: its own, or that of the inputs
/// which share its type variable; the first one possible if none is bound.
static std::optional<DataType> getElementType(const Operation &op,
                                              const OpDefinition &definition,
                                              const InputDefinition &input) {
  DataTypeSet allowed = input.types;
  if (input.typeVariable >= 0) {
    allowed = definition.typeVariables[input.typeVariable].types;
    for (const InputDefinition &other : definition.inputs) {
      if (other.typeVariable != input.typeVariable)
        continue;
      if (auto type = op.getArgumentType(other.name).getAs<TensorType>())
        return type.getElementType();
    }
  }
  // Parameters with a type of their own default to that of the data.
  if (auto x = op.getArgumentType("x").getAs<TensorType>())
    if (allowed.contains(x.getElementType()))
      return x.getElementType();
  for (DataType type :
       {DataType::Int32, DataType::Float32, DataType::String, DataType::Bool})
    if (allowed.contains(type))
      return type;
  return std::nullopt;
}

/// The scalar that `text` writes, as `type`.
static Attribute parseScalar(Context &context, llvm::StringRef text,
                             DataType type) {
  if (type == DataType::String) {
    text.consume_front("\"");
    text.consume_back("\"");
    return Attribute::string(context, text);
  }
  if (type == DataType::Bool)
    return Attribute::boolean(context, text == "true" || text == "1");
  double number = std::strtod(text.str().c_str(), nullptr);
  if (isFloat(type))
    return Attribute::real(context, number, type);
  return Attribute::integer(context, static_cast<int64_t>(number), type);
}

Attribute getConstantOrDefault(const Operation &op, llvm::StringRef input) {
  if (op.hasBinding(input))
    return op.getConstant(input);
  const OpDefinition *definition = lookupOp(op);
  const InputDefinition *row =
      definition ? definition->findInput(input) : nullptr;
  // Attributes are arguments only where the record says so.
  if (!row || definition->hasTrait(OpTrait_AttributeInputs))
    if (Attribute attribute = op.getAttribute(input))
      return attribute;
  if (!row || row->defaultText.empty())
    return {};
  std::optional<DataType> type = getElementType(op, *definition, *row);
  if (!type)
    return {};
  return parseScalar(op.getFunction()->getContext(), row->defaultText, *type);
}

} // namespace espresso
