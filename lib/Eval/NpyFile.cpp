//===- NpyFile.cpp - Arrays of NumPy --------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Base/CheckedMath.h"
#include "espresso/Base/Half.h"
#include "espresso/Eval/TensorFile.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

#include <algorithm>

namespace espresso {

static constexpr llvm::StringLiteral kMagic = "\x93NUMPY";
/// NumPy's own bound on dimensions.
static constexpr size_t kMaxRank = 64;
/// What follows the header begins at a multiple of this.
static constexpr size_t kAlignment = 64;

static absl::Status invalid(const llvm::Twine &message) {
  return absl::InvalidArgumentError(message.str());
}

//===----------------------------------------------------------------------===//
// The header
//===----------------------------------------------------------------------===//

namespace {

/// "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".
struct NpyHeader {
  DataType type = DataType::Float32;
  bool isBigEndian = false;
  bool isFortran = false;
  Shape shape;
};

/// Reads the three entries of the dictionary in whatever order.
class HeaderParser {
public:
  explicit HeaderParser(llvm::StringRef text) : text(text) {}

  absl::StatusOr<NpyHeader> run();

private:
  void skipBlanks() { text = text.ltrim(" \t\n"); }
  bool consume(llvm::StringRef token) {
    skipBlanks();
    return text.consume_front(token);
  }
  std::optional<llvm::StringRef> readString();
  absl::Status readEntry();
  absl::Status readType();
  absl::Status readShape();

