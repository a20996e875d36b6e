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
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_EVAL_KERNELS_ACCUMULATE_H
#define ESPRESSO_LIB_EVAL_KERNELS_ACCUMULATE_H

#include "Support.h"

namespace espresso {

/// A sum carried in the type of its terms: binary32 in fp32 and fp16 numerics,
/// binary64 in fp64. Terms are added one after another, in the order given.
template <typename T>
class PlainSum {
public:
  void add(T term) { sum = addNumbers(sum, term); }
  void addProduct(T a, T b) { add(multiplyNumbers(a, b)); }
  T get() const { return sum; }

private:
  T sum = 0;
};

/// Calls `run` with an empty accumulator of the kind that `numerics` asks for.
template <typename T, typename Fn>
void withSum(Numerics numerics, Fn run) {
  switch (numerics.mode) {
  case NumericsMode::Fp32:
  case NumericsMode::Fp16:
  case NumericsMode::Fp64:
    return run(PlainSum<T>());
  }
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

/// Elements of the product that are accumulated side by side.
inline constexpr int64_t kProductBlock = 16;

/// Writes the row-major product of `a` and `b` to `result`. Each element is the
/// sum of its terms in the order of the common axis; blocks only keep several
/// independent sums going at once.
template <typename Sum, typename T>
void multiplyMatrices(MatrixView<T> a, MatrixView<T> b, T *result) {
  // A block runs along the columns, or, for a single column, along the rows.
  bool alongRows = b.cols == 1;
  int64_t outer = alongRows ? b.cols : a.rows;
  int64_t inner = alongRows ? a.rows : b.cols;
  for (int64_t i = 0; i < outer; ++i) {
    for (int64_t begin = 0; begin < inner; begin += kProductBlock) {
      int64_t count = std::min(kProductBlock, inner - begin);
      Sum sums[kProductBlock];
      for (int64_t k = 0; k < a.cols; ++k)
        for (int64_t j = 0; j < count; ++j)
          sums[j].addProduct(alongRows ? a.at(begin + j, k) : a.at(i, k),
                             alongRows ? b.at(k, i) : b.at(k, begin + j));
      for (int64_t j = 0; j < count; ++j)
        result[alongRows ? (begin + j) * b.cols + i : i * b.cols + begin + j] =
            sums[j].get();
    }
  }
}

} // namespace espresso

#endif // ESPRESSO_LIB_EVAL_KERNELS_ACCUMULATE_H
