//===- Cse.cpp - Common subexpression elimination -------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Replaces a pure operation by an earlier one that computes the same:
//
//   a = add(x = x, y = y)              a = add(x = x, y = y)
//   b = add(x = y, y = x)      =>
//   c = mul(x = a, y = b)              c = mul(x = a, y = a)
//
// Bindings and attributes may stand in any order; the attribute `name` does not
// count, and `x` and `y` of a commutative operation may be exchanged. Constants
// are compared by their bits, those outside by their source. An operation of an
// enclosing block serves the blocks nested in it, not the other way round.
//
// Names of the function's outputs are kept: the first operation takes the name
// of the second. Where both are outputs, both stay.
//
//===----------------------------------------------------------------------===//

#include "Replacement.h"

#include "espresso/Ops/Registry.h"
#include "espresso/Transforms/Passes.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/Hashing.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/xxhash.h"

namespace espresso {

//===----------------------------------------------------------------------===//
// Hashes: equal operations have equal ones
//===----------------------------------------------------------------------===//

static llvm::hash_code hashAttribute(const Attribute &attribute) {
  llvm::hash_code type = hash_value(attribute.getType());
  if (const DenseElements *dense = attribute.getDense())
    return llvm::hash_combine(
        type, llvm::xxh3_64bits(llvm::ArrayRef<uint8_t>(dense->bytes)));
  // As they are compared: layers have many weights of one type.
  if (const BlobReference *blob = attribute.getBlob())
    return blob->source ? llvm::hash_combine(type, blob->source->getKey())
                        : llvm::hash_combine(type, blob->path, blob->offset);
  // Lists are short.
  return type;
}

static llvm::hash_code hashBinding(const Binding &binding, bool withName) {
  llvm::hash_code hash =
      withName ? llvm::hash_value(binding.getName()) : llvm::hash_code(0);
  for (size_t i = 0; i < binding.size(); ++i) {
    const Argument &argument = binding[i];
    hash = llvm::hash_combine(hash, argument.getValue()
                                        ? llvm::hash_value(argument.getValue())
                                        : hashAttribute(argument.getLiteral()));
  }
  return hash;
}

static bool isCommutative(const Operation &op) {
  const OpDefinition *definition = lookupOp(op);
  return definition && definition->hasTrait(OpTrait_Commutative);
}

static size_t hashOperation(const Operation &op) {
  // Sums, so that order does not count.
  size_t bindings = 0;
  for (const std::unique_ptr<Binding> &binding : op.getBindings())
    bindings += hashBinding(*binding, /*withName=*/!isCommutative(op));
  size_t attributes = 0;
  for (const NamedAttribute &attribute : op.getAttributes())
    if (attribute.name != "name")
      attributes +=
          llvm::hash_combine(attribute.name, hashAttribute(attribute.value));
  return llvm::hash_combine(op.getName(), bindings, attributes);
}

//===----------------------------------------------------------------------===//
// Equality
//===----------------------------------------------------------------------===//

static bool haveEqualArguments(const Binding *a, const Binding *b) {
  if (!a || !b || a->size() != b->size())
    return a == b;
  for (size_t i = 0; i < a->size(); ++i)
    if ((*a)[i].getValue() != (*b)[i].getValue() ||
        (*a)[i].getLiteral() != (*b)[i].getLiteral())
      return false;
  return true;
}

static bool haveEqualBindings(const Operation &a, const Operation &b) {
  if (a.getBindings().size() != b.getBindings().size())
    return false;
  return llvm::all_of(a.getBindings(), [&](const auto &binding) {
    return haveEqualArguments(binding.get(), b.findBinding(binding->getName()));
  });
}

static bool haveExchangedBindings(const Operation &a, const Operation &b) {
  return a.getBindings().size() == 2 && b.getBindings().size() == 2 &&
         a.hasBinding("x") && a.hasBinding("y") &&
         haveEqualArguments(a.findBinding("x"), b.findBinding("y")) &&
         haveEqualArguments(a.findBinding("y"), b.findBinding("x"));
}

static bool haveEqualAttributes(const Operation &a, const Operation &b) {
  auto contains = [](const Operation &in, const Operation &all) {
    return llvm::all_of(in.getAttributes(), [&](const NamedAttribute &entry) {
      return entry.name == "name" ||
             all.getAttribute(entry.name) == entry.value;
    });
  };
  return contains(a, b) && contains(b, a);
}

static bool haveEqualResults(const Operation &a, const Operation &b) {
  return llvm::equal(a.getResults(), b.getResults(),
                     [](const auto &left, const auto &right) {
                       return left->getType() == right->getType();
                     });
}

static bool computeTheSame(const Operation &a, const Operation &b) {
  return a.getName() == b.getName() &&
         a.getOpsetQualifier() == b.getOpsetQualifier() &&
         haveEqualResults(a, b) && haveEqualAttributes(a, b) &&
         (haveEqualBindings(a, b) ||
          (isCommutative(a) && haveExchangedBindings(a, b)));
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {

class CsePass : public CseBase {
public:
  using CseBase::CseBase;
  PassResult run(Function &function, PassContext &context) override;

private:
  bool visitBlock(Block &block);
  bool replace(Operation &op, Operation &earlier);
  Operation *findEqual(const Operation &op, size_t hash);

  /// What is visible at the place being visited, by hash, outer ones first.
  llvm::DenseMap<size_t, llvm::SmallVector<Operation *, 1>> visible;
};

} // namespace

Operation *CsePass::findEqual(const Operation &op, size_t hash) {
  auto found = visible.find(hash);
  if (found == visible.end())
    return nullptr;
  for (Operation *earlier : found->second)
    if (computeTheSame(*earlier, op))
      return earlier;
  return nullptr;
}

/// Makes `earlier` serve the users of `op`, and erases `op` if that was all of
/// them. Returns whether anything changed.
bool CsePass::replace(Operation &op, Operation &earlier) {
  bool changed = false;
  for (auto [old, with] : llvm::zip(op.getResults(), earlier.getResults()))
    changed |= replaceUses(*old, *with);
  if (op.hasUses())
    return changed;
  ++(op.is("const") ? numConstants : numOperations);
  op.erase();
  return true;
}

bool CsePass::visitBlock(Block &block) {
  bool changed = false;
  llvm::SmallVector<size_t> added;
  for (Operation &op : llvm::make_early_inc_range(block.getOperations())) {
    for (const std::unique_ptr<Block> &nested : op.getBlocks())
      changed |= visitBlock(*nested);
    if (!op.getBlocks().empty() || !isPure(op))
      continue;
    size_t hash = hashOperation(op);
    if (Operation *earlier = findEqual(op, hash)) {
      changed |= replace(op, *earlier);
      continue;
    }
    visible[hash].push_back(&op);
    added.push_back(hash);
  }
  // What this block defines is not seen outside of it.
  for (size_t hash : added)
    visible[hash].pop_back();
  return changed;
}

PassResult CsePass::run(Function &function, PassContext &context) {
  visible.clear();
  bool changed = visitBlock(function.getBody());
  visible.clear();
  return changedIf(changed);
}

std::unique_ptr<Pass> createCsePass(const CseOptions &options) {
  return std::make_unique<CsePass>(options);
}

} // namespace espresso
