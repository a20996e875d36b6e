//===- OperationTest.cpp - Simple operations against known values ---------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OperationTest.h"

#include <functional>
#include <map>

using namespace espresso;
using namespace espresso::runtime;
using testing::ElementsAre;

namespace {

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

TEST_F(OperationTest, BroadcastsBothWays) {
  uint32_t x = input({2, 1, 3}, {1, 2, 3, 4, 5, 6});
  uint32_t y = floats({2, 1}, {10, 20});
  EXPECT_THAT(result(f.add("add", {{"x", x}, {"y", y}}, {2, 2, 3}), {2, 2, 3}),
              ElementsAre(11, 12, 13, 21, 22, 23, 14, 15, 16, 24, 25, 26));
}

TEST_F(OperationTest, ScalarsMayBeAttributes) {
  uint32_t x = input({3}, {1, 2, 4});
  uint32_t half = f.add("mul", {{"x", x}}, {3});
  set(f.last(), "y", 0.5);
  uint32_t left = f.add("sub", {{"y", half}}, {3});
  set(f.last(), "x", 10); // an integer stands for a float here
  EXPECT_THAT(result(left, {3}), ElementsAre(9.5f, 9, 8));
}

TEST_F(OperationTest, HalfWeightsAreFloatsEverywhere) {
  uint32_t x = floats({2}, {1.5f, -2}, plan::FLOAT16);
  uint32_t y = floats({2}, {4, 0.25f}, plan::FLOAT16);
  EXPECT_THAT(result(f.add("real_div", {{"x", x}, {"y", y}}, {2}), {2}),
              ElementsAre(0.375f, -8));
}

TEST_F(OperationTest, IntegersHaveArithmetic) {
  uint32_t x = ints({3}, {7, -7, 5}), y = ints({3}, {2, 2, 0});
  f.output("out", f.add("real_div", {{"x", x}, {"y", y}}, {3}, plan::INT32));
  int32_t data[3];
  ASSERT_TRUE(run("out", DataType::Int32, {3}, data).ok());
  EXPECT_THAT(data, ElementsAre(3, -3, 0));
}

TEST_F(OperationTest, ComparesAndSelects) {
  uint32_t x = input({4}, {1, 5, 3, 3});
  uint32_t y = floats({1}, {3});
  uint32_t more = f.add("greater_equal", {{"x", x}, {"y", y}}, {4}, plan::BOOL);
  uint32_t low = floats({1}, {-1});
  EXPECT_THAT(
      result(f.add("select", {{"cond", more}, {"a", x}, {"b", low}}, {4}), {4}),
      ElementsAre(-1, 5, 3, 3));
}

TEST_F(OperationTest, UnaryFunctions) {
  const std::vector<float> values = {0.25f, 1, 3};
  uint32_t x = input({3}, values);
  const std::map<std::string, std::function<double(double)>> cases = {
      {"exp", [](double v) { return std::exp(v); }},
      {"log", [](double v) { return std::log(v); }},
      {"sqrt", [](double v) { return std::sqrt(v); }},
      {"rsqrt", [](double v) { return 1 / std::sqrt(v); }},
      {"inverse", [](double v) { return 1 / (v + 1e-4); }},
      {"square", [](double v) { return v * v; }},
      {"abs", [](double v) { return v; }},
      {"erf", [](double v) { return std::erf(v); }},
      {"relu", [](double v) { return v; }},
      {"sigmoid", [](double v) { return 1 / (1 + std::exp(-v)); }},
      {"tanh", [](double v) { return std::tanh(v); }},
      {"silu", [](double v) { return v / (1 + std::exp(-v)); }},
      {"gelu", [](double v) { return v / 2 * (1 + std::erf(v / M_SQRT2)); }}};
  std::vector<uint32_t> outputs;
  for (const auto &[op, exact] : cases)
    outputs.push_back(f.add(op, {{"x", x}}, {3}));
  std::vector<std::pair<std::string, uint32_t>> args;
  for (uint32_t value : outputs)
    args.emplace_back("values", value);
  const int64_t count = 3 * static_cast<int64_t>(cases.size());
  uint32_t all = f.add("concat", args, {count});
  set(f.last(), "axis", 0);
  std::vector<float> expected;
  for (const auto &[op, exact] : cases)
    for (float value : values)
      expected.push_back(static_cast<float>(exact(value)));
  EXPECT_THAT(result(all, {count}), near(expected));
}

TEST_F(OperationTest, GeluHasThreeModes) {
  uint32_t x = input({1}, {1.3f});
  std::vector<std::pair<std::string, uint32_t>> args;
  for (const char *mode :
       {"EXACT", "TANH_APPROXIMATION", "SIGMOID_APPROXIMATION"}) {
    args.emplace_back("values", f.add("gelu", {{"x", x}}, {1}));
    set(f.last(), "mode", mode);
  }
  uint32_t all = f.add("concat", args, {3});
  set(f.last(), "axis", 0);
  EXPECT_THAT(result(all, {3}), near({1.174160f, 1.173929f, 1.171786f}));
}

TEST_F(OperationTest, CastRoundsToHalf) {
  uint32_t x = input({3}, {1.0004f, 1.0006f, 1e6f});
  uint32_t half = f.add("cast", {{"x", x}}, {3}, plan::FLOAT16);
  set(f.last(), "dtype", "fp16");
  EXPECT_THAT(result(half, {3}), ElementsAre(1.0f, 1.0009765625f, INFINITY));
}

TEST_F(OperationTest, CastTruncatesToIntegers) {
  uint32_t x = input({5}, {2.9f, -2.9f, 1e20f, -1e20f, NAN});
  f.output("out", f.add("cast", {{"x", x}}, {5}, plan::INT32));
  set(f.last(), "dtype", "int32");
  int32_t data[5];
  ASSERT_TRUE(run("out", DataType::Int32, {5}, data).ok());
  EXPECT_THAT(data, ElementsAre(2, -2, INT32_MAX, INT32_MIN, 0));
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

TEST_F(OperationTest, ReducesScatteredAxes) {
  uint32_t x = input({2, 3, 2}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  uint32_t sum = f.add("reduce_sum", {{"x", x}}, {1, 3, 1});
  set(f.last(), "axes", std::vector<int64_t>{0, -1});
  set(f.last(), "keep_dims", true);
  EXPECT_THAT(result(sum, {1, 3, 1}), ElementsAre(18, 26, 34));
}

TEST_F(OperationTest, ReducesEverythingByDefault) {
  uint32_t x = input({2, 2}, {1, 2, 3, -4});
  uint32_t sum = f.add("reduce_sum_square", {{"x", x}}, {});
  EXPECT_THAT(result(sum, {}), ElementsAre(30));
}

TEST_F(OperationTest, ReducesOneAxis) {
  uint32_t x = input({2, 3}, {1, 5, 3, 4, -2, 0});
  uint32_t top = f.add("reduce_max", {{"x", x}}, {2});
  set(f.last(), "axes", std::vector<int64_t>{1});
  uint32_t mean = f.add("reduce_mean", {{"x", x}}, {3});
  set(f.last(), "axes", std::vector<int64_t>{0});
  uint32_t low = f.add("reduce_min", {{"x", x}}, {3});
  set(f.last(), "axes", std::vector<int64_t>{0});
  uint32_t all = f.add(
      "concat", {{"values", top}, {"values", mean}, {"values", low}}, {8});
  set(f.last(), "axis", 0);
  EXPECT_THAT(result(all, {8}), ElementsAre(5, 4, 2.5f, 1.5f, 1.5f, 1, -2, 0));
}

TEST_F(OperationTest, SoftmaxAlongAnyAxis) {
  const float third = std::log(3.0f);
  uint32_t x = input({2, 2}, {0, third, third, 0});
  uint32_t y = f.add("softmax", {{"x", x}}, {2, 2});
  set(f.last(), "axis", 0);
  EXPECT_THAT(result(y, {2, 2}), near({0.25f, 0.75f, 0.75f, 0.25f}));
}

TEST_F(OperationTest, LayerNormOfChannels) {
  uint32_t x = input({1, 2, 1, 2}, {1, 5, 3, 9});
  uint32_t y = f.add("layer_norm",
                     {{"x", x},
                      {"gamma", floats({2}, {2, 3})},
                      {"beta", floats({2}, {10, 20})}},
                     {1, 2, 1, 2});
  set(f.last(), "axes", std::vector<int64_t>{1});
  set(f.last(), "epsilon", 0.0);
  EXPECT_THAT(result(y, {1, 2, 1, 2}), near({8, 8, 23, 23}));
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

TEST_F(OperationTest, TransposesAnyRank) {
  uint32_t x = input({2, 3, 2}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  uint32_t y = f.add("transpose", {{"x", x}}, {2, 2, 3});
  set(f.last(), "perm", std::vector<int64_t>{2, 0, -2});
  EXPECT_THAT(result(y, {2, 2, 3}),
              ElementsAre(0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11));
}

TEST_F(OperationTest, ShapesChangeWithoutMovingElements) {
  uint32_t x = input({2, 2}, {1, 2, 3, 4});
  uint32_t a = f.add("expand_dims", {{"x", x}}, {1, 2, 2, 1});
  set(f.last(), "axes", std::vector<int64_t>{0, -1});
  uint32_t b = f.add("squeeze", {{"x", a}}, {2, 2, 1});
  set(f.last(), "axes", std::vector<int64_t>{0});
  uint32_t c = f.add("reshape", {{"x", b}}, {4});
  set(f.last(), "shape", std::vector<int64_t>{-1});
  EXPECT_THAT(result(f.add("identity", {{"x", c}}, {4}), {4}),
              ElementsAre(1, 2, 3, 4));
}

TEST_F(OperationTest, ConcatAndSplitAreInverse) {
  uint32_t x = input({2, 3}, {1, 2, 3, 4, 5, 6});
  uint32_t a = f.value(plan::FLOAT32, {2, 1}),
           b = f.value(plan::FLOAT32, {2, 2});
  plan::Step &split = f.step("split", {{"x", x}});
  set(split, "axis", 1);
  set(split, "split_sizes", std::vector<int64_t>{1, 2});
  split.add_results()->set_value(a);
  split.add_results()->set_value(b);
  uint32_t y = f.add("concat", {{"values", b}, {"values", a}}, {2, 3});
  set(f.last(), "axis", -1);
  EXPECT_THAT(result(y, {2, 3}), ElementsAre(2, 3, 1, 5, 6, 4));
}

TEST_F(OperationTest, Slices) {
  uint32_t x = input({3, 4}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  uint32_t a = f.add("slice_by_size", {{"x", x}}, {2, 2});
  set(f.last(), "begin", std::vector<int64_t>{1, -3});
  set(f.last(), "size", std::vector<int64_t>{-1, 2});
  uint32_t b = f.add("slice_by_index", {{"x", x}}, {2, 2});
  set(f.last(), "begin", std::vector<int64_t>{2, 0});
  set(f.last(), "end", std::vector<int64_t>{0, 3});
  set(f.last(), "stride", std::vector<int64_t>{-1, 2});
  uint32_t c = f.add("slice_by_index", {{"x", x}}, {4});
  set(f.last(), "begin", std::vector<int64_t>{-1, 0});
  set(f.last(), "end", std::vector<int64_t>{0, 0});
  set(f.last(), "end_mask", std::vector<int64_t>{0, 1});
  set(f.last(), "squeeze_mask", std::vector<int64_t>{1, 0});
  uint32_t rows = f.add("reshape", {{"x", c}}, {2, 2});
  uint32_t all =
      f.add("concat", {{"values", a}, {"values", b}, {"values", rows}}, {6, 2});
  set(f.last(), "axis", 0);
  EXPECT_THAT(result(all, {6, 2}),
              ElementsAre(5, 6, 9, 10, 8, 10, 4, 6, 8, 9, 10, 11));
}

TEST_F(OperationTest, GathersAlongAnyAxis) {
  uint32_t x = input({2, 3}, {1, 2, 3, 4, 5, 6});
  uint32_t y =
      f.add("gather", {{"x", x}, {"indices", ints({2}, {-1, 0})}}, {2, 2});
  set(f.last(), "axis", 1);
  EXPECT_THAT(result(y, {2, 2}), ElementsAre(3, 1, 6, 4));
}

TEST_F(OperationTest, GatherRefusesWhatIsNotThere) {
  uint32_t x = input({2}, {1, 2});
  f.output("out",
           f.add("gather", {{"x", x}, {"indices", ints({1}, {2})}}, {1}));
  float data;
  absl::Status status = run("out", DataType::Float32, {1}, &data);
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(status.message(), "in 'f', step 's0': index 2 of axis of 2");
}

} // namespace
