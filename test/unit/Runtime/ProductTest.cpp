//===- ProductTest.cpp - Products, attention and calls --------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OperationTest.h"

#include <functional>

using namespace espresso;
using namespace espresso::runtime;
using testing::ElementsAre;

namespace {

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

/// Arguments that only a damaged plan has are refused when it is opened.
struct BadComposite {
  const char *name;
  const char *op;
  std::function<void(plan::Step &)> change;
  const char *words;
};

void PrintTo(const BadComposite &bad, std::ostream *os) { *os << bad.name; }

class BadCompositeTest : public OperationTest,
                         public testing::WithParamInterface<BadComposite> {
protected:
  /// Every operand of those composites that a case may need, [1, 4, 1, 2].
  void add(const std::string &op) {
    const Shape shape = {1, 4, 1, 2};
    std::vector<float> values(8, 1);
    uint32_t x = input(shape, values);
    std::vector<float> square(16, 1);
    if (op == "espresso.causal_attention") {
      f.add(op, {{"q", x}, {"k", x}, {"v", x}}, shape);
      set(f.last(), "head_dim", 2);
    } else if (op == "espresso.rope") {
      f.add(op, {{"x", x}}, shape);
      set(f.last(), "head_dim", 4);
      set(f.last(), "position", 0);
    } else if (op == "espresso.rms_norm") {
      f.add(op, {{"x", x}, {"weight", floats({4}, {1, 1, 1, 1})}}, shape);
      set(f.last(), "epsilon", 0.0);
    } else if (op == "espresso.ffn") {
      f.add(op,
            {{"x", x},
             {"up", floats({4, 4}, square)},
             {"down", floats({4, 4}, square)},
             {"route", x}},
            shape);
    } else {
      f.add(op, {{"x", x}, {"weight", floats({4, 4}, square)}}, shape);
    }
  }
};

TEST_P(BadCompositeTest, IsRefused) {
  add(GetParam().op);
  GetParam().change(f.last());
  absl::Status status = open();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(status.message(), testing::HasSubstr(GetParam().words));
}

const BadComposite kBadComposites[] = {
    {"NoAngles", "espresso.rope", [](plan::Step &) {},
     "needs either theta or frequencies"},
    {"OddPart", "espresso.rope",
     [](plan::Step &s) {
       set(s, "theta", 10.0);
       set(s, "rotary_dim", 3);
     },
     "cannot rotate 3 channels of heads of 4"},
    {"ThetaZero", "espresso.rope", [](plan::Step &s) { set(s, "theta", 0.0); },
     "cannot rotate by theta 0"},
    {"Groups", "espresso.rms_norm", [](plan::Step &s) { set(s, "groups", 3); },
     "3 groups do not divide the 4 channels"},
    {"NoGroups", "espresso.rms_norm",
     [](plan::Step &s) { set(s, "groups", 0); }, "0 groups do not divide"},
    {"Window", "espresso.causal_attention",
     [](plan::Step &s) { set(s, "window", 0); }, "window is 0"},
    {"SoftCap", "espresso.causal_attention",
     [](plan::Step &s) { set(s, "softcap", -1.0); }, "softcap -1"},
    {"Activation", "espresso.ffn",
     [](plan::Step &s) {
       set(s, "expert", 0);
       set(s, "activation", "swish");
     },
     "the activation 'swish' is unknown"},
    {"Expert", "espresso.ffn", [](plan::Step &s) { set(s, "expert", 4); },
     "there is no expert 4"},
    {"NoExpert", "espresso.ffn", [](plan::Step &) {}, "'expert'"},
    {"TopK", "espresso.router", [](plan::Step &s) { set(s, "top_k", 5); },
     "cannot take 5 of 4 experts"},
    {"HeadCap", "espresso.head", [](plan::Step &s) { set(s, "softcap", -2.0); },
     "softcap is -2"},
};

INSTANTIATE_TEST_SUITE_P(Plans, BadCompositeTest,
                         testing::ValuesIn(kBadComposites),
                         [](const auto &info) {
                           return std::string(info.param.name);
                         });

// An expert that no column takes gives nothing, one that some take its share.
TEST_F(OperationTest, ExpertsAreWeighed) {
  uint32_t x = input({1, 1, 1, 2}, {3, -4});
  uint32_t route = input({1, 2, 1, 2}, {0, 0, 0.5f, 0});
  std::vector<uint32_t> parts;
  for (int expert : {0, 1}) {
    parts.push_back(f.add("espresso.ffn",
                          {{"x", x},
                           {"up", floats({1, 1}, {2})},
                           {"down", floats({1, 1}, {10})},
                           {"down_bias", floats({1}, {7})},
                           {"route", route}},
                          {1, 1, 1, 2}));
    set(f.last(), "activation", "relu");
    set(f.last(), "expert", expert);
  }
  uint32_t y = f.add("add", {{"x", parts[0]}, {"y", parts[1]}}, {1, 1, 1, 2});
  EXPECT_THAT(result(y, {1, 1, 1, 2}), near({33.5f, 0}));
}

TEST_F(OperationTest, PositionsBeyondTheTableAreErrors) {
  uint32_t x = input({1, 1, 1, 2}, {1, 2});
  f.output("out", f.add("espresso.position_embedding",
                        {{"x", x}, {"table", floats({3, 1}, {5, 6, 7})}},
                        {1, 1, 1, 2}));
  set(f.last(), "position", 2);
  float data[2];
  absl::Status status = run("out", DataType::Float32, {1, 1, 1, 2}, data);
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange) << status;
  EXPECT_THAT(status.message(), testing::HasSubstr("of a table of 3"));
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
