//===- Head.h - The head of a model that chooses ----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_HEAD_H
#define ESPRESSO_LIB_RUNTIME_HEAD_H

#include "espresso/Kernels/Head.h"
#include "espresso/Runtime/HeadMethod.h"

#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace espresso::runtime {

/// A head in a plan. Its rows are in the mapped file and outlive whoever uses
/// them; the bias may be a program's.
struct HeadWeights {
  kernels::MatrixView rows;
  std::span<const float> bias; ///< or empty
  /// Whether the products are the logits, or something is done to them.
  bool isPlain = true;
};

/// What is made of the heads of a bundle, once, however many programs and
/// sessions use them: heads are told apart by their weights. Thread-safe.
class HeadSet {
public:
  explicit HeadSet(HeadMethod method = HeadMethod::Auto) : method(method) {}

  /// The best row for each of s columns of x [D, s]. The first call for a head
  /// makes what the method wants, and chooses if it is Auto, with every thread
  /// of the pool. What the method cannot do is done by multiplying every row.
  void choose(const HeadWeights &weights, std::span<const float> x, int64_t s,
              kernels::FinishLogits finish, std::span<kernels::Best> bests,
              kernels::ThreadPool &pool);

  /// Of all heads, in the order in which they came.
  [[nodiscard]] std::vector<HeadReport> getReports() const;

private:
  struct Entry {
    HeadWeights weights;
    std::vector<float> bias; ///< that of `weights`
    std::unique_ptr<kernels::ScreenedRows> screened;
    std::unique_ptr<kernels::PrunedRows> pruned;
    kernels::SearchCounts counts;
    HeadReport report;
  };
  Entry &prepare(const HeadWeights &weights, kernels::ThreadPool &pool);
  Entry *find(const HeadWeights &weights);
  void makeScreened(Entry &entry, kernels::ThreadPool &pool);
  void makePruned(Entry &entry, kernels::ThreadPool &pool);
  void chooseFastest(Entry &entry, kernels::ThreadPool &pool);

  const HeadMethod method;
  mutable std::mutex mutex; ///< of `entries`, and of what they count
  std::vector<std::unique_ptr<Entry>> entries;
};

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_HEAD_H
