//===- Type.cpp - Types of MIL values -------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/IR/Type.h"

#include "espresso/IR/Context.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

//===----------------------------------------------------------------------===//
// Construction and accessors
//===----------------------------------------------------------------------===//

TensorType TensorType::get(Context &context, DataType element,
                           llvm::ArrayRef<int64_t> shape) {
  TypeStorage storage{TypeKind::Tensor};
  storage.element = element;
  storage.shape.assign(shape.begin(), shape.end());
  return TensorType(context.unique(std::move(storage)));
}

DataType TensorType::getElementType() const { return storage->element; }

llvm::ArrayRef<int64_t> TensorType::getShape() const { return storage->shape; }

bool TensorType::hasStaticShape() const {
  return !llvm::is_contained(getShape(), kDynamic);
}

std::optional<int64_t> TensorType::getNumElements() const {
  int64_t count = 1;
  for (int64_t dim : getShape())
    if (dim == kDynamic || __builtin_mul_overflow(count, dim, &count))
      return std::nullopt;
  return count;
}

ListType ListType::get(Context &context, Type element, int64_t length) {
  TypeStorage storage{TypeKind::List};
  storage.nested.push_back(element);
  storage.shape.push_back(length);
  return ListType(context.unique(std::move(storage)));
}

Type ListType::getElementType() const { return storage->nested[0]; }

int64_t ListType::getLength() const { return storage->shape[0]; }

TupleType TupleType::get(Context &context, llvm::ArrayRef<Type> elements) {
  TypeStorage storage{TypeKind::Tuple};
  storage.nested.assign(elements.begin(), elements.end());
  return TupleType(context.unique(std::move(storage)));
}

llvm::ArrayRef<Type> TupleType::getElementTypes() const {
  return storage->nested;
}

DictType DictType::get(Context &context, Type key, Type value) {
  TypeStorage storage{TypeKind::Dict};
  storage.nested = {key, value};
  return DictType(context.unique(std::move(storage)));
}

Type DictType::getKeyType() const { return storage->nested[0]; }

Type DictType::getValueType() const { return storage->nested[1]; }

StateType StateType::get(Context &context, Type wrapped) {
  TypeStorage storage{TypeKind::State};
  storage.nested.push_back(wrapped);
  return StateType(context.unique(std::move(storage)));
}

Type StateType::getWrappedType() const { return storage->nested[0]; }

TensorBufferType TensorBufferType::get(Context &context, DataType element,
                                       llvm::ArrayRef<NamedDims> properties) {
  TypeStorage storage{TypeKind::TensorBuffer};
  storage.element = element;
  storage.named.assign(properties.begin(), properties.end());
  return TensorBufferType(context.unique(std::move(storage)));
}

DataType TensorBufferType::getElementType() const { return storage->element; }

llvm::ArrayRef<TensorBufferType::NamedDims>
TensorBufferType::getProperties() const {
  return storage->named;
}

//===----------------------------------------------------------------------===//
// Printing
//===----------------------------------------------------------------------===//

static void printDims(llvm::ArrayRef<int64_t> dims, llvm::raw_ostream &os) {
  os << '[';
  llvm::interleaveComma(dims, os, [&](int64_t dim) {
    if (dim == kDynamic)
      os << '?';
    else
      os << dim;
  });
  os << ']';
}

void Type::print(llvm::raw_ostream &os) const {
  if (!storage) {
    os << "<null type>";
    return;
  }
  switch (getKind()) {
  case TypeKind::Tensor: {
    llvm::StringRef element = getName(storage->element);
    if (storage->shape.empty()) {
      os << element;
      return;
    }
    os << "tensor<" << element << ", ";
    printDims(storage->shape, os);
    os << '>';
    return;
  }
  case TypeKind::List:
    os << "list<" << storage->nested[0] << ", ";
    if (storage->shape[0] == kDynamic)
      os << "?>";
    else
      os << storage->shape[0] << '>';
    return;
  case TypeKind::Tuple:
  case TypeKind::Dict:
  case TypeKind::State: {
    llvm::StringRef name = getKind() == TypeKind::Tuple  ? "tuple"
                           : getKind() == TypeKind::Dict ? "dict"
                                                         : "state";
    os << name << '<';
    llvm::interleaveComma(storage->nested, os);
    os << '>';
    return;
  }
  case TypeKind::TensorBuffer:
    os << "tensor_buffer<" << llvm::StringRef(getName(storage->element));
    for (const auto &[name, dims] : storage->named) {
      os << ", " << name << '=';
      printDims(dims, os);
    }
    os << '>';
    return;
  }
}

std::string Type::str() const {
  std::string text;
  llvm::raw_string_ostream os(text);
  print(os);
  return text;
}

} // namespace espresso
