//===- SessionTest.cpp - A whole model against plain loops ----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Runtime/Session.h"

#include "BundleMaker.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <algorithm>
#include <cmath>

using namespace espresso;
using namespace espresso::runtime;

namespace {

using M = TestModel;
using Vector = std::vector<double>;

/// The same model, one token at a time, in binary64 with nothing shared.
class Reference {
public:
  Reference(const BundleMaker &maker, const TestModel &model)
      : maker(maker), model(model), keys(model.layers.size()),
        values(model.layers.size()) {}

  Vector step(int32_t id) {
    std::vector<float> table = maker.getValues(model.table);
    Vector x(table.begin() + id * M::kWidth,
             table.begin() + (id + 1) * M::kWidth);
    for (size_t i = 0; i < model.layers.size(); ++i)
      x = runLayer(x, i);
    ++position;
    return multiply(model.head, normalise(x, model.norm));
  }

private:
  Vector multiply(uint32_t weight, const Vector &x) const {
    std::vector<float> w = maker.getValues(weight);
    Vector y(w.size() / x.size());
    for (size_t r = 0; r < y.size(); ++r)
      for (size_t c = 0; c < x.size(); ++c)
        y[r] += w[r * x.size() + c] * x[c];
    return y;
  }

  Vector normalise(const Vector &x, uint32_t weight) const {
    std::vector<float> w = maker.getValues(weight);
    double squares = 0;
    for (double value : x)
      squares += value * value;
    Vector y(x.size());
    for (size_t c = 0; c < x.size(); ++c)
      y[c] = x[c] * w[c] /
             std::sqrt(squares / static_cast<double>(x.size()) + M::kEpsilon);
    return y;
  }

  void rotate(Vector &x) const {
    const int64_t half = M::kHeadDim / 2;
    for (size_t head = 0; head < x.size(); head += M::kHeadDim)
      for (int64_t i = 0; i < half; ++i) {
        double angle = static_cast<double>(position) *
                       std::pow(M::kTheta, -2.0 * i / M::kHeadDim);
        double low = x[head + i], high = x[head + i + half];
        x[head + i] = low * std::cos(angle) - high * std::sin(angle);
        x[head + i + half] = high * std::cos(angle) + low * std::sin(angle);
      }
  }

  Vector attend(const Vector &q, size_t layer) const {
    Vector out(q.size());
    for (int64_t h = 0; h < M::kHeads; ++h) {
      const int64_t kv = h / (M::kHeads / M::kKvHeads) * M::kHeadDim;
      Vector weights;
      double sum = 0;
      for (const Vector &k : keys[layer]) {
        double score = 0;
        for (int64_t i = 0; i < M::kHeadDim; ++i)
          score += q[h * M::kHeadDim + i] * k[kv + i];
        weights.push_back(std::exp(score / std::sqrt(double(M::kHeadDim))));
        sum += weights.back();
      }
      for (size_t r = 0; r < weights.size(); ++r)
        for (int64_t i = 0; i < M::kHeadDim; ++i)
          out[h * M::kHeadDim + i] +=
              weights[r] / sum * values[layer][r][kv + i];
    }
    return out;
  }

  Vector runLayer(const Vector &x, size_t index) {
    const M::Layer &layer = model.layers[index];
    const Vector normed = normalise(x, layer.norm1);
    Vector q = multiply(layer.q, normed), k = multiply(layer.k, normed);
    rotate(q);
    rotate(k);
    keys[index].push_back(k);
    values[index].push_back(multiply(layer.v, normed));
    Vector sum = multiply(layer.o, attend(q, index));
    for (size_t c = 0; c < sum.size(); ++c)
      sum[c] += x[c];
    const Vector again = normalise(sum, layer.norm2);
    Vector gate = multiply(layer.gate, again), up = multiply(layer.up, again);
    for (size_t c = 0; c < gate.size(); ++c)
      gate[c] = gate[c] / (1 + std::exp(-gate[c])) * up[c];
    const Vector fed = multiply(layer.down, gate);
    for (size_t c = 0; c < sum.size(); ++c)
      sum[c] += fed[c];
    return sum;
  }

