//===- Type.h - Types of MIL values -----------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_IR_TYPE_H
#define ESPRESSO_IR_TYPE_H

#include "espresso/Base/DataType.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/Hashing.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"

#include <cassert>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace espresso {

class Context;

/// An extent that is not known before run time, `?` in text.
inline constexpr int64_t kDynamic = -1;

enum class TypeKind : uint8_t {
  Tensor,
  List,
  Tuple,
  Dict,
  State,
  TensorBuffer,
};

/// What a Type points to; owned and uniqued by the Context.
struct TypeStorage;

/// A type: a pointer to storage that the Context uniques, so that equality is
/// pointer equality. Null by default. Immutable, freely copied; valid as long
/// as its Context. Thread-safe to read.
class Type {
public:
  Type() = default;
  explicit Type(const TypeStorage *storage) : storage(storage) {}

  explicit operator bool() const { return storage != nullptr; }
  bool operator==(Type other) const { return storage == other.storage; }
  bool operator!=(Type other) const { return storage != other.storage; }

  TypeKind getKind() const;
  const TypeStorage *getStorage() const { return storage; }

  /// The type as a `T`, or a null `T`. Null types stay null.
  template <typename T>
  T getAs() const {
    return storage && T::classof(*this) ? T(storage) : T();
  }
  template <typename T>
  bool is() const {
    return storage && T::classof(*this);
  }
  template <typename T>
  T castTo() const {
    assert(is<T>() && "type of another kind");
    return T(storage);
  }

  /// As MIL text of dialect 1.3: scalars bare.
  void print(llvm::raw_ostream &os) const;
  std::string str() const;

protected:
  const TypeStorage *storage = nullptr;
};

inline llvm::raw_ostream &operator<<(llvm::raw_ostream &os, Type type) {
  type.print(os);
  return os;
}

inline llvm::hash_code hash_value(Type type) {
  return llvm::hash_value(type.getStorage());
}

/// `tensor<fp16, [1, ?]>`; rank 0 is a scalar, whatever its spelling.
class TensorType : public Type {
public:
  using Type::Type;
  static TensorType get(Context &context, DataType element,
                        llvm::ArrayRef<int64_t> shape);
  static TensorType getScalar(Context &context, DataType element) {
    return get(context, element, {});
  }
  static bool classof(Type type) { return type.getKind() == TypeKind::Tensor; }

  DataType getElementType() const;
  llvm::ArrayRef<int64_t> getShape() const;
  int64_t getRank() const { return getShape().size(); }
  int64_t getDim(int64_t axis) const { return getShape()[axis]; }
  bool isScalar() const { return getShape().empty(); }
  bool hasStaticShape() const;
  /// Elements of a static shape; nothing if dynamic or beyond 2^63.
  std::optional<int64_t> getNumElements() const;
};

/// `list<T, 4>` or `list<T, ?>`.
class ListType : public Type {
public:
  using Type::Type;
  static ListType get(Context &context, Type element, int64_t length);
  static bool classof(Type type) { return type.getKind() == TypeKind::List; }
  Type getElementType() const;
  /// kDynamic if unknown.
  int64_t getLength() const;
};

/// `tuple<T, U>`.
class TupleType : public Type {
public:
  using Type::Type;
  static TupleType get(Context &context, llvm::ArrayRef<Type> elements);
  static bool classof(Type type) { return type.getKind() == TypeKind::Tuple; }
  llvm::ArrayRef<Type> getElementTypes() const;
};

/// `dict<K, V>`.
class DictType : public Type {
public:
  using Type::Type;
  static DictType get(Context &context, Type key, Type value);
  static bool classof(Type type) { return type.getKind() == TypeKind::Dict; }
  Type getKeyType() const;
  Type getValueType() const;
};

/// `state<T>`: storage that outlives a call.
class StateType : public Type {
public:
  using Type::Type;
  static StateType get(Context &context, Type wrapped);
  static bool classof(Type type) { return type.getKind() == TypeKind::State; }
  Type getWrappedType() const;
};

/// `tensor_buffer<fp16, shape=[...], strides=[...]>` of low-level dumps.
class TensorBufferType : public Type {
public:
  using Type::Type;
  using NamedDims = std::pair<std::string, llvm::SmallVector<int64_t, 4>>;
  static TensorBufferType get(Context &context, DataType element,
                              llvm::ArrayRef<NamedDims> properties);
  static bool classof(Type type) {
    return type.getKind() == TypeKind::TensorBuffer;
  }
  DataType getElementType() const;
  /// In the order in which they were written.
  llvm::ArrayRef<NamedDims> getProperties() const;
};

/// The layout behind every type. Only the fields of its kind are used.
struct TypeStorage {
  TypeKind kind = TypeKind::Tensor;
  DataType element = DataType::Bool;   // tensor, buffer
  llvm::SmallVector<int64_t, 4> shape; // tensor; list: length
  llvm::SmallVector<Type, 2> nested;   // the rest
  llvm::SmallVector<TensorBufferType::NamedDims, 0> named; // buffer
};

inline TypeKind Type::getKind() const {
  assert(storage && "null type has no kind");
  return storage->kind;
}

} // namespace espresso

#endif // ESPRESSO_IR_TYPE_H
