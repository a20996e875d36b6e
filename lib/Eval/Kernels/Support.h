//===- Support.h - What kernels share ---------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_EVAL_KERNELS_SUPPORT_H
#define ESPRESSO_LIB_EVAL_KERNELS_SUPPORT_H

#include "espresso/Eval/Kernel.h"

#include <cmath>

namespace espresso {

//===----------------------------------------------------------------------===//
// Element types
//===----------------------------------------------------------------------===//

/// Calls `run` with a zero of the type in which tensors of `type` are computed:
/// double for fp64, float for other floats, int64_t for integers and bools.
template <typename Fn>
void withNumberType(DataType type, Fn run) {
  if (type == DataType::Float64)
    return run(double());
  if (isFloat(type))
    return run(float());
  return run(int64_t());
}

/// The same for operations that exist on floats only.
template <typename Fn>
void withFloatType(DataType type, Fn run) {
  assert(isFloat(type) && "not a float type");
  if (type == DataType::Float64)
    return run(double());
  return run(float());
}

/// The elements of a tensor as T: its own storage, or a converted copy if it is
/// stored otherwise. Refers to the tensor.
template <typename T>
class Elements {
public:
  explicit Elements(const Tensor &tensor) {
    if (const auto *own = std::get_if<std::vector<T>>(&tensor.getStorage())) {
      elements = own->data();
      return;
    }
    copy = getElementsAs<T>(tensor);
    elements = copy.data();
  }
  Elements(const Elements &) = delete;
  Elements &operator=(const Elements &) = delete;

  T operator[](int64_t index) const { return elements[index]; }
  const T *data() const { return elements; }

private:
  const T *elements;
  std::vector<T> copy;
};

//===----------------------------------------------------------------------===//
// Arithmetic that is defined for every value
//===----------------------------------------------------------------------===//

// Integers wrap as if they were two's complement of unlimited width; the
// evaluator cuts them to their own.
template <typename T>
T addNumbers(T a, T b) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<T>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
  else
    return a + b;
}

template <typename T>
T subtractNumbers(T a, T b) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<T>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
  else
    return a - b;
}

template <typename T>
T multiplyNumbers(T a, T b) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<T>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
  else
    return a * b;
}

template <typename T>
bool isNotANumber(T value) {
  if constexpr (std::is_floating_point_v<T>)
    return std::isnan(value);
  return false;
}

/// True for -0 and numbers below.
template <typename T>
bool isNegative(T value) {
  if constexpr (std::is_floating_point_v<T>)
    return std::signbit(value);
  return value < T(0);
}

/// The larger value, +0 being larger than -0, so that the order of operands
/// does not count (`maximum` of IEEE 754-2019); NaN if either is NaN.
template <typename T>
T maximumOf(T a, T b) {
  if (isNotANumber(a))
    return a;
  if (a == b)
    return isNegative(a) ? b : a;
  return isNotANumber(b) || a < b ? b : a;
}

/// The smaller value, -0 being smaller than +0; NaN if either is NaN.
template <typename T>
T minimumOf(T a, T b) {
  if (isNotANumber(a))
    return a;
  if (a == b)
    return isNegative(a) ? a : b;
  return isNotANumber(b) || b < a ? b : a;
}

/// The nearest integer; halves go to the even neighbour, in whatever rounding
/// mode.
template <typename T>
T roundHalfToEven(T x) {
  T nearest = std::round(x);
  if (std::fabs(x - std::trunc(x)) == T(0.5))
    nearest = T(2) * std::round(x / T(2));
  return std::copysign(nearest, x);
}

//===----------------------------------------------------------------------===//
// Shapes and indices
//===----------------------------------------------------------------------===//

/// Refuses a result of `shape`, known only now, that is too large.
bool refusesShape(KernelContext &ctx, llvm::ArrayRef<int64_t> shape);

/// Row-major strides, in elements.
Shape getStrides(llvm::ArrayRef<int64_t> shape);

