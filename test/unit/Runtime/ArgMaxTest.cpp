//===- ArgMaxTest.cpp - Heads that choose ---------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OperationTest.h"

#include <limits>

using testing::ElementsAre;

namespace espresso::runtime {
namespace {

class ArgMaxTest : public OperationTest {
protected:
  /// Adds the operation, with results for `count` columns.
  void choose(const std::string &op,
              const std::vector<std::pair<std::string, uint32_t>> &args,
              int64_t count) {
    plan::Step &step = f.step(op, args);
    const uint32_t index = f.value(plan::INT32, {count});
    const uint32_t maximum = f.value(plan::FLOAT32, {count});
    step.add_results()->set_value(index);
    step.add_results()->set_value(maximum);
    f.output("index", index);
    f.output("maximum", maximum);
    indices.assign(count, -9);
    maxima.assign(count, 0);
  }

  absl::Status run() {
    if (absl::Status status = open(); !status.ok())
      return status;
    std::vector<TensorRef> inputs;
    for (Given &input : given)
      inputs.push_back(
          {input.name, DataType::Float32, input.shape, input.values.data()});
    const Shape shape = {static_cast<int64_t>(indices.size())};
    const TensorRef outputs[] = {
        {"index", DataType::Int32, shape, indices.data()},
        {"maximum", DataType::Float32, shape, maxima.data()}};
    return device->run("f", inputs, outputs);
  }

  std::vector<int32_t> indices;
  std::vector<float> maxima;
};

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST_F(ArgMaxTest, TakesTheFirstOfTheLargestOverAllParts) {
  uint32_t a = input({1, 2, 1, 3}, {1, 5, kNan, 2, 3, kNan});
  uint32_t b = input({1, 3, 1, 3}, {2, 5, kNan, 1, 5, -7, 2, 4, -7});
  choose("espresso.argmax", {{"values", a}}, 3);
  f.last().mutable_operands(0)->add_values(b);
  absl::Status status = run();
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(indices, ElementsAre(1, 0, 3));
  EXPECT_THAT(maxima, ElementsAre(2, 5, -7));
}

TEST_F(ArgMaxTest, ChoosesNothingWhereThereIsNoNumber) {
  choose("espresso.argmax", {{"values", input({1, 2, 1, 1}, {kNan, kNan})}}, 1);
  absl::Status status = run();
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(indices, ElementsAre(-1));
  EXPECT_TRUE(std::isnan(maxima[0]));
}

/// Rows of a weight beyond one tile (4096 rows), with equal ones on both sides
/// of its end: row r is the number `height(r)`, x is 1.
class GreedyHeadTest : public ArgMaxTest,
                       public testing::WithParamInterface<plan::ElementType> {
protected:
  static constexpr int64_t kRows = 9000;
  void expectChoice(const std::map<int64_t, float> &heights, int32_t index) {
    std::vector<float> rows(kRows, -1);
    for (auto [row, height] : heights)
      rows[row] = height;
    choose("espresso.greedy_head",
           {{"x", input({1, 1, 1, 1}, {1})},
            {"weight", floats({kRows, 1}, rows, GetParam())}},
           1);
    absl::Status status = run();
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_EQ(indices[0], index);
    EXPECT_EQ(maxima[0], index < 0 ? -1 : rows[index]);
  }
};

TEST_P(GreedyHeadTest, FirstTileWinsTies) {
  expectChoice({{4095, 3}, {4096, 3}, {8999, 3}}, 4095);
}
TEST_P(GreedyHeadTest, LastRowCounts) {
  expectChoice({{4095, 2}, {4096, 3}, {8999, 3.5}}, 8999);
}
TEST_P(GreedyHeadTest, TileWithoutNumbersDoesNotWin) {
  std::map<int64_t, float> heights;
  for (int64_t row = 0; row < 4096; ++row)
    heights[row] = kNan;
  heights[5000] = -0.5f;
  expectChoice(heights, 5000);
}

INSTANTIATE_TEST_SUITE_P(Types, GreedyHeadTest,
                         testing::Values(plan::FLOAT32, plan::FLOAT16));

/// A head of rows that differ a little, searched in one way.
class HeadMethodTest : public ArgMaxTest,
                       public testing::WithParamInterface<HeadMethod> {
protected:
  static constexpr int64_t kRows = 900, kColumns = 40;

  /// Rows of a fixed noise; row 777 is twice row 500, and 800 equals it.
  std::vector<float> makeRows() const {
    std::vector<float> rows(kRows * kColumns);
    uint32_t state = 1;
    for (float &value : rows) {
      state = state * 1664525u + 1013904223u;
      value = static_cast<float>(state >> 16) / 65536.0f - 0.5f;
    }
    for (int64_t c = 0; c < kColumns; ++c)
      rows[800 * kColumns + c] = rows[777 * kColumns + c] =
          2 * rows[500 * kColumns + c];
    return rows;
  }
  void search(const std::vector<float> &rows) {
    headMethod = GetParam();
    std::vector<float> x(rows.begin() + 500 * kColumns,
                         rows.begin() + 501 * kColumns);
    choose("espresso.greedy_head",
           {{"x", input({1, kColumns, 1, 1}, x)},
            {"weight", floats({kRows, kColumns}, rows, plan::FLOAT16)}},
           1);
    absl::Status status = run();
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_EQ(indices[0], 777);
  }
};

// However it is searched, the first of the best rows is found; the report says
// how, and how many rows that took.
TEST_P(HeadMethodTest, FindsTheFirstOfTheBestAndReports) {
  search(makeRows());
  const std::vector<HeadReport> reports = opened->getHeadReports();
  ASSERT_EQ(reports.size(), 1u);
  const HeadReport &report = reports[0];
  // A head this small is not worth a copy.
  const HeadMethod expected =
      GetParam() == HeadMethod::Auto ? HeadMethod::Full : GetParam();
  EXPECT_EQ(report.method, expected);
  EXPECT_EQ(report.remark, "");
  EXPECT_EQ(report.rows, kRows);
  EXPECT_EQ(report.searches, expected == HeadMethod::Full ? 0 : 1);
  EXPECT_EQ(report.bytes > 0, expected != HeadMethod::Full);
  if (expected == HeadMethod::Screened) {
    EXPECT_GE(report.rescored, 2);
    EXPECT_LT(report.rescored, kRows / 4);
  }
}

// What no bound holds for is searched in full, and the report says why.
TEST_P(HeadMethodTest, RowThatIsNotFiniteIsRemarked) {
  std::vector<float> rows = makeRows();
  rows[123 * kColumns + 4] = kNan;
  search(rows);
  const std::vector<HeadReport> reports = opened->getHeadReports();
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].method, HeadMethod::Full);
  const bool wanted =
      GetParam() != HeadMethod::Full && GetParam() != HeadMethod::Auto;
  EXPECT_EQ(reports[0].remark.find("row 123 of the head has an element that is "
                                   "not finite") == 0,
            wanted)
      << reports[0].remark;
}

