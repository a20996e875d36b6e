//===- ToStateful.cpp - Model functions as programs with states -----------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Makes of each <model> function one <ios18> program whose caches are states,
// the form that Core ML runs without a host:
//
//   a = attention(q, k, v, position, k_cache, v_cache)
//   =>
//   rows = read_state(input = k_cache), …
//   a = masked_attention(q, k, v, k_rows = rows, …, mask = of position)
//   new = slice_update(x = read_state(input = k_cache), update = k, …)
//   write_state(input = k_cache, data = new), …
//
// Angles come from a table, the mask from the position, logits from a
// convolution. See docs/Rationale/CacheForms.md.
//
//===----------------------------------------------------------------------===//

#include "Split/PlaceAttention.h"
#include "Split/PlaceRope.h"
#include "Stateful/StatefulLowering.h"

#include "espresso/Transforms/Passes.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {
namespace {

class ToStatefulPass : public ToStatefulBase {
public:
  using ToStatefulBase::ToStatefulBase;
  PassResult run(Program &program, PassContext &context) override;

private:
  LogicalResult convert(Function &function, PassContext &context);
};

} // namespace

/// The state's contents, if it is a cache.
static TensorType getCacheType(const Value &input) {
  auto state = input.getType().getAs<StateType>();
  TensorType type =
      state ? state.getWrappedType().getAs<TensorType>() : TensorType();
  return type && type.getRank() == 2 && type.hasStaticShape() ? type
                                                              : TensorType();
}

/// Rounds the rows up, which masks hide, and returns their largest number.
static int64_t padRows(Function &function) {
  int64_t rows = 1;
  Context &context = function.getContext();
  for (const std::unique_ptr<Value> &input : function.getBody().getInputs())
    if (TensorType type = getCacheType(*input)) {
      int64_t padded = padStateType(type, context).getDim(0);
      input->setType(StateType::get(
          context, TensorType::get(context, type.getElementType(),
                                   {padded, type.getDim(1)})));
      rows = std::max(rows, padded);
    }
  return rows;
}

/// Rounds the widths up, once no composite looks at states any more. Returns
/// the number of states.
static unsigned padWidths(Function &function) {
  unsigned count = 0;
  Context &context = function.getContext();
  for (const std::unique_ptr<Value> &input : function.getBody().getInputs())
    if (TensorType type = getCacheType(*input)) {
      input->setType(StateType::get(context, padStateType(type, context)));
      ++count;
    }
  return count;
}

LogicalResult ToStatefulPass::convert(Function &function,
                                      PassContext &context) {
  int64_t rows = padRows(function);
  AttentionCounts attention =
      placeAttention(function, AttentionPlacement::Graph);
  moveRopeIntoGraph(function);
  unsigned numStates = padWidths(function);
  function.setOpset(Opset::IOS18);
  if (failed(lowerHostOperations(function, rows)))
    return failure();
  for (Operation &op : function.getBody().getOperations())
    op.removeAttribute("layer");
  for (Operation &op : llvm::make_early_inc_range(
           llvm::reverse(function.getBody().getOperations())))
    if (op.is("const") && !op.hasUses())
      op.erase();
  statesMade += numStates;
  context.emitRemark(function.getLocation())
      << "'" << function.getName() << "' is one program with " << numStates
      << " states of " << rows << " rows; "
      << attention.inGraph + attention.overCache << " attentions read "
      << (attention.overCache != 0 ? "them" : "none, since it starts at 0");
  return success();
}

PassResult ToStatefulPass::run(Program &program, PassContext &context) {
  bool changed = false;
  for (const std::unique_ptr<Function> &function : program.getFunctions()) {
    if (function->getOpset() != Opset::Model)
      continue;
    changed = true;
    if (failed(convert(*function, context)))
      return PassResult::Failed;
  }
  return changedIf(changed);
}

std::unique_ptr<Pass> createToStatefulPass(const ToStatefulOptions &options) {
  return std::make_unique<ToStatefulPass>(options);
}

} // namespace espresso
