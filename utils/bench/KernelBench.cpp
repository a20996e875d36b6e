//===- KernelBench.cpp - Kernels against the limits of the machine --------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// usage: espresso-kernel-bench [--rounds N] [--threads N] [--clock wall|cpu]
//
// On a machine that others use, too, `--clock cpu` with one thread measures the
// time this program had.
//
// Each line compares a kernel with what bounds it: reading the same bytes, or
// multiplying and adding in registers. In each round both run, one right after
// the other; printed is the median over the rounds of their ratio, with the
// extremes. 1 is as fast as the machine can.

#include "espresso/Base/Half.h"
#include "espresso/Kernels/MachineLimits.h"
#include "espresso/Kernels/MatMul.h"
#include "espresso/Kernels/Reduce.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <random>
#include <string>
#include <vector>

using namespace espresso;
using namespace espresso::kernels;

static volatile double sink;
static clockid_t clockId = CLOCK_MONOTONIC;

template <typename Work>
static double getSeconds(const Work &work) {
  timespec a{}, b{};
  clock_gettime(clockId, &a);
  work();
  clock_gettime(clockId, &b);
  return static_cast<double>(b.tv_sec - a.tv_sec) +
         1e-9 * static_cast<double>(b.tv_nsec - a.tv_nsec);
}

namespace {

/// Ratios of one kernel over the rounds.
struct Ratios {
  std::vector<double> values;
  /// Of the kernel, the best.
  double seconds = 1e9;

  void print(const std::string &name, double amount, const char *unit) {
    std::sort(values.begin(), values.end());
    std::printf("%-44s %5.2f  (%.2f to %.2f)  %8.1f %s\n", name.c_str(),
                values[values.size() / 2], values.front(), values.back(),
                amount / seconds / 1e9, unit);
    std::fflush(stdout);
  }
};

} // namespace

static constexpr double kLeastSeconds = 0.02;

template <typename Limit, typename Kernel>
static Ratios compare(int rounds, const Limit &limit, const Kernel &kernel) {
  Ratios ratios;
  // Short kernels are repeated for as long as a clock needs.
  const double once = getSeconds(kernel);
  const int times = std::clamp(static_cast<int>(kLeastSeconds / once), 1, 1000);
  for (int i = 0; i < rounds; ++i) {
    double least = limit();
    double taken = getSeconds([&] {
                     for (int time = 0; time < times; ++time)
                       kernel();
                   }) /
                   times;
    ratios.values.push_back(least / taken);
    ratios.seconds = std::min(ratios.seconds, taken);
  }
  return ratios;
}

/// Normally distributed, as trained weights nearly are.
static std::vector<uint16_t> makeWeights(size_t count) {
  std::mt19937 generator(1);
  std::normal_distribution<float> normal(0.0f, 0.02f);
  std::vector<uint16_t> some(1 << 16), all(count);
  for (uint16_t &weight : some)
    weight = floatToHalf(normal(generator));
  for (size_t i = 0; i < count; ++i)
    all[i] = some[(i * 7 + i / some.size()) % some.size()];
  return all;
}

static std::vector<float> makeActivations(size_t count) {
  std::mt19937 generator(2);
  std::normal_distribution<float> normal(0.0f, 1.0f);
  std::vector<float> all(count);
  for (float &value : all)
    value = normal(generator);
  return all;
}

static void benchMatVec(int rounds, ThreadPool &pool, int64_t rows,
                        int64_t columns, const char *size) {
  std::vector<uint16_t> weights = makeWeights(rows * columns);
  std::vector<float> x = makeActivations(columns), y(rows);
  const size_t bytes = weights.size() * sizeof(uint16_t);
  auto read = [&] {
    return getSeconds([&] {
      sink = static_cast<double>(readAll(weights.data(), bytes, pool));
    });
  };
  const MatrixView w{DataType::Float16, weights.data(), rows, columns};
  Ratios ratios = compare(rounds, read, [&] {
    matMul(w, x, 1, {}, y, pool);
    sink = static_cast<double>(argMax(y));
  });
  ratios.print("fp16 matvec and arg-max, " + std::string(size) + ", " +
                   std::to_string(pool.getNumThreads()) + " threads",
               static_cast<double>(bytes), "GB/s");
}

static void benchGemm(int rounds, ThreadPool &pool, int64_t rows,
                      int64_t columns, int64_t s) {
  std::vector<uint16_t> weights = makeWeights(rows * columns);
  std::vector<float> x = makeActivations(columns * s), y(rows * s);
  const double operations = 2.0 * static_cast<double>(rows * columns * s);
  const MatrixView w{DataType::Float16, weights.data(), rows, columns};
  auto peak = [&] {
    double done = 0;
    double seconds = getSeconds([&] { done = runPeak(pool); });
    return seconds * operations / done;
  };
  Ratios ratios = compare(rounds, peak, [&] { matMul(w, x, s, {}, y, pool); });
  ratios.print("fp16 product, " + std::to_string(rows) + "x" +
                   std::to_string(columns) + ", " + std::to_string(s) +
                   " columns, " + std::to_string(pool.getNumThreads()) +
                   " threads",
               operations, "GFLOP/s");
}

/// Those of a Llama of 110 million weights.
static constexpr int64_t kStoriesShapes[][2] = {
    {768, 768}, {2048, 768}, {768, 2048}, {32000, 768}};

static void benchAll(int rounds, unsigned threads) {
  ThreadPool pool(threads);
  benchMatVec(rounds, pool, 12288, 2048, "48 MB");
  benchMatVec(rounds, pool, 128256, 2048, "525 MB");
  for (int64_t s : {32, 128, 512})
    benchGemm(rounds, pool, 5632, 2048, s);
  for (int64_t s : {2, 4, 32})
    for (auto [rows, columns] : kStoriesShapes)
      benchGemm(rounds, pool, rows, columns, s);
}

int main(int argc, char **argv) {
  int rounds = 7;
  unsigned threads = 0;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--rounds") == 0)
      rounds = std::max(1, std::atoi(argv[i + 1]));
    else if (std::strcmp(argv[i], "--threads") == 0)
      threads = static_cast<unsigned>(std::max(1, std::atoi(argv[i + 1])));
    else if (std::strcmp(argv[i], "--clock") == 0)
      clockId = std::strcmp(argv[i + 1], "cpu") == 0 ? CLOCK_THREAD_CPUTIME_ID
                                                     : CLOCK_MONOTONIC;
  }
  std::printf("instruction set %s; ratio to the limit of the machine: median "
              "of %d rounds\n",
              getInstructionSet().c_str(), rounds);
  if (threads != 0) {
    benchAll(rounds, threads);
    return 0;
  }
  benchAll(rounds, 1);
  benchAll(rounds, 2);
  return 0;
}
