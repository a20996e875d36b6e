//===- OperationTest.cpp - Each operation against known values ------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BundleMaker.h"
#include "espresso/Runtime/Device.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <cmath>
#include <functional>

using namespace espresso;
using namespace espresso::runtime;
using testing::ElementsAre;
using testing::FloatNear;
using testing::Pointwise;

namespace {

/// One function `f` around one operation, its operands inputs or weights.
class OperationTest : public testing::Test {
protected:
  OperationTest() : f(maker.function("f")) {}

  uint32_t floats(const Shape &shape, const std::vector<float> &values,
                  plan::ElementType type = plan::FLOAT32) {
    return f.weight(maker.weight(type, shape, values));
  }
  uint32_t ints(const Shape &shape, const std::vector<float> &values) {
    return floats(shape, values, plan::INT32);
  }
  /// An input of floats, given when the function runs.
  uint32_t input(const Shape &shape, std::vector<float> values) {
    const std::string name = "in" + std::to_string(given.size());
    given.push_back({name, shape, std::move(values)});
    return f.input(name, plan::FLOAT32, shape);
  }

  absl::Status open() {
    maker.write();
    auto bundle = Bundle::open(maker.getPath());
    if (!bundle.ok())
      return bundle.status();
    device = *HostDevice::create(*std::move(bundle), {.threads = 2});
    return absl::OkStatus();
  }

  /// Runs the function; fills `data`, the values of output `name`.
  absl::Status run(const std::string &name, DataType type, const Shape &shape,
                   void *data) {
    if (!device)
      if (absl::Status status = open(); !status.ok())
        return status;
    std::vector<TensorRef> inputs;
    for (Given &input : given)
      inputs.push_back(
          {input.name, DataType::Float32, input.shape, input.values.data()});
    const TensorRef output{name, type, shape, data};
    return device->run("f", inputs, {&output, 1});
  }

  /// The floats that `value`, of `shape`, comes to.
  std::vector<float> result(uint32_t value, const Shape &shape) {
    f.output("out", value);
    int64_t count = 1;
    for (int64_t dim : shape)
      count *= dim;
    std::vector<float> data(count, NAN);
    absl::Status status = run("out", DataType::Float32, shape, data.data());
    EXPECT_TRUE(status.ok()) << status;
    return data;
  }

  struct Given {
    std::string name;
    Shape shape;
    std::vector<float> values;
  };