/// Element `position` of `indices`, counted from the front. Up to ios16 one
/// below zero counts from behind; from ios17 on it is out of range. Refuses
/// what is out of range, and gives 0 then.
int64_t getPlace(KernelContext &ctx, int64_t position, int64_t extent);

/// The elements of a tensor of `shape` that the vectors in `indices`, along its
/// last axis, name by their first axes from `first` on: where each slice
/// begins.
std::vector<int64_t> getSlices(KernelContext &ctx,
                               llvm::ArrayRef<int64_t> shape, int64_t first);

/// The shape that both broadcast to, extents aligned at the end. They must.
Shape broadcastShapes(llvm::ArrayRef<int64_t> a, llvm::ArrayRef<int64_t> b);

/// For each element of a shape, the element of a tensor that broadcasts to it.
class BroadcastIndex {
public:
  BroadcastIndex(llvm::ArrayRef<int64_t> from, llvm::ArrayRef<int64_t> to);

  int64_t operator[](int64_t index) const {
    if (isIdentity)
      return index;
    return table.empty() ? 0 : table[index];
  }

private:
  bool isIdentity;
  /// Empty if `from` has a single element.
  std::vector<int64_t> table;
};

/// Advances `index` in row-major order; back to zeros after the last.
void advanceIndex(llvm::MutableArrayRef<int64_t> index,
                  llvm::ArrayRef<int64_t> shape);

/// Calls `visit(index, position)` for each element of `shape` in row-major
/// order.
template <typename Fn>
void forEachIndex(llvm::ArrayRef<int64_t> shape, Fn visit) {
  Shape index(shape.size(), 0);
  int64_t count = getNumElements(shape);
  for (int64_t position = 0; position < count; ++position) {
    visit(llvm::ArrayRef<int64_t>(index), position);
    advanceIndex(index, shape);
  }
}

/// The sum of `index[i] * strides[i]`.
inline int64_t getOffset(llvm::ArrayRef<int64_t> index,
                         llvm::ArrayRef<int64_t> strides) {
  int64_t offset = 0;
  for (size_t i = 0; i < index.size(); ++i)
    offset += index[i] * strides[i];
  return offset;
}

/// The tensor of `shape` whose element at an index is element `source(index)`
/// of `x`. Any element type.
template <typename Fn>
Tensor takeElements(const Tensor &x, llvm::ArrayRef<int64_t> shape, Fn source) {
  Tensor result(x.getElementType(), shape);
  std::visit(
      [&](const auto &from) {
        auto &to = std::get<std::decay_t<decltype(from)>>(result.getStorage());
        forEachIndex(shape, [&](llvm::ArrayRef<int64_t> index, int64_t i) {
          to[i] = from[source(index)];
        });
      },
      x.getStorage());
  return result;
}

/// A shape seen around one axis: `outer` times `extent` times `inner` elements.
struct AxisView {
  AxisView(llvm::ArrayRef<int64_t> shape, int64_t axis);
  int64_t at(int64_t outerIndex, int64_t index, int64_t innerIndex) const {
    return (outerIndex * extent + index) * inner + innerIndex;
  }
  /// Calls `visit` with the first element of each line along the axis; the
  /// others follow `inner` elements apart.
  template <typename Fn>
  void forEachLine(Fn visit) const {
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t i = 0; i < inner; ++i)
        visit(at(o, 0, i));
  }

  int64_t outer = 1;
  int64_t extent = 1;
  int64_t inner = 1;
};

/// Computes the result from `x`, element by element: result = fn(x). `T` is the
/// type to compute in.
template <typename T, typename Fn>
void mapElements(KernelContext &ctx, Fn fn) {
  const Tensor &x = ctx.get("x");
  Elements<T> xs(x);
  Tensor result = ctx.makeResult(x.getShape());
  std::vector<T> &out = result.get<T>();
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = fn(xs[i]);
  ctx.setResult(std::move(result));
}

} // namespace espresso

#endif // ESPRESSO_LIB_EVAL_KERNELS_SUPPORT_H
