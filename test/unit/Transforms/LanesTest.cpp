//===- LanesTest.cpp - Columns of several texts, and of no meaning --------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Texts in the columns of one program are what they would be alone, and columns
// of no meaning change nothing, whatever is in them.
//
//===----------------------------------------------------------------------===//

#include "ModelSession.h"
#include "RandomCheckpoint.h"
#include "RunPipeline.h"

#include "espresso/Eval/Evaluator.h"
#include "espresso/IR/Builder.h"
#include "espresso/Model/ModelBuilder.h"
#include "espresso/Ops/Verifier.h"

#include "gtest/gtest.h"

using namespace espresso;
using namespace espresso::test;

namespace {

constexpr double kTolerance = 1e-12;
constexpr int64_t kContext = 16;

/// Three texts of different lengths, which begin at different steps.
const std::vector<std::vector<int64_t>> kTexts = {
    {1, 5, 16, 0, 9}, {3, 3, 12}, {7, 2, 8, 4}};

Tensor makeInts(std::vector<int64_t> values) {
  auto count = static_cast<int64_t>(values.size());
  return Tensor::fromElements(DataType::Int32, {count}, std::move(values));
}

std::vector<double> getElements(const Tensor &tensor) {
  std::vector<double> elements;
  for (int64_t i = 0; i < tensor.getNumElements(); ++i)
    elements.push_back(tensor.getReal(i));
  return elements;
}

std::unique_ptr<Program> buildTiny(Context &context) {
  Checkpoint checkpoint = makeRandomCheckpoint(makeTinyConfig(), 3);
  return buildModel(context, checkpoint,
                    {.dataType = DataType::Float32, .contextLength = kContext},
                    context.getDiagnostics());
}

/// Feeds all texts to decode_x3, one token of each at a time; those that have
/// ended go on with token 0 at their last position.
std::vector<std::vector<std::vector<double>>>
feedPacked(const Program &program) {
  Evaluator evaluator(program, {NumericsMode::Fp64});
  std::vector<std::vector<std::vector<double>>> logits(kTexts.size());
  for (size_t step = 0; step < 5; ++step) {
    std::vector<int64_t> ids;
    NamedTensors inputs;
    for (size_t lane = 0; lane < kTexts.size(); ++lane) {
      const std::vector<int64_t> &text = kTexts[lane];
      bool goesOn = step < text.size();
      ids.push_back(goesOn ? text[step] : 0);
      inputs.emplace_back("position_" + std::to_string(lane),
                          makeInts({static_cast<int64_t>(step)}));
    }
    inputs.emplace_back("ids", makeInts(ids));
    FailureOr<NamedTensors> outputs = evaluator.run("decode_x3", inputs);
    if (failed(outputs))
      return {};
    std::vector<double> all = getElements(outputs->front().second);
    for (size_t lane = 0; lane < kTexts.size(); ++lane) {
      if (step >= kTexts[lane].size())
        continue;
      std::vector<double> own;
      for (size_t i = lane; i < all.size(); i += kTexts.size())
        own.push_back(all[i]);
      logits[lane].push_back(std::move(own));
    }
  }
  return logits;
}

class PackLanesTest : public testing::TestWithParam<const char *> {};

TEST_P(PackLanesTest, TextsAreWhatTheyWouldBeAlone) {
  Context context;
  auto model = buildTiny(context);
  ASSERT_TRUE(model);
  auto packed = cloneProgram(*model);
  ASSERT_TRUE(runPipeline(*packed, GetParam()));
  ASSERT_TRUE(succeeded(verify(*packed)));
  auto logits = feedPacked(*packed);
  ASSERT_EQ(logits.size(), kTexts.size());
  for (size_t lane = 0; lane < kTexts.size(); ++lane)
    EXPECT_LT(
        getMaxDifference(
            ModelSession(*model, {NumericsMode::Fp64}).feed(kTexts[lane], 0),
            logits[lane]),
        kTolerance)
        << lane;
}

INSTANTIATE_TEST_SUITE_P(
    Pipelines, PackLanesTest,
    testing::Values(
        "split-at-rope,pack-lanes{lanes=3}",
        "split-at-rope,pack-lanes{lanes=3},function(lower-composites)",
        "split-at-rope{rope=graph},fuse-blocks,pack-lanes{lanes=3},"
        "function(lower-composites),cleanup",
        "split-at-rope,pack-lanes{lanes=3},pad-to-minimum,lower-composites"));

// What stands in the columns behind the call's own does not reach them.
TEST(PadToMinimumTest, GarbageColumnsDoNotMatter) {
  Context context;
  auto program = buildTiny(context);
  ASSERT_TRUE(program);
  ASSERT_TRUE(runPipeline(*program, "split-at-rope{attention=graph,rope=graph},"
                                    "pad-to-minimum,lower-composites"));
  const Function *layer = program->findFunction("decode_l0");
  ASSERT_TRUE(layer);
  UniformSource random(7);
  NamedTensors zeros, garbage;
  for (const std::unique_ptr<Value> &input : layer->getBody().getInputs()) {
    llvm::ArrayRef<int64_t> shape = input->getTensorType().getShape();
    bool isRows = input->getName().ends_with("rows");
    std::vector<float> clean, dirty;
    for (int64_t i = 0; i < *input->getTensorType().getNumElements(); ++i) {
      float value = random.next();
      bool isOwn = isRows || i % shape.back() == 0;
      clean.push_back(isOwn ? value : 0);
      dirty.push_back(isOwn ? value : 100 * value);
    }
    std::string name = input->getName().str();
    zeros.emplace_back(
        name, Tensor::fromElements(DataType::Float32, shape, std::move(clean)));
    garbage.emplace_back(
        name, Tensor::fromElements(DataType::Float32, shape, std::move(dirty)));
  }
  Evaluator evaluator(*program, {NumericsMode::Fp32});
  FailureOr<NamedTensors> a = evaluator.run("decode_l0", zeros);
  FailureOr<NamedTensors> b = evaluator.run("decode_l0", garbage);
  ASSERT_TRUE(succeeded(a) && succeeded(b));
  for (size_t i = 0; i < a->size(); ++i) {
    const Tensor &one = (*a)[i].second, &other = (*b)[i].second;
    int64_t columns = one.getShape().back();
    ASSERT_GT(columns, 1);
    for (int64_t at = 0; at < one.getNumElements(); at += columns)
      EXPECT_EQ(one.getReal(at), other.getReal(at)) << (*a)[i].first << at;
  }
}

} // namespace
