//===- LowerComposites.cpp - Composites into MIL --------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Rewrites the composites in <iosNN> functions into MIL:
//
//   y = espresso.linear(x = x, weight = w)      // w is [O, I]
//   =>
//   y = conv(x = x, weight = w, …)              // w is [O, I, 1, 1]
//
// The order of the operations of each is that of docs/Composites.md. Functions
// above MIL keep their composites.
//
//===----------------------------------------------------------------------===//

#include "Lower/LoweringBuilder.h"

#include "espresso/Base/Half.h"
#include "espresso/Ops/Registry.h"
#include "espresso/Transforms/Passes.h"

#include "llvm/ADT/StringSwitch.h"

#include <cmath>

namespace espresso {
namespace {

class LowerCompositesPass : public LowerCompositesBase {
public:
  using LowerCompositesBase::LowerCompositesBase;
  PassResult run(Function &function, PassContext &context) override;
};

/// One row for each composite that a program may have.
struct Lowering {
  llvm::StringRef name;
  void (*lower)(LoweringBuilder &builder);
};

} // namespace

static const Lowering kLowerings[] = {
    {"espresso.causal_attention", lowerCausalAttention},
    {"espresso.ffn", lowerFeedForward},
    {"espresso.layer_norm", lowerLayerNorm},
    {"espresso.linear", lowerLinear},
    {"espresso.masked_attention", lowerMaskedAttention},
    {"espresso.rms_norm", lowerRmsNorm},
    {"espresso.rotate", lowerRotate},
    {"espresso.router", lowerRouter},
};

static const Lowering *findLowering(llvm::StringRef name) {
  for (const Lowering &lowering : kLowerings)
    if (lowering.name == name)
      return &lowering;
  return nullptr;
}

static InFlightDiagnostic refuse(const Operation &op) {
  return op.emitError().setRule("lower-composites")
         << "cannot lower '" << op.getName() << "' in '"
         << op.getFunction()->getName() << "': ";
}

/// Whether compile-time arguments have elements: a weight that is unpacked
/// when the program is loaded cannot be reshaped before.
static LogicalResult checkConstants(const Operation &op) {
  for (const InputDefinition &input : lookupOp(op)->inputs)
    if (input.isConst && op.hasBinding(input.name) &&
        !op.getConstant(input.name))
      return refuse(op) << "'" << input.name << "' is not a 'const'";
  return success();
}

static LogicalResult checkShapes(const Operation &op) {
  for (Value *operand : op.getAllOperands())
    if (TensorType type = operand->getTensorType();
        type && !type.hasStaticShape())
      return refuse(op) << "the shape of '" << operand->getName() << "', "
                        << type << ", is not static";
  return success();
}

/// A mask must stay finite, or rows of it become NaN (ane-mask-value).
static LogicalResult checkMask(const Operation &op, double maskValue) {
  DataType type = op.getResult()->getTensorType().getElementType();
  double rounded = roundToType(type, maskValue);
  bool hasMask =
      op.is("espresso.causal_attention") || op.is("espresso.masked_attention");
  if (!hasMask || (rounded < 0 && std::isfinite(rounded)))
    return success();
  return refuse(op) << "a mask value of " << static_cast<int64_t>(maskValue)
                    << " is not a finite negative number of " << getName(type);
}

/// Reports and fails if `op` cannot be lowered; otherwise returns how it is.
static FailureOr<const Lowering *> getLowering(const Operation &op,
                                               const LoweringOptions &options) {
  if (op.is("espresso.rope"))
    return refuse(op) << "its angles depend on the position, which a program "
                         "does not know; it belongs in a <host> function";
  if (const OpDefinition *definition = lookupOp(op);
      definition && definition->hasTrait(OpTrait_HostOnly))
    return refuse(op) << "it belongs in a <host> function; 'split-at-rope' "
                         "leaves it there";
  const Lowering *row = findLowering(op.getName());
  if (!row)
    return refuse(op) << "there is no lowering for it";
  if (failed(checkConstants(op)) || failed(checkShapes(op)) ||
      failed(checkMask(op, options.maskValue)))
    return failure();
  return row;
}

PassResult LowerCompositesPass::run(Function &function, PassContext &) {
  if (!isIOS(function.getOpset()))
    return PassResult::Unchanged;
  LoweringOptions lowering;
  lowering.silu = llvm::StringSwitch<SiluForm>(options.silu)
                      .Case("tanh", SiluForm::Tanh)
                      .Case("op", SiluForm::Op)
                      .Default(SiluForm::Sigmoid);
  lowering.maskValue = static_cast<double>(options.maskValue);
  SharedConstants shared;
  llvm::SmallVector<Operation *, 32> composites;
  function.walk([&](Operation &op) {
    if (op.getName().starts_with("espresso."))
      composites.push_back(&op);
  });
  bool ok = true;
  for (Operation *op : composites) {
    FailureOr<const Lowering *> row = getLowering(*op, lowering);
    ok &= succeeded(row);
    if (failed(row))
      continue;
    LoweringBuilder builder(*op, shared, lowering);
    (*row)->lower(builder);
    ++compositesLowered;
  }
  if (!ok)
    return PassResult::Failed;
  return changedIf(!composites.empty());
}

std::unique_ptr<Pass>
createLowerCompositesPass(const LowerCompositesOptions &options) {
  return std::make_unique<LowerCompositesPass>(options);
}

} // namespace espresso
