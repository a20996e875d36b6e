//===- ActualShapes.cpp - Shapes that only inputs tell --------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Eval/ActualShapes.h"

#include "espresso/IR/Builder.h"
#include "espresso/Ops/Registry.h"
#include "espresso/Ops/Verifier.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

static bool hasUnknownExtent(Type type) {
  auto tensor = type.getAs<TensorType>();
  return tensor && llvm::is_contained(tensor.getShape(), kDynamic);
}

/// Gives inputs of unknown extents those of the tensors.
static void setInputTypes(Function &function, const NamedTensors &inputs) {
  for (const std::unique_ptr<Value> &input : function.getBody().getInputs()) {
    auto given = llvm::find_if(inputs, [&](const auto &entry) {
      return entry.first == input->getName();
    });
    if (given != inputs.end() && hasUnknownExtent(input->getType()))
      input->setType(TensorType::get(function.getContext(),
                                     given->second.getElementType(),
                                     given->second.getShape()));
  }
}

LogicalResult checkActualShapes(const Function &function,
                                const NamedTensors &inputs) {
  if (llvm::none_of(function.getBody().getInputs(), [](const auto &input) {
        return hasUnknownExtent(input->getType());
      }))
    return success();
  std::unique_ptr<Program> copy = cloneProgram(function.getProgram());
  Function &actual = *copy->findFunction(function.getName());
  setInputTypes(actual, inputs);
  for (Operation &op : actual.getBody().getOperations()) {
    const OpDefinition *definition = lookupOp(op);
    if (!definition || !definition->infer || !op.getBlocks().empty())
      continue;
    llvm::SmallVector<Type, 4> types;
    if (failed(inferResultTypes(op, types)))
      return failure();
    for (unsigned i = 0; i < op.getNumResults() && i < types.size(); ++i)
      op.getResult(i)->setType(types[i]);
  }
  return success();
}

} // namespace espresso
