//===- HeadBench.cpp - Exact heads beside the full one --------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// Weights: rows are normally distributed, their norms log-normally (deviation
// 0.25), as the norms of embeddings vary. Activations: normally distributed,
// with one channel in a hundred ten to thirty times as large, as behind the
// last norm of a Llama. All of it is drawn from fixed seeds.

#include "KernelMeasure.h"
#include "espresso/Base/Half.h"
#include "espresso/Kernels/Head.h"

#include <bit>
#include <cmath>
#include <cstdio>
#include <random>

using namespace espresso::bench;
using namespace espresso::kernels;

namespace espresso::bench {

namespace {

struct Head {
  std::vector<uint16_t> weights;
  MatrixView view;
};

} // namespace

static Head makeHead(int64_t rows, int64_t columns, ThreadPool &pool) {
  constexpr size_t kTable = 1 << 20;
  std::mt19937 generator(3);
  std::normal_distribution<float> normal(0.0f, 1.0f);
  std::vector<float> table(kTable);
  for (float &value : table)
    value = normal(generator);
  Head head;
  head.weights.resize(rows * columns);
  pool.parallelFor(rows, 64, [&](int64_t begin, int64_t end, unsigned) {
    for (int64_t r = begin; r < end; ++r) {
      std::mt19937_64 random(static_cast<uint64_t>(r));
      const float size = 0.02f * std::exp(0.25f * table[random() % kTable]);
      size_t at = random();
      for (int64_t c = 0; c < columns; ++c) {
        // Runs of the table from many places: no two rows are alike.
        if (c % 64 == 0)
          at = random();
        head.weights[r * columns + c] =
            floatToHalf(size * table[(at + c) % kTable]);
      }
    }
  });
  head.view = {DataType::Float16, head.weights.data(), rows, columns};
  return head;
}

static std::vector<float> makeColumn(int64_t count, uint64_t seed) {
  std::mt19937_64 generator(seed);
  std::normal_distribution<float> normal(0.0f, 1.0f);
  std::vector<float> x(count);
  for (float &value : x) {
    value = normal(generator);
    if (generator() % 100 == 0)
      value *= 10 + static_cast<float>(generator() % 20);
  }
  return x;
}

static Best searchFully(const Head &head, const std::vector<float> &x,
                        ThreadPool &pool) {
  Best best;
  matMulArgMax(
      head.view, x, 1, {}, [](std::span<float>) {}, {&best, 1}, pool);
  return best;
}

void benchHead(Bench &bench, ThreadPool &pool) {
  const int64_t rows = 128256, columns = 2048;
  const unsigned threads = pool.getNumThreads();
  const std::string name = "screened head, 128256x2048, " +
                           std::to_string(threads) +
                           (threads == 1 ? " thread" : " threads");
  if (!bench.wants(name))
    return;
  const Head head = makeHead(rows, columns, pool);
  int64_t bad = -1;
  std::unique_ptr<ScreenedRows> screened;
  const double making = bench.getSeconds(
      [&] { screened = ScreenedRows::create(head.view, {}, pool, &bad); });
  // Every run has an activation of its own.
  uint64_t seed = 0;
  std::vector<float> x = makeColumn(columns, seed);
  SearchCounts counts;
  bool isSame = true;
  Line line{name, {}, 0, "GB/s", ""};
  for (int round = 0; round < bench.getOptions().rounds; ++round) {
    x = makeColumn(columns, ++seed);
    Best full, found;
    const double least =
        bench.getSeconds([&] { full = searchFully(head, x, pool); });
    const double taken =
        bench.getSeconds([&] { found = screened->search(x, pool, counts); });
    line.ratios.push_back(least / taken);
    line.speed = std::max(
        line.speed, static_cast<double>(screened->getBytes()) / taken / 1e9);
    isSame = isSame && full.index == found.index && full.value == found.value;
  }
  char note[160];
  std::snprintf(note, sizeof note,
                " of the copy; %s; %lld rows rescored a token; copy of %.0f MB "
                "made in %.2f s",
                isSame ? "the same token" : "ANOTHER TOKEN",
                static_cast<long long>(counts.rescored / counts.searches),
                static_cast<double>(screened->getBytes()) / 1e6, making);
  line.note = note;
  bench.add(std::move(line));
}

/// Trials of one head: full in batches of as many columns as are few.
static bool runTrials(const Head &head, int64_t trials, uint64_t seed,
                      ThreadPool &pool) {
  int64_t bad = -1;
  const auto screened = ScreenedRows::create(head.view, {}, pool, &bad);
  const auto pruned = PrunedRows::create(head.view, {}, pool, &bad);
  const int64_t columns = head.view.columns;
  // Pruning does little for rows of such norms: some trials are enough.
  constexpr int64_t kPrunedEach = 64;
  SearchCounts screenedCounts, prunedCounts;
  std::vector<float> batch(columns * kMaxFewColumns);
  for (int64_t done = 0; done < trials; done += kMaxFewColumns) {
    const int64_t count = std::min(kMaxFewColumns, trials - done);
    std::vector<std::vector<float>> xs;
    for (int64_t c = 0; c < count; ++c) {
      xs.push_back(makeColumn(columns, seed + static_cast<uint64_t>(done + c)));
      for (int64_t i = 0; i < columns; ++i)
        batch[i * count + c] = xs.back()[i];
    }
    std::vector<Best> full(count);
    matMulArgMax(
        head.view, batch, count, {}, [](std::span<float>) {}, full, pool);
    for (int64_t c = 0; c < count; ++c) {
      auto check = [&](const Best &found, const char *how) {
        if (found.index == full[c].index && found.value == full[c].value)
          return true;
        std::printf("trial %lld: the %s head chose %lld (%a), the full one "
                    "%lld (%a)\n",
                    static_cast<long long>(done + c), how,
                    static_cast<long long>(found.index), found.value,
                    static_cast<long long>(full[c].index), full[c].value);
        return false;
      };
      if (!check(screened->search(xs[c], pool, screenedCounts), "screened"))
        return false;
      if ((done + c) % kPrunedEach == 0 &&
          !check(pruned->search(xs[c], pool, prunedCounts), "pruned"))
        return false;
    }
  }
  std::printf("head trials, %lldx%lld: %lld the same; %.1f rows rescored a "
              "trial\n",
              static_cast<long long>(head.view.rows),
              static_cast<long long>(columns), static_cast<long long>(trials),
              static_cast<double>(screenedCounts.rescored) /
                  static_cast<double>(trials));
  std::fflush(stdout);
  return true;
}

bool runHeadTrials(Bench &bench, ThreadPool &pool) {
  const BenchOptions &options = bench.getOptions();
  return runTrials(makeHead(options.rows, options.columns, pool),
                   options.trials, 1000, pool);
}

} // namespace espresso::bench
