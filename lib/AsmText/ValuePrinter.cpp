//===- ValuePrinter.cpp - Writes types and typed values -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ValuePrinter.h"

#include "espresso/AsmText/Numbers.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

void ValuePrinter::printScalarType(DataType element) {
  llvm::StringRef name = getName(element);
  if (options.tensorScalars)
    os << "tensor<" << name << ", []>";
  else
    os << name;
}

static void printExtent(int64_t extent, llvm::raw_ostream &os) {
  if (extent == kDynamic)
    os << '?';
  else
    os << extent;
}

void ValuePrinter::printDims(llvm::ArrayRef<int64_t> dims) {
  os << '[';
  llvm::interleaveComma(dims, os, [&](int64_t dim) { printExtent(dim, os); });
  os << ']';
}

void ValuePrinter::print(Type type) {
  switch (type.getKind()) {
  case TypeKind::Tensor: {
    auto tensor = type.castTo<TensorType>();
    if (tensor.isScalar())
      return printScalarType(tensor.getElementType());
    os << "tensor<" << llvm::StringRef(getName(tensor.getElementType()))
       << ", ";
    printDims(tensor.getShape());
    break;
  }
  case TypeKind::List:
    os << "list<";
    print(type.castTo<ListType>().getElementType());
    os << ", ";
    printExtent(type.castTo<ListType>().getLength(), os);
    break;
  case TypeKind::Tuple:
    os << "tuple<";
    llvm::interleaveComma(type.castTo<TupleType>().getElementTypes(), os,
                          [&](Type element) { print(element); });
    break;
  case TypeKind::Dict:
    os << "dict<";
    print(type.castTo<DictType>().getKeyType());
    os << ", ";
    print(type.castTo<DictType>().getValueType());
    break;
  case TypeKind::State:
    os << "state<";
    print(type.castTo<StateType>().getWrappedType());
    break;
  case TypeKind::TensorBuffer: {
    auto buffer = type.castTo<TensorBufferType>();
    os << "tensor_buffer<" << llvm::StringRef(getName(buffer.getElementType()));
    for (const auto &[name, dims] : buffer.getProperties()) {
      os << ", " << name << '=';
      printDims(dims);
    }
    break;
  }
  }
  os << '>';
}

//===----------------------------------------------------------------------===//
// Literals
//===----------------------------------------------------------------------===//

void ValuePrinter::printString(llvm::StringRef text) {
  os << '"';
  while (!text.empty()) {
    size_t plain = std::min(text.find_first_of("\"\\\n\t\r"), text.size());
    os << text.take_front(plain);
    text = text.drop_front(plain);
    if (text.empty())
      break;
    char c = text.front();
    os << '\\' << (c == '\n' ? 'n' : c == '\t' ? 't' : c == '\r' ? 'r' : c);
    text = text.drop_front();
  }
  os << '"';
}

void ValuePrinter::printElement(const Attribute &attribute, int64_t index,
                                bool decimal) {
  DataType type = attribute.getType().castTo<TensorType>().getElementType();
  if (type == DataType::String)
    printString(attribute.getString(index));
  else if (type == DataType::Bool)
    os << (attribute.getBool(index) ? "true" : "false");
  else if (isFloat(type) && decimal)
    printDecimalReal(attribute.getReal(index), os);
  else if (isFloat(type))
    printHexReal(attribute.getReal(index), os);
  else if (type == DataType::UInt64)
    os << attribute.getBits(index);
  else
    os << attribute.getInteger(index);
}

void ValuePrinter::printAxis(const Attribute &attribute, size_t axis,
                             int64_t &index, bool decimal) {
  llvm::ArrayRef<int64_t> shape = attribute.getDense()->shape;
  if (axis == shape.size())
    return printElement(attribute, index++, decimal);
  os << '[';
  for (int64_t i = 0; i < shape[axis]; ++i) {
    if (i != 0)
      os << ", ";
    printAxis(attribute, axis + 1, index, decimal);
  }
  os << ']';
}

void ValuePrinter::printDict(DictType type, const DictElements &dict,
                             bool sorted) {
  using Entry = std::pair<Attribute, Attribute>;
  std::vector<const Entry *> entries;
  for (const Entry &entry : dict.entries)
    entries.push_back(&entry);
  if (sorted)
    llvm::stable_sort(entries, [](const Entry *a, const Entry *b) {
      return a->first.getString() < b->first.getString();
    });
  // dict<string, fp64> alone has its floats in decimal.
  auto value = type.getValueType().getAs<TensorType>();
  bool decimal =
      value && value.isScalar() && value.getElementType() == DataType::Float64;
  os << '{';
  llvm::interleaveComma(entries, os, [&](const Entry *entry) {
    os << '{';
    printLiteral(entry->first);
    os << ", ";
    printLiteral(entry->second, decimal);
    os << '}';
  });
  os << '}';
}

void ValuePrinter::printBlob(const BlobReference &blob) {
  os << "BLOBFILE(path = ";
  printScalarType(DataType::String);
  os << '(';
  printString(blob.path);
  os << "), offset = ";
  printScalarType(DataType::UInt64);
  os << '(' << blob.offset << "))";
}

void ValuePrinter::printLiteral(const Attribute &attribute, bool decimal) {
  if (attribute.getDense()) {
    int64_t index = 0;
    printAxis(attribute, /*axis=*/0, index, decimal);
  } else if (const BlobReference *blob = attribute.getBlob()) {
    printBlob(*blob);
  } else if (const DictElements *dict = attribute.getDict()) {
    printDict(attribute.getType().castTo<DictType>(), *dict, /*sorted=*/false);
  } else if (const ListElements *list = attribute.getList()) {
    bool isTuple = attribute.getType().is<TupleType>();
    os << (isTuple ? '(' : '[');
    llvm::interleaveComma(list->elements, os, [&](const Attribute &element) {
      printLiteral(element);
    });
    os << (isTuple ? ')' : ']');
  }
}

//===----------------------------------------------------------------------===//
// Typed values and attributes
//===----------------------------------------------------------------------===//

void ValuePrinter::print(const Attribute &attribute) {
  print(attribute.getType());
  os << '(';
  printLiteral(attribute);
  os << ')';
}

static bool hasStringKeys(Type type) {
  auto dict = type.getAs<DictType>();
  auto key = dict ? dict.getKeyType().getAs<TensorType>() : TensorType();
  return key && key.isScalar() && key.getElementType() == DataType::String;
}

void ValuePrinter::print(const AttributeList &attributes) {
  llvm::SmallVector<const NamedAttribute *, 8> sorted;
  for (const NamedAttribute &attribute : attributes)
    sorted.push_back(&attribute);
  llvm::sort(sorted, [](const NamedAttribute *a, const NamedAttribute *b) {
    return a->name < b->name;
  });
  os << '[';
  llvm::interleaveComma(sorted, os, [&](const NamedAttribute *attribute) {
    os << attribute->name << " = ";
    const Attribute &value = attribute->value;
    const DictElements *dict = value.getDict();
    if (attribute->name != "buildInfo" || !dict ||
        !hasStringKeys(value.getType()))
      return print(value);
    // Producers add to it in any order.
    print(value.getType());
    os << '(';
    printDict(value.getType().castTo<DictType>(), *dict, /*sorted=*/true);
    os << ')';
  });
  os << ']';
}

void printType(Type type, llvm::raw_ostream &os, const PrintOptions &options) {
  ValuePrinter(os, options).print(type);
}

void printAttribute(const Attribute &attribute, llvm::raw_ostream &os,
                    const PrintOptions &options) {
  ValuePrinter(os, options).print(attribute);
}

} // namespace espresso
