//===- OperationMatcher.cpp - Which operations of two blocks agree --------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OperationMatcher.h"

#include "espresso/IR/Fingerprint.h"

#include "llvm/ADT/Hashing.h"
#include "llvm/ADT/STLExtras.h"

#include <unordered_map>

namespace espresso {

/// Differences within a gap beyond which a coarser level is tried: the square
/// of it is what one gap may cost.
static constexpr uint32_t kMaxEdits = 1500;

PlainArgument getPlain(const Value *value) {
  const Operation *producer = value->getDefiningOp();
  if (producer && producer->is("const"))
    if (Attribute constant = producer->getConstant("val"))
      return {nullptr, constant};
  return {value, {}};
}

PlainArgument getPlain(const Argument &argument) {
  if (const Value *value = argument.getValue())
    return getPlain(value);
  return {nullptr, argument.getLiteral()};
}

//===----------------------------------------------------------------------===//
// Keys
//===----------------------------------------------------------------------===//

static uint64_t combine(uint64_t a, uint64_t b) {
  return llvm::hash_combine(a, b);
}

static uint64_t hashText(llvm::StringRef text) {
  return llvm::hash_value(text);
}

/// The name of an operation is what it is called, not what it is.
static uint64_t hashAttributes(const Operation &op) {
  uint64_t sum = 0;
  for (const NamedAttribute &attribute : op.getAttributes())
    if (attribute.name != "name")
      sum += combine(hashText(attribute.name), getFingerprint(attribute.value));
  return sum;
}

static uint64_t getNameKey(const Operation &op) {
  return combine(hashText(op.getName()), hashText(op.getOpsetQualifier()));
}

static uint64_t getTypedKey(const Operation &op) {
  uint64_t key = getNameKey(op);
  for (const std::unique_ptr<Value> &result : op.getResults())
    key = combine(key, hash_value(result->getType()));
  return key;
}

/// With `valueKeys`, what is used counts too; without, only that something is.
uint64_t OperationMatcher::getExactKey(const Operation &op,
                                       const ValueKeys *valueKeys) {
  uint64_t key = combine(getTypedKey(op), hashAttributes(op));
  for (const std::unique_ptr<Binding> &binding : op.getBindings()) {
    key = combine(key, hashText(binding->getName()));
    for (size_t i = 0; i < binding->size(); ++i) {
      PlainArgument argument = getPlain((*binding)[i]);
      if (!argument.value)
        key = combine(key, getFingerprint(argument.constant));
      else
        key = combine(key, valueKeys ? valueKeys->lookup(argument.value) : 1);
    }
  }
  for (const std::unique_ptr<Block> &block : op.getBlocks()) {
    key = combine(key, block->getInputs().size());
    for (const Operation &nested : block->getOperations())
      key = combine(key, getExactKey(nested, valueKeys));
  }
  return key;
}

OperationMatcher::Keys
OperationMatcher::makeKeys(llvm::ArrayRef<const Operation *> ops,
                           ValueKeys &valueKeys) {
  Keys keys;
  for (const Operation *op : ops) {
    uint64_t deep = getExactKey(*op, &valueKeys);
    keys.deep.push_back(deep);
    for (uint64_t i = 0; i < op->getNumResults(); ++i)
      valueKeys[op->getResult(i)] = combine(deep, i);
    keys.byLevel[static_cast<unsigned>(Level::Exact)].push_back(
        getExactKey(*op, nullptr));
    keys.byLevel[static_cast<unsigned>(Level::Typed)].push_back(
        getTypedKey(*op));
    keys.byLevel[static_cast<unsigned>(Level::Name)].push_back(getNameKey(*op));
  }
  return keys;
}

//===----------------------------------------------------------------------===//
// Matching
//===----------------------------------------------------------------------===//

void OperationMatcher::pair(BlockMatch &match, uint32_t before,
                            uint32_t after) {
  match.partnerOfBefore[before] = after;
  match.partnerOfAfter[after] = before;
  const Operation &a = *match.before[before], &b = *match.after[after];
  for (unsigned i = 0; i < std::min(a.getNumResults(), b.getNumResults()); ++i)
    pairValues(a.getResult(i), b.getResult(i));
}

/// Pairs what is computed alike all the way from the inputs. What stands in
/// another order moved; the rest cuts the sequences into gaps.
void OperationMatcher::matchDeep(BlockMatch &match, const Keys &before,
                                 const Keys &after) {
  std::vector<IndexPair> pairs = pairOccurrences(before.deep, after.deep);
  Alignment inOrder = selectAscending(pairs);
  for (auto [a, b] : pairs) {
    pair(match, a, b);
    match.moved[a] = true;
  }
  Gap gap{0, 0, 0, 0};
  for (auto [a, b] : inOrder) {
    match.moved[a] = false;
    gap.endBefore = a, gap.endAfter = b;
    matchGap(match, gap, 0);
    gap.beginBefore = a + 1, gap.beginAfter = b + 1;
  }
  gap.endBefore = match.before.size(), gap.endAfter = match.after.size();
  matchGap(match, gap, 0);
}

void OperationMatcher::matchGap(BlockMatch &match, const Gap &gap,
                                unsigned level) {
  if (level == kNumLevels)
    return;
  // What is left in the gap, and its keys.
  std::vector<uint32_t> before, after;
  std::vector<uint64_t> keysOfBefore, keysOfAfter;
  for (uint32_t i = gap.beginBefore; i < gap.endBefore; ++i)
    if (match.partnerOfBefore[i] < 0) {
      before.push_back(i);
      keysOfBefore.push_back(keysBefore.byLevel[level][i]);
    }
  for (uint32_t i = gap.beginAfter; i < gap.endAfter; ++i)
    if (match.partnerOfAfter[i] < 0) {
      after.push_back(i);
      keysOfAfter.push_back(keysAfter.byLevel[level][i]);
    }
  if (before.empty() || after.empty())
    return;
  std::optional<Alignment> alignment =
      alignSequences(keysOfBefore, keysOfAfter, kMaxEdits);
  if (!alignment && level + 1 < kNumLevels)
    return matchGap(match, gap, level + 1);
  if (!alignment)
    alignment = selectAscending(pairOccurrences(keysOfBefore, keysOfAfter));
  Gap inner = gap;
  for (auto [a, b] : *alignment) {
    pair(match, before[a], after[b]);
    inner.endBefore = before[a], inner.endAfter = after[b];
    matchGap(match, inner, level + 1);
    inner.beginBefore = before[a] + 1, inner.beginAfter = after[b] + 1;
  }
  inner.endBefore = gap.endBefore, inner.endAfter = gap.endAfter;
  matchGap(match, inner, level + 1);
}

std::optional<uint64_t> OperationMatcher::getMovedKey(const Operation &op,
                                                      uint64_t exactKey,
                                                      bool translate) const {
  uint64_t key = exactKey;
  for (const std::unique_ptr<Binding> &binding : op.getBindings())
    for (size_t i = 0; i < binding->size(); ++i) {
      const Value *value = getPlain((*binding)[i]).value;
      if (!value)
        continue;
      if (translate)
        value = getPartner(value);
      if (!value)
        return std::nullopt;
      key = combine(key, llvm::hash_value(value));
    }
  return key;
}

/// Pairs what is left over on both sides and does the same to the same values.
void OperationMatcher::matchMoved(BlockMatch &match) {
  const std::vector<uint64_t> &exactBefore = keysBefore.byLevel[0];
  const std::vector<uint64_t> &exactAfter = keysAfter.byLevel[0];
  std::unordered_multimap<uint64_t, uint32_t> left;
  for (uint32_t i = 0; i < match.after.size(); ++i)
    if (match.partnerOfAfter[i] < 0)
      left.emplace(*getMovedKey(*match.after[i], exactAfter[i],
                                /*translate=*/false),
                   i);
  for (uint32_t i = 0; i < match.before.size() && !left.empty(); ++i) {
    if (match.partnerOfBefore[i] >= 0)
      continue;
    std::optional<uint64_t> key = getMovedKey(*match.before[i], exactBefore[i],
                                              /*translate=*/true);
    auto found = key ? left.find(*key) : left.end();
    if (found == left.end())
      continue;
    pair(match, i, found->second);
    match.moved[i] = true;
    left.erase(found);
  }
}

/// Whether `after` can stand where `before` stood.
static bool canReplace(const Operation &before, const Operation &after) {
  return llvm::equal(before.getResults(), after.getResults(),
                     [](const auto &a, const auto &b) {
                       return a->getType() == b->getType();
                     });
}

/// Pairs operations of other names that stand behind the same neighbour and
/// have results of the same types.
void OperationMatcher::matchReplaced(BlockMatch &match) {
  size_t after = 0;
  for (size_t before = 0; before < match.before.size(); ++before) {
    if (match.partnerOfBefore[before] >= 0) {
      if (!match.moved[before])
        after = match.partnerOfBefore[before] + 1;
      continue;
    }
    if (after >= match.after.size() || match.partnerOfAfter[after] >= 0 ||
        !canReplace(*match.before[before], *match.after[after]))
      continue;
    pair(match, before, after++);
  }
}

BlockMatch OperationMatcher::match(const Block &before, const Block &after) {
  BlockMatch match;
  for (const Operation &op : before.getOperations())
    if (!op.is("const"))
      match.before.push_back(&op);
  for (const Operation &op : after.getOperations())
    if (!op.is("const"))
      match.after.push_back(&op);
  match.partnerOfBefore.assign(match.before.size(), -1);
  match.partnerOfAfter.assign(match.after.size(), -1);
  match.moved.assign(match.before.size(), false);
  // Values that correspond have the same key.
  for (const std::unique_ptr<Value> &input : before.getInputs())
    if (const Value *partner = getPartner(input.get())) {
      uint64_t key = combine(valueKeysBefore.size(), 0);
      valueKeysBefore[input.get()] = valueKeysAfter[partner] = key;
    }
  keysBefore = makeKeys(match.before, valueKeysBefore);
  keysAfter = makeKeys(match.after, valueKeysAfter);
  matchDeep(match, keysBefore, keysAfter);
  matchMoved(match);
  matchReplaced(match);
  return match;
}

} // namespace espresso
