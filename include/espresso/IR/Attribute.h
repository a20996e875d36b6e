//===- Attribute.h - Compile-time values ------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_IR_ATTRIBUTE_H
#define ESPRESSO_IR_ATTRIBUTE_H

#include "espresso/IR/Type.h"
#include "espresso/IR/WeightSource.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace espresso {

class Attribute;

/// The elements of a tensor in memory: row-major, one element after another in
/// its own whole bytes, little endian. bool takes a byte, sub-byte integers
/// take a byte each (sign-extended for int4); strings stand apart.
struct DenseElements {
  /// The extents found; a declared `?` has its actual extent here.
  llvm::SmallVector<int64_t, 4> shape;
  std::vector<uint8_t> bytes;
  std::vector<std::string> strings;
};

/// `BLOBFILE(path, offset)`: elements that stay outside of the program.
struct BlobReference {
  std::string path;
  uint64_t offset = 0;
  /// Where the bytes are; null until somebody resolves `path`.
  std::shared_ptr<const WeightSource> source;
};

struct ListElements {
  std::vector<Attribute> elements;
};

struct DictElements {
  std::vector<std::pair<Attribute, Attribute>> entries;
};

/// `T()`: a type with nothing in its parentheses.
struct NoElements {};

/// A typed compile-time value: `fp16(0x1p+0)`, `tensor<int32, [2]>([1, 2])`, a
/// blob reference, a list, tuple or dictionary. Immutable and shared by
/// counting; null by default. Thread-safe to read.
class Attribute {
public:
  Attribute() = default;

  /// `elements` must have as many as its shape says, and the shape must fit
  /// `type`.
  static Attribute dense(TensorType type, DenseElements elements);
  static Attribute blob(TensorType type, BlobReference reference);
  static Attribute list(ListType type, std::vector<Attribute> elements);
  static Attribute tuple(TupleType type, std::vector<Attribute> elements);
  static Attribute dict(DictType type,
                        std::vector<std::pair<Attribute, Attribute>> entries);
  static Attribute empty(Type type);

  // Shorthands.
  static Attribute boolean(Context &context, bool value);
  static Attribute string(Context &context, llvm::StringRef value);
  static Attribute integer(Context &context, int64_t value,
                           DataType type = DataType::Int32);
  static Attribute real(Context &context, double value, DataType type);
  /// A vector of int32.
  static Attribute integers(Context &context, llvm::ArrayRef<int64_t> values);
  static Attribute booleans(Context &context, llvm::ArrayRef<bool> values);
  static Attribute strings(Context &context,
                           llvm::ArrayRef<std::string> values);

  explicit operator bool() const { return storage != nullptr; }
  Type getType() const;
  /// Structural equality; blob references compare by path and offset, or by
  /// source where both have one. Floats compare by their bits.
  bool operator==(const Attribute &other) const;
  bool operator!=(const Attribute &other) const { return !(*this == other); }

  const DenseElements *getDense() const;
  const BlobReference *getBlob() const;
  /// Elements of a list or a tuple.
  const ListElements *getList() const;
  const DictElements *getDict() const;

  // Dense tensors. `index` is row-major and must be in range.
  int64_t getNumElements() const;
  /// Integer or bool elements.
  int64_t getInteger(int64_t index = 0) const;
  /// Any float, integer or bool element as a double.
  double getReal(int64_t index = 0) const;
  bool getBool(int64_t index = 0) const { return getInteger(index) != 0; }
  llvm::StringRef getString(int64_t index = 0) const;
  /// All elements of an integer tensor.
  llvm::SmallVector<int64_t, 4> getIntegers() const;
  /// The bits of an element of any type but string.
  uint64_t getBits(int64_t index) const;

private:
  struct Storage;
  explicit Attribute(std::shared_ptr<const Storage> storage)
      : storage(std::move(storage)) {}

  std::shared_ptr<const Storage> storage;
};

/// Bytes that one element takes in DenseElements; 0 for strings.
[[nodiscard]] unsigned getStorageByteWidth(DataType type);

/// A name and a value, as in `[name = string("n"), val = ...]`. The name is
/// interned in the Context.
struct NamedAttribute {
  llvm::StringRef name;
  Attribute value;
};

/// Attributes in the order in which they were set; names are unique. Few
/// entries, so that a linear search is the fastest.
class AttributeList {
public:
  Attribute get(llvm::StringRef name) const;
  /// Adds or replaces. `name` must be interned.
  void set(llvm::StringRef name, Attribute value);
  /// Returns whether there was one.
  bool remove(llvm::StringRef name);
  llvm::ArrayRef<NamedAttribute> getEntries() const { return entries; }
  bool empty() const { return entries.empty(); }
  auto begin() const { return entries.begin(); }
  auto end() const { return entries.end(); }

private:
  std::vector<NamedAttribute> entries;
};

} // namespace espresso

#endif // ESPRESSO_IR_ATTRIBUTE_H
