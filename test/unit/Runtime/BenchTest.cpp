//===- BenchTest.cpp - What espresso-run bench counts and prints ----------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BundleMaker.h"
#include "Runtime/Driver/Bench/BusyCore.h"
#include "Runtime/Driver/Bench/Columns.h"
#include "Runtime/Driver/Bench/Engine.h"
#include "Runtime/Driver/Bench/Statistics.h"
#include "Runtime/Driver/Bench/Throughput.h"
#include "Runtime/Driver/OptionTable.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <cerrno>
#include <cmath>

#include <sys/wait.h>

using namespace espresso;
using namespace espresso::runtime;
using namespace espresso::runtime::bench;
using testing::ElementsAre;

//===----------------------------------------------------------------------===//
// Statistics
//===----------------------------------------------------------------------===//

// The median is in the middle, whatever the order; of an even number it is the
// mean of two.
TEST(Statistics, MedianAndSpread) {
  const double odd[] = {9, 1, 4};
  Summary s = summarize(odd);
  EXPECT_EQ(s.median, 4);
  EXPECT_EQ(s.low, 1);
  EXPECT_EQ(s.high, 9);
  const double even[] = {8, 2, 4, 100};
  EXPECT_EQ(summarize(even).median, 6);
}

// The deviation is that of a sample: squares over one less than their number.
TEST(Statistics, MeanAndDeviation) {
  const double values[] = {2, 4, 4, 4, 5, 5, 7, 9};
  Summary s = summarize(values);
  EXPECT_EQ(s.mean, 5);
  EXPECT_DOUBLE_EQ(s.deviation, std::sqrt(32.0 / 7));
  const double one[] = {3};
  s = summarize(one);
  EXPECT_EQ(s.mean, 3);
  EXPECT_EQ(s.deviation, 0);
}

//===----------------------------------------------------------------------===//
// Lists and tables
//===----------------------------------------------------------------------===//

static std::vector<int64_t> parseList(std::initializer_list<const char *> texts,
                                      std::vector<int64_t> before = {}) {
  auto store = storeIntegers(before, 0, 1000);
  for (const char *text : texts)
    EXPECT_TRUE(store(text).ok()) << text;
  return before;
}

// Lists are values and ranges with steps or factors; the first use of an option
// replaces the default, and others add to it.
TEST(IntegerList, ValuesAndRanges) {
  EXPECT_THAT(parseList({"7"}, {1, 2}), ElementsAre(7));
  EXPECT_THAT(parseList({"1,2", "3"}, {9}), ElementsAre(1, 2, 3));
  EXPECT_THAT(parseList({"3-5"}), ElementsAre(3, 4, 5));
  EXPECT_THAT(parseList({"0-512+256,7"}), ElementsAre(0, 256, 512, 7));
  EXPECT_THAT(parseList({"128-1000*2"}), ElementsAre(128, 256, 512));
  EXPECT_THAT(parseList({"5-5"}), ElementsAre(5));
}

// What is no list is refused, and so is one that would not end.
TEST(IntegerList, Errors) {
  for (const char *text :
       {"", ",", "a", "1,,2", "5-3", "-1", "1001", "1-", "1-2+", "1-2+0",
        "1-2*1", "0-8*2", "1-2-3", "1 2", "99999999999999999999", "0-1000"}) {
    std::vector<int64_t> values;
    EXPECT_FALSE(storeIntegers(values, 0, 1000)(text).ok()) << text;
  }
}

// Cells of CSV are quoted where they must be.
TEST(Columns, Csv) {
  Columns table({"a", "b"});
  table.add({"plain", "with, comma"});
  table.add({"say \"so\"", "two\nlines"});
  EXPECT_EQ(table.formatCsv(), "a,b\nplain,\"with, comma\"\n"
                               "\"say \"\"so\"\"\",\"two\nlines\"\n");
}

// Columns are as wide as their widest cell, names on the left and numbers on
// the right, and no line ends with blanks.
TEST(Columns, Table) {
  Columns table({"test", "n", "last"});
  table.add({"a", "100", ""});
  EXPECT_EQ(table.formatTable(), "test    n  last\na     100\n");
}

//===----------------------------------------------------------------------===//
// What tests need
//===----------------------------------------------------------------------===//

class WorkloadTest : public testing::Test {
protected:
  void SetUp() override {
    makeModel(maker, plan::FLOAT16, /*prefill=*/true);
    maker.write();
    bundle = Bundle::open(maker.getPath());
    ASSERT_TRUE(bundle.ok()) << bundle.status();
    workload = Workload::create(**bundle);
    ASSERT_TRUE(workload.ok()) << workload.status();
  }

  BundleMaker maker;
  absl::StatusOr<std::shared_ptr<const Bundle>> bundle;
  absl::StatusOr<Workload> workload;
};

// Each step's weights are read once, those in several places too; a table is
// not read, and the last products that make the logits are the head.
TEST_F(WorkloadTest, CountsWeightsOnceAndKnowsTheHead) {
  uint64_t bytes = 0;
  const uint8_t *end = nullptr;
  for (std::span<const uint8_t> weight : workload->getWeights()) {
    EXPECT_GE(weight.data(), end) << "overlap, or not in order";
    end = weight.data() + weight.size();
    bytes += weight.size();
  }
  EXPECT_EQ(bytes, workload->getWeightBytes());
  EXPECT_LT(bytes, (*bundle)->getWeightBytes() + 1);
  const double vocabulary =
      static_cast<double>((*bundle)->getModel().vocabularySize);
  EXPECT_GT(workload->getHeadFlops(), 0);
  EXPECT_EQ(std::fmod(workload->getHeadFlops(), 2 * vocabulary), 0);
  double flops = 0;
  for (const auto &product : workload->getProducts()) {
    EXPECT_NE(product.rows, (*bundle)->getModel().vocabularySize);
    flops += 2.0 * static_cast<double>(product.rows * product.columns);
  }
  EXPECT_EQ(flops, workload->getProductFlops());
  // One row more for each position.
  const uint64_t row = workload->getCacheBytes(0);
  EXPECT_GT(row, 0u);
  EXPECT_EQ(workload->getCacheBytes(6), 7 * row);
  EXPECT_EQ(workload->getAttentionFlops(6), 7 * workload->getAttentionFlops(0));
}

