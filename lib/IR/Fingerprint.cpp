//===- Fingerprint.cpp - Did a program change? ----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/IR/Fingerprint.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/xxhash.h"

namespace espresso {

namespace {

/// A running hash of numbers and texts, in their order.
class Hasher {
public:
  void add(uint64_t number) {
    // The finaliser of MurmurHash3 spreads every bit before the next one.
    state = (state ^ number) * 0x9E3779B97F4A7C15ULL;
    state ^= state >> 33;
    state *= 0xFF51AFD7ED558CCDULL;
    state ^= state >> 33;
  }
  void add(llvm::StringRef text) {
    add(text.size());
    add(llvm::xxh3_64bits(text));
  }
  uint64_t get() const { return state; }

private:
  uint64_t state = 0x45737072657373ULL;
};

/// Hashes one function. Values are known by their number in order of
/// definition, so that a use of another value of the same name is seen.
class FunctionHasher {
public:
  uint64_t hash(const Function &function);

private:
  void hashBlock(const Block &block, Hasher &hasher);
  void hashOperation(const Operation &op, Hasher &hasher);
  uint64_t hashBinding(const Binding &binding) const;
  uint64_t hashDefinition(const Value &value);
  void hashUse(const Value *value, Hasher &hasher) const;

  llvm::DenseMap<const Value *, unsigned> numbers;
};

} // namespace

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

static uint64_t hashAttribute(const Attribute &attribute);

static void hashElements(const Attribute &attribute, Hasher &hasher) {
  if (const DenseElements *dense = attribute.getDense()) {
    for (int64_t dim : dense->shape)
      hasher.add(static_cast<uint64_t>(dim));
    hasher.add(llvm::xxh3_64bits(llvm::ArrayRef<uint8_t>(dense->bytes)));
    for (const std::string &text : dense->strings)
      hasher.add(llvm::StringRef(text));
  } else if (const BlobReference *blob = attribute.getBlob()) {
    hasher.add(llvm::StringRef(blob->path));
    hasher.add(blob->offset);
    if (blob->path.empty() && blob->source)
      hasher.add(llvm::StringRef(blob->source->getKey()));
  } else if (const ListElements *list = attribute.getList()) {
    for (const Attribute &element : list->elements)
      hasher.add(hashAttribute(element));
  } else if (const DictElements *dict = attribute.getDict()) {
    // A sum, so that order does not count.
    uint64_t sum = 0;
    for (const auto &[key, value] : dict->entries) {
      Hasher entry;
      entry.add(hashAttribute(key));
      entry.add(hashAttribute(value));
      sum += entry.get();
    }
    hasher.add(sum);
  }
}

static uint64_t hashAttribute(const Attribute &attribute) {
  Hasher hasher;
  if (!attribute)
    return hasher.get();
  hasher.add(llvm::StringRef(attribute.getType().str()));
  hashElements(attribute, hasher);
  return hasher.get();
}

/// Adds the sum, so that order does not count.
static void hashAttributes(const AttributeList &attributes, Hasher &hasher) {
  uint64_t sum = 0;
  for (const NamedAttribute &attribute : attributes) {
    Hasher entry;
    entry.add(attribute.name);
    entry.add(hashAttribute(attribute.value));
    sum += entry.get();
  }
  hasher.add(sum);
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

uint64_t FunctionHasher::hashDefinition(const Value &value) {
  numbers.try_emplace(&value, numbers.size());
  Hasher hasher;
  hasher.add(value.getName());
  hasher.add(llvm::StringRef(value.getType().str()));
  return hasher.get();
}

void FunctionHasher::hashUse(const Value *value, Hasher &hasher) const {
  if (!value) {
    hasher.add(llvm::StringRef("<null>"));
    return;
  }
  // Only an invalid program uses what is not defined.
  auto found = numbers.find(value);
  hasher.add(found == numbers.end() ? ~uint64_t{0} : found->second);
  hasher.add(value->getName());
}

uint64_t FunctionHasher::hashBinding(const Binding &binding) const {
  Hasher hasher;
  hasher.add(binding.getName());
  hasher.add(binding.size());
  for (size_t i = 0; i < binding.size(); ++i) {
    const Argument &argument = binding[i];
    if (argument.getValue())
      hashUse(argument.getValue(), hasher);
    else
      hasher.add(hashAttribute(argument.getLiteral()));
  }
  return hasher.get();
}

void FunctionHasher::hashOperation(const Operation &op, Hasher &hasher) {
  hasher.add(op.getName());
  hasher.add(op.getOpsetQualifier());
  uint64_t sum = 0;
  for (const std::unique_ptr<Binding> &binding : op.getBindings())
    sum += hashBinding(*binding);
  hasher.add(sum);
  hashAttributes(op.getAttributes(), hasher);
  hasher.add(op.getBlocks().size());
  for (const std::unique_ptr<Block> &block : op.getBlocks())
    hashBlock(*block, hasher);
  hasher.add(op.getResults().size());
  for (const std::unique_ptr<Value> &result : op.getResults())
    hasher.add(hashDefinition(*result));
}

void FunctionHasher::hashBlock(const Block &block, Hasher &hasher) {
  // Numbered by name: in which order a function lists its inputs is no matter.
  llvm::SmallVector<const Value *> inputs;
  for (const std::unique_ptr<Value> &input : block.getInputs())
    inputs.push_back(input.get());
  if (!block.getParentOp())
    llvm::stable_sort(inputs, [](const Value *a, const Value *b) {
      return a->getName() < b->getName();
    });
  hasher.add(inputs.size());
  for (const Value *input : inputs)
    hasher.add(hashDefinition(*input));
  for (const Operation &op : block.getOperations())
    hashOperation(op, hasher);
  hasher.add(block.getNumOutputs());
  for (size_t i = 0; i < block.getNumOutputs(); ++i)
    hashUse(block.getOutput(i), hasher);
}

uint64_t FunctionHasher::hash(const Function &function) {
  Hasher hasher;
  hasher.add(function.getName());
  hasher.add(function.getOpsetSpelling());
  hashAttributes(function.getAttributes(), hasher);
  hashBlock(function.getBody(), hasher);
  return hasher.get();
}

uint64_t getFingerprint(const Attribute &attribute) {
  return hashAttribute(attribute);
}

uint64_t getFingerprint(const Function &function) {
  return FunctionHasher().hash(function);
}

uint64_t getFingerprint(const Program &program) {
  Hasher hasher;
  hasher.add(program.getTextVersion().majorNumber);
  hasher.add(program.getTextVersion().minorNumber);
  hasher.add(program.hasAttributeBrackets());
  hashAttributes(program.getAttributes(), hasher);
  hasher.add(program.getFunctions().size());
  for (const std::unique_ptr<Function> &function : program.getFunctions())
    hasher.add(getFingerprint(*function));
  return hasher.get();
}

} // namespace espresso
