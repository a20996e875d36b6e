//===- Plan.h - A checked execution plan ------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_PLAN_H
#define ESPRESSO_LIB_RUNTIME_PLAN_H

#include "espresso/Base/DataType.h"
#include "espresso/Base/MappedFile.h"
#include "espresso/Plan/plan.pb.h"

#include "absl/status/statusor.h"

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace espresso::runtime {

using Shape = std::vector<int64_t>;

/// How a value lies in memory while a plan runs: float, int32_t or one byte.
enum class Memory : uint8_t { Float, Int, Bool };

struct TensorType {
  DataType type = DataType::Float32; ///< as declared
  Shape shape;
  int64_t count = 1; ///< product of the shape; bytes fit int64 in any form

  Memory getMemory() const;
  /// Bytes of one element, and of all, in memory form.
  int64_t getElementSize() const;
  int64_t getByteSize() const { return count * getElementSize(); }
};

/// "tensor<fp16, [1, 4]>".
[[nodiscard]] std::string toString(const TensorType &type);
[[nodiscard]] std::string toString(const Shape &shape);

enum class Source : uint8_t { Computed, Weight, State };

struct ValueInfo {
  TensorType type;
  Source source = Source::Computed;
  uint32_t index = 0; ///< of the weight or state
};

struct FunctionInfo {
  const plan::Function *message = nullptr;
  std::vector<ValueInfo> values;
};

struct WeightInfo {
  TensorType type;
  const uint8_t *data = nullptr; ///< in a mapped file, 64-byte aligned
};

struct StateInfo {
  TensorType type;
  uint64_t byteSize = 0; ///< in the declared type
};

/// A plan whose indices, shapes, offsets and order have been checked: every
/// value is defined once, before its uses; calls do not recur. What operations
/// ask of their operands is checked when they are compiled.
struct CheckedPlan {
  std::unique_ptr<const plan::Plan> message;
  std::vector<std::shared_ptr<const MappedFile>> files;
  std::vector<WeightInfo> weights;
  std::vector<StateInfo> states;
  std::vector<FunctionInfo> functions;
  uint64_t weightBytes = 0;
};

/// Files of a bundle by their path in it.
using FileMap = std::map<std::string, std::shared_ptr<const MappedFile>>;

/// Checks the plan in `files` under "host.plan". Errors: InvalidArgument.
[[nodiscard]] absl::StatusOr<CheckedPlan> readPlan(const FileMap &files);

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_PLAN_H
