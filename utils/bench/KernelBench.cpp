//===- KernelBench.cpp - Kernels against the limits of the machine --------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// usage: espresso-kernel-bench [--rounds N] [--threads N] [--clock wall|cpu]
//                              [--only NAME] [--json]
//        espresso-kernel-bench --trials N [--rows N] [--columns N]
//
// Each line compares a kernel with what bounds it: reading the same bytes,
// multiplying and adding in registers, or another kernel. In each round both
// run, one right after the other; printed is the median over the rounds of
// their ratio, with the extremes. 1 is as fast as the machine can.
//
// On a machine that others use, too, `--clock cpu` with one thread measures the
// time this program had. `--only` wants the lines whose names begin so.
// `--trials` compares what heads choose instead (HeadBench.cpp).

#include "KernelMeasure.h"
#include "espresso/Base/Half.h"
#include "espresso/Kernels/Attention.h"
#include "espresso/Kernels/Head.h"
#include "espresso/Kernels/MachineLimits.h"
#include "espresso/Kernels/MatMul.h"
#include "espresso/Kernels/Quantised.h"

#include <cstdio>
#include <cstdlib>
#include <random>
#include <string_view>

using namespace espresso;
using namespace espresso::bench;
using namespace espresso::kernels;

static volatile double sink;

void Bench::add(Line line) {
  std::sort(line.ratios.begin(), line.ratios.end());
  if (!options.json) {
    std::printf("%-52s %5.2f  (%.2f to %.2f)  %8.1f %s%s\n", line.name.c_str(),
                line.ratios[line.ratios.size() / 2], line.ratios.front(),
                line.ratios.back(), line.speed, line.unit.c_str(),
                line.note.c_str());
    std::fflush(stdout);
  }
  lines.push_back(std::move(line));
}

/// Names and notes are ours: nothing in them needs an escape.
void Bench::finish() const {
  if (!options.json)
    return;
  std::printf("{\"instruction_set\": \"%s\", \"rounds\": %d, \"clock\": "
              "\"%s\", \"lines\": [",
              getInstructionSet().c_str(), options.rounds,
              options.clock == CLOCK_MONOTONIC ? "wall" : "cpu");
  const char *separator = "\n";
  for (const Line &line : lines) {
    std::printf("%s  {\"name\": \"%s\", \"median\": %.4f, \"low\": %.4f, "
                "\"high\": %.4f, \"speed\": %.2f, \"unit\": \"%s\", \"note\": "
                "\"%s\"}",
                separator, line.name.c_str(),
                line.ratios[line.ratios.size() / 2], line.ratios.front(),
                line.ratios.back(), line.speed, line.unit.c_str(),
                line.note.c_str());
    separator = ",\n";
  }
  std::printf("\n]}\n");
}

std::vector<uint16_t> bench::makeWeights(size_t count) {
  std::mt19937 generator(1);
  std::normal_distribution<float> normal(0.0f, 0.02f);
  std::vector<uint16_t> some(1 << 16), all(count);
  for (uint16_t &weight : some)
    weight = floatToHalf(normal(generator));
  for (size_t i = 0; i < count; ++i)
    all[i] = some[(i * 7 + i / some.size()) % some.size()];
  return all;
}

std::vector<float> bench::makeActivations(size_t count) {
  std::mt19937 generator(2);
  std::normal_distribution<float> normal(0.0f, 1.0f);
  std::vector<float> all(count);
  for (float &value : all)
    value = normal(generator);
  return all;
}

static std::string onThreads(const ThreadPool &pool) {
  const unsigned threads = pool.getNumThreads();
  return ", " + std::to_string(threads) +
         (threads == 1 ? " thread" : " threads");
}