  llvm::StringRef text;
  NpyHeader header;
  bool hasType = false, hasOrder = false, hasShape = false;
};

} // namespace

std::optional<llvm::StringRef> HeaderParser::readString() {
  skipBlanks();
  if (text.empty() || (text[0] != '\'' && text[0] != '"'))
    return std::nullopt;
  size_t end = text.find(text[0], 1);
  if (end == llvm::StringRef::npos)
    return std::nullopt;
  llvm::StringRef content = text.slice(1, end);
  text = text.drop_front(end + 1);
  return content;
}

absl::Status HeaderParser::readType() {
  std::optional<llvm::StringRef> spelling = readString();
  if (!spelling)
    return invalid("structured arrays are not read");
  llvm::StringRef code = *spelling;
  header.isBigEndian = code.starts_with(">");
  if (!code.empty() && llvm::StringRef("<>=|").contains(code[0]))
    code = code.drop_front();
  std::optional<DataType> type =
      llvm::StringSwitch<std::optional<DataType>>(code)
          .Case("b1", DataType::Bool)
          .Case("f2", DataType::Float16)
          .Case("f4", DataType::Float32)
          .Case("f8", DataType::Float64)
          .Case("i1", DataType::Int8)
          .Case("i2", DataType::Int16)
          .Case("i4", DataType::Int32)
          .Case("i8", DataType::Int64)
          .Case("u1", DataType::UInt8)
          .Case("u2", DataType::UInt16)
          .Case("u4", DataType::UInt32)
          .Case("u8", DataType::UInt64)
          .Default(std::nullopt);
  if (!type)
    return invalid("elements of type '" + *spelling +
                   "' are not read; bools, integers and floats are");
  header.type = *type;
  hasType = true;
  return absl::OkStatus();
}

absl::Status HeaderParser::readShape() {
  if (!consume("("))
    return invalid("expected the shape as a tuple");
  while (!consume(")")) {
    skipBlanks();
    uint64_t extent = 0;
    if (text.consumeInteger(10, extent) || extent > INT64_MAX)
      return invalid("an extent is not a number");
    // Python 2 wrote 3L.
    (void)text.consume_front("L");
    header.shape.push_back(static_cast<int64_t>(extent));
    if (header.shape.size() > kMaxRank)
      return invalid("the array has too many dimensions");
    if (!consume(",") && !text.starts_with(")"))
      return invalid("the shape does not end");
  }
  hasShape = true;
  return absl::OkStatus();
}

absl::Status HeaderParser::readEntry() {
  std::optional<llvm::StringRef> key = readString();
  if (!key || !consume(":"))
    return invalid("the header is not a dictionary");
  skipBlanks();
  if (*key == "descr")
    return readType();
  if (*key == "shape")
    return readShape();
  if (*key != "fortran_order")
    return invalid("the header has an unknown entry '" + *key + "'");
  header.isFortran = text.consume_front("True");
  if (!header.isFortran && !text.consume_front("False"))
    return invalid("'fortran_order' is neither True nor False");
  hasOrder = true;
  return absl::OkStatus();
}

absl::StatusOr<NpyHeader> HeaderParser::run() {
  if (!consume("{"))
    return invalid("the header is not a dictionary");
  while (!consume("}")) {
    if (absl::Status status = readEntry(); !status.ok())
      return status;
    if (!consume(",") && !text.starts_with("}"))
      return invalid("the header does not end");
  }
  if (!hasType || !hasOrder || !hasShape)
    return invalid("the header lacks 'descr', 'fortran_order' or 'shape'");
  return std::move(header);
}

/// Takes the header off `bytes`.
static absl::StatusOr<NpyHeader> readHeader(llvm::StringRef &bytes) {
  if (!bytes.consume_front(kMagic))
    return invalid("it does not begin as a .npy file");
  if (bytes.size() < 4)
    return invalid("the file ends in its header");
  auto major = static_cast<uint8_t>(bytes[0]);
  if (major < 1 || major > 3)
    return invalid("format " + llvm::Twine(major) + " is not known");
  size_t width = major == 1 ? 2 : 4;
  bytes = bytes.drop_front(2);
  if (bytes.size() < width)
    return invalid("the file ends in its header");
  uint64_t length = 0;
  for (size_t i = 0; i < width; ++i)
    length |= uint64_t{static_cast<uint8_t>(bytes[i])} << (8 * i);
  bytes = bytes.drop_front(width);
  if (length > bytes.size())
    return invalid("the file ends in its header");
  llvm::StringRef text = bytes.take_front(length);
  bytes = bytes.drop_front(length);
  return HeaderParser(text).run();
}

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

/// The bytes of `count` elements of `width`, if that is not absurd.
static std::optional<uint64_t> getByteSize(llvm::ArrayRef<int64_t> shape,
                                           unsigned width) {
  uint64_t size = width;
  for (int64_t extent : shape) {
    std::optional<uint64_t> product =
        checkedMul(size, static_cast<uint64_t>(extent));
    if (!product)
      return std::nullopt;
    size = *product;
  }
  return size <= kMaxTensorBytes ? std::optional(size) : std::nullopt;
}

/// Sets element `index` from its bits.
static void setElement(Tensor &tensor, int64_t index, uint64_t bits,
                       unsigned width) {
  DataType type = tensor.getElementType();
  std::visit(
      [&](auto &elements) {
        using T = typename std::decay_t<decltype(elements)>::value_type;
        if constexpr (std::is_floating_point_v<T>) {
          elements[index] = static_cast<T>(decodeFloat(type, bits));
        } else if constexpr (std::is_same_v<T, int64_t>) {
          unsigned unused = 64 - 8 * width;
          elements[index] = isSignedInteger(type)
                                ? static_cast<int64_t>(bits << unused) >> unused
                                : static_cast<int64_t>(bits);
          if (type == DataType::Bool)
            elements[index] = bits != 0;
        }
      },
      tensor.getStorage());
}

static uint64_t readBits(const char *place, unsigned width, bool isBigEndian) {
  uint64_t bits = 0;
  for (unsigned i = 0; i < width; ++i)
    bits |= uint64_t{static_cast<uint8_t>(place[i])}
            << 8 * (isBigEndian ? width - 1 - i : i);
  return bits;
}

/// Where element `index` of a file in Fortran order belongs.
static int64_t getRowMajorIndex(llvm::ArrayRef<int64_t> shape, int64_t index) {
  int64_t place = 0;
  int64_t stride = espresso::getNumElements(shape);
  // The first axis moves fastest in the file, and slowest with us.
  for (int64_t extent : shape) {
    stride /= extent;
    place += index % extent * stride;
    index /= extent;
  }
  return place;
}

absl::StatusOr<Tensor> parseNpy(llvm::StringRef bytes) {
  absl::StatusOr<NpyHeader> header = readHeader(bytes);
  if (!header.ok())
    return header.status();
  unsigned width = getStorageByteWidth(header->type);
  std::optional<uint64_t> size = getByteSize(header->shape, width);
  if (!size)
    return invalid("the array is too large");
  if (bytes.size() != *size)
    return invalid("expected " + llvm::Twine(*size) +
                   " bytes of elements, found " + llvm::Twine(bytes.size()));
  Tensor tensor(header->type, header->shape);
  for (int64_t i = 0, count = tensor.getNumElements(); i < count; ++i)
    setElement(
        tensor, header->isFortran ? getRowMajorIndex(header->shape, i) : i,
        readBits(bytes.data() + i * width, width, header->isBigEndian), width);
  return tensor;
}

absl::StatusOr<Tensor> parseRaw(llvm::StringRef bytes, DataType type,
                                llvm::ArrayRef<int64_t> shape) {
  unsigned width = getStorageByteWidth(type);
  std::optional<uint64_t> size = getByteSize(shape, width);
  if (width == 0 || !size)
    return invalid("such a tensor cannot be raw bytes");
  if (bytes.size() != *size)
    return invalid("expected " + llvm::Twine(*size) + " bytes, found " +
                   llvm::Twine(bytes.size()));
  Tensor tensor(type, shape);
  for (int64_t i = 0, count = tensor.getNumElements(); i < count; ++i)
    setElement(tensor, i, readBits(bytes.data() + i * width, width, false),
               width);
  return tensor;
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

/// The type of the array that holds a tensor of `type`, with NumPy's code for
/// it.
static std::optional<std::pair<DataType, llvm::StringLiteral>>
chooseType(DataType type) {
  using Choice = std::pair<DataType, llvm::StringLiteral>;
  switch (type) {
  case DataType::String:
    return std::nullopt;
  case DataType::Bool:
    return Choice{type, "|b1"};
  case DataType::Float16:
    return Choice{type, "<f2"};
  case DataType::Float32:
  case DataType::BFloat16:
  case DataType::Float8E4M3FN:
  case DataType::Float8E5M2:
    return Choice{DataType::Float32, "<f4"};
  case DataType::Float64:
    return Choice{type, "<f8"};
  case DataType::Int4:
  case DataType::Int8:
    return Choice{DataType::Int8, "|i1"};
  case DataType::Int16:
    return Choice{type, "<i2"};
  case DataType::Int32:
    return Choice{type, "<i4"};
  case DataType::Int64:
    return Choice{type, "<i8"};
  case DataType::UInt1:
  case DataType::UInt2:
  case DataType::UInt3:
  case DataType::UInt4:
  case DataType::UInt6:
  case DataType::UInt8:
    return Choice{DataType::UInt8, "|u1"};
  case DataType::UInt16:
    return Choice{type, "<u2"};
  case DataType::UInt32:
    return Choice{type, "<u4"};
  case DataType::UInt64:
    return Choice{type, "<u8"};
  }
  return std::nullopt;
}

static std::string makeHeader(llvm::StringRef code,
                              llvm::ArrayRef<int64_t> shape) {
  std::string text =
      "{'descr': '" + code.str() + "', 'fortran_order': False, 'shape': (";
  for (size_t i = 0; i < shape.size(); ++i)
    text += (i ? ", " : "") + std::to_string(shape[i]);
  // A tuple of one has a comma.
  text += shape.size() == 1 ? ",), }" : "), }";
  // Magic, version and length take ten bytes, the line ends with a newline.
  constexpr size_t kPrefix = 10;
  size_t total = llvm::alignTo(kPrefix + text.size() + 1, kAlignment);
  text.resize(total - kPrefix - 1, ' ');
  text += '\n';
  std::string result = kMagic.str() + std::string("\x01\x00", 2);
  result += static_cast<char>(text.size() & 0xff);
  result += static_cast<char>(text.size() >> 8);
  return result + text;
}

absl::StatusOr<std::string> writeNpy(const Tensor &tensor) {
  auto choice = chooseType(tensor.getElementType());
  if (!choice)
    return invalid("text cannot be written as an array");
  auto [type, code] = *choice;
  std::string result = makeHeader(code, tensor.getShape());
  unsigned width = getStorageByteWidth(type);
  visitNumbers(tensor, [&, type = type](const auto &elements) {
    for (auto element : elements) {
      uint64_t bits;
      if constexpr (std::is_floating_point_v<decltype(element)>)
        bits = encodeFloat(type, element);
      else
        bits = static_cast<uint64_t>(element);
      for (unsigned i = 0; i < width; ++i)
        result += static_cast<char>(bits >> (8 * i));
    }
  });
  return result;
}

} // namespace espresso
