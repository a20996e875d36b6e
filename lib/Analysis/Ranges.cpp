//===- Ranges.cpp - Ranges by interval arithmetic and by running ----------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Analysis/Ranges.h"

#include "RangeSupport.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>

namespace espresso {

static bool isFloatValue(const Value &value) {
  TensorType type = value.getTensorType();
  return type && isFloat(type.getElementType());
}

ValueRange computeRange(Operation &op, const RangeMap &ranges) {
  for (RangeFn (*find)(llvm::StringRef) :
       {findElementwiseRange, findStructuralRange, findProductRange})
    if (RangeFn fn = find(op.getName())) {
      ValueRange range = fn(op, ranges);
      // Bounds that are not known meet as ∞ - ∞.
      if (std::isnan(range.low) || std::isnan(range.high))
        return {};
      return range;
    }
  return {};
}

bool RangeMap::mayRead(const Attribute &constant) const {
  TensorType type =
      constant ? constant.getType().getAs<TensorType>() : TensorType();
  return type && type.getNumElements().value_or(0) <= maxElements;
}

static void computeOp(Operation &op, RangeMap &ranges) {
  ValueRange range;
  if (op.is("const") && ranges.mayRead(op.getAttribute("val")))
    range = getRange(op.getAttribute("val"));
  // Whatever has nested blocks computes them as often as it likes.
  if (!op.is("const") && op.getBlocks().empty() && op.getNumResults() > 0)
    range = computeRange(op, ranges);
  for (const auto &result : op.getResults())
    if (isFloatValue(*result))
      ranges.set(*result, range);
}

RangeMap computeRanges(Function &function,
                       const RangeAssumptions &assumptions) {
  RangeMap ranges;
  ranges.setMaxElements(assumptions.maxElements);
  for (const auto &input : function.getBody().getInputs()) {
    if (!isFloatValue(*input))
      continue;
    auto named = llvm::find_if(assumptions.inputs, [&](const auto &entry) {
      return entry.first == input->getName();
    });
    ranges.set(*input, named == assumptions.inputs.end() ? assumptions.others
                                                         : named->second);
  }
  // Operations of nested blocks come before the one they are in, and their
  // inputs are not known.
  function.walk([&](Operation &op) { computeOp(op, ranges); });
  return ranges;
}

void RangeMap::include(const RangeMap &other) {
  for (const auto &[value, range] : other.ranges) {
    auto [place, isNew] = ranges.try_emplace(value, range);
    if (!isNew)
      place->second.include(range);
  }
}

FailureOr<RangeMap> observeRanges(Program &program, Function &function,
                                  const NamedTensors &inputs) {
  RangeMap ranges;
  auto observe = [&](const Value &value, const Tensor &tensor) {
    if (!isFloatValue(value))
      return;
    RangeMap seen;
    seen.set(value, getRange(tensor));
    ranges.include(seen);
  };
  for (const auto &[name, tensor] : inputs)
    if (Value *input = function.getBody().findInput(name))
      observe(*input, tensor);
  // Constants are not told of.
  for (const auto &any : program.getFunctions())
    any->walk([&](Operation &op) {
      if (op.is("const") && isFloatValue(*op.getResult()))
        ranges.set(*op.getResult(), getRange(op.getAttribute("val")));
    });
  Evaluator evaluator(program, {NumericsMode::Fp32});
  evaluator.setObserver(
      [&](const Operation &op, llvm::ArrayRef<TensorRef> results) {
        for (const auto &[result, tensor] :
             llvm::zip_equal(op.getResults(), results))
          observe(*result, *tensor);
      });
  if (failed(evaluator.run(function.getName(), inputs)))
    return failure();
  return ranges;
}

} // namespace espresso