static void benchMatVec(Bench &bench, ThreadPool &pool, int64_t rows,
                        int64_t columns, const char *size) {
  const std::string name =
      std::string("fp16 matvec and arg-max, ") + size + onThreads(pool);
  if (!bench.wants(name))
    return;
  const std::vector<uint16_t> weights = makeWeights(rows * columns);
  const std::vector<float> x = makeActivations(columns);
  const size_t bytes = weights.size() * sizeof(uint16_t);
  const MatrixView w{DataType::Float16, weights.data(), rows, columns};
  bench.compare(
      name, static_cast<double>(bytes), "GB/s",
      [&] {
        return bench.getSeconds([&] {
          sink = static_cast<double>(readAll(weights.data(), bytes, pool));
        });
      },
      [&] {
        Best best;
        matMulArgMax(
            w, x, 1, {}, [](std::span<float>) {}, {&best, 1}, pool);
        sink = static_cast<double>(best.index);
      });
}

/// Beside reading the same bytes, without scales.
static void benchQuantised(Bench &bench, ThreadPool &pool,
                           QuantisedFormat format, const char *type) {
  const int64_t rows = 32000, columns = 2048;
  const std::string name =
      std::string(type) + " matvec, 32000x2048" + onThreads(pool);
  if (!bench.wants(name))
    return;
  const QuantisedMatrix w =
      quantise(makeActivations(rows * columns), rows, columns, format);
  const std::vector<float> x = makeActivations(columns);
  std::vector<float> y(rows);
  bench.compare(
      name, static_cast<double>(w.data.size()), "GB/s",
      [&] {
        return bench.getSeconds([&] {
          sink =
              static_cast<double>(readAll(w.data.data(), w.data.size(), pool));
        });
      },
      [&] { matMul(w.getView(), x, 1, {}, y, pool); });
}

/// Seconds of so many floating-point operations at the peak of the machine.
static double getPeakSeconds(Bench &bench, double operations,
                             ThreadPool &pool) {
  double done = 0;
  const double seconds = bench.getSeconds([&] { done = runPeak(pool); });
  return seconds * operations / done;
}

static void benchProduct(Bench &bench, ThreadPool &pool, int64_t rows,
                         int64_t columns, int64_t s) {
  const std::string shape = std::to_string(rows) + "x" +
                            std::to_string(columns) + ", " + std::to_string(s) +
                            " columns" + onThreads(pool);
  const std::string ofPeak = "fp16 product, " + shape;
  const std::string ofFloats = "fp16 product beside fp32, " + shape;
  if (!bench.wants(ofPeak) && !bench.wants(ofFloats))
    return;
  const std::vector<uint16_t> weights = makeWeights(rows * columns);
  const std::vector<float> x = makeActivations(columns * s);
  std::vector<float> y(rows * s);
  const double operations = 2.0 * static_cast<double>(rows * columns * s);
  const MatrixView w{DataType::Float16, weights.data(), rows, columns};
  auto multiply = [&] { matMul(w, x, s, {}, y, pool); };
  if (bench.wants(ofPeak))
    bench.compare(
        ofPeak, operations, "GFLOP/s",
        [&] { return getPeakSeconds(bench, operations, pool); }, multiply);
  if (s <= kMaxFewColumns || !bench.wants(ofFloats))
    return;
  std::vector<float> floats(weights.size());
  for (size_t i = 0; i < floats.size(); ++i)
    floats[i] = halfToFloat(weights[i]);
  const MatrixView wide{DataType::Float32, floats.data(), rows, columns};
  bench.compare(
      ofFloats, operations, "GFLOP/s",
      [&] {
        return bench.getSeconds([&] { matMul(wide, x, s, {}, y, pool); });
      },
      multiply);
}

/// One column at a depth beside reading its keys and values; many beside the
/// peak.
static void benchAttention(Bench &bench, ThreadPool &pool, AttentionShape shape,
                           const std::string &what) {
  const std::string name = "attention, " + what + onThreads(pool);
  if (!bench.wants(name))
    return;
  shape.scale = 0.125f;
  const int64_t width = shape.kvHeads * shape.headDim;
  const int64_t rows = shape.position + shape.columns;
  const std::vector<uint16_t> cache = makeWeights(2 * rows * width);
  const size_t bytes = cache.size() * sizeof(uint16_t);
  const std::vector<float> q =
      makeActivations(shape.heads * shape.headDim * shape.columns);
  std::vector<float> y(q.size());
  std::vector<float> scratch(
      getAttentionScratch(shape, rows, pool.getNumThreads()));
  const MatrixView keys{DataType::Float16, cache.data(), rows, width};
  const MatrixView values{DataType::Float16, cache.data() + rows * width, rows,
                          width};
  double seen = 0;
  for (int64_t s = 0; s < shape.columns; ++s)
    seen += static_cast<double>(shape.position + s + 1);
  const double operations =
      4 * seen * static_cast<double>(shape.heads * shape.headDim);
  const bool isOne = shape.columns == 1;
  bench.compare(
      name, isOne ? static_cast<double>(bytes) : operations,
      isOne ? "GB/s" : "GFLOP/s",
      [&] {
        if (!isOne)
          return getPeakSeconds(bench, operations, pool);
        return bench.getSeconds([&] {
          sink = static_cast<double>(readAll(cache.data(), bytes, pool));
        });
      },
      [&] { attention(shape, q, keys, values, scratch, y, pool); });
}

