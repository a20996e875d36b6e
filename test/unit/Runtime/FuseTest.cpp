//===- FuseTest.cpp - Tests of steps that become one kernel ---------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BundleMaker.h"
#include "espresso/Runtime/Device.h"
#include "espresso/Runtime/DumpPlan.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <cmath>
#include <memory>
#include <string>
#include <vector>

using namespace espresso;
using namespace espresso::runtime;
using testing::HasSubstr;
using testing::Not;

namespace {

using Floats = std::vector<float>;

Floats makeFloats(int64_t count, uint32_t seed) {
  Floats values(count);
  uint32_t state = seed * 2654435761u + 1;
  for (float &value : values) {
    state = state * 1664525u + 1013904223u;
    value = static_cast<float>(static_cast<int32_t>(state) >> 8) / 8388608.0f;
  }
  return values;
}

/// Programs `f(x, r)` of S columns, run as one kernel and step by step.
class FuseTest : public testing::Test {
protected:
  static constexpr int64_t kWidth = 24, kRows = 40;

  /// Begins a program of `count` columns.
  void begin(int64_t count) {
    columns = count;
    maker = std::make_unique<BundleMaker>();
    f = std::make_unique<FunctionMaker>(
        maker->function("f", plan::Function::PROGRAM));
    x = f->input("x", plan::FLOAT32, {1, kWidth, 1, columns});
    outputs.clear();
    seed = 1;
  }
  uint32_t vector(int64_t count, Shape shape) {
    return f->weight(maker->weight(plan::FLOAT32, std::move(shape),
                                   makeFloats(count, seed++)));
  }
  uint32_t channels(int64_t count) { return vector(count, {1, count, 1, 1}); }

  uint32_t binary(const char *op, uint32_t a, uint32_t b, const Shape &shape) {
    return f->add(op, {{"x", a}, {"y", b}}, shape);
  }
  uint32_t scaled(const char *op, uint32_t a, double number,
                  const Shape &shape) {
    const uint32_t value = f->add(op, {{"x", a}}, shape);
    set(f->last(), "y", number);
    return value;
  }
  uint32_t sum(uint32_t a, int64_t axis, const Shape &shape,
               const char *op = "reduce_sum") {
    const uint32_t value = f->add(op, {{"x", a}}, shape);
    set(f->last(), "axes", std::vector<int64_t>{axis});
    set(f->last(), "keep_dims", true);
    return value;
  }
  Shape wide(int64_t rows = kWidth) const { return {1, rows, 1, columns}; }
  Shape narrow() const { return {1, 1, 1, columns}; }

  uint32_t conv(uint32_t from, int64_t width, int64_t rows) {
    const uint32_t weight = f->weight(maker->weight(
        plan::FLOAT16, {rows, width, 1, 1}, makeFloats(rows * width, seed++)));
    return f->add("conv", {{"weight", weight}, {"x", from}}, wide(rows));
  }

  /// A norm as docs/Composites.md lowers it, along `axis` of `shape`.
  uint32_t norm(uint32_t from, const Shape &shape, int64_t axis, bool centres) {
    Shape thin = shape;
    thin[axis] = 1;
    const double inverse = 0.98 / static_cast<double>(shape[axis]);
    uint32_t centred = from;
    if (centres)
      centred =
          binary("sub", from,
                 scaled("mul", sum(from, axis, thin), inverse, thin), shape);
    const uint32_t squares =
        sum(binary("mul", centred, centred, shape), axis, thin);
    const uint32_t shifted =
        scaled("add", scaled("mul", squares, inverse, thin), 1e-5, thin);
    const uint32_t root = scaled("pow", shifted, -0.5, thin);
    Shape gains(shape.size(), 1);
    gains[axis] = shape[axis];
    const uint32_t scaledUp = binary("mul", binary("mul", centred, root, shape),
                                     vector(shape[axis], gains), shape);
    return centres ? binary("add", scaledUp, vector(shape[axis], gains), shape)
                   : scaledUp;
  }

  void output(const std::string &name, uint32_t value, int64_t rows) {
    f->output(name, value);
    outputs.emplace_back(name, rows);
  }

