//===- Head.cpp - The head of a model that chooses ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Head.h"

#include "absl/strings/str_cat.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <limits>

namespace espresso::runtime {

static constexpr std::string_view kNames[] = {"auto", "full", "screened",
                                              "pruned"};

std::string_view getName(HeadMethod method) {
  return kNames[static_cast<size_t>(method)];
}

std::optional<HeadMethod> parseHeadMethod(std::string_view name) {
  for (size_t i = 0; i < std::size(kNames); ++i)
    if (kNames[i] == name)
      return static_cast<HeadMethod>(i);
  return std::nullopt;
}

/// Heads below stay in caches, where reading less is no gain.
static constexpr int64_t kLeastBytes = 16 << 20;

template <typename Work>
static double getSeconds(const Work &work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
      .count();
}

static int64_t getBytes(const kernels::MatrixView &rows) {
  const int64_t width = rows.type == DataType::Float32 ? 4 : 2;
  return rows.rows * rows.columns * width;
}

/// Programs of a session may have a bias of their own, in another place.
static bool areSame(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() &&
         (a.empty() || a.data() == b.data() ||
          std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}

static bool areSame(const HeadWeights &a, const HeadWeights &b) {
  return a.rows.data == b.rows.data && a.rows.rows == b.rows.rows &&
         a.rows.columns == b.rows.columns && a.rows.type == b.rows.type &&
         areSame(a.bias, b.bias) && a.isPlain == b.isPlain;
}

HeadSet::Entry *HeadSet::find(const HeadWeights &weights) {
  for (const std::unique_ptr<Entry> &entry : entries)
    if (areSame(entry->weights, weights))
      return entry.get();
  return nullptr;
}

static std::string describeBadRow(int64_t row) {
  if (row < 0)
    return "there is no memory for a copy, or its rows are too long";
  return absl::StrCat("row ", row,
                      " of the head has an element that is not finite, which "
                      "no bound holds for");
}

void HeadSet::makeScreened(Entry &entry, kernels::ThreadPool &pool) {
  int64_t bad = -1;
  entry.screened = kernels::ScreenedRows::create(
      entry.weights.rows, entry.weights.bias, pool, &bad);
  if (!entry.screened)
    entry.report.remark = describeBadRow(bad);
}

void HeadSet::makePruned(Entry &entry, kernels::ThreadPool &pool) {
  int64_t bad = -1;
  entry.pruned = kernels::PrunedRows::create(entry.weights.rows,
                                             entry.weights.bias, pool, &bad);
  if (!entry.pruned)
    entry.report.remark = describeBadRow(bad);
}

/// Something like an activation: sums of four uniform numbers, the same for
/// every run.
static std::vector<float> makeActivation(int64_t count, uint64_t seed) {
  std::vector<float> x(count);
  uint64_t state = seed;
  for (float &value : x)
    for (int i = 0; i < 4; ++i) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      value += static_cast<float>(static_cast<int64_t>(state) >> 40) * 0x1p-23f;
    }
  return x;
}

void HeadSet::chooseFastest(Entry &entry, kernels::ThreadPool &pool) {
  const HeadWeights &weights = entry.weights;
  makeScreened(entry, pool);
  if (entry.screened)
    makePruned(entry, pool);
  if (!entry.screened || !entry.pruned) {
    entry.screened.reset();
    return;
  }
  constexpr int kRounds = 3;
  double full = std::numeric_limits<double>::infinity();
  double screened = full, pruned = full;
  for (int round = 0; round < kRounds; ++round) {
    const std::vector<float> x =
        makeActivation(weights.rows.columns, static_cast<uint64_t>(round) + 1);
    kernels::Best best;
    kernels::SearchCounts unused;
    full = std::min(full, getSeconds([&] {
                      kernels::matMulArgMax(
                          weights.rows, x, 1, weights.bias,
                          [](std::span<float>) {}, {&best, 1}, pool);
                    }));
    screened = std::min(screened, getSeconds([&] {
                          best = entry.screened->search(x, pool, unused);
                        }));
    pruned = std::min(pruned, getSeconds([&] {
                        best = entry.pruned->search(x, pool, unused);
                      }));
  }
  if (screened >= full || pruned < screened)
    entry.screened.reset();
  if (pruned >= full || entry.screened)
    entry.pruned.reset();
}

HeadSet::Entry &HeadSet::prepare(const HeadWeights &weights,
                                 kernels::ThreadPool &pool) {
  if (Entry *known = find(weights))
    return *known;
  Entry &entry = *entries.emplace_back(std::make_unique<Entry>());
  entry.weights = weights;
  entry.bias.assign(weights.bias.begin(), weights.bias.end());
  entry.weights.bias = entry.bias;
  entry.report.rows = weights.rows.rows;
  entry.report.seconds = getSeconds([&] {
    if (method == HeadMethod::Full)
      return;
    if (!weights.isPlain) {
      if (method != HeadMethod::Auto)
        entry.report.remark = "the head does more than multiply";
    } else if (method == HeadMethod::Screened)
      makeScreened(entry, pool);
    else if (method == HeadMethod::Pruned)
      makePruned(entry, pool);
    else if (getBytes(weights.rows) >= kLeastBytes)
      chooseFastest(entry, pool);
  });
  if (entry.screened) {
    entry.report.method = HeadMethod::Screened;
    entry.report.bytes = entry.screened->getBytes();
  } else if (entry.pruned) {
    entry.report.method = HeadMethod::Pruned;
    entry.report.bytes = entry.pruned->getBytes();
  }
  return entry;
}

void HeadSet::choose(const HeadWeights &weights, std::span<const float> x,
                     int64_t s, kernels::FinishLogits finish,
                     std::span<kernels::Best> bests,
                     kernels::ThreadPool &pool) {
  // Sessions on other threads wait while a head is prepared, not while it is
  // searched.
  Entry *entry = nullptr;
  {
    const std::lock_guard<std::mutex> lock(mutex);
    entry = &prepare(weights, pool);
  }
  // More columns wait for the multipliers, not for the weights.
  if (s > 1 || (!entry->screened && !entry->pruned))
    return kernels::matMulArgMax(weights.rows, x, s, weights.bias, finish,
                                 bests, pool);
  kernels::SearchCounts counts;
  bests[0] = entry->screened ? entry->screened->search(x, pool, counts)
                             : entry->pruned->search(x, pool, counts);
  const std::lock_guard<std::mutex> lock(mutex);
  entry->counts.searches += counts.searches;
  entry->counts.rescored += counts.rescored;
}

std::vector<HeadReport> HeadSet::getReports() const {
  const std::lock_guard<std::mutex> lock(mutex);
  std::vector<HeadReport> reports;
  for (const std::unique_ptr<Entry> &entry : entries) {
    reports.push_back(entry->report);
    reports.back().searches = entry->counts.searches;
    reports.back().rescored = entry->counts.rescored;
  }
  return reports;
}

} // namespace espresso::runtime