  BundleMaker maker;
  FunctionMaker f;
  std::vector<Given> given;
  std::unique_ptr<HostDevice> device;
};

testing::Matcher<std::vector<float>> near(const std::vector<float> &values) {
  return Pointwise(FloatNear(1e-5f), values);
}

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

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

TEST_F(OperationTest, ConvOfOneByOne) {
  uint32_t x = input({2, 2, 1, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  uint32_t y = f.add("conv",
                     {{"x", x},
                      {"weight", floats({1, 2, 1, 1}, {10, 1}, plan::FLOAT16)},
                      {"bias", floats({1}, {100})}},
                     {2, 1, 1, 2});
  set(f.last(), "pad_type", "valid");
  set(f.last(), "pad", std::vector<int64_t>{0, 0, 0, 0});
  set(f.last(), "strides", std::vector<int64_t>{1, 1});
  set(f.last(), "dilations", std::vector<int64_t>{1, 1});
  set(f.last(), "groups", 1);
  EXPECT_THAT(result(y, {2, 1, 1, 2}), ElementsAre(113, 124, 157, 168));
}

TEST_F(OperationTest, LinearOfRows) {
  uint32_t x = input({2, 2}, {1, 2, 3, 4});
  uint32_t y = f.add("linear",
                     {{"x", x},
                      {"weight", floats({3, 2}, {1, 0, 0, 1, 1, 1})},
                      {"bias", floats({3}, {0, 0, 10})}},
                     {2, 3});
  EXPECT_THAT(result(y, {2, 3}), ElementsAre(1, 2, 13, 3, 4, 17));
}

TEST_F(OperationTest, MatMulTransposesAndBroadcasts) {
  uint32_t x = input({2, 2, 1}, {1, 2, 3, 4});       // [1, 2] transposed
  uint32_t y = input({3, 2}, {1, 10, 2, 20, 3, 30}); // [2, 3] transposed
  uint32_t z = f.add("matmul", {{"x", x}, {"y", y}}, {2, 1, 3});
  set(f.last(), "transpose_x", true);
  set(f.last(), "transpose_y", true);
  uint32_t w =
      f.add("matmul", {{"x", z}, {"y", input({3, 1}, {1, 1, 1})}}, {2, 1, 1});
  uint32_t both = f.add("concat", {{"values", z}, {"values", w}}, {2, 1, 4});
  set(f.last(), "axis", 2);
  EXPECT_THAT(result(both, {2, 1, 4}),
              ElementsAre(21, 42, 63, 126, 43, 86, 129, 258));
}

TEST_F(OperationTest, AttentionWithAMask) {
  const float big = 40; // makes the better score all there is
  uint32_t q = input({1, 2, 1}, {big, big}), k = input({1, 2, 1}, {0, big});
  uint32_t v = input({1, 2, 2}, {1, 2, 3, 4});
  uint32_t mask = floats({2, 2}, {0, -40000, 0, 0});
  uint32_t y = f.add(
      "scaled_dot_product_attention",
      {{"query", q}, {"key", k}, {"value", v}, {"attn_mask", mask}}, {1, 2, 2});
  EXPECT_THAT(result(y, {1, 2, 2}), near({1, 2, 3, 4}));
}

//===----------------------------------------------------------------------===//
// Composites that the model in SessionTest.cpp does not have
//===----------------------------------------------------------------------===//

TEST_F(OperationTest, CompositeLayerNormAndLinear) {
  uint32_t x = input({1, 2, 1, 1}, {1, 3});
  uint32_t y = f.add("espresso.layer_norm",
                     {{"x", x}, {"gamma", floats({2}, {2, 4})}}, {1, 2, 1, 1});
  set(f.last(), "epsilon", 0.0);
  uint32_t z = f.add("espresso.linear",
                     {{"x", y},
                      {"weight", floats({1, 2}, {1, 10})},
                      {"bias", floats({1}, {0.5f})}},
                     {1, 1, 1, 1});
  EXPECT_THAT(result(z, {1, 1, 1, 1}), near({38.5f}));
}

TEST_F(OperationTest, CausalAttentionSeesNoLaterColumns) {
  const float big = 40;
  uint32_t q = input({1, 2, 1, 3}, {big, big, big, big, big, big});
  uint32_t k = input({1, 1, 1, 3}, {0, big, 2 * big});
  uint32_t v = input({1, 1, 1, 3}, {1, 2, 3});
  uint32_t y = f.add("espresso.causal_attention",
                     {{"q", q}, {"k", k}, {"v", v}}, {1, 2, 1, 3});
  set(f.last(), "head_dim", 1);
  set(f.last(), "scale", 1.0);
  EXPECT_THAT(result(y, {1, 2, 1, 3}), near({1, 2, 3, 1, 2, 3}));
}

TEST_F(OperationTest, CacheWriteKeepsStatesBetweenRuns) {
  const uint32_t cache = maker.state(plan::FLOAT16, {4, 2});
  uint32_t x = input({1, 2, 1, 1}, {1, 2});
  uint32_t zero = floats({1, 2, 1, 1}, {0, 0});
  set(f.step("espresso.cache_write", {{"cache", f.state(cache)}, {"x", x}}),
      "position", 2);
  // Reads rows 0 to 3 with a query of zeros: their mean.
  uint32_t y = f.add("espresso.attention",
                     {{"q", zero},
                      {"k", zero},
                      {"v", zero},
                      {"k_cache", f.state(cache)},
                      {"v_cache", f.state(cache)}},
                     {1, 2, 1, 1});
  set(f.last(), "head_dim", 2);
  set(f.last(), "position", 3);
  EXPECT_THAT(result(y, {1, 2, 1, 1}), near({0.25f, 0.5f}));
  device->reset();
  given[0].values = {0, 8};
  std::vector<float> again(2);
  ASSERT_TRUE(run("out", DataType::Float32, {1, 2, 1, 1}, again.data()).ok());
  EXPECT_THAT(again, near({0, 2}));
}

TEST_F(OperationTest, PositionsBeyondTheCacheAreErrors) {
  const uint32_t cache = maker.state(plan::FLOAT32, {4, 1});
  uint32_t x = input({1, 1, 1, 2}, {1, 2});
  set(f.step("espresso.cache_write", {{"cache", f.state(cache)}, {"x", x}}),
      "position", 3);
  f.output("out", x);
  float data[2];
  absl::Status status = run("out", DataType::Float32, {1, 1, 1, 2}, data);
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange) << status;
}

//===----------------------------------------------------------------------===//
// Calls and ports
//===----------------------------------------------------------------------===//

TEST_F(OperationTest, OutputsThatAreInputsOrWeightsOrTwins) {
  uint32_t x = input({2}, {1, 2});
  uint32_t w = floats({2}, {7, 8}, plan::FLOAT16);
  uint32_t y = f.add("add", {{"x", x}, {"y", w}}, {2});
  for (const auto &[name, value] : {std::pair("x", x), std::pair("w", w),
                                    std::pair("y", y), std::pair("z", y)})
    f.output(name, value);
  ASSERT_TRUE(open().ok());
  const Shape shape = {2};
  std::vector<float> in = {1, 2}, a(2), b(2), c(2), d(2);
  const TensorRef input{"in0", DataType::Float32, shape, in.data()};
  const TensorRef outputs[] = {{"y", DataType::Float32, shape, a.data()},
                               {"x", DataType::Float32, shape, b.data()},
                               {"z", DataType::Float32, shape, c.data()},
                               {"w", DataType::Float32, shape, d.data()}};
  absl::Status status = device->run("f", {&input, 1}, outputs);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(a, ElementsAre(8, 10));
  EXPECT_THAT(b, ElementsAre(1, 2));
  EXPECT_THAT(c, ElementsAre(8, 10));
  EXPECT_THAT(d, ElementsAre(7, 8));
}

TEST_F(OperationTest, PortsAreCheckedByNameTypeAndShape) {
  uint32_t x = input({2}, {1, 2});
  f.output("out", f.add("exp", {{"x", x}}, {2}));
  float data[3];
  ASSERT_TRUE(run("out", DataType::Float32, {2}, data).ok());
  for (const auto &[name, type, shape] :
       {std::tuple<std::string, DataType, Shape>{
            "other", DataType::Float32, {2}},
        {"out", DataType::Int32, {2}},
        {"out", DataType::Float32, {3}},
        {"out", DataType::Float32, {2, 1}}})
    EXPECT_EQ(run(name, type, shape, data).code(),
              absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(device->run("g", {}, {}).code(), absl::StatusCode::kNotFound);
}

} // namespace
