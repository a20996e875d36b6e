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

#include "espresso/Transforms/Passes.h"

#include "llvm/ADT/StringSwitch.h"

namespace espresso {
namespace {

class LowerCompositesPass : public LowerCompositesBase {
public:
  using LowerCompositesBase::LowerCompositesBase;
  PassResult run(Function &function, PassContext &context) override;
};

/// One row for each composite: how it is lowered, or why it is not.
struct Lowering {
  llvm::StringRef name;
  void (*lower)(LoweringBuilder &builder);
  llvm::StringRef whyNot;
};

} // namespace

static constexpr llvm::StringLiteral kNeedsHost =
    "it belongs in a <host> function; 'split-at-rope' leaves it there";

static const Lowering kLowerings[] = {
    {"espresso.attention", nullptr, kNeedsHost},
    {"espresso.cache_write", nullptr, kNeedsHost},
    {"espresso.call", nullptr, kNeedsHost},
    {"espresso.causal_attention", lowerCausalAttention, {}},
    {"espresso.embedding", nullptr, kNeedsHost},
    {"espresso.head", nullptr, kNeedsHost},
    {"espresso.layer_norm", lowerLayerNorm, {}},
    {"espresso.linear", lowerLinear, {}},
    {"espresso.rms_norm", lowerRmsNorm, {}},
    {"espresso.rope", nullptr,
     "its angles depend on the position, which a program does not know; it "
     "belongs in a <host> function"},
    {"espresso.swiglu", lowerSwiGLU, {}},
};

static const Lowering *findLowering(llvm::StringRef name) {
  for (const Lowering &lowering : kLowerings)
    if (lowering.name == name)
      return &lowering;
  return nullptr;
}

/// Reports and fails if `op` cannot be lowered; otherwise returns how it is.
static FailureOr<const Lowering *> getLowering(const Operation &op) {
  auto refuse = [&]() {
    return op.emitError().setRule("lower-composites")
           << "cannot lower '" << op.getName() << "' in '"
           << op.getFunction()->getName() << "': ";
  };
  const Lowering *row = findLowering(op.getName());
  if (!row)
    return refuse() << "there is no lowering for it";
  if (!row->lower)
    return refuse() << row->whyNot;
  for (Value *operand : op.getAllOperands())
    if (TensorType type = operand->getTensorType();
        type && !type.hasStaticShape())
      return refuse() << "the shape of '" << operand->getName() << "', " << type
                      << ", is not static";
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
    FailureOr<const Lowering *> row = getLowering(*op);
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
