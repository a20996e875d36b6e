//===- SafetensorsWriter.h - Makes safetensors for tests --------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TEST_UNIT_FRONTEND_SAFETENSORSWRITER_H
#define ESPRESSO_TEST_UNIT_FRONTEND_SAFETENSORSWRITER_H

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace espresso::test {

/// Builds a safetensors file, well-formed or not as the test wants.
class SafetensorsWriter {
public:
  struct Tensor {
    std::string name;
    std::vector<int64_t> shape;
    std::string data;
    std::string type = "F32";
  };
  std::vector<Tensor> tensors;

  Tensor &findTensor(std::string_view name) {
    for (Tensor &tensor : tensors)
      if (tensor.name == name)
        return tensor;
    std::abort();
  }

  std::string makeHeader() const {
    std::string header = R"({"__metadata__":{"format":"pt"})";
    size_t offset = 0;
    for (const Tensor &tensor : tensors) {
      header += ",\"" + tensor.name + "\":{\"dtype\":\"" + tensor.type +
                "\",\"shape\":[";
      for (size_t i = 0; i < tensor.shape.size(); ++i)
        header += (i ? "," : "") + std::to_string(tensor.shape[i]);
      header += "],\"data_offsets\":[" + std::to_string(offset) + ",";
      offset += tensor.data.size();
      header += std::to_string(offset) + "]}";
    }
    return header + "}";
  }

  static std::string join(const std::string &header, const std::string &data) {
    uint64_t length = header.size();
    return std::string(reinterpret_cast<const char *>(&length), 8) + header +
           data;
  }

  std::string write() const {
    std::string header = makeHeader(), data;
    header.resize((header.size() + 7) / 8 * 8, ' ');
    for (const Tensor &tensor : tensors)
      data += tensor.data;
    return join(header, data);
  }
};

} // namespace espresso::test

#endif // ESPRESSO_TEST_UNIT_FRONTEND_SAFETENSORSWRITER_H