  /// The outputs, one after another, and the plan as it ran.
  Floats run(const Floats &input, bool fuse, unsigned threads) {
    auto bundle = Bundle::open(maker->getPath(), {.fuseSteps = fuse});
    EXPECT_TRUE(bundle.ok()) << bundle.status();
    dump = dumpPlan(**bundle);
    auto device = *HostDevice::create(*bundle, {.threads = threads});
    const Shape shape = wide();
    Floats in = input;
    const TensorRef from{"x", DataType::Float32, shape, in.data()};
    std::vector<Floats> results;
    std::vector<Shape> shapes;
    for (const auto &[name, rows] : outputs) {
      results.emplace_back(rows * columns, NAN);
      shapes.push_back(wide(rows));
    }
    std::vector<TensorRef> to;
    for (size_t i = 0; i < outputs.size(); ++i)
      to.push_back(
          {outputs[i].first, DataType::Float32, shapes[i], results[i].data()});
    absl::Status status = device->run("f", {&from, 1}, to);
    EXPECT_TRUE(status.ok()) << status;
    Floats all;
    for (const Floats &result : results)
      all.insert(all.end(), result.begin(), result.end());
    return all;
  }

  /// Holds the program that `build` makes to its steps one by one, with 1, 5
  /// and 50 columns; up to 32 columns have the bits they have alone. Its plan
  /// has a step called `name`.
  template <typename Build>
  void check(Build build, const std::string &name) {
    std::vector<Floats> single; // results by column
    const Floats all = makeFloats(kWidth * 50, 99);
    for (int64_t count : {1, 5, 32, 50}) {
      for (int64_t first = 0; first < (count == 1 ? 32 : 1); ++first) {
        begin(count);
        build();
        maker->write();
        Floats in(kWidth * count);
        for (int64_t c = 0; c < kWidth; ++c)
          for (int64_t s = 0; s < count; ++s)
            in[c * count + s] = all[c * 50 + first + s];
        const Floats expected = run(in, false, 1);
        EXPECT_THAT(dump, Not(HasSubstr("  " + name + " -> ")));
        const Floats found = run(in, true, 2);
        EXPECT_THAT(dump, HasSubstr("  " + name + " -> "));
        ASSERT_EQ(found.size(), expected.size());
        for (size_t i = 0; i < found.size(); ++i)
          ASSERT_NEAR(found[i], expected[i], 1e-4 * (1 + std::abs(expected[i])))
              << "element " << i << " of " << count << " columns";
        if (count == 1)
          single.push_back(found);
        for (size_t i = 0; count > 1 && count <= 32 && i < found.size(); ++i) {
          ASSERT_EQ(found[i], single[i % count][i / count]);
        }
      }
    }
  }