INSTANTIATE_TEST_SUITE_P(Methods, HeadMethodTest,
                         testing::Values(HeadMethod::Auto, HeadMethod::Full,
                                         HeadMethod::Screened,
                                         HeadMethod::Pruned),
                         [](const auto &info) {
                           return std::string(getName(info.param));
                         });

TEST(HeadMethod, NamesAreReadBack) {
  for (HeadMethod method : {HeadMethod::Auto, HeadMethod::Full,
                            HeadMethod::Screened, HeadMethod::Pruned})
    EXPECT_EQ(parseHeadMethod(getName(method)), method);
  EXPECT_FALSE(parseHeadMethod("fast"));
}

TEST_F(ArgMaxTest, ColumnsAreChosenForApart) {
  // Three rows, two columns of x: logits [2, 1], [1, 3] and [2, 3].
  choose("espresso.greedy_head",
         {{"x", input({1, 2, 1, 2}, {2, 0, 0, 3})},
          {"weight", floats({3, 2}, {1, 0, 0, 1, 1, 1})}},
         2);
  absl::Status status = run();
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(indices, ElementsAre(0, 1));
  EXPECT_THAT(maxima, ElementsAre(2, 3));
}

TEST_F(ArgMaxTest, ShapesThatDoNotFitAreErrors) {
  choose("espresso.argmax", {{"values", input({2}, {1, 2})}}, 1);
  absl::Status status = run();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("expected floats [1, C, 1, S]"),
            absl::string_view::npos)
      << status;
}

TEST_F(ArgMaxTest, OneResultIsNotEnough) {
  plan::Step &step =
      f.step("espresso.argmax", {{"values", input({1, 1, 1, 1}, {1})}});
  const uint32_t index = f.value(plan::INT32, {1});
  step.add_results()->set_value(index);
  f.output("index", index);
  absl::Status status = open();
  EXPECT_NE(status.message().find("has 1 results, expected 2"),
            absl::string_view::npos)
      << status;
}

} // namespace
} // namespace espresso::runtime
