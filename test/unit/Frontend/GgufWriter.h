//===- GgufWriter.h - Makes GGUF files for tests ----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TEST_UNIT_FRONTEND_GGUFWRITER_H
#define ESPRESSO_TEST_UNIT_FRONTEND_GGUFWRITER_H

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace espresso::test {

/// Builds a GGUF file piece by piece, well-formed or not as the test wants.
class GgufWriter {
public:
  // Numbers of the format.
  enum Type : uint32_t {
    UInt16 = 2,
    UInt32 = 4,
    Int32 = 5,
    Float32 = 6,
    Bool = 7,
    String = 8,
    Array = 9,
    UInt64 = 10,
  };
  enum TensorType : uint32_t {
    F32 = 0,
    F16 = 1,
    Q4_0 = 2,
    Q8_0 = 8,
    I8 = 24,
    BF16 = 30
  };

  /// Numbers are written big endian while it is set.
  static inline bool isBigEndian = false;

  template <typename T>
  static std::string encode(T value) {
    std::string bytes(reinterpret_cast<const char *>(&value), sizeof(T));
    if (isBigEndian)
      std::reverse(bytes.begin(), bytes.end());
    return bytes;
  }
  static std::string encodeString(std::string_view text) {
    return encode(uint64_t{text.size()}) + std::string(text);
  }

  /// Any value: `content` is what follows the type.
  void addValue(std::string_view key, uint32_t type, std::string content) {
    values.emplace_back(std::string(key), encode(type) + std::move(content));
  }
  void addInteger(std::string_view key, uint32_t value) {
    addValue(key, UInt32, encode(value));
  }
  void addReal(std::string_view key, float value) {
    addValue(key, Float32, encode(value));
  }
  void addBool(std::string_view key, bool value) {
    addValue(key, Bool, encode(static_cast<uint8_t>(value)));
  }
  void addString(std::string_view key, std::string_view value) {
    addValue(key, String, encodeString(value));
  }
  void addStrings(std::string_view key, const std::vector<std::string> &texts) {
    std::string content =
        encode<uint32_t>(String) + encode(uint64_t{texts.size()});
    for (const std::string &text : texts)
      content += encodeString(text);
    addValue(key, Array, std::move(content));
  }
  template <typename T>
  void addNumbers(std::string_view key, uint32_t elementType,
                  const std::vector<T> &numbers) {
    std::string content =
        encode(elementType) + encode(uint64_t{numbers.size()});
    for (T number : numbers)
      content += encode(number);
    addValue(key, Array, std::move(content));
  }
  /// Replaces the value of `key`, or removes it if `content` is empty.
  void changeValue(std::string_view key, uint32_t type, std::string content) {
    std::erase_if(values,
                  [&](const auto &entry) { return entry.first == key; });
    if (!content.empty())
      addValue(key, type, std::move(content));
  }

  struct Tensor {
    std::string name;
    /// Fastest first, as in the file.
    std::vector<uint64_t> extents;
    uint32_t type = F32;
    std::string data;
    /// Added to the right offset.
    uint64_t offsetError = 0;
  };
  std::vector<Tensor> tensors;
  std::string magic = "GGUF";
  uint32_t version = 3;
  uint64_t alignment = 32;

  Tensor &findTensor(std::string_view name) {
    for (Tensor &tensor : tensors)
      if (tensor.name == name)
        return tensor;
    std::abort();
  }

  std::string write() const {
    std::string file = magic + encode(version) +
                       encode(uint64_t{tensors.size()}) +
                       encode(uint64_t{values.size()});
    for (const auto &[key, content] : values)
      file += encodeString(key) + content;
    std::string data;
    for (const Tensor &tensor : tensors) {
      data.resize((data.size() + alignment - 1) / alignment * alignment);
      file += encodeString(tensor.name) +
              encode(static_cast<uint32_t>(tensor.extents.size()));
      for (uint64_t extent : tensor.extents)
        file += encode(extent);
      file += encode(tensor.type) + encode(data.size() + tensor.offsetError);
      data += tensor.data;
    }
    file.resize((file.size() + alignment - 1) / alignment * alignment);
    return file + data;
  }

private:
  std::vector<std::pair<std::string, std::string>> values;
};

} // namespace espresso::test

#endif // ESPRESSO_TEST_UNIT_FRONTEND_GGUFWRITER_H
