//===- BatchSessionTest.cpp - Many texts, the same bits -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BatchMaker.h"
#include "BundleMaker.h"

#include "espresso/Kernels/Reduce.h"
#include "espresso/Runtime/BatchSession.h"
#include "espresso/Runtime/Session.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

using namespace espresso;
using namespace espresso::runtime;

namespace {

using testing::HasSubstr;

class BatchSessionTest : public testing::Test {
protected:
  void make(plan::ElementType type = plan::FLOAT16, bool greedy = false) {
    maker = std::make_unique<BundleMaker>();
    makeModel(*maker, type, /*prefill=*/true, /*layers=*/2, greedy);
    maker->write();
    auto opened = Bundle::open(maker->getPath());
    ASSERT_TRUE(opened.ok()) << opened.status();
    bundle = *opened;
  }
  std::unique_ptr<BatchSession> open(int64_t slots, Device *device = nullptr) {
    auto batch =
        BatchSession::create(bundle, slots, {.threads = 2, .programs = device});
    EXPECT_TRUE(batch.ok()) << batch.status();
    return *std::move(batch);
  }

  std::unique_ptr<BundleMaker> maker;
  std::shared_ptr<const Bundle> bundle;
};

/// Has no programs: the plan runs as it is, one token at a time.
class NoDevice : public Device {
public:
  std::string_view getName() const override { return "none"; }
  bool hasProgram(std::string_view) const override { return false; }
  absl::Status run(std::string_view, std::span<const TensorRef>,
                   std::span<const TensorRef>) override {
    return absl::InternalError("has no programs");
  }
};

// Alone, among others that come and go, and one by one without a batch, a text
// has the same logits to the last bit.
TEST_F(BatchSessionTest, NeighboursDoNotChangeBits) {
  for (plan::ElementType type : {plan::FLOAT16, plan::FLOAT32}) {
    make(type);
    auto alone = open(1);
    EXPECT_EQ(alone->getObstacle(), "");
    NoDevice none;
    auto single = open(1, &none);
    EXPECT_THAT(single->getObstacle(), HasSubstr("'none'"));
    for (int64_t slots : {2, 3, 17, 32}) {
      const BatchScript script = makeScript(slots, 10, 12);
      auto together = open(slots);
      expectScript(*together, script, *alone);
    }
    expectScript(*open(1), makeScript(1, 10, 12), *single);
  }
}

// Tokens of one text side by side, as drafts are verified, have the bits of
// tokens one after another; rolled back, the text goes on as if they had never
// been.
TEST_F(BatchSessionTest, DraftsAreRolledBack) {
  make();
  auto batch = open(2), plain = open(1);
  const std::vector<int32_t> text = {1, 5, 3, 9, 4, 7, 10, 2, 6};
  ASSERT_TRUE(
      batch->read(0, std::span(text).first(2), BatchResult::Logits).ok());
  ASSERT_TRUE(
      plain->read(0, std::span(text).first(2), BatchResult::Logits).ok());
  for (size_t done = 2; done + 2 < text.size(); ++done) {
    // Two right tokens and a wrong one, and a token of another text between.
    const std::vector<BatchColumn> columns = {{0, text[done]},
                                              {1, 4, false},
                                              {0, text[done + 1]},
                                              {0, (text[done + 2] + 1) % 12}};
    ASSERT_TRUE(batch->run(columns, BatchResult::Logits).ok());
    ASSERT_EQ(batch->getNumResults(), 3);
    for (size_t i = 0; i < 2; ++i) {
      ASSERT_TRUE(
          plain->read(0, {&text[done + i], 1}, BatchResult::Logits).ok());
      EXPECT_TRUE(std::ranges::equal(plain->getLogits(0), batch->getLogits(i)));
    }
    batch->rollBack(0, static_cast<int64_t>(done) + 1);
    plain->rollBack(0, static_cast<int64_t>(done) + 1);
    EXPECT_EQ(batch->getLength(0), static_cast<int64_t>(done) + 1);
  }
}

TEST_F(BatchSessionTest, CopiesGoOnAsTheOriginal) {
  make();
  NoDevice none;
  for (Device *device :
       {static_cast<Device *>(nullptr), static_cast<Device *>(&none)}) {
    auto batch = open(3, device);
    const std::vector<int32_t> text = {1, 5, 3, 9, 4};
    ASSERT_TRUE(batch
                    ->read(2, std::vector<int32_t>{7, 7, 7, 7, 7, 7, 7},
                           BatchResult::Choice)
                    .ok());
    ASSERT_TRUE(batch->read(0, text, BatchResult::Logits).ok());
    ASSERT_TRUE(batch->copy(0, 2).ok());
    EXPECT_EQ(batch->getLength(2), 5);
    const std::vector<BatchColumn> columns = {{0, 8}, {2, 8}};
    ASSERT_TRUE(batch->run(columns, BatchResult::Logits).ok());
    EXPECT_TRUE(std::ranges::equal(batch->getLogits(0), batch->getLogits(1)));
    batch->reset(0);
    EXPECT_EQ(batch->getLength(0), 0);
    EXPECT_EQ(batch->getLength(2), 6);
  }
}

TEST_F(BatchSessionTest, ChoiceIsTheFirstOfTheLargestLogits) {
  make();
  NoDevice none;
  for (Device *device :
       {static_cast<Device *>(nullptr), static_cast<Device *>(&none)}) {
    auto logits = open(2, device), choices = open(2, device);
    for (int32_t token = 0; token < 8; ++token) {
      const std::vector<BatchColumn> columns = {{0, token}, {1, token + 3}};
      ASSERT_TRUE(logits->run(columns, BatchResult::Logits).ok());
      ASSERT_TRUE(choices->run(columns, BatchResult::Choice).ok());
      for (int64_t i = 0; i < 2; ++i) {
        const int64_t best = kernels::argMax(logits->getLogits(i));
        EXPECT_EQ(choices->getChoice(i).id, best);
        EXPECT_EQ(choices->getChoice(i).logit, logits->getLogits(i)[best]);
      }
    }
  }
}

// A head that chooses does so for each column.
TEST_F(BatchSessionTest, HeadThatChoosesTakesColumns) {
  make(plan::FLOAT32, /*greedy=*/true);
  auto batch = open(3), alone = open(1);
  const std::vector<BatchColumn> columns = {{0, 3}, {1, 9}, {2, 6}};
  for (int step = 0; step < 5; ++step) {
    ASSERT_TRUE(batch->run(columns, BatchResult::Choice).ok());
    for (int64_t slot = 0; slot < 3; ++slot) {
      alone->reset(0);
      for (int i = 0; i <= step; ++i)
        ASSERT_TRUE(
            alone->read(0, {&columns[slot].token, 1}, BatchResult::Choice)
                .ok());
      EXPECT_EQ(batch->getChoice(slot).id, alone->getChoice(0).id);
      EXPECT_EQ(batch->getChoice(slot).logit, alone->getChoice(0).logit);
    }
  }
  EXPECT_EQ(batch->run(columns, BatchResult::Logits).code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(BatchSessionTest, RefusesWhatItCannotCompute) {
  make();
  auto batch = open(2);
  auto code = [&](std::vector<BatchColumn> columns) {
    return batch->run(columns, BatchResult::Logits).code();
  };
  EXPECT_EQ(code({}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code(std::vector<BatchColumn>(33, {0, 1})),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({{2, 1}}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({{-1, 1}}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({{0, 12}}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code(std::vector<BatchColumn>(11, {0, 1})),
            absl::StatusCode::kOutOfRange);
  EXPECT_EQ(batch->getLength(0), 0);
  EXPECT_EQ(code(std::vector<BatchColumn>(10, {0, 1})), absl::StatusCode::kOk);
  EXPECT_EQ(code({{0, 1}}), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(BatchSession::create(bundle, 0).status().code(),
            absl::StatusCode::kInvalidArgument);
}

// A plan that turns every token to one place is no plan of columns.
TEST_F(BatchSessionTest, FixedPositionsGoOneByOne) {
  maker = std::make_unique<BundleMaker>();
  makeModel(*maker, plan::FLOAT32, /*prefill=*/false);
  for (plan::Function &function : *maker->plan.mutable_functions())
    for (plan::Step &step : *function.mutable_steps()) {
      if (step.op() != "espresso.rope")
        continue;
      step.mutable_operands()->RemoveLast();
      set(step, "position", 3);
    }
  maker->write();
  bundle = *Bundle::open(maker->getPath());
  NoDevice none;
  auto batch = open(3), plain = open(1, &none);
  EXPECT_THAT(batch->getObstacle(), HasSubstr("(espresso.rope)"));
  expectScript(*batch, makeScript(3, 10, 12), *plain);
}

// Memory of slots is there when they are used.
TEST_F(BatchSessionTest, SlotsCostNothingUntilUsed) {
  make();
  auto batch = open(1000);
  ASSERT_TRUE(
      batch
          ->run(std::vector<BatchColumn>{{0, 1}, {999, 1}}, BatchResult::Choice)
          .ok());
  const uint64_t two = batch->getMemoryBytes();
  ASSERT_TRUE(
      batch
          ->run(std::vector<BatchColumn>{{0, 1}, {500, 1}}, BatchResult::Choice)
          .ok());
  EXPECT_GT(batch->getMemoryBytes(), two);
  EXPECT_LT(batch->getMemoryBytes(), 2 * two);
}

} // namespace
