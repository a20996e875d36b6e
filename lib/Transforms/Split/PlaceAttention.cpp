//===- PlaceAttention.cpp - Attention on the host or in the graph ---------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlaceAttention.h"

#include "espresso/IR/Builder.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

static bool startsAtZero(const Operation &attention) {
  Attribute position = attention.getConstant("position");
  return position && position.getDense() && position.getNumElements() == 1 &&
         position.getInteger() == 0;
}

/// Copies the binding of `from` on `op` to `to` on `target`.
static void copyBinding(const Operation &op, llvm::StringRef from,
                        Operation &target, llvm::StringRef to) {
  const Binding *binding = op.findBinding(from);
  if (!binding)
    return;
  if (Value *value = binding->getSingle().getValue())
    target.setOperand(to, value);
  else
    target.setLiteral(to, binding->getSingle().getLiteral());
}

static void moveIntoGraph(Operation &attention) {
  Context &context = attention.getFunction()->getContext();
  Builder builder(attention);
  auto insert = [&](llvm::StringRef name) {
    Operation *op = builder.create(name, {}, {}, "");
    for (const NamedAttribute &attribute : attention.getAttributes())
      op->setAttribute(attribute.name, attribute.value);
    return op;
  };
  for (llvm::StringRef input : {"k", "v"}) {
    Operation *write = insert("espresso.cache_write");
    copyBinding(attention, (input + "_cache").str(), *write,
                context.intern("cache"));
    copyBinding(attention, input, *write, context.intern("x"));
    copyBinding(attention, "position", *write, context.intern("position"));
  }
  attention.setName(context.intern("espresso.causal_attention"));
  for (llvm::StringRef input : {"position", "k_cache", "v_cache"})
    attention.removeBinding(input);
}

FailureOr<AttentionCounts> placeAttention(Function &function,
                                          AttentionPlacement placement) {
  AttentionCounts counts;
  for (Operation &op :
       llvm::make_early_inc_range(function.getBody().getOperations())) {
    if (!op.is("espresso.attention"))
      continue;
    if (placement != AttentionPlacement::Host && startsAtZero(op)) {
      moveIntoGraph(op);
      ++counts.inGraph;
      continue;
    }
    if (placement == AttentionPlacement::Graph) {
      InFlightDiagnostic diagnostic = op.emitError().setRule("split-at-rope")
                                      << "cannot move attention into the "
                                         "graph: 'position' is not the "
                                         "constant 0, so earlier rows of the "
                                         "cache count";
      diagnostic.addHelp("use 'attention=auto' or 'attention=host'");
      return diagnostic;
    }
    ++counts.onHost;
  }
  return counts;
}

} // namespace espresso