  const BundleMaker &maker;
  const TestModel &model;
  int64_t position = 0;
  std::vector<std::vector<Vector>> keys, values;
};

/// fp16 caches keep 11 bits; everything else is fp32.
double getTolerance(plan::ElementType type) {
  return type == plan::FLOAT16 ? 4e-3 : 2e-5;
}

std::unique_ptr<Session> openSession(BundleMaker &maker, unsigned threads = 2,
                                     Device *programs = nullptr) {
  auto bundle = Bundle::open(maker.getPath());
  EXPECT_TRUE(bundle.ok()) << bundle.status();
  auto session =
      Session::create(*bundle, {.threads = threads, .programs = programs});
  EXPECT_TRUE(session.ok()) << session.status();
  return *std::move(session);
}

void expectNear(std::span<const float> logits, const Vector &expected,
                double tolerance) {
  ASSERT_EQ(logits.size(), expected.size());
  for (size_t i = 0; i < logits.size(); ++i)
    EXPECT_NEAR(logits[i], expected[i], tolerance) << "logit " << i;
}

class SessionTest
    : public testing::TestWithParam<std::tuple<plan::ElementType, bool>> {};

TEST_P(SessionTest, AgreesWithPlainLoops) {
  const auto [type, prefill] = GetParam();
  BundleMaker maker;
  const TestModel model = makeModel(maker, type, prefill);
  maker.write();
  auto session = openSession(maker);
  const std::vector<int32_t> ids = {1, 5, 3, 9, 4, 7, 10, 2, 6, 8};
  // Prompts shorter than a prefill, as long, and longer.
  for (size_t prompt : {1, 3, 4, 6, 10}) {
    session->reset();
    Reference reference(maker, model);
    Vector expected;
    for (size_t i = 0; i < prompt; ++i)
      expected = reference.step(ids[i]);
    auto logits = session->append({ids.data(), prompt});
    ASSERT_TRUE(logits.ok()) << logits.status();
    expectNear(*logits, expected, getTolerance(type));
    for (size_t i = prompt; i < ids.size(); ++i) {
      logits = session->append({&ids[i], 1});
      ASSERT_TRUE(logits.ok()) << logits.status();
      expectNear(*logits, reference.step(ids[i]), getTolerance(type));
    }
    EXPECT_EQ(session->getPosition(), session->getContextLength());
    EXPECT_EQ(session->append({&ids[0], 1}).status().code(),
              absl::StatusCode::kOutOfRange);
  }
}

INSTANTIATE_TEST_SUITE_P(Types, SessionTest,
                         testing::Combine(testing::Values(plan::FLOAT32,
                                                          plan::FLOAT16),
                                          testing::Bool()));

TEST(Session, ThreadsDoNotChangeBits) {
  BundleMaker maker;
  makeModel(maker, plan::FLOAT16, true);
  maker.write();
  const std::vector<int32_t> ids = {1, 5, 3, 9, 4, 7};
  auto one = openSession(maker, 1), four = openSession(maker, 4);
  auto a = one->append(ids), b = four->append(ids);
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_TRUE(std::equal(a->begin(), a->end(), b->begin()));
}

TEST(Session, RefusesIdsItDoesNotKnow) {
  BundleMaker maker;
  makeModel(maker, plan::FLOAT32, true);
  maker.write();
  auto session = openSession(maker);
  for (int32_t id : {-1, 12, 1 << 30}) {
    EXPECT_EQ(session->append({&id, 1}).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(session->append({}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

/// Counts the programs it is given and leaves the work to another device.
class CountingDevice : public Device {
public:
  explicit CountingDevice(HostDevice &host) : host(host) {}
  std::string_view getName() const override { return "counting"; }
  bool hasProgram(std::string_view program) const override {
    return program.substr(0, 4) == "pre_";
  }
  absl::Status run(std::string_view program, std::span<const TensorRef> inputs,
                   std::span<const TensorRef> outputs) override {
    programs.emplace_back(program);
    // The order of ports must not matter.
    std::vector<TensorRef> reversed(outputs.rbegin(), outputs.rend());
    return host.run(program, inputs, reversed);
  }
  std::vector<std::string> programs;

private:
  HostDevice &host;
};

TEST(Session, ProgramsGoToTheDeviceThatHasThem) {
  BundleMaker maker;
  makeModel(maker, plan::FLOAT32, false);
  maker.write();
  auto bundle = Bundle::open(maker.getPath());
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  auto host = HostDevice::create(*bundle);
  ASSERT_TRUE(host.ok());
  CountingDevice device(**host);
  auto here = openSession(maker), there = openSession(maker, 1, &device);
  const std::vector<int32_t> ids = {1, 4};
  auto a = here->append(ids), b = there->append(ids);
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_TRUE(std::equal(a->begin(), a->end(), b->begin()));
  EXPECT_THAT(device.programs,
              testing::ElementsAre("pre_0_decode", "pre_1_decode",
                                   "pre_0_decode", "pre_1_decode"));
}

//===----------------------------------------------------------------------===//
// Generation
//===----------------------------------------------------------------------===//

TEST(Generate, GreedyFollowsTheArgMax) {
  BundleMaker maker;
  const TestModel model = makeModel(maker, plan::FLOAT32, true);
  maker.tokenizer.clear_stop();
  maker.write();
  auto session = openSession(maker);
  const std::vector<int32_t> prompt = {1, 3};
  std::vector<int32_t> streamed;
  size_t promptLogits = 0;
  auto result = generate(*session, prompt, {.maxNewTokens = 5},
                         {.onPromptLogits =
                              [&](std::span<const float> logits) {
                                promptLogits = logits.size();
                                return absl::OkStatus();
                              },
                          .onToken =
                              [&](int32_t id) {
                                streamed.push_back(id);
                                return true;
                              }});
  ASSERT_TRUE(result.ok()) << result.status();
  Reference reference(maker, model);
  Vector logits = (reference.step(1), reference.step(3));
  std::vector<int32_t> expected;
  for (int i = 0; i < 5; ++i) {
    expected.push_back(static_cast<int32_t>(
        std::max_element(logits.begin(), logits.end()) - logits.begin()));
    logits = reference.step(expected.back());
  }
  EXPECT_EQ(result->ids, expected);
  EXPECT_EQ(streamed, expected);
  EXPECT_EQ(promptLogits, 12u);
  EXPECT_EQ(result->reason, StopReason::MaxTokens);
  EXPECT_EQ(result->promptTokens, 2);
  EXPECT_EQ(result->decodeSteps, 4);
}

TEST(Generate, EndsWhenTheContextIsFull) {
  BundleMaker maker;
  makeModel(maker, plan::FLOAT32, true);
  maker.tokenizer.clear_stop();
  maker.write();
  auto session = openSession(maker);
  auto result = generate(*session, std::vector<int32_t>{1, 3, 4}, {});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->reason, StopReason::ContextFull);
  // Seven rows are left, and the last token chosen needs none.
  EXPECT_EQ(result->ids.size(), 8u);
}

TEST(Generate, EndsAtAStopToken) {
  BundleMaker maker;
  makeModel(maker, plan::FLOAT32, true);
  maker.tokenizer.clear_stop();
  maker.write();
  const std::vector<int32_t> prompt = {1, 3};
  auto free = generate(*openSession(maker), prompt, {});
  ASSERT_TRUE(free.ok());
  // Whatever comes third now ends the text where it first comes.
  const int32_t stop = free->ids[2];
  const auto first = std::find(free->ids.begin(), free->ids.end(), stop);
  maker.tokenizer.add_stop(stop);
  maker.write();
  auto result = generate(*openSession(maker), prompt, {});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->reason, StopReason::StopToken);
  EXPECT_EQ(result->ids, std::vector<int32_t>(free->ids.begin(), first));
  auto ignoring =
      generate(*openSession(maker), prompt, {.endAtStopTokens = false});
  ASSERT_TRUE(ignoring.ok());
  EXPECT_EQ(ignoring->ids, free->ids);
}

TEST(Generate, StopsWhenAskedTo) {
  BundleMaker maker;
  makeModel(maker, plan::FLOAT32, false);
  maker.tokenizer.clear_stop();
  maker.write();
  int left = 2;
  auto result = generate(*openSession(maker), std::vector<int32_t>{1}, {},
                         {.onToken = [&](int32_t) { return --left > 0; }});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->reason, StopReason::Cancelled);
  EXPECT_EQ(result->ids.size(), 2u);
}

TEST(Generate, ErrorsEndIt) {
  BundleMaker maker;
  makeModel(maker, plan::FLOAT32, false);
  maker.write();
  auto failing = [](std::span<const float>) {
    return absl::InternalError("disk full");
  };
  auto result = generate(*openSession(maker), std::vector<int32_t>{1}, {},
                         {.onPromptLogits = failing});
  EXPECT_EQ(result.status().message(), "disk full");
  result = generate(*openSession(maker), std::vector<int32_t>{1},
                    {.sampler = {.temperature = -1}});
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
  result = generate(*openSession(maker), std::vector<int32_t>(11, 1), {});
  EXPECT_EQ(result.status().code(), absl::StatusCode::kOutOfRange);
}

} // namespace