// Streams share a pass over the weights, 32 at a time; their caches are their
// own. Prompts are read one after the other, in blocks of 512.
TEST_F(WorkloadTest, StreamsShareWeights) {
  const double weights = static_cast<double>(workload->getWeightBytes());
  const double row = static_cast<double>(workload->getCacheBytes(0));
  auto bytes = [&](BenchTest test) {
    return makeMeasurement(test, *workload).bytes;
  };
  EXPECT_EQ(bytes({.genTokens = 1}), weights + row);
  EXPECT_EQ(bytes({.genTokens = 2}), 2 * weights + 3 * row);
  EXPECT_EQ(bytes({.genTokens = 1, .depth = 3}), weights + 4 * row);
  EXPECT_EQ(bytes({.genTokens = 1, .streams = 32}), weights + 32 * row);
  EXPECT_EQ(bytes({.genTokens = 1, .streams = 33}), 2 * weights + 33 * row);
  EXPECT_EQ(bytes({.promptTokens = 512}), weights);
  EXPECT_EQ(bytes({.promptTokens = 513}), 2 * weights);
  EXPECT_EQ(bytes({.promptTokens = 8, .streams = 3}), 3 * weights);
  EXPECT_EQ(bytes({.promptTokens = 8, .depth = 2}), weights + 2 * row);
}

// Fractions relate a round to the limits of the same round.
TEST(Measurement, FractionsOfTheSameRound) {
  Measurement m{.test = {.genTokens = 4, .streams = 2},
                .bytes = 300,
                .flops = 50,
                .productFlops = 40,
                .weightBytes = 100,
                .samples = {{.seconds = 2, .readSeconds = 0.5, .peak = 100},
                            {.seconds = 4, .readSeconds = 1, .peak = 25}}};
  EXPECT_THAT(m.getTokensPerSecond(), ElementsAre(4, 2));
  EXPECT_THAT(m.getFractionOfBandwidth(), ElementsAre(0.75, 0.75));
  EXPECT_THAT(m.getFractionOfPeak(), ElementsAre(0.25, 0.5));
  EXPECT_THAT(m.getProductFractionOfPeak(), ElementsAre());
  m.samples[0].productSeconds = 0.8;
  m.samples[1].productSeconds = 3.2;
  EXPECT_THAT(m.getProductFractionOfPeak(), ElementsAre(0.5, 0.5));
}

// Prompts come before generation, and every combination is there once.
TEST(Tests, EveryCombinationInOrder) {
  BenchOptions options;
  options.promptTokens = {8};
  options.genTokens = {2, 3};
  options.depths = {0, 5};
  options.threads = {1};
  std::vector<std::string> names;
  for (const BenchTest &test : listTests(options))
    names.push_back(test.getName());
  EXPECT_THAT(names, ElementsAre("pp8", "tg2", "tg3", "pp8 @ d5", "tg2 @ d5",
                                 "tg3 @ d5"));
}

//===----------------------------------------------------------------------===//
// Streams
//===----------------------------------------------------------------------===//

// Every stream begins with as many tokens as are asked for, whatever it held
// before, and can go on to the end of the context.
TEST(Engine, BeginsAnewAtAnyDepth) {
  BundleMaker maker;
  makeModel(maker, plan::FLOAT16, /*prefill=*/true);
  maker.write();
  auto bundle = Bundle::open(maker.getPath());
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  const int64_t length = TestModel::kContext;
  for (int64_t streams : {1, 3, 33}) {
    auto engine = Engine::create(*bundle, 1, streams, /*seed=*/1);
    ASSERT_TRUE(engine.ok()) << engine.status();
    for (int64_t depth : {4L, 0L, 6L, 2L}) {
      ASSERT_TRUE((*engine)->prepare(depth).ok());
      EXPECT_TRUE((*engine)->generate(1).ok());
      EXPECT_TRUE((*engine)->readPrompts(length - depth - 1).ok());
      EXPECT_TRUE(absl::IsOutOfRange((*engine)->generate(1)));
      EXPECT_TRUE(absl::IsOutOfRange((*engine)->readPrompts(1)));
    }
    EXPECT_TRUE(absl::IsOutOfRange((*engine)->prepare(length + 1)));
  }
}

//===----------------------------------------------------------------------===//
// Busy cores
//===----------------------------------------------------------------------===//

// Rounds are compared with each other, not with the median.
TEST(BusyMeasurement, RatioOfTheSameRound) {
  BusyMeasurement m;
  m.quiet.test = m.busy.test = {.genTokens = 6};
  m.quiet.samples = {{.seconds = 1}, {.seconds = 2}};
  m.busy.samples = {{.seconds = 2}, {.seconds = 2}};
  EXPECT_THAT(m.getRatio(), ElementsAre(0.5, 1));
}

// The other process lives as long as its object, and is gone with it.
TEST(BusyProcess, EndsWithItsObject) {
  for (int i = 0; i < 2; ++i) {
    auto process = BusyProcess::start();
    ASSERT_TRUE(process.ok()) << process.status();
  }
  // No child is left, not even one that has ended.
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}
