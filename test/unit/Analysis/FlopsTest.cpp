//===- FlopsTest.cpp - Counting the arithmetic of operations --------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Analysis/Flops.h"

#include "espresso/AsmText/Parser.h"
#include "espresso/Ops/Verifier.h"

#include "gtest/gtest.h"

namespace espresso {
namespace {

/// The last operation of a function with these inputs and this body.
struct FlopsCase {
  const char *name;
  const char *opset;
  const char *inputs;
  const char *body;
  uint64_t flops;
};

class FlopsTest : public testing::TestWithParam<FlopsCase> {};

FlopCount countLast(Context &context, const FlopsCase &test) {
  std::string text = "program(1.3)\n{\nfunc main<" + std::string(test.opset) +
                     ">(" + test.inputs + ") {\n" + test.body +
                     "\n} -> (r);\n}";
  std::unique_ptr<Program> program = parseProgramText(context, text);
  if (!program || failed(verify(*program, {.warnOpaque = false}))) {
    ADD_FAILURE() << "no valid program: " << text;
    return {};
  }
  Block &body = program->getFunctions().front()->getBody();
  return countFlops(*std::prev(body.end()));
}

TEST_P(FlopsTest, CountsAsDocumented) {
  Context context;
  FlopCount count = countLast(context, GetParam());
  EXPECT_EQ(count.flops, GetParam().flops);
  EXPECT_TRUE(count.isExact());
}

// Factors are small primes, so that no two ways to count give the same number.
constexpr FlopsCase kCases[] = {
    {"Elementwise", "ios15", "tensor<fp16, [3, 5]> x, tensor<fp16, [5]> y",
     "tensor<fp16, [3, 5]> r = add(x = x, y = y);", 15},
    {"Reshape", "ios15", "tensor<fp16, [3, 5]> x",
     "tensor<fp16, [5, 3]> r = reshape(shape = tensor<int32, [2]>([5, 3]), "
     "x = x);",
     0},
    {"Reduction", "ios15", "tensor<fp16, [3, 5]> x",
     "tensor<fp16, [3]> r = reduce_sum(axes = tensor<int32, [1]>([1]), "
     "keep_dims = bool(false), x = x);",
     15},
    {"Softmax", "ios15", "tensor<fp16, [3, 5]> x",
     "tensor<fp16, [3, 5]> r = softmax(axis = int32(-1), x = x);", 15},
    {"Linear", "ios15", "tensor<fp16, [2, 3]> x",
     "tensor<fp16, [5, 3]> w = const()[val = tensor<fp16, "
     "[5, 3]>(BLOBFILE(path = string(\"w\"), offset = uint64(64)))];\n"
     "tensor<fp16, [2, 5]> r = linear(weight = w, x = x);",
     2 * 2 * 3 * 5},
    {"Matmul", "ios15", "tensor<fp16, [7, 2, 3]> x, tensor<fp16, [7, 3, 5]> y",
     "tensor<fp16, [7, 2, 5]> r = matmul(x = x, y = y);", 2 * 7 * 2 * 3 * 5},
    {"MatmulTransposed", "ios15",
     "tensor<fp16, [3, 2]> x, tensor<fp16, [5, 3]> y",
     "tensor<fp16, [2, 5]> r = matmul(transpose_x = bool(true), "
     "transpose_y = bool(true), x = x, y = y);",
     2 * 2 * 3 * 5},
    {"GroupedConv", "ios18",
     "tensor<fp16, [1, 4, 1, 9]> x, tensor<fp16, [6, 2, 1, 3]> w",
     "tensor<fp16, [1, 6, 1, 7]> r = conv(groups = int32(2), weight = w, "
     "x = x);",
     2 * (6 * 7) * (2 * 3)},
    {"ConvTranspose", "ios15", "tensor<fp16, [1, 4, 1, 5]> x",
     "tensor<fp16, [4, 6, 1, 3]> w = const()[val = tensor<fp16, "
     "[4, 6, 1, 3]>(BLOBFILE(path = string(\"w\"), offset = uint64(64)))];\n"
     "tensor<fp16, [1, 6, 1, 7]> r = conv_transpose(weight = w, x = x);",
     2 * (4 * 5) * (6 * 3)},
    {"Recurrent", "ios15", "tensor<fp32, [7, 2, 3]> x, tensor<fp32, [2, 5]> h",
     "tensor<fp32, [5, 3]> wi = const()[val = tensor<fp32, "
     "[5, 3]>(BLOBFILE(path = string(\"w\"), offset = uint64(64)))];\n"
     "tensor<fp32, [5, 5]> wh = const()[val = tensor<fp32, "
     "[5, 5]>(BLOBFILE(path = string(\"w\"), offset = uint64(64)))];\n"
     "tensor<fp32, [1, 2, 5]> r, tensor<fp32, [2, 5]> last = rnn(initial_h = "
     "h, weight_hh = wh, weight_ih = wi, x = x);",
     2 * 7 * 2 * (5 * 3 + 5 * 5)},
    {"Einsum", "ios15",
     "tensor<fp16, [2, 3, 5, 7]> x, tensor<fp16, [2, 7, 5, 11]> y",
     "tensor<fp16, [2, 3, 5, 11]> r = einsum(equation = "
     "string(\"nchw,nwhu->nchu\"), values = (x, y));",
     2 * 2 * 3 * 5 * 7 * 11},
    {"Attention", "ios18",
     "tensor<fp16, [2, 3, 5]> q, tensor<fp16, [2, 7, 5]> k, "
     "tensor<fp16, [2, 7, 11]> v",
     "tensor<fp16, [2, 3, 11]> r = scaled_dot_product_attention(key = k, "
     "query = q, value = v);",
     2 * 2 * 3 * 7 * (5 + 11)},
    {"MaxPool", "ios15", "tensor<fp16, [1, 3, 5, 7]> x",
     "tensor<fp16, [1, 3, 4, 5]> r = max_pool(ceil_mode = bool(false), "
     "kernel_sizes = tensor<int32, [2]>([2, 3]), pad = tensor<int32, [4]>([0, "
     "0, 0, 0]), pad_type = string(\"valid\"), strides = tensor<int32, "
     "[2]>([1, 1]), x = x);",
     3 * 4 * 5 * (2 * 3)},
    {"Constant", "ios15", "fp16 x",
     "tensor<fp16, [2]> r = const()[name = string(\"r\"), val = tensor<fp16, "
     "[2]>([0x1p+0, 0x1p+1])];",
     0},
    {"ColumnLinear", "model", "tensor<fp16, [1, 3, 1, 7]> x",
     "tensor<fp16, [5, 3]> w = const()[val = tensor<fp16, "
     "[5, 3]>(BLOBFILE(path = string(\"w\"), offset = uint64(64)))];\n"
     "tensor<fp16, [1, 5, 1, 7]> r = espresso.linear(weight = w, x = x);",
     2 * 5 * 3 * 7},
    {"GatedNetwork", "model", "tensor<fp16, [1, 3, 1, 7]> x",
     "tensor<fp16, [5, 3]> g = const()[val = tensor<fp16, "
     "[5, 3]>(BLOBFILE(path = string(\"w\"), offset = uint64(64)))];\n"
     "tensor<fp16, [3, 5]> d = const()[val = tensor<fp16, "
     "[3, 5]>(BLOBFILE(path = string(\"w\"), offset = uint64(64)))];\n"
     "tensor<fp16, [1, 3, 1, 7]> r = espresso.ffn(down = d, gate = g, "
     "up = g, x = x);",
     3 * 2 * 5 * 3 * 7},
    {"PlainNetwork", "model", "tensor<fp16, [1, 3, 1, 7]> x",
     "tensor<fp16, [5, 3]> u = const()[val = tensor<fp16, "
     "[5, 3]>(BLOBFILE(path = string(\"w\"), offset = uint64(64)))];\n"
     "tensor<fp16, [3, 5]> d = const()[val = tensor<fp16, "
     "[3, 5]>(BLOBFILE(path = string(\"w\"), offset = uint64(64)))];\n"
     "tensor<fp16, [1, 3, 1, 7]> r = espresso.ffn(down = d, up = u, x = x);",
     2 * 2 * 5 * 3 * 7},
    {"Router", "model", "tensor<fp16, [1, 3, 1, 7]> x",
     "tensor<fp16, [5, 3]> w = const()[val = tensor<fp16, "
     "[5, 3]>(BLOBFILE(path = string(\"w\"), offset = uint64(64)))];\n"
     "tensor<fp16, [1, 5, 1, 7]> r = espresso.router(top_k = int32(2), "
     "weight = w, x = x);",
     2 * 5 * 3 * 7},
    {"ShortConvolution", "model",
     "tensor<fp16, [1, 5, 1, 7]> x, tensor<int32, [1]> p, "
     "state<tensor<fp16, [11, 5]>> c",
     "tensor<fp16, [5, 3]> w = const()[val = tensor<fp16, "
     "[5, 3]>(BLOBFILE(path = string(\"w\"), offset = uint64(64)))];\n"
     "tensor<fp16, [1, 5, 1, 7]> r = espresso.short_conv(cache = c, "
     "position = p, weight = w, x = x);",
     2 * 5 * 3 * 7},
    {"CausalAttention", "model",
     "tensor<fp16, [1, 6, 1, 7]> q, tensor<fp16, [1, 2, 1, 7]> k, "
     "tensor<fp16, [1, 2, 1, 7]> v",
     "tensor<fp16, [1, 6, 1, 7]> r = espresso.causal_attention(head_dim = "
     "int32(2), k = k, q = q, v = v);",
     2 * 2 * (6 * 7) * 7},
    {"MaskedAttention", "model",
     "tensor<fp16, [1, 6, 1, 2]> q, tensor<fp16, [1, 2, 1, 2]> k, "
     "tensor<fp16, [1, 11, 1, 2]> r, tensor<fp16, [1, 11, 1, 2]> m",
     "tensor<fp16, [1, 6, 1, 2]> r2 = espresso.masked_attention(head_dim = "
     "int32(2), k = k, k_rows = r, mask = m, q = q, v = k, v_rows = r);",
     2 * 2 * (6 * 2) * (11 + 2)},
    {"CachedAttention", "model",
     "tensor<fp16, [1, 6, 1, 1]> q, tensor<fp16, [1, 2, 1, 1]> k, "
     "tensor<fp16, [1, 2, 1, 1]> v, tensor<int32, [1]> p, "
     "state<tensor<fp16, [11, 2]>> kc, state<tensor<fp16, [11, 2]>> vc",
     "tensor<fp16, [1, 6, 1, 1]> r = espresso.attention(head_dim = int32(2), "
     "k = k, k_cache = kc, position = p, q = q, v = v, v_cache = vc);",
     2 * 2 * 6 * 11},
};

INSTANTIATE_TEST_SUITE_P(Operations, FlopsTest, testing::ValuesIn(kCases),
                         [](const auto &info) { return info.param.name; });

TEST(FlopCountTest, DynamicExtentsCountAsOne) {
  Context context;
  FlopCount count = countLast(context, {.opset = "ios15",
                                        .inputs = "tensor<fp16, [?, 5]> x",
                                        .body = "tensor<fp16, [?, 5]> r = "
                                                "relu(x = x);"});
  EXPECT_EQ(count.flops, 5U);
  EXPECT_EQ(count.numDynamic, 1U);
  EXPECT_FALSE(count.isExact());
}

TEST(FlopCountTest, UnknownOperationsAreSaidToBe) {
  Context context;
  FlopCount count = countLast(
      context,
      {.opset = "ios15", .inputs = "fp16 x", .body = "fp16 r = zorp(x = x);"});
  EXPECT_EQ(count.flops, 0U);
  EXPECT_EQ(count.numUnknown, 1U);
}

// Of sizes that no memory holds there are more than a number holds.
TEST(FlopCountTest, SaturatesRatherThanWraps) {
  FlopCount count{.flops = ~uint64_t{0} - 1};
  count += {.flops = 5};
  EXPECT_EQ(count.flops, ~uint64_t{0});
}

} // namespace
} // namespace espresso