  std::unique_ptr<BundleMaker> maker;
  std::unique_ptr<FunctionMaker> f;
  std::vector<std::pair<std::string, int64_t>> outputs;
  uint32_t x = 0, seed = 1;
  int64_t columns = 1;
  std::string dump;
};

// RMS and layer norms in single operations are one step.
TEST_F(FuseTest, Norms) {
  for (bool centres : {false, true})
    check([&] { output("y", norm(x, wide(), 1, centres), kWidth); }, "norm");
}

// So are norms of heads, with the reshapes around them.
TEST_F(FuseTest, NormsOfHeads) {
  check(
      [&] {
        const Shape heads = {1, 3, kWidth / 3, columns};
        const uint32_t grouped = f->add("reshape", {{"x", x}}, heads);
        set(f->last(), "shape", heads);
        const uint32_t y = norm(grouped, heads, 2, false);
        const uint32_t merged = f->add("reshape", {{"x", y}}, wide());
        set(f->last(), "shape", wide());
        output("y", merged, kWidth);
      },
      "norm");
}

// A norm added to a stream is one step.
TEST_F(FuseTest, NormAndResidual) {
  check(
      [&] {
        output("y", binary("add", x, norm(x, wide(), 1, false), wide()),
               kWidth);
      },
      "norm+residual");
}

// The form of range-safe-norms, which divides by the largest element, is the
// norm of the elements themselves.
TEST_F(FuseTest, RangeSafeNorm) {
  check(
      [&] {
        const uint32_t largest =
            sum(f->add("abs", {{"x", x}}, wide()), 1, narrow(), "reduce_max");
        const uint32_t divisor = scaled("maximum", largest, 1e-3, narrow());
        const uint32_t u = binary("real_div", x, divisor, wide());
        const uint32_t quotient =
            f->add("real_div", {{"y", divisor}}, narrow());
        set(f->last(), "x", 3e-3);
        const uint32_t shift = binary("mul", quotient, quotient, narrow());
        const uint32_t squares = sum(binary("mul", u, u, wide()), 1, narrow());
        const uint32_t mean = scaled("mul", squares, 1.0 / kWidth, narrow());
        const uint32_t root =
            scaled("pow", binary("add", mean, shift, narrow()), -0.5, narrow());
        output("y", binary("mul", u, root, wide()), kWidth);
      },
      "norm");
}

// Products of one norm are one step with it.
TEST_F(FuseTest, NormAndProducts) {
  check(
      [&] {
        const uint32_t y = norm(x, wide(), 1, true);
        output("q", conv(y, kWidth, kRows), kRows);
        output("k", conv(y, kWidth, 8), 8);
        const uint32_t v = conv(y, kWidth, 8);
        output("v", binary("add", v, channels(8), wide(8)), 8);
      },
      "norm+3 products");
}

// A feed-forward block is three steps: of the norm, gate and up; of down and
// the residual.
TEST_F(FuseTest, FeedForward) {
  for (const char *form : {"sigmoid", "tanh", "silu", "gelu"}) {
    SCOPED_TRACE(form);
    check(
        [&] {
          const uint32_t y = norm(x, wide(), 1, false);
          const uint32_t gate = conv(y, kWidth, kRows);
          const uint32_t up = conv(y, kWidth, kRows);
          const Shape rows = wide(kRows);
          uint32_t active = 0;
          if (form == std::string("sigmoid")) {
            active = binary("mul", gate, f->add("sigmoid", {{"x", gate}}, rows),
                            rows);
          } else if (form == std::string("tanh")) {
            const uint32_t half = scaled("mul", gate, 0.5, rows);
            const uint32_t tanh = f->add("tanh", {{"x", half}}, rows);
            active = binary("mul", half, scaled("add", tanh, 1, rows), rows);
          } else if (form == std::string("silu")) {
            active = f->add("silu", {{"x", gate}}, rows);
          } else {
            const uint32_t cube =
                binary("mul", binary("mul", gate, gate, rows), gate, rows);
            const uint32_t inner =
                binary("add", gate, scaled("mul", cube, 0.0447083, rows), rows);
            const uint32_t tanh = f->add(
                "tanh", {{"x", scaled("mul", inner, 0.7979, rows)}}, rows);
            active = binary("mul", scaled("mul", gate, 0.5, rows),
                            scaled("add", tanh, 1, rows), rows);
          }
          const uint32_t gated = binary("mul", active, up, rows);
          output("y", binary("add", x, conv(gated, kRows, kWidth), wide()),
                 kWidth);
        },
        "norm+gated product");
    EXPECT_THAT(dump, HasSubstr("  product+residual -> "));
    EXPECT_THAT(dump, HasSubstr(": 2 of "));
  }
}

// What others read stays: a product whose bare result goes out, too, is not
// made one with what follows it.
TEST_F(FuseTest, KeepsWhatOthersRead) {
  begin(1);
  const uint32_t y = conv(x, kWidth, kWidth);
  output("bare", y, kWidth);
  output("y", binary("add", x, y, wide()), kWidth);
  maker->write();
  const Floats in = makeFloats(kWidth, 3);
  const Floats expected = run(in, false, 1);
  EXPECT_EQ(run(in, true, 1), expected);
  EXPECT_THAT(dump, HasSubstr("  conv -> "));
}

// Products of one x between which another step reads the first are not made to
// wait for the second.
TEST_F(FuseTest, KeepsOrder) {
  begin(3);
  const uint32_t a = conv(x, kWidth, kWidth);
  const uint32_t b = f->add("exp", {{"x", a}}, wide());
  output("y", binary("add", b, conv(x, kWidth, kWidth), wide()), kWidth);
  maker->write();
  const Floats in = makeFloats(kWidth * 3, 3);
  const Floats expected = run(in, false, 1);
  EXPECT_EQ(run(in, true, 2), expected);
  EXPECT_THAT(dump, HasSubstr("  product+residual -> "));
}

// A bias that is no vector of the rows is added as it stands.
TEST_F(FuseTest, RefusesOtherConstants) {
  begin(2);
  const uint32_t y = conv(x, kWidth, kWidth);
  const uint32_t row = vector(2, {1, 1, 1, 2});
  output("y", binary("add", y, row, wide()), kWidth);
  maker->write();
  const Floats in = makeFloats(kWidth * 2, 3);
  const Floats expected = run(in, false, 1);
  EXPECT_EQ(run(in, true, 1), expected);
  EXPECT_THAT(dump, HasSubstr("  add -> "));
}

} // namespace
