//===- Layers.cpp - Layers of lifted models -------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Programs of others do not say where a layer begins. In a model, each
// attention is one: to it belongs what makes its queries, keys and values of
// the residual stream, down to the products and the norm before them, and all
// that depends on it and not on a later one, but for what makes the next one's,
// and for the last product and the norm before it. That product becomes a head,
// in fp32.
//
// What has no layer, such as masks, tables and changes of layout at the
// borders, is the host's. Operations that say their layer already are left
// alone.
//
//===----------------------------------------------------------------------===//

#include "Columns.h"

#include "../Replacement.h"

#include "llvm/ADT/DenseSet.h"

namespace espresso {
namespace {

class LayerFinder {
public:
  explicit LayerFinder(Function &function) : function(function) {}
  bool run();

private:
  bool claimSources(Value *value, int64_t layer, unsigned steps = 0);
  void claimHead(Value *value);
  void claimNorm(Value *value, int64_t layer);
  void claimFollowers();

  Function &function;
  /// Of what makes operands of attention; kHead of the head.
  llvm::DenseMap<Operation *, int64_t> claimed;
  /// What there is no product behind.
  llvm::DenseSet<Operation *> barren;
  std::vector<Operation *> attentions;
};

} // namespace

static constexpr int64_t kHead = -1;

static bool isAttention(const Operation &op) {
  return op.is("espresso.causal_attention") ||
         op.is("espresso.masked_attention") || op.is("espresso.attention");
}

static bool isNorm(const Operation &op) {
  return op.is("espresso.rms_norm") || op.is("espresso.layer_norm");
}

/// The norm before a product.
void LayerFinder::claimNorm(Value *value, int64_t layer) {
  Operation *norm = value ? value->getDefiningOp() : nullptr;
  if (norm && isNorm(*norm))
    claimed.try_emplace(norm, layer);
}

/// Claims what lies between a product and an operand of attention. False if
/// there is no product behind it.
bool LayerFinder::claimSources(Value *value, int64_t layer, unsigned steps) {
  // Rotations, norms by head, changes of layout and caches are a few.
  constexpr unsigned kMaxSteps = 64;
  Operation *op = value ? value->getDefiningOp() : nullptr;
  if (!op || isAttention(*op) || op->is("const") || steps == kMaxSteps ||
      barren.contains(op))
    return false;
  if (auto found = claimed.find(op); found != claimed.end())
    return true;
  if (op->is("espresso.linear")) {
    claimed.try_emplace(op, layer);
    claimNorm(op->getOperand("x"), layer);
    return true;
  }
  // Of several operands, such as a cache and what is put into it, one will do.
  bool isMade = false;
  for (llvm::StringRef input : {"x", "y", "values", "update"})
    for (Value *operand : op->getOperands(input))
      isMade |= claimSources(operand, layer, steps + 1);
  if (isMade)
    claimed.try_emplace(op, layer);
  else
    barren.insert(op);
  return isMade;
}

/// Makes a product a head, whose result is fp32. Returns the cast that then
/// brings it back to its type, or null.
static Operation *becomeHead(Operation &op) {
  Value &result = *op.getResult();
  Context &context = op.getFunction()->getContext();
  op.setName(context.intern("espresso.head"));
  TensorType type = result.getTensorType();
  if (type.getElementType() == DataType::Float32)
    return nullptr;
  result.setType(TensorType::get(context, DataType::Float32, type.getShape()));
  Builder builder(*op.getBlock(), op.getLocation());
  if (auto next = std::next(op.getIterator()); next != op.getBlock()->end())
    builder.setInsertionPoint(*next);
  Value *dtype =
      builder.createConstant(builder.getString(getName(type.getElementType())),
                             result.getName() + "_dtype");
  Operation *cast = builder.create("cast", {}, {type}, result.getName());
  (void)replaceUses(result, *cast->getResult());
  cast->setOperand(context.intern("dtype"), dtype);
  cast->setOperand(context.intern("x"), &result);
  return cast;
}

/// Claims what lies between an output and the last product.
void LayerFinder::claimHead(Value *value) {
  while (Operation *op = value ? value->getDefiningOp() : nullptr) {
    if (isAttention(*op) || op->is("add") || op->is("espresso.ffn") ||
        !claimed.try_emplace(op, kHead).second)
      return;
    value = op->getOperand("x");
    if (op->is("espresso.linear")) {
      claimNorm(value, kHead);
      if (Operation *cast = becomeHead(*op))
        claimed.try_emplace(cast, kHead);
      return;
    }
    if (isNorm(*op))
      return;
  }
}

/// Gives all that depends on an attention its layer.
void LayerFinder::claimFollowers() {
  llvm::DenseMap<Operation *, int64_t> numBefore;
  Context &context = function.getContext();
  llvm::StringRef name = context.intern("layer");
  for (Operation &op : function.getBody().getOperations()) {
    int64_t before = 0;
    for (Value *operand : op.getAllOperands())
      if (Operation *producer = operand->getDefiningOp())
        before = std::max(before, numBefore.lookup(producer));
    auto found = claimed.find(&op);
    int64_t layer = found == claimed.end() ? before - 1 : found->second;
    if (isAttention(op))
      before = layer + 1;
    numBefore[&op] = before;
    if (layer >= 0)
      op.setAttribute(name, Attribute::integer(context, layer));
  }
}

bool LayerFinder::run() {
  for (Operation &op : function.getBody().getOperations()) {
    if (op.getAttribute("layer"))
      return false;
    if (isAttention(op))
      attentions.push_back(&op);
  }
  if (attentions.empty())
    return false;
  for (size_t i = 0; i < attentions.size(); ++i) {
    auto layer = static_cast<int64_t>(i);
    for (llvm::StringRef input : {"q", "k", "v", "k_rows", "v_rows"})
      (void)claimSources(attentions[i]->getOperand(input), layer);
    claimed[attentions[i]] = layer;
  }
  for (size_t i = 0; i < function.getBody().getNumOutputs(); ++i)
    claimHead(function.getBody().getOutput(i));
  claimFollowers();
  return true;
}

bool labelLayers(Function &function) { return LayerFinder(function).run(); }

} // namespace espresso
