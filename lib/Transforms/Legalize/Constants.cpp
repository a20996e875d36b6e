//===- Constants.cpp - Constants as the engine takes them -----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../ConstantViews.h"
#include "../Lower/LoweringBuilder.h"
#include "Legalize.h"

#include "espresso/Base/Half.h"
#include "espresso/Eval/Tensor.h"

#include "llvm/ADT/DenseSet.h"

#include <cmath>

namespace espresso {

using ane::RuleId;

/// Below this a number that is added is taken for minus infinity of a mask.
static constexpr double kMaskLike = -1e4;

/// Whether there is a number below `bound`, which is negative, among halves.
static bool hasBelow(llvm::ArrayRef<uint8_t> halves, double bound) {
  auto limit = static_cast<unsigned>(encodeFloat(DataType::Float16, -bound));
  constexpr unsigned kSign = 0x8000;
  for (size_t i = 0; i + 1 < halves.size(); i += 2)
    if ((halves[i] | unsigned(halves[i + 1]) << 8) > (kSign | limit))
      return true;
  return false;
}

/// True if an fp16 constant certainly has no element below `bound`: most masks,
/// which are large, are found to be fine without being converted.
static bool isAbove(const Attribute &value, double bound,
                    DiagnosticEngine &diagnostics) {
  if (const DenseElements *elements = value.getDense())
    return !hasBelow(elements->bytes, bound);
  const WeightSource &source = *value.getBlob()->source;
  if (source.getElementType() != DataType::Float16)
    return false;
  llvm::ArrayRef<uint8_t> inPlace = source.getBytesInPlace();
  if (!inPlace.empty())
    return !hasBelow(inPlace, bound);
  std::vector<uint8_t> bytes(2 * source.getNumElements());
  return succeeded(source.read(bytes, diagnostics)) && !hasBelow(bytes, bound);
}

/// The tensor with elements below the mask value raised to it; nothing if there
/// are none, or it is no mask: zeros and what is far below.
static std::optional<Tensor> clampMask(const Attribute &value,
                                       double maskValue) {
  auto type = value ? value.getType().getAs<TensorType>() : TensorType();
  if (!type || !isFloat(type.getElementType()) ||
      (value.getBlob() && !value.getBlob()->source))
    return std::nullopt;
  DiagnosticEngine silent;
  silent.setHandler([](const Diagnostic &) {});
  if (type.getElementType() == DataType::Float16 &&
      isAbove(value, maskValue, silent))
    return std::nullopt;
  FailureOr<Tensor> tensor =
      tensorFromAttribute(value, {NumericsMode::Fp16}, silent);
  if (failed(tensor))
    return std::nullopt;
  bool isMask = true, isLow = false;
  std::visit(
      [&](auto &elements) {
        using T = typename std::decay_t<decltype(elements)>::value_type;
        if constexpr (std::is_floating_point_v<T>)
          for (T &element : elements) {
            isMask &= element == 0 || element <= kMaskLike;
            isLow |= element < maskValue;
            element = std::max(element, static_cast<T>(maskValue));
          }
      },
      tensor->getStorage());
  return isMask && isLow ? std::optional(std::move(*tensor)) : std::nullopt;
}

/// Masks are constants that are added to something, or chosen.
static bool clampMasks(Function &function, Legalizer &legalizer) {
  auto maskValue =
      static_cast<double>(*getLimit(ane::Limit::MaskValue, legalizer.target));
  llvm::SmallVector<Operation *> users;
  function.walk([&](Operation &op) {
    if (op.is("add") || op.is("select"))
      users.push_back(&op);
  });
  bool changed = false;
  // Layers share masks, which are large.
  llvm::DenseSet<const Value *> isFine;
  for (Operation *op : users)
    for (llvm::StringRef input : {"x", "y", "a", "b"}) {
      const Value *named = op->getOperand(input);
      if (isFine.contains(named))
        continue;
      std::optional<Tensor> mask = clampMask(op->getConstant(input), maskValue);
      if (!mask) {
        if (named)
          isFine.insert(named);
        continue;
      }
      legalizer.remark(*op, RuleId::MaskValue)
          << "mask '" << input << "' of '" << op->getResult()->getName()
          << "' is raised to " << static_cast<int64_t>(maskValue);
      OpBuilder b(*op, op->getResult()->getName());
      Context &context = b.getContext();
      Attribute clamped = tensorToAttribute(context, *mask);
      Value *old = op->getOperand(input);
      op->setOperand(context.intern(input),
                     b.constant(std::move(clamped), "mask"));
      if (old && old->getDefiningOp() && !old->hasUses())
        old->getDefiningOp()->erase();
      changed = true;
    }
  return changed;
}

/// Literals of calls become constants that operations of a block share.
static bool nameLiterals(Function &function, Legalizer &legalizer) {
  SharedConstants shared;
  uint64_t count = 0;
  function.walk([&](Operation &op) {
    if (op.is("const") || op.getName().starts_with("constexpr_"))
      return;
    llvm::SmallVector<std::pair<llvm::StringRef, Attribute>, 4> literals;
    for (const auto &binding : op.getBindings())
      if (binding->size() == 1 && !binding->isParenthesised() &&
          binding->getSingle().getLiteral())
        literals.emplace_back(binding->getName(),
                              binding->getSingle().getLiteral());
    for (auto &[name, literal] : literals) {
      Builder builder(op);
      op.setOperand(name, shared.get(builder, *op.getBlock(), name, literal));
      ++count;
    }
  });
  if (count > 0)
    legalizer.context.emitRemark(function.getLocation())
            .setRule(ane::getRule(RuleId::FlagConsts).name)
        << count << " literals of '" << function.getName()
        << "' become named constants";
  return count > 0;
}

/// Tensors of floats in the text go to weight files.
static bool spillTensors(Function &function, Legalizer &legalizer) {
  uint64_t count = 0;
  function.walk([&](Operation &op) {
    Attribute value = op.is("const") ? op.getAttribute("val") : Attribute();
    auto type = value ? value.getType().getAs<TensorType>() : TensorType();
    if (!type || !value.getDense() || !isFloat(type.getElementType()) ||
        type.getRank() == 0)
      return;
    Context &context = function.getContext();
    op.setAttribute("val", toBlob(context, value, op.getResult()->getName()));
    ++count;
  });
  if (count > 0)
    legalizer.context.emitRemark(function.getLocation())
            .setRule(ane::getRule(RuleId::InlineTensorConst).name)
        << count << " tensors of '" << function.getName()
        << "' go to weight files";
  return count > 0;
}

bool legalizeConstants(Function &function, Legalizer &legalizer) {
  bool changed = false;
  if (legalizer.holds(RuleId::MaskValue))
    changed |= clampMasks(function, legalizer);
  if (legalizer.holds(RuleId::FlagConsts))
    changed |= nameLiterals(function, legalizer);
  if (legalizer.holds(RuleId::InlineTensorConst))
    changed |= spillTensors(function, legalizer);
  return changed;
}

} // namespace espresso
