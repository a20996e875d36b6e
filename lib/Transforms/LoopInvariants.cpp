//===- LoopInvariants.cpp - What loops carry and do not change ------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
//   y, z = while_loop(loop_vars = (a, b)) blocks {
//     (c, d) { … } -> (more);
//     (e, f) { … g = add(x = e, y = f); } -> (g, f);
//   }
//
// becomes a loop of `a` alone, with `b` in place of d, f and z: blocks see the
// values around them. A variable that the body sets to the very value it began
// with is one, too. One that it sets to another value from around the loop is
// not, for the first round sees what it began with. The last variable stays.
//
//===----------------------------------------------------------------------===//

#include "Replacement.h"

#include "espresso/IR/Builder.h"
#include "espresso/Transforms/Passes.h"

namespace espresso {
namespace {

class LoopInvariantsPass : public LoopInvariantsBase {
public:
  using LoopInvariantsBase::LoopInvariantsBase;
  PassResult run(Function &function, PassContext &context) override;
};

} // namespace

/// Whether variable `i` of a loop is the same in every round.
static bool isInvariant(const Operation &loop, size_t i) {
  const Argument &variable = (*loop.findBinding("loop_vars"))[i];
  const Block &body = *loop.getBlocks()[1];
  const Value *input = body.getInputs()[i].get();
  Value *value = variable.getValue();
  Type type = value ? value->getType() : variable.getLiteral().getType();
  const Value *next = body.getOutput(i);
  return (next == input || (value && next == value)) &&
         input->getType() == type &&
         loop.getBlocks()[0]->getInputs()[i]->getType() == type &&
         loop.getResult(i)->getType() == type;
}

/// Moves what is in `from` into `to`, which has the inputs that are kept, and
/// binds the others to the values of `variables`.
static void moveBlock(Block &from, Block &to,
                      llvm::ArrayRef<Value *> variables) {
  for (size_t i = 0; i < variables.size(); ++i) {
    Value *input = from.getInputs()[i].get();
    Value *with = variables[i];
    if (!with)
      with =
          to.addInput(input->getName(), input->getType(), input->getLocation());
    input->replaceAllUsesWith(with);
  }
  while (!from.empty())
    to.append(from.begin()->takeOut());
}

/// Replaces `loop` by one without the variables that have a value.
static void dropVariables(Operation &loop, llvm::ArrayRef<Value *> variables) {
  Builder builder(loop);
  Context &context = builder.getContext();
  auto made = Operation::create(loop.getName(), loop.getLocation());
  Operation &rest = *loop.getBlock()->insertBefore(&loop, std::move(made));
  rest.setOpsetQualifier(loop.getOpsetQualifier());
  for (const NamedAttribute &attribute : loop.getAttributes())
    rest.setAttribute(attribute.name, attribute.value);
  llvm::StringRef input = context.intern("loop_vars");
  const Binding &old = *loop.findBinding(input);
  auto binding = std::make_unique<Binding>(input, old.isParenthesised());
  for (size_t i = 0; i < variables.size(); ++i) {
    if (variables[i])
      continue;
    if (Value *value = old[i].getValue())
      binding->addValue(value, &rest);
    else
      binding->addLiteral(old[i].getLiteral());
  }
  rest.setBinding(std::move(binding));
  for (const std::unique_ptr<Block> &block : loop.getBlocks())
    moveBlock(*block, *rest.addBlock(), variables);
  Block &condition = *loop.getBlocks()[0], &body = *loop.getBlocks()[1];
  rest.getBlocks()[0]->addOutput(condition.getOutput(0));
  for (size_t i = 0; i < variables.size(); ++i)
    if (!variables[i])
      rest.getBlocks()[1]->addOutput(body.getOutput(i));
  condition.clearOutputs();
  body.clearOutputs();
  for (size_t i = 0; i < variables.size(); ++i) {
    Value *result = loop.getResult(i), *with = variables[i];
    if (!with) {
      with = rest.addResult(result->getName(), result->getType(),
                            result->getLocation());
    } else if (isFunctionOutput(*result)) {
      with = builder
                 .create("identity", {{"x", with}}, {result->getType()},
                         result->getName())
                 ->getResult();
      swapNames(*with, *result);
    }
    result->replaceAllUsesWith(with);
  }
  loop.erase();
}

PassResult LoopInvariantsPass::run(Function &function, PassContext &) {
  bool changed = false;
  function.walk([&](Operation &op) {
    if (!op.is("while_loop"))
      return;
    const Binding &binding = *op.findBinding("loop_vars");
    llvm::SmallVector<Value *, 4> variables(binding.size(), nullptr);
    size_t numKept = binding.size();
    for (size_t i = binding.size(); i-- > 0 && numKept > 1;) {
      if (!isInvariant(op, i))
        continue;
      variables[i] = binding[i].getValue();
      if (!variables[i])
        variables[i] = Builder(op).createConstant(binding[i].getLiteral(),
                                                  op.getResult(i)->getName());
      --numKept;
    }
    if (numKept == binding.size())
      return;
    numVariables += binding.size() - numKept;
    dropVariables(op, variables);
    changed = true;
  });
  return changedIf(changed);
}

std::unique_ptr<Pass>
createLoopInvariantsPass(const LoopInvariantsOptions &options) {
  return std::make_unique<LoopInvariantsPass>(options);
}

} // namespace espresso
