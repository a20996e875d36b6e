//===- Tensor.h - Values at run time ----------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_EVAL_TENSOR_H
#define ESPRESSO_EVAL_TENSOR_H

#include "espresso/Eval/Numerics.h"
#include "espresso/IR/Attribute.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

#include <cassert>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace espresso {

/// Extents, all known.
using Shape = llvm::SmallVector<int64_t, 6>;

/// The product of the extents; 1 for a scalar.
[[nodiscard]] int64_t getNumElements(llvm::ArrayRef<int64_t> shape);

/// The most elements that a result may have: more are taken for a mistake.
inline constexpr int64_t kMaxElements = int64_t{1} << 32;

/// Whether a tensor of `shape` would have more than kMaxElements elements. No
/// extent may be negative.
[[nodiscard]] bool isTooLarge(llvm::ArrayRef<int64_t> shape);

/// `axis` counted from the front: negative axes count from behind.
[[nodiscard]] inline int64_t normalizeAxis(int64_t axis, int64_t rank) {
  return axis < 0 ? axis + rank : axis;
}

/// A tensor of known shape and its elements, row-major. The element type
/// decides the storage: fp64 is kept as double, every other float as float,
/// integers and bools as int64_t. Floats narrower than binary32 hold values
/// that their type can represent once round() was called. Owns its elements;
/// a value.
class Tensor {
public:
  using Storage = std::variant<std::vector<float>, std::vector<double>,
                               std::vector<int64_t>, std::vector<std::string>>;

  /// A tensor of zeros, false, or empty strings.
  Tensor(DataType elementType, llvm::ArrayRef<int64_t> shape);
  Tensor() : Tensor(DataType::Bool, {}) {}

  template <typename T>
  static Tensor fromElements(DataType elementType,
                             llvm::ArrayRef<int64_t> shape,
                             std::vector<T> elements) {
    Tensor tensor(elementType, shape, Storage(std::move(elements)));
    assert(tensor.isConsistent() && "storage does not fit type and shape");
    return tensor;
  }

  DataType getElementType() const { return elementType; }
  llvm::ArrayRef<int64_t> getShape() const { return shape; }
  int64_t getRank() const { return static_cast<int64_t>(shape.size()); }
  int64_t getDim(int64_t axis) const { return shape[axis]; }
  int64_t getNumElements() const { return espresso::getNumElements(shape); }
  bool isFloat() const { return espresso::isFloat(elementType); }

  const Storage &getStorage() const { return storage; }
  Storage &getStorage() { return storage; }
  /// The elements, which must be stored as T.
  template <typename T>
  const std::vector<T> &get() const {
    return *std::get_if<std::vector<T>>(&storage);
  }
  template <typename T>
  std::vector<T> &get() {
    return *std::get_if<std::vector<T>>(&storage);
  }

  // Single elements, converted; `index` is row-major and in range.
  double getReal(int64_t index = 0) const;
  int64_t getInteger(int64_t index = 0) const;

  /// The same elements in another shape of as many.
  Tensor reshaped(llvm::ArrayRef<int64_t> newShape) const;
  /// The elements as `newType`: floats rounded to nearest even, floats to
  /// integers truncated toward zero and saturated (NaN gives 0), integers
  /// wrapped to their width, bool from whether it is not zero.
  Tensor convertedTo(DataType newType) const;
  /// Rounds floats to the element type and wraps integers to its width.
  void round();
  /// The same, with floats rounded as an operation that computes by
  /// `numerics` does.
  void round(const Numerics &numerics);

private:
  Tensor(DataType elementType, llvm::ArrayRef<int64_t> shape, Storage storage)
      : elementType(elementType), shape(shape.begin(), shape.end()),
        storage(std::move(storage)) {}
  bool isConsistent() const;

  DataType elementType;
  Shape shape;
  Storage storage;
};

/// Tensors are shared between the values of an evaluation, and not changed once
/// they are.
using TensorRef = std::shared_ptr<const Tensor>;

/// Calls `visit` with the vector of elements of a float, integer or bool
/// tensor.
template <typename Fn>
void visitNumbers(const Tensor &tensor, Fn visit) {
  std::visit(
      [&](const auto &elements) {
        using T = typename std::decay_t<decltype(elements)>::value_type;
        if constexpr (!std::is_same_v<T, std::string>)
          visit(elements);
      },
      tensor.getStorage());
}

/// Calls `visit` with the vector of elements of a float tensor.
template <typename Fn>
void visitFloats(const Tensor &tensor, Fn visit) {
  if (const auto *singles =
          std::get_if<std::vector<float>>(&tensor.getStorage()))
    return visit(*singles);
  if (const auto *doubles =
          std::get_if<std::vector<double>>(&tensor.getStorage()))
    return visit(*doubles);
  assert(false && "not a float tensor");
}

/// The elements converted to T without rounding to any declared type.
template <typename T>
std::vector<T> getElementsAs(const Tensor &tensor) {
  std::vector<T> result;
  result.reserve(tensor.getNumElements());
  visitNumbers(tensor, [&](const auto &elements) {
    for (auto element : elements)
      result.push_back(static_cast<T>(element));
  });
  return result;
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

/// The elements of a dense tensor attribute or of a blob whose source is known,
/// as the type they have in `numerics`. Reports to `diagnostics` and fails if
/// the bytes of the blob cannot be read; asserts that there is a source.
[[nodiscard]] FailureOr<Tensor>
tensorFromAttribute(const Attribute &attribute, Numerics numerics,
                    DiagnosticEngine &diagnostics);

/// The tensor as a dense attribute of its own element type.
[[nodiscard]] Attribute tensorToAttribute(Context &context,
                                          const Tensor &tensor);

} // namespace espresso

#endif // ESPRESSO_EVAL_TENSOR_H
