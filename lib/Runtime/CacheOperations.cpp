//===- CacheOperations.cpp - Caches as tensors of programs ----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StepContext.h"
#include "espresso/Kernels/Elementwise.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace espresso::runtime {

/// The rows of a cache [P, C] as [1, rows, 1, C], zeros behind the last.
static absl::StatusOr<Kernel> makeCacheRead(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(StateRef cache, context.state("cache"));
  const Shape &shape = cache.type->shape;
  if (shape.size() != 2)
    return context.error("state 'cache' has the shape ", toString(shape),
                         ", expected [P, C]");
  const DataType type = cache.type->type;
  if (type != DataType::Float16 && type != DataType::Float32)
    return context.error("state 'cache' is ", toString(*cache.type),
                         ", expected floats");
  ESPRESSO_ASSIGN_OR_RETURN(int64_t rows, context.integer("rows", shape[0]));
  if (rows < shape[0])
    return context.error("rows is ", rows, ", fewer than the ", shape[0],
                         " of the cache");
  ESPRESSO_ASSIGN_OR_RETURN(
      Tensor out, context.result(Memory::Float, {1, rows, 1, shape[1]}));
  const size_t count = shape[0] * shape[1];
  return Kernel([=](const Frame &frame) {
    const uint8_t *from = frame.states[cache.index];
    std::span<float> to = out.mutableFloats(frame);
    if (type == DataType::Float16)
      kernels::halfToFloat({reinterpret_cast<const uint16_t *>(from), count},
                           to.first(count));
    else
      std::memcpy(to.data(), from, count * sizeof(float));
    std::fill(to.begin() + count, to.end(), 0.0F);
    return absl::OkStatus();
  });
}

/// Extents of a mask [1, rows, 1, columns].
struct MaskShape {
  int64_t rows = 0, columns = 0, window = 0;
  float hidden = 0;

  /// Column s of a call at `position` sees the rows before it, in the window.
  float get(int64_t row, int64_t position, int64_t s) const {
    return row < position && row - position > s - window ? 0.0F : hidden;
  }
};

static absl::StatusOr<Kernel> makeCacheMask(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Tensor position,
                            context.tensor("position", Memory::Int));
  if (position.getCount() != 1)
    return context.error("operand 'position' has the shape ",
                         toString(position.getShape()), ", expected [1]");
  MaskShape mask;
  ESPRESSO_ASSIGN_OR_RETURN(mask.rows, context.integer("rows"));
  ESPRESSO_ASSIGN_OR_RETURN(mask.columns, context.integer("columns"));
  ESPRESSO_ASSIGN_OR_RETURN(
      mask.window,
      context.integer("window", std::numeric_limits<int64_t>::max()));
  ESPRESSO_ASSIGN_OR_RETURN(double hidden, context.real("value", -40000.0));
  ESPRESSO_ASSIGN_OR_RETURN(std::string type, context.text("dtype"));
  if (mask.window < 1)
    return context.error("window is ", mask.window);
  mask.hidden = static_cast<float>(hidden);
  ESPRESSO_ASSIGN_OR_RETURN(
      Tensor out,
      context.result(Memory::Float, {1, mask.rows, 1, mask.columns}));
  return Kernel([=](const Frame &frame) {
    const int64_t at = *position.get<int32_t>(frame);
    float *to = out.getMutable<float>(frame);
    for (int64_t row = 0; row < mask.rows; ++row)
      for (int64_t s = 0; s < mask.columns; ++s)
        *to++ = mask.get(row, at, s);
    return absl::OkStatus();
  });
}

std::span<const OperationRow> getCacheOperations() {
  static constexpr OperationRow kRows[] = {
      {"espresso.cache_mask", makeCacheMask},
      {"espresso.cache_read", makeCacheRead},
  };
  return kRows;
}

} // namespace espresso::runtime
