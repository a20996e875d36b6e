//===- Attend.h - One query against many keys -------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_EVAL_KERNELS_ATTEND_H
#define ESPRESSO_LIB_EVAL_KERNELS_ATTEND_H

#include "Accumulate.h"

#include <limits>

namespace espresso {

/// Replaces scores by exp(score - max) / sum, the sum in order.
template <typename T, typename Sum>
void applySoftmax(llvm::MutableArrayRef<T> scores, Sum sum) {
  T largest = -std::numeric_limits<T>::infinity();
  for (T score : scores)
    largest = maximumOf(largest, score);
  for (T &score : scores) {
    score = std::exp(score - largest);
    sum.add(score);
  }
  for (T &score : scores)
    score /= sum.get();
}

/// softmax(scale q keys^T + bias) values, where `query` is a row and `bias`
/// null or a number for each key. Scaled scores are capped as cap tanh(score /
/// cap) unless `cap` is 0.
template <typename Sum, typename T>
std::vector<T> attend(MatrixView<T> query, MatrixView<T> keys,
                      MatrixView<T> values, T scale, const T *bias, T cap = 0) {
  std::vector<T> scores(keys.rows), result(values.cols);
  MatrixView<T> column = {query.data, query.cols, 1, query.colStride, 1};
  multiplyMatrices<Sum>(keys, column, scores.data());
  for (size_t i = 0; i < scores.size(); ++i) {
    scores[i] *= scale;
    if (cap != 0)
      scores[i] = cap * std::tanh(scores[i] / cap);
    if (bias)
      scores[i] += bias[i];
  }
  applySoftmax(llvm::MutableArrayRef<T>(scores), Sum());
  multiplyMatrices<Sum>(makeMatrix<T>(scores.data(), 1, keys.rows), values,
                        result.data());
  return result;
}

} // namespace espresso

#endif // ESPRESSO_LIB_EVAL_KERNELS_ATTEND_H
