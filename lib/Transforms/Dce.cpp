//===- Dce.cpp - Dead code elimination ------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Removes pure operations without uses, last ones first, so that what only they
// used goes in the same sweep:
//
//   a = relu(x = x)
//   b = tanh(x = a)      =>      c = sigmoid(x = x)
//   c = sigmoid(x = x)
//   } -> (c)                     } -> (c)
//
// An operation with several results stays while one of them is used. Opaque
// operations, writes to states and calls are not pure and stay. Inputs of the
// function belong to its callers and stay too.
//
//===----------------------------------------------------------------------===//

#include "espresso/Ops/Registry.h"
#include "espresso/Transforms/Passes.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {
namespace {

class DcePass : public DceBase {
public:
  using DceBase::DceBase;
  PassResult run(Function &function, PassContext &context) override;

private:
  bool sweep(Block &block);
};

} // namespace

/// Visits users before what they use. Returns whether anything was removed.
bool DcePass::sweep(Block &block) {
  bool changed = false;
  for (auto it = block.end(); it != block.begin();) {
    Operation &op = *--it;
    if (!op.hasUses() && isPure(op)) {
      ++it;
      op.erase();
      ++numRemoved;
      changed = true;
      continue;
    }
    for (const std::unique_ptr<Block> &nested : op.getBlocks())
      changed |= sweep(*nested);
  }
  return changed;
}

PassResult DcePass::run(Function &function, PassContext &context) {
  bool changed = sweep(function.getBody());
  if (options.reportUnusedInputs)
    for (const std::unique_ptr<Value> &input : function.getBody().getInputs())
      if (!input->hasUses())
        context.emitRemark(input->getLocation())
            << "input '" << input->getName() << "' of function '"
            << function.getName() << "' is not used";
  return changedIf(changed);
}

std::unique_ptr<Pass> createDcePass(const DceOptions &options) {
  return std::make_unique<DcePass>(options);
}

} // namespace espresso
