//===- Kernel.h - A step of a plan, ready to run ----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_KERNEL_H
#define ESPRESSO_LIB_RUNTIME_KERNEL_H

#include "Plan.h"
#include "espresso/Kernels/MatMul.h"

#include "absl/status/status.h"

#include <cstdint>
#include <functional>
#include <span>

namespace espresso::runtime {

class Executor;
class RopeTables;

/// What a step sees of the run it belongs to.
struct Frame {
  std::span<void *const> values; ///< of this function, in memory form
  std::span<uint8_t *const> states;
  /// In a batch, the states of each column; otherwise empty.
  std::span<uint8_t *const *const> columnStates;
  uint8_t *scratch;     ///< this step's, 64-byte aligned
  uint8_t *calleeArena; ///< memory for a function called from here
  kernels::ThreadPool *pool;
  RopeTables *ropeTables;
  Executor *executor;

  /// State `index` of the text to which a column belongs.
  uint8_t *getState(uint32_t index, int64_t column) const {
    return columnStates.empty() ? states[index] : columnStates[column][index];
  }
};

/// Runs a step. Errors are those that only the data can cause.
using Kernel = std::function<absl::Status(const Frame &)>;

/// A tensor in memory form: a constant, or a value of the running function.
struct Tensor {
  const TensorType *type = nullptr;
  const void *constant = nullptr;
  uint32_t value = 0;

  int64_t getCount() const { return type->count; }
  const Shape &getShape() const { return type->shape; }
  int64_t getRank() const { return static_cast<int64_t>(type->shape.size()); }
  Memory getMemory() const { return type->getMemory(); }

  template <typename T>
  const T *get(const Frame &frame) const {
    return static_cast<const T *>(constant ? constant : frame.values[value]);
  }
  template <typename T>
  T *getMutable(const Frame &frame) const {
    return static_cast<T *>(frame.values[value]);
  }
  std::span<const float> floats(const Frame &frame) const {
    return {get<float>(frame), static_cast<size_t>(type->count)};
  }
  std::span<float> mutableFloats(const Frame &frame) const {
    return {getMutable<float>(frame), static_cast<size_t>(type->count)};
  }
};

/// A matrix operand: weights in their own type, or a tensor of floats.
struct Matrix {
  Tensor tensor; ///< constant and null data for raw weights
  DataType type = DataType::Float32;
  const void *raw = nullptr;

  const Shape &getShape() const { return tensor.type->shape; }
  kernels::MatrixView view(const Frame &frame, int64_t rows,
                           int64_t columns) const {
    return {type, raw ? raw : tensor.get<float>(frame), rows, columns};
  }
};

/// A state operand, in its declared type.
struct StateRef {
  const TensorType *type = nullptr;
  uint32_t index = 0;
};

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_KERNEL_H
