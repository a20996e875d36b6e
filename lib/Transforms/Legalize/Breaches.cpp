//===- Breaches.cpp - What could not be made legal ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Legalize.h"

#include "espresso/Ops/Registry.h"

#include "llvm/ADT/StringSet.h"

namespace espresso {

using ane::Limit;
using ane::RuleId;

/// Said as a warning: what a program may do elsewhere is no error of it.
static InFlightDiagnostic warn(const Operation &op, RuleId rule) {
  InFlightDiagnostic diag = op.emitWarning();
  diag.setRule(ane::getRule(rule).name);
  if (!ane::getRule(rule).rewrite.empty())
    diag.addHelp(ane::getRule(rule).rewrite);
  return diag;
}

/// What ane-op-absent lists.
static bool isAbsent(llvm::StringRef name) {
  static const llvm::StringSet<> kAbsent{
      "acos", "asin",        "tan",        "log",         "cumsum",
      "mod",  "logical_and", "logical_or", "logical_xor", "logical_not"};
  return kAbsent.contains(name);
}

static void checkTypes(const Operation &op, const Value &value,
                       Legalizer &legalizer) {
  TensorType type = value.getTensorType();
  if (!type)
    return;
  if (legalizer.holds(RuleId::StaticShape) && !type.hasStaticShape()) {
    warn(op, RuleId::StaticShape) << "the shape of '" << value.getName()
                                  << "', " << type << ", is not known";
    return;
  }
  auto maxRank = *getLimit(Limit::MaxRank, legalizer.target);
  if (legalizer.holds(RuleId::RankMax) && type.getRank() > maxRank)
    warn(op, RuleId::RankMax) << "rank " << type.getRank() << " of '"
                              << value.getName() << "' exceeds " << maxRank;
  if (legalizer.holds(RuleId::MaxAxis)) {
    auto longest = *getLimit(Limit::MaxChannels, legalizer.target);
    for (int64_t dim : type.getShape())
      if (dim > longest) {
        warn(op, RuleId::MaxAxis) << "extent " << dim << " of '"
                                  << value.getName() << "' exceeds " << longest;
        return;
      }
    std::optional<int64_t> width = getLimit(Limit::MaxAxis, legalizer.target);
    if (width && type.getRank() == 4)
      for (int64_t dim : type.getShape().drop_front(2))
        if (dim > *width) {
          warn(op, RuleId::MaxAxis)
              << "extent " << dim << " of '" << value.getName() << "' exceeds "
              << *width;
          return;
        }
  }
}

static void checkOp(const Operation &op, Legalizer &legalizer) {
  if (legalizer.holds(RuleId::OpAbsent) && isAbsent(op.getName()))
    warn(op, RuleId::OpAbsent) << "the engine has no '" << op.getName() << "'";
  if (op.is("conv") && legalizer.holds(RuleId::ConvKernelMax)) {
    TensorType kernel = op.getArgumentType("weight").getAs<TensorType>();
    std::optional<int64_t> widest =
        getLimit(Limit::ConvKernelWidth, legalizer.target);
    if (kernel && widest && kernel.getShape().back() > *widest)
      warn(op, RuleId::ConvKernelMax)
          << "a kernel of width " << kernel.getShape().back() << " exceeds "
          << *widest;
  }
  Value *weight = op.is("conv") ? op.getOperand("weight") : nullptr;
  if (weight && legalizer.holds(RuleId::ConvRuntimeWeight) &&
      !op.getConstant("weight")) {
    const OpDefinition *definition =
        weight->getDefiningOp() ? lookupOp(*weight->getDefiningOp()) : nullptr;
    if (!definition || !definition->hasTrait(OpTrait_Constexpr))
      warn(op, RuleId::ConvRuntimeWeight)
          << "the weight of 'conv' is computed, and would be ignored";
  }
  for (const auto &result : op.getResults())
    checkTypes(op, *result, legalizer);
}

/// One message for all values with short rows: most programs have some.
static void countNarrow(Function &function, Legalizer &legalizer) {
  auto least = *getLimit(Limit::LastAxisWidth, legalizer.target);
  const Value *first = nullptr;
  uint64_t count = 0;
  function.walk([&](Operation &op) {
    if (op.is("const"))
      return;
    for (const auto &result : op.getResults()) {
      TensorType type = result->getTensorType();
      if (!type || type.getRank() < 3 || !isFloat(type.getElementType()) ||
          type.getShape().back() >= least || type.getShape().back() < 0)
        continue;
      first = first ? first : result.get();
      ++count;
    }
  });
  if (first)
    legalizer.context.emitRemark(first->getLocation())
            .setRule(ane::getRule(RuleId::LastAxisWidth).name)
        << count << " values of '" << function.getName()
        << "' have rows of less than " << least << " elements, the first '"
        << first->getName() << "', " << first->getType();
}

/// Limits that differ by chip and that nobody says for this one.
static void reportUnknown(Function &function, Legalizer &legalizer) {
  for (auto [limit, rule] :
       {std::pair(Limit::MaxAxis, RuleId::MaxAxis),
        std::pair(Limit::ConvKernelWidth, RuleId::ConvKernelMax)})
    if (!getLimit(limit, legalizer.target))
      legalizer.context.emitRemark(function.getLocation())
              .setRule(ane::getRule(rule).name)
          << "'" << getInfo(limit).name << "' is not known for "
          << legalizer.target.getName() << "; nothing was checked against it";
}

static void checkFloats(Function &function, Legalizer &legalizer) {
  const Operation *first = nullptr;
  uint64_t count = 0;
  function.walk([&](Operation &op) {
    if (op.is("const") || op.is("cast"))
      return;
    for (const auto &result : op.getResults())
      if (getElementType(result.get()) == DataType::Float32) {
        first = first ? first : &op;
        ++count;
      }
  });
  if (!first)
    return;
  warn(*first, RuleId::Dtype)
      << count << " results of '" << function.getName()
      << "' are fp32, this one the first; '--pipeline=to-fp16' converts them";
}

void reportBreaches(Function &function, Legalizer &legalizer) {
  function.walk([&](Operation &op) {
    if (!op.is("const"))
      checkOp(op, legalizer);
  });
  if (legalizer.warnsOfFp32 && legalizer.holds(RuleId::Dtype))
    checkFloats(function, legalizer);
  if (legalizer.holds(RuleId::LastAxisWidth))
    countNarrow(function, legalizer);
  reportUnknown(function, legalizer);
}

} // namespace espresso
