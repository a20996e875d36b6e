//===- Accumulate.h - How sums are carried ----------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Kernels that add up many terms take the accumulator as a template parameter,
// so that an arithmetic with another accumulator needs no other kernel.
//
// An accumulator has add(), addProduct() and get(). Its Product is the one for
// products of matrices, which may be carried otherwise than sums of elements.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_EVAL_KERNELS_ACCUMULATE_H
#define ESPRESSO_LIB_EVAL_KERNELS_ACCUMULATE_H

#include "HalfSums.h"
#include "Support.h"

namespace espresso {

/// A sum carried in the type of its terms: binary32 in fp32 and fp16 numerics,
/// binary64 in fp64. Terms are added one after another, in the order given.
template <typename T>
class PlainSum {
public:
  using Product = PlainSum;
  /// Whether a bias is where a sum starts, rather than its last term.
  static constexpr bool kStartsWithBias = false;
  /// An operand as it is multiplied.
  static T prepare(T operand) { return operand; }

  void add(T term) { sum = addNumbers(sum, term); }
  void addProduct(T a, T b) { add(multiplyNumbers(a, b)); }
  T get() const { return sum; }

private:
  T sum = 0;
};

/// Calls `run` with an empty accumulator of the kind that `numerics` asks for,
/// for kernels without products of matrices.
template <typename T, typename Fn>
void withTermSum(Numerics numerics, Fn run) {
  if constexpr (std::is_same_v<T, float>) {
    if (numerics.mode == NumericsMode::Fp16Acc16)
      return run(HalfSum());
    if (numerics.mode == NumericsMode::AneQ16)
      return run(EngineSum<void>());
  }
  run(PlainSum<T>());
}

/// Calls `run` with the accumulator of the engine that is chosen.
template <typename Fn>
void withEngineSum(AneArithmetic ane, Fn run) {
  using Small = AneArithmetic::SmallProducts;
  switch (ane.accumulator) {
  case AneArithmetic::Accumulator::Fp32:
    return run(EngineSum<SingleProductSum>());
  case AneArithmetic::Accumulator::Radix4:
    return run(EngineSum<Radix4Sum>());
  case AneArithmetic::Accumulator::Q16:
    break;
  }
  switch (ane.smallProducts) {
  case Small::ByExponent:
    return run(EngineSum<GridSum<Small::ByExponent>>());
  case Small::BelowTwoUnits:
    return run(EngineSum<GridSum<Small::BelowTwoUnits>>());
  case Small::Keep:
    return run(EngineSum<GridSum<Small::Keep>>());
  }
}

/// As withTermSum, for kernels with products of matrices.
template <typename T, typename Fn>
void withSum(Numerics numerics, Fn run) {
  if constexpr (std::is_same_v<T, float>) {
    if (numerics.mode == NumericsMode::Fp16Acc16)
      return run(HalfSum());
    if (numerics.mode == NumericsMode::AneQ16)
      return withEngineSum(numerics.ane, run);
  }
  run(PlainSum<T>());
}

//===----------------------------------------------------------------------===//
// Products of matrices
//===----------------------------------------------------------------------===//

/// A matrix anywhere in memory; strides in elements. Refers to its elements.
template <typename T>
struct MatrixView {
  T at(int64_t row, int64_t col) const {
    return data[row * rowStride + col * colStride];
  }
  MatrixView transposed() const {
    return {data, cols, rows, colStride, rowStride};
  }

  const T *data;
  int64_t rows;
  int64_t cols;
  int64_t rowStride;
  int64_t colStride;
};

/// A row-major matrix.
template <typename T>
MatrixView<T> makeMatrix(const T *data, int64_t rows, int64_t cols) {
  return {data, rows, cols, cols, 1};
}

/// The transpose of a row-major matrix of `rows` rows.
template <typename T>
MatrixView<T> makeTransposed(const T *data, int64_t rows, int64_t cols) {
  return {data, cols, rows, 1, cols};
}

/// What a product of `rows` times `cols` is added to: a number for each row, or
/// for each column, or nothing if `data` is null.
template <typename T>
MatrixView<T> makeRowBias(const T *data, int64_t rows, int64_t cols) {
  return {data, rows, cols, 1, 0};
}
template <typename T>
MatrixView<T> makeColumnBias(const T *data, int64_t rows, int64_t cols) {
  return {data, rows, cols, 0, 1};
}

/// Elements of the product that are accumulated side by side.
inline constexpr int64_t kProductBlock = 16;

/// Sums of one row of a product, side by side, over the common axis in order.
template <typename Product, typename T>
void sumBlock(llvm::ArrayRef<T> row, const T *panel, const T *bias,
              int64_t count, T *result) {
  Product sums[kProductBlock];
  if constexpr (Product::kStartsWithBias)
    for (int64_t j = 0; bias && j < count; ++j)
      sums[j].addBias(bias[j]);
  for (size_t k = 0; k < row.size(); ++k)
    for (int64_t j = 0; j < kProductBlock; ++j)
      sums[j].addProduct(row[k], panel[k * kProductBlock + j]);
  for (int64_t j = 0; j < count; ++j) {
    result[j] = sums[j].get();
    if constexpr (!Product::kStartsWithBias)
      if (bias)
        result[j] = addNumbers(result[j], bias[j]);
  }
}

/// Writes the row-major product of `a` and `b`, plus `bias`, to `result`. Each
/// element is the sum of its terms in the order of the common axis; blocks only
/// keep several independent sums going at once.
template <typename Sum, typename T>
void multiplyMatrices(MatrixView<T> a, MatrixView<T> b, T *result,
                      MatrixView<T> bias = {nullptr, 0, 0, 0, 0}) {
  using Product = typename Sum::Product;
  // Blocks run along columns. Of a single one, the transpose has the elements
  // in the same order.
  if (b.cols == 1 && a.rows > 1)
    return multiplyMatrices<Sum>(b.transposed(), a.transposed(), result,
                                 bias.transposed());
  std::vector<T> panel(a.cols * kProductBlock), row(a.cols);
  for (int64_t begin = 0; begin < b.cols; begin += kProductBlock) {
    int64_t count = std::min(kProductBlock, b.cols - begin);
    for (int64_t j = 0; j < count; ++j)
      for (int64_t k = 0; k < a.cols; ++k)
        panel[k * kProductBlock + j] = Product::prepare(b.at(k, begin + j));
    for (int64_t i = 0; i < a.rows; ++i) {
      for (int64_t k = 0; k < a.cols; ++k)
        row[k] = Product::prepare(a.at(i, k));
      T biases[kProductBlock] = {};
      for (int64_t j = 0; bias.data && j < count; ++j)
        biases[j] = bias.at(i, begin + j);
      sumBlock<Product>(llvm::ArrayRef<T>(row), panel.data(),
                        bias.data ? biases : nullptr, count,
                        result + i * b.cols + begin);
    }
  }
}

} // namespace espresso

#endif // ESPRESSO_LIB_EVAL_KERNELS_ACCUMULATE_H
