//===- PlaceAttention.cpp - Attention on the host or in the graph ---------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlaceAttention.h"

#include "FunctionCut.h"
#include "SharedOps.h"

#include "espresso/IR/Builder.h"
#include "espresso/Ops/Verifier.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {
namespace {

/// Moves the attentions of one function.
class AttentionPlacer {
public:
  AttentionPlacer(Function &function, AttentionPlacement placement)
      : context(function.getContext()), placement(placement) {}

  void place(Operation &attention);
  AttentionCounts counts;

private:
  void writeCaches(Operation &attention, Operation &place);
  void moveIntoGraph(Operation &attention);
  void moveOverCache(Operation &attention);
  Value *readCache(Operation &attention, llvm::StringRef input);
  Value *getMask(Operation &attention);

  Context &context;
  AttentionPlacement placement;
  SharedOps masks;
};

} // namespace

/// Arguments of attention that are about the cache.
static constexpr llvm::StringLiteral kCacheArguments[] = {"position", "k_cache",
                                                          "v_cache"};

static bool startsAtZero(const Operation &attention) {
  Attribute position = attention.getConstant("position");
  return position && position.getDense() && position.getNumElements() == 1 &&
         position.getInteger() == 0;
}

/// "l3_" for an operation of layer 3.
static std::string getPrefix(const Operation &op) {
  std::optional<int64_t> layer = getLayer(op);
  return layer ? "l" + std::to_string(*layer) + "_" : "";
}

/// Gives `op` the layer of `model`, so that it stays with it.
static void copyAttributes(const Operation &model, Operation &op) {
  for (const NamedAttribute &attribute : model.getAttributes())
    op.setAttribute(attribute.name, attribute.value);
}

/// Writes k and v to the caches, before `place`.
void AttentionPlacer::writeCaches(Operation &attention, Operation &place) {
  Builder builder(place);
  for (llvm::StringRef input : {"k", "v"}) {
    Operation *write = builder.create("espresso.cache_write", {}, {}, "");
    write->setLocation(attention.getLocation());
    copyAttributes(attention, *write);
    copyBinding(attention, (input + "_cache").str(), *write,
                context.intern("cache"));
    copyBinding(attention, input, *write, context.intern("x"));
    copyBinding(attention, "position", *write, context.intern("position"));
  }
}

static void becomeStateless(Operation &attention, llvm::StringRef form) {
  attention.setName(form);
  for (llvm::StringRef input : kCacheArguments)
    attention.removeBinding(input);
}

void AttentionPlacer::moveIntoGraph(Operation &attention) {
  writeCaches(attention, attention);
  becomeStateless(attention, context.intern("espresso.causal_attention"));
}

Value *AttentionPlacer::readCache(Operation &attention, llvm::StringRef input) {
  Builder builder(attention);
  Value *cache = attention.getOperand((input + "_cache").str());
  Operation *read = buildOp(builder, "espresso.cache_read", {{"cache", cache}},
                            getPrefix(attention) + input + "_rows");
  copyAttributes(attention, *read);
  return read->getResult();
}

/// One mask serves all layers of one window.
Value *AttentionPlacer::getMask(Operation &attention) {
  auto cache = attention.getArgumentType("k_cache")
                   .castTo<StateType>()
                   .getWrappedType()
                   .castTo<TensorType>();
  TensorType q = attention.getArgumentType("q").castTo<TensorType>();
  Builder builder(attention);
  Operation *mask = builder.create(
      "espresso.cache_mask",
      {{"rows", builder.getInt32(cache.getDim(0))},
       {"columns", builder.getInt32(q.getDim(3))},
       {"dtype", builder.getString(getName(q.getElementType()))}},
      {}, "");
  for (llvm::StringRef input : {"position", "window"})
    copyBinding(attention, input, *mask, context.intern(input));
  return masks.share(*mask, "mask");
}

void AttentionPlacer::moveOverCache(Operation &attention) {
  Value *mask = getMask(attention);
  Value *keys = readCache(attention, "k");
  Value *values = readCache(attention, "v");
  // Behind the attention, which reads what was there before.
  Builder end(*attention.getBlock());
  Operation *place = end.create("espresso.cache_write", {}, {}, "");
  if (auto next = std::next(attention.getIterator()); &*next != place)
    place->moveBefore(&*next);
  writeCaches(attention, *place);
  place->erase();
  attention.setOperand(context.intern("k_rows"), keys);
  attention.setOperand(context.intern("v_rows"), values);
  attention.setOperand(context.intern("mask"), mask);
  becomeStateless(attention, context.intern("espresso.masked_attention"));
}

void AttentionPlacer::place(Operation &attention) {
  bool isFirst = startsAtZero(attention);
  if (placement == AttentionPlacement::Host ||
      (placement == AttentionPlacement::Auto && !isFirst)) {
    ++counts.onHost;
  } else if (isFirst) {
    moveIntoGraph(attention);
    ++counts.inGraph;
  } else {
    moveOverCache(attention);
    ++counts.overCache;
  }
}

AttentionCounts placeAttention(Function &function,
                               AttentionPlacement placement) {
  AttentionPlacer placer(function, placement);
  for (Operation &op :
       llvm::make_early_inc_range(function.getBody().getOperations()))
    if (op.is("espresso.attention"))
      placer.place(op);
  return placer.counts;
}

} // namespace espresso
