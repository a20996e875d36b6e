//===- RangesTest.cpp - Ranges hold what is computed ----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Analysis/Ranges.h"
#include "espresso/Analysis/NormPattern.h"
#include "espresso/AsmText/Parser.h"
#include "espresso/Eval/RandomTensors.h"
#include "espresso/Ops/Verifier.h"

#include "llvm/Support/MemoryBuffer.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace espresso;

namespace {

/// An operation on a and b, both [2, 6], and the type of its result.
struct Case {
  const char *type;
  const char *op;
};

constexpr Case kCases[] = {
    {"[2, 6]", "abs(x = a)"},
    {"[2, 6]", "add(x = a, y = b)"},
    {"[2, 6]", "sub(x = a, y = b)"},
    {"[2, 6]", "mul(x = a, y = b)"},
    {"[2, 6]", "mul(x = a, y = a)"},
    {"[2, 6]", "real_div(x = a, y = b)"},
    {"[2, 6]", "maximum(x = a, y = b)"},
    {"[2, 6]", "minimum(x = a, y = b)"},
    {"[2, 6]", "pow(x = b, y = fp32(-0x1p-1))"},
    {"[2, 6]", "pow(x = a, y = fp32(0x1p+1))"},
    {"[2, 6]", "clip(alpha = fp32(-0x1p+0), beta = fp32(0x1p+0), x = a)"},
    {"[2, 6]", "cos(x = a)"},
    {"[2, 6]", "sin(x = a)"},
    {"[2, 6]", "erf(x = a)"},
    {"[2, 6]", "exp(x = a)"},
    {"[2, 6]", "exp2(x = a)"},
    {"[2, 6]", "gelu(mode = string(\"EXACT\"), x = a)"},
    {"[2, 6]", "gelu(mode = string(\"TANH_APPROXIMATION\"), x = a)"},
    {"[2, 6]", "inverse(x = b)"},
    {"[2, 6]", "relu(x = a)"},
    {"[2, 6]", "relu6(x = a)"},
    {"[2, 6]", "rsqrt(x = b)"},
    {"[2, 6]", "sigmoid(x = a)"},
    {"[2, 6]", "sign(x = a)"},
    {"[2, 6]", "silu(x = a)"},
    {"[2, 6]", "softmax(x = a)"},
    {"[2, 6]", "softplus(x = a)"},
    {"[2, 6]", "softsign(x = a)"},
    {"[2, 6]", "sqrt(x = b)"},
    {"[2, 6]", "square(x = a)"},
    {"[2, 6]", "tanh(x = a)"},
    {"[2, 6]", "identity(x = a)"},
    {"[6, 2]", "transpose(perm = tensor<int32, [2]>([1, 0]), x = a)"},
    {"[3, 4]", "reshape(shape = tensor<int32, [2]>([3, 4]), x = a)"},
    {"[4, 6]",
     "concat(axis = int32(0), interleave = bool(false), values = (a, b))"},
    {"[2, 2, 6]", "stack(axis = int32(0), values = (a, b))"},
    {"[4, 6]", "pad(constant_val = fp32(0x1p+4), mode = string(\"constant\"), "
               "pad = tensor<int32, [4]>([1, 1, 0, 0]), x = a)"},
    {"[2, 1]", "reduce_sum(axes = tensor<int32, [1]>([1]), keep_dims = "
               "bool(true), x = a)"},
    {"[2, 1]", "reduce_sum_square(axes = tensor<int32, [1]>([1]), keep_dims = "
               "bool(true), x = a)"},
    {"[2, 1]", "reduce_mean(axes = tensor<int32, [1]>([1]), keep_dims = "
               "bool(true), x = a)"},
    {"[2, 1]", "reduce_max(axes = tensor<int32, [1]>([1]), keep_dims = "
               "bool(true), x = a)"},
    {"[2, 6]", "layer_norm(axes = tensor<int32, [1]>([1]), x = a)"},
    {"[2, 2]", "matmul(transpose_y = bool(true), x = a, y = b)"},
    {"[6, 6]", "matmul(transpose_x = bool(true), x = a, y = b)"},
    {"[2, 3]", "linear(weight = w, x = a)"},
    {"[2, 3]", "linear(bias = v, weight = w, x = a)"},
    {"[2, 3]", "matmul(transpose_y = bool(true), x = a, y = w)"},
    {"[3, 2]", "matmul(transpose_y = bool(true), x = w, y = a)"},
    {"[2, 2]", "matmul(x = a, y = u)"},
};

std::string makeText(const Case &c) {
  return std::string("program(1.3) {\n"
                     "  func main<ios18>(tensor<fp32, [2, 6]> a, "
                     "tensor<fp32, [2, 6]> b) {\n"
                     "    tensor<fp32, [3]> v = const()[val = tensor<fp32, "
                     "[3]>([0x1p+0, -0x1p+2, 0x1p-1])];\n"
                     "    tensor<fp32, [3, 6]> w = const()[val = tensor<fp32, "
                     "[3, 6]>([[0x1p+0, -0x1p+1, 0x1p-1, 0x0p+0, 0x1p+2, "
                     "-0x1p+0], [-0x1p+0, -0x1p+0, -0x1p+0, -0x1p+0, -0x1p+0, "
                     "-0x1p+0], [0x0p+0, 0x0p+0, 0x0p+0, 0x1p+3, 0x0p+0, "
                     "0x0p+0]])];\n"
                     "    tensor<fp32, [6, 2]> u = const()[val = tensor<fp32, "
                     "[6, 2]>([[0x1p+0, -0x1p+1], [0x1p-1, 0x0p+0], [0x1p+2, "
                     "-0x1p+0], [0x1p+0, 0x1p+0], [-0x1p+1, 0x1p+1], [0x1p+0, "
                     "0x0p+0]])];\n"
                     "    tensor<fp32, ") +
         c.type + "> y = " + c.op + ";\n  } -> (y);\n}\n";
}

std::unique_ptr<Program> parse(Context &context, const std::string &text) {
  llvm::SourceMgr &sources = context.getDiagnostics().getSourceMgr();
  unsigned buffer = sources.AddNewSourceBuffer(
      llvm::MemoryBuffer::getMemBufferCopy(text, "test.mil"), llvm::SMLoc());
  return parseProgramPiece(context,
                           sources.getMemoryBuffer(buffer)->getBuffer());
}

class RangesTest : public testing::TestWithParam<Case> {};

// Whatever inputs do within their assumed ranges, every element stays within
// the range of its value, and every sum within its accumulator.
TEST_P(RangesTest, HoldWhatIsComputed) {
  Context context;
  std::unique_ptr<Program> program = parse(context, makeText(GetParam()));
  ASSERT_TRUE(program);
  ASSERT_TRUE(succeeded(verify(*program)));
  Function &function = *program->findFunction("main");
  RangeAssumptions assumptions;
  assumptions.inputs = {{"a", ValueRange::between(-3, 2.5)},
                        {"b", ValueRange::between(0.25, 4)}};
  RangeMap ranges = computeRanges(function, assumptions);
  const ValueRange *range = ranges.find(*function.getBody().getOutput(0));
  ASSERT_TRUE(range);
  EXPECT_TRUE(range->isBounded());
  RandomSource random(7);
  Evaluator evaluator(*program, {NumericsMode::Fp64});
  for (int round = 0; round < 200; ++round) {
    NamedTensors inputs;
    for (auto &[name, assumed] : assumptions.inputs) {
      std::vector<float> elements;
      for (int i = 0; i < 12; ++i) {
        // Extremes often, for they are what bounds are about.
        uint64_t choice = random.nextBelow(4);
        double unit = choice == 0 ? 0 : choice == 1 ? 1 : random.nextUnit();
        elements.push_back(static_cast<float>(
            assumed.low + (assumed.high - assumed.low) * unit));
      }
      inputs.emplace_back(name, Tensor::fromElements(DataType::Float32, {2, 6},
                                                     std::move(elements)));
    }
    FailureOr<NamedTensors> outputs = evaluator.run("main", inputs);
    ASSERT_TRUE(succeeded(outputs));
    const Tensor &y = outputs->front().second;
    for (int64_t i = 0; i < y.getNumElements(); ++i) {
      double slack = 1e-6 * (1 + std::fabs(y.getReal(i)));
      ASSERT_GE(y.getReal(i), range->low - slack);
      ASSERT_LE(y.getReal(i), range->high + slack);
      double bound =
          range->accumulator == 0 ? range->getMagnitude() : range->accumulator;
      ASSERT_LE(std::fabs(y.getReal(i)), bound + slack);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Operations, RangesTest, testing::ValuesIn(kCases));

// Each way to write a norm is known as one, with its epsilon and count; what
// only looks like one is not.
TEST(NormPatternTest, KnowsEveryForm) {
  Context context;
  std::unique_ptr<Program> program;
  auto match = [&](const std::string &body, const char *last) {
    program =
        parse(context, "program(1.3) {\n  func main<ios18>(tensor<fp32, [1, 4, "
                       "1, 2]> x, tensor<fp32, [1, 4, 1, 2]> z) {\n" +
                           body + "  } -> (" + last + ");\n}\n");
    EXPECT_TRUE(program && succeeded(verify(*program)));
    Operation *op =
        program->findFunction("main")->getBody().getOutput(0)->getDefiningOp();
    return matchNorm(*op);
  };
  const std::string type = "tensor<fp32, [1, 4, 1, 2]>";
  const std::string small = "tensor<fp32, [1, 1, 1, 2]>";
  const std::string axes =
      "(axes = tensor<int32, [1]>([1]), keep_dims = bool(true), x = ";
  const std::string squares = type + " s = mul(x = x, y = x);\n";
  const std::string mean = small + " m = reduce_mean" + axes + "s);\n";
  std::optional<NormPattern> norm =
      match(squares + mean + small +
                " r = rsqrt(epsilon = fp32(0x1p-4), x = m)"
                ";\n" +
                type + " y = mul(x = r, y = x);\n",
            "y");
  ASSERT_TRUE(norm);
  EXPECT_EQ(norm->count, 4);
  EXPECT_EQ(norm->factor, 0.25);
  EXPECT_EQ(norm->epsilon, 0.0625);
  EXPECT_EQ(norm->centred->getName(), "x");

  norm = match(small + " q = reduce_sum_square" + axes + "x);\n" + small +
                   " m = real_div(x = q, y = fp32(0x1p+2));\n" + small +
                   " e = add(x = fp32(0x1p-4), y = m);\n" + small +
                   " r = sqrt(x = e);\n" + type +
                   " y = real_div(x = x, y = r);"
                   "\n",
               "y");
  ASSERT_TRUE(norm);
  EXPECT_EQ(norm->epsilon, 0.0625);
  EXPECT_EQ(norm->squares, nullptr);

  norm = match(type + " s = pow(x = x, y = fp32(0x1p+1));\n" + small +
                   " q = reduce_sum" + axes + "s);\n" + small +
                   " r = pow(x = q, y = fp32(-0x1p-1));\n" + type +
                   " y = mul(x = x, y = r);\n",
               "y");
  ASSERT_TRUE(norm);
  EXPECT_EQ(norm->factor, 1);
  EXPECT_EQ(norm->epsilon, 0);

  // Squares of something else, and another power.
  EXPECT_FALSE(match(squares + mean + small + " r = rsqrt(x = m);\n" + type +
                         " y = mul(x = z, y = r);\n",
                     "y"));
  EXPECT_FALSE(match(squares + mean + small +
                         " r = pow(x = m, y = fp32(-0x1p+0));\n" + type +
                         " y = mul(x = x, y = r);\n",
                     "y"));
}

} // namespace
