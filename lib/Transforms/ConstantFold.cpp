//===- ConstantFold.cpp - Computing what is known -------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Replaces operations on constants by their results:
//
//   two = const()[val = fp16(0x1p+1)]
//   four = mul(x = two, y = two)         =>   four = const()[val =
//                                                            fp16(0x1p+2)]
//
// The reference evaluator computes them as the declared types say, each result
// rounded to its type. Left alone are
//   - results of more than `max-elements` elements, or of a shape that is not
//     known, which would put bulk in place of a recipe;
//   - weights outside of the program, unless `fold-weights` is given;
//   - constexpr_*, whose point is to stay compressed, dequantize, which
//     canonicalize makes one of them, and composites, whose arithmetic is
//     settled when they are lowered;
//   - what the evaluator has no kernel for, or refuses.
//
// Results keep their names.
//
//===----------------------------------------------------------------------===//

#include "Replacement.h"

#include "espresso/Eval/Evaluator.h"
#include "espresso/IR/Builder.h"
#include "espresso/Ops/Registry.h"
#include "espresso/Transforms/Passes.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {
namespace {

class ConstantFoldPass : public ConstantFoldBase {
public:
  using ConstantFoldBase::ConstantFoldBase;
  PassResult run(Function &function, PassContext &context) override;

private:
  bool isFoldable(const Operation &op) const;
  bool isFoldableResult(const Value &result) const;
  bool isFoldableArgument(const Argument &argument) const;
  bool fold(Operation &op);
};

} // namespace

bool ConstantFoldPass::isFoldableResult(const Value &result) const {
  TensorType type = result.getTensorType();
  std::optional<int64_t> count = type ? type.getNumElements() : std::nullopt;
  return count && *count <= options.maxElements;
}

bool ConstantFoldPass::isFoldableArgument(const Argument &argument) const {
  Attribute constant = argument.getLiteral();
  if (Value *value = argument.getValue()) {
    Operation *producer = value->getDefiningOp();
    if (!producer || !producer->is("const"))
      return false;
    constant = producer->getAttribute("val");
  }
  return constant && (options.foldWeights || !constant.getBlob());
}

/// Cheap to answer, before anything is computed.
bool ConstantFoldPass::isFoldable(const Operation &op) const {
  const OpDefinition *definition = lookupOp(op);
  if (!definition || !definition->hasTrait(OpTrait_Pure) ||
      definition->hasTrait(OpTrait_Constexpr) ||
      definition->hasTrait(OpTrait_Composite) || op.is("const") ||
      op.is("dequantize") || !op.getBlocks().empty() || op.getResults().empty())
    return false;
  for (const std::unique_ptr<Value> &result : op.getResults())
    if (!isFoldableResult(*result))
      return false;
  for (const std::unique_ptr<Binding> &binding : op.getBindings())
    for (size_t i = 0; i < binding->size(); ++i)
      if (!isFoldableArgument((*binding)[i]))
        return false;
  return true;
}

/// Replaces `op`, and erases it, if its results can be had.
bool ConstantFoldPass::fold(Operation &op) {
  FailureOr<llvm::SmallVector<Attribute>> values = evaluateOp(op);
  if (failed(values))
    return false;
  for (auto [value, result] : llvm::zip_equal(*values, op.getResults()))
    if (value.getType() != result->getType())
      return false;
  Builder builder(op);
  llvm::StringRef nameAttribute = builder.getContext().intern("name");
  for (auto [value, result] : llvm::zip_equal(*values, op.getResults())) {
    Value *constant = builder.createConstant(value, result->getName());
    if (Attribute name = op.getAttribute(nameAttribute);
        name && op.getNumResults() == 1)
      constant->getDefiningOp()->setAttribute(nameAttribute, name);
    swapNames(*constant, *result);
    result->replaceAllUsesWith(constant);
  }
  eraseIfDead(op);
  ++numFolded;
  return true;
}

PassResult ConstantFoldPass::run(Function &function, PassContext &context) {
  bool changed = false;
  // Results are constants by the time their users are visited.
  function.walk([&](Operation &op) {
    if (isFoldable(op))
      changed |= fold(op);
  });
  return changedIf(changed);
}

std::unique_ptr<Pass>
createConstantFoldPass(const ConstantFoldOptions &options) {
  return std::make_unique<ConstantFoldPass>(options);
}

} // namespace espresso
