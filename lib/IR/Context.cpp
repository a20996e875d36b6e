//===- Context.cpp - Owner of what is immutable and shared ----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/IR/Context.h"

#include "llvm/Support/Allocator.h"
#include "llvm/Support/StringSaver.h"

#include <deque>
#include <string>
#include <unordered_map>

namespace espresso {

struct Context::Impl {
  llvm::BumpPtrAllocator allocator;
  llvm::UniqueStringSaver names{allocator};
  std::deque<TypeStorage> types;
  /// Keyed by a byte string that two storages share exactly if they are equal.
  std::unordered_map<std::string, const TypeStorage *> typeIndex;
};

Context::Context() : impl(std::make_unique<Impl>()) {}
Context::~Context() = default;

llvm::StringRef Context::intern(llvm::StringRef text) {
  return impl->names.save(text);
}

static void appendInteger(std::string &key, uint64_t value) {
  key.append(reinterpret_cast<const char *>(&value), sizeof(value));
}

static void appendDims(std::string &key, llvm::ArrayRef<int64_t> dims) {
  appendInteger(key, dims.size());
  for (int64_t dim : dims)
    appendInteger(key, static_cast<uint64_t>(dim));
}

static std::string makeKey(const TypeStorage &storage) {
  std::string key;
  key.push_back(static_cast<char>(storage.kind));
  key.push_back(static_cast<char>(storage.element));
  appendDims(key, storage.shape);
  for (Type nested : storage.nested)
    appendInteger(key, reinterpret_cast<uintptr_t>(nested.getStorage()));
  for (const auto &[name, dims] : storage.named) {
    appendInteger(key, name.size());
    key += name;
    appendDims(key, dims);
  }
  return key;
}

const TypeStorage *Context::unique(TypeStorage storage) {
  auto [it, inserted] = impl->typeIndex.try_emplace(makeKey(storage), nullptr);
  if (inserted) {
    impl->types.push_back(std::move(storage));
    it->second = &impl->types.back();
  }
  return it->second;
}

} // namespace espresso
