//===- Attribute.cpp - Compile-time values --------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/IR/Attribute.h"

#include "espresso/Base/Half.h"
#include "espresso/IR/Context.h"

#include "llvm/ADT/STLExtras.h"

#include <cstring>

namespace espresso {

struct Attribute::Storage {
  Type type;
  std::variant<DenseElements, BlobReference, ListElements, DictElements,
               NoElements>
      elements;
};

unsigned getStorageByteWidth(DataType type) {
  unsigned bits = getBitWidth(type);
  return bits == 0 ? 0 : (bits + 7) / 8;
}

//===----------------------------------------------------------------------===//
// Construction
//===----------------------------------------------------------------------===//

[[maybe_unused]] static bool isConsistent(TensorType type,
                                          const DenseElements &elements) {
  int64_t count = 1;
  for (int64_t dim : elements.shape)
    count *= dim;
  if (type.getElementType() == DataType::String)
    return static_cast<int64_t>(elements.strings.size()) == count;
  return static_cast<int64_t>(elements.bytes.size()) ==
         count * getStorageByteWidth(type.getElementType());
}

Attribute Attribute::dense(TensorType type, DenseElements elements) {
  assert(isConsistent(type, elements) && "wrong number of elements");
  return Attribute(
      std::make_shared<const Storage>(Storage{type, std::move(elements)}));
}

Attribute Attribute::blob(TensorType type, BlobReference reference) {
  return Attribute(
      std::make_shared<const Storage>(Storage{type, std::move(reference)}));
}

Attribute Attribute::list(ListType type, std::vector<Attribute> elements) {
  return Attribute(std::make_shared<const Storage>(
      Storage{type, ListElements{std::move(elements)}}));
}

Attribute Attribute::tuple(TupleType type, std::vector<Attribute> elements) {
  return Attribute(std::make_shared<const Storage>(
      Storage{type, ListElements{std::move(elements)}}));
}

Attribute
Attribute::dict(DictType type,
                std::vector<std::pair<Attribute, Attribute>> entries) {
  return Attribute(std::make_shared<const Storage>(
      Storage{type, DictElements{std::move(entries)}}));
}

Attribute Attribute::empty(Type type) {
  return Attribute(
      std::make_shared<const Storage>(Storage{type, NoElements{}}));
}

static void appendLittleEndian(std::vector<uint8_t> &bytes, uint64_t bits,
                               unsigned width) {
  for (unsigned i = 0; i < width; ++i)
    bytes.push_back(static_cast<uint8_t>(bits >> (8 * i)));
}

Attribute Attribute::boolean(Context &context, bool value) {
  return dense(TensorType::getScalar(context, DataType::Bool),
               {{}, {static_cast<uint8_t>(value)}, {}});
}

Attribute Attribute::string(Context &context, llvm::StringRef value) {
  return dense(TensorType::getScalar(context, DataType::String),
               {{}, {}, {value.str()}});
}

Attribute Attribute::integer(Context &context, int64_t value, DataType type) {
  DenseElements elements;
  appendLittleEndian(elements.bytes, static_cast<uint64_t>(value),
                     getStorageByteWidth(type));
  return dense(TensorType::getScalar(context, type), std::move(elements));
}

Attribute Attribute::real(Context &context, double value, DataType type) {
  DenseElements elements;
  appendLittleEndian(elements.bytes, encodeFloat(type, value),
                     getStorageByteWidth(type));
  return dense(TensorType::getScalar(context, type), std::move(elements));
}

Attribute Attribute::integers(Context &context,
                              llvm::ArrayRef<int64_t> values) {
  auto count = static_cast<int64_t>(values.size());
  DenseElements elements;
  elements.shape.push_back(count);
  for (int64_t value : values)
    appendLittleEndian(elements.bytes, static_cast<uint64_t>(value), 4);
  return dense(TensorType::get(context, DataType::Int32, {count}),
               std::move(elements));
}

Attribute Attribute::booleans(Context &context, llvm::ArrayRef<bool> values) {
  auto count = static_cast<int64_t>(values.size());
  DenseElements elements;
  elements.shape.push_back(count);
  elements.bytes.assign(values.begin(), values.end());
  return dense(TensorType::get(context, DataType::Bool, {count}),
               std::move(elements));
}

Attribute Attribute::strings(Context &context,
                             llvm::ArrayRef<std::string> values) {
  std::vector<Attribute> elements;
  for (const std::string &value : values)
    elements.push_back(string(context, value));
  Type scalar = TensorType::getScalar(context, DataType::String);
  return list(ListType::get(context, scalar, values.size()),
              std::move(elements));
}

//===----------------------------------------------------------------------===//
// Accessors
//===----------------------------------------------------------------------===//

Type Attribute::getType() const {
  assert(storage && "null attribute has no type");
  return storage->type;
}

const DenseElements *Attribute::getDense() const {
  return storage ? std::get_if<DenseElements>(&storage->elements) : nullptr;
}

const BlobReference *Attribute::getBlob() const {
  return storage ? std::get_if<BlobReference>(&storage->elements) : nullptr;
}

const ListElements *Attribute::getList() const {
  return storage ? std::get_if<ListElements>(&storage->elements) : nullptr;
}

const DictElements *Attribute::getDict() const {
  return storage ? std::get_if<DictElements>(&storage->elements) : nullptr;
}

int64_t Attribute::getNumElements() const {
  const DenseElements *elements = getDense();
  assert(elements && "not a dense tensor");
  int64_t count = 1;
  for (int64_t dim : elements->shape)
    count *= dim;
  return count;
}

static DataType getElementType(const Attribute &attribute) {
  return attribute.getType().castTo<TensorType>().getElementType();
}

uint64_t Attribute::getBits(int64_t index) const {
  const DenseElements *elements = getDense();
  assert(elements && "not a dense tensor");
  unsigned width = getStorageByteWidth(getElementType(*this));
  uint64_t bits = 0;
  for (unsigned i = 0; i < width; ++i)
    bits |= static_cast<uint64_t>(elements->bytes[index * width + i])
            << (8 * i);
  return bits;
}

int64_t Attribute::getInteger(int64_t index) const {
  DataType type = getElementType(*this);
  assert((isInteger(type) || type == DataType::Bool) && "not an integer");
  uint64_t bits = getBits(index);
  if (!isSignedInteger(type))
    return static_cast<int64_t>(bits);
  unsigned unused = 64 - 8 * getStorageByteWidth(type);
  return static_cast<int64_t>(bits << unused) >> unused;
}

double Attribute::getReal(int64_t index) const {
  DataType type = getElementType(*this);
  if (isFloat(type))
    return decodeFloat(type, getBits(index));
  return static_cast<double>(getInteger(index));
}

llvm::StringRef Attribute::getString(int64_t index) const {
  const DenseElements *elements = getDense();
  assert(elements && "not a dense tensor");
  return elements->strings[index];
}

llvm::SmallVector<int64_t, 4> Attribute::getIntegers() const {
  llvm::SmallVector<int64_t, 4> values;
  for (int64_t i = 0, count = getNumElements(); i < count; ++i)
    values.push_back(getInteger(i));
  return values;
}

//===----------------------------------------------------------------------===//
// Equality
//===----------------------------------------------------------------------===//

static bool isEqual(const DenseElements &a, const DenseElements &b) {
  return a.shape == b.shape && a.bytes == b.bytes && a.strings == b.strings;
}

static bool isEqual(const BlobReference &a, const BlobReference &b) {
  if (a.source && b.source)
    return a.source == b.source || a.source->getKey() == b.source->getKey();
  return a.path == b.path && a.offset == b.offset;
}

static bool isEqual(const ListElements &a, const ListElements &b) {
  return a.elements == b.elements;
}

static bool isEqual(const DictElements &a, const DictElements &b) {
  return a.entries == b.entries;
}

static bool isEqual(const NoElements &, const NoElements &) { return true; }

bool Attribute::operator==(const Attribute &other) const {
  if (storage == other.storage)
    return true;
  if (!storage || !other.storage || storage->type != other.storage->type ||
      storage->elements.index() != other.storage->elements.index())
    return false;
  return std::visit(
      [&](const auto &mine) {
        using Elements = std::decay_t<decltype(mine)>;
        return isEqual(mine, std::get<Elements>(other.storage->elements));
      },
      storage->elements);
}

//===----------------------------------------------------------------------===//
// AttributeList
//===----------------------------------------------------------------------===//

Attribute AttributeList::get(llvm::StringRef name) const {
  for (const NamedAttribute &entry : entries)
    if (entry.name == name)
      return entry.value;
  return {};
}

void AttributeList::set(llvm::StringRef name, Attribute value) {
  for (NamedAttribute &entry : entries) {
    if (entry.name != name)
      continue;
    entry.value = std::move(value);
    return;
  }
  entries.push_back({name, std::move(value)});
}

bool AttributeList::remove(llvm::StringRef name) {
  auto found = llvm::find_if(
      entries, [&](const NamedAttribute &entry) { return entry.name == name; });
  if (found == entries.end())
    return false;
  entries.erase(found);
  return true;
}

} // namespace espresso
