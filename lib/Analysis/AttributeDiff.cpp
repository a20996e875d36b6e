//===- AttributeDiff.cpp - In what two constants differ -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "AttributeDiff.h"

#include "espresso/AsmText/Numbers.h"
#include "espresso/AsmText/Printer.h"

namespace espresso {

/// Longer texts are cut; tensors with more elements are compared in words.
static constexpr int64_t kMaxText = 120;
static constexpr int64_t kMaxElements = 8;

//===----------------------------------------------------------------------===//
// Equality
//===----------------------------------------------------------------------===//

/// All bytes of a source: in place if they lie there, else in `buffer`.
static FailureOr<llvm::ArrayRef<uint8_t>>
readBytes(const WeightSource &source, std::vector<uint8_t> &buffer,
          DiagnosticEngine &diagnostics) {
  llvm::ArrayRef<uint8_t> bytes = source.getBytesInPlace();
  if (!bytes.empty())
    return bytes;
  std::optional<uint64_t> size =
      getPackedByteSize(source.getElementType(), source.getNumElements());
  buffer.resize(size.value_or(0));
  if (failed(source.read(buffer, diagnostics)))
    return failure();
  return llvm::ArrayRef<uint8_t>(buffer);
}

static bool haveEqualBytes(const WeightSource &a, const WeightSource &b,
                           DiagnosticEngine &diagnostics) {
  if (a.getElementType() != b.getElementType() ||
      a.getNumElements() != b.getNumElements())
    return false;
  std::vector<uint8_t> bufferOfA, bufferOfB;
  auto bytesOfA = readBytes(a, bufferOfA, diagnostics);
  if (failed(bytesOfA))
    return false;
  auto bytesOfB = readBytes(b, bufferOfB, diagnostics);
  return succeeded(bytesOfB) && *bytesOfA == *bytesOfB;
}

bool areEqual(const Attribute &a, const Attribute &b,
              DiagnosticEngine &diagnostics) {
  if (a == b)
    return true;
  if (!a || !b || a.getType() != b.getType())
    return false;
  const BlobReference *blobOfA = a.getBlob(), *blobOfB = b.getBlob();
  return blobOfA && blobOfB && blobOfA->source && blobOfB->source &&
         haveEqualBytes(*blobOfA->source, *blobOfB->source, diagnostics);
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

std::string describe(const Attribute &value) {
  if (!value)
    return {};
  std::string text;
  llvm::raw_string_ostream os(text);
  // Of what is long, the beginning is not worth the time of printing all.
  if (value.getDense() && value.getNumElements() > kMaxText) {
    os << value.getType() << "(...)";
    return text;
  }
  printAttribute(value, os);
  if (static_cast<int64_t>(text.size()) > kMaxText) {
    text.resize(kMaxText);
    text += "...";
  }
  return text;
}

/// Whether element `index` of two tensors of one type is the same.
static bool isSameElement(const DenseElements &a, const DenseElements &b,
                          size_t width, int64_t index) {
  if (width == 0)
    return a.strings[index] == b.strings[index];
  return std::equal(a.bytes.begin() + index * width,
                    a.bytes.begin() + (index + 1) * width,
                    b.bytes.begin() + index * width);
}

static std::string describeElement(const Attribute &value, int64_t index) {
  DataType type = value.getType().castTo<TensorType>().getElementType();
  std::string text;
  llvm::raw_string_ostream os(text);
  if (type == DataType::String)
    os << '"' << value.getString(index) << '"';
  else if (isFloat(type))
    printDecimalReal(value.getReal(index), os);
  else
    os << value.getInteger(index);
  return text;
}

DifferenceDetail describeDifference(std::string what, const Attribute &before,
                                    const Attribute &after) {
  const DenseElements *a = before ? before.getDense() : nullptr;
  const DenseElements *b = after ? after.getDense() : nullptr;
  if (!a || !b || before.getType() != after.getType() || a->shape != b->shape ||
      before.getNumElements() <= kMaxElements)
    return {std::move(what), describe(before), describe(after)};
  size_t width = getStorageByteWidth(
      before.getType().castTo<TensorType>().getElementType());
  int64_t count = 0, first = 0;
  for (int64_t i = before.getNumElements() - 1; i >= 0; --i)
    if (!isSameElement(*a, *b, width, i)) {
      ++count;
      first = i;
    }
  what += ", " + std::to_string(count) + " of " +
          std::to_string(before.getNumElements()) + " elements, the first at " +
          std::to_string(first);
  return {std::move(what), describeElement(before, first),
          describeElement(after, first)};
}

} // namespace espresso