/// Those of a Llama of 110 million weights.
static constexpr int64_t kStoriesShapes[][2] = {
    {768, 768}, {2048, 768}, {768, 2048}, {32000, 768}};

static void benchAll(Bench &bench, unsigned threads) {
  ThreadPool pool(threads);
  benchMatVec(bench, pool, 12288, 2048, "48 MB");
  benchMatVec(bench, pool, 128256, 2048, "525 MB");
  benchQuantised(bench, pool, QuantisedFormat::Int8, "int8");
  benchQuantised(bench, pool, QuantisedFormat::Int4, "int4");
  for (int64_t s : {32, 128, 512})
    benchProduct(bench, pool, 5632, 2048, s);
  for (int64_t s : {2, 4, 8, 32, 128, 512})
    for (auto [rows, columns] : kStoriesShapes)
      benchProduct(bench, pool, rows, columns, s);
  benchAttention(bench, pool, {12, 12, 64, 1, 1023},
                 "12 heads of 64, depth 1024");
  benchAttention(bench, pool, {32, 8, 64, 1, 8191},
                 "32 of 8 heads of 64, depth 8192");
  benchAttention(bench, pool, {12, 12, 64, 512, 0},
                 "12 heads of 64, 512 columns");
  benchAttention(bench, pool, {32, 8, 64, 512, 0},
                 "32 of 8 heads of 64, 512 columns");
  benchHead(bench, pool);
}

[[noreturn]] static void failUsage(std::string_view word) {
  std::fprintf(stderr,
               "espresso-kernel-bench: '%.*s' is no option or lacks a value; "
               "see the head of KernelBench.cpp\n",
               static_cast<int>(word.size()), word.data());
  std::exit(2);
}

static BenchOptions parseOptions(int argc, char **argv) {
  BenchOptions options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--json") {
      options.json = true;
      continue;
    }
    if (++i == argc)
      failUsage(word);
    const std::string_view value = argv[i];
    const int64_t number = std::max<int64_t>(1, std::atoll(argv[i]));
    if (word == "--rounds")
      options.rounds = static_cast<int>(std::min<int64_t>(number, 1000));
    else if (word == "--threads")
      options.threads = static_cast<unsigned>(std::min<int64_t>(number, 512));
    else if (word == "--trials")
      options.trials = number;
    else if (word == "--rows")
      options.rows = number;
    else if (word == "--columns")
      options.columns = number;
    else if (word == "--only")
      options.only = value;
    else if (word == "--clock" && (value == "cpu" || value == "wall"))
      options.clock =
          value == "cpu" ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC;
    else
      failUsage(word);
  }
  return options;
}

int main(int argc, char **argv) {
  Bench bench(parseOptions(argc, argv));
  const BenchOptions &options = bench.getOptions();
  if (options.trials > 0) {
    ThreadPool pool(options.threads);
    return runHeadTrials(bench, pool) ? 0 : 1;
  }
  if (!options.json)
    std::printf("instruction set %s; ratio to the limit of the machine: median "
                "of %d rounds\n",
                getInstructionSet().c_str(), options.rounds);
  if (options.threads != 0) {
    benchAll(bench, options.threads);
  } else {
    benchAll(bench, 1);
    benchAll(bench, 2);
  }
  bench.finish();
  return 0;
}
