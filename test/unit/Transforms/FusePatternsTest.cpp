//===- FusePatternsTest.cpp - Rewrites that round keep numbers ------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Every function of the text tests of passes that change rounding is evaluated
// before and after on random inputs: results agree to a few units of fp32.
//
//===----------------------------------------------------------------------===//

#include "../TestSupport.h"
#include "RunPipeline.h"

#include "espresso/AsmText/Parser.h"
#include "espresso/Eval/Evaluator.h"
#include "espresso/IR/Builder.h"

#include "gtest/gtest.h"

#include <cmath>
#include <random>

using namespace espresso;
using namespace espresso::test;

namespace {

struct Case {
  const char *file;
  const char *pipeline;
};

void PrintTo(const Case &c, std::ostream *os) { *os << c.file; }

NamedTensors makeInputs(const Function &function, unsigned seed) {
  std::mt19937 random(seed);
  NamedTensors inputs;
  for (const auto &input : function.getBody().getInputs()) {
    TensorType type = input->getTensorType();
    // States begin with zeros.
    if (!type)
      continue;
    Tensor tensor(type.getElementType(), type.getShape());
    for (int64_t i = 0, count = tensor.getNumElements(); i < count; ++i) {
      double number = static_cast<double>(random() % 4001) / 1000.0 - 2.0;
      if (auto *floats = std::get_if<std::vector<float>>(&tensor.getStorage()))
        (*floats)[i] = static_cast<float>(number);
      // Masks that show the first of each row, and small positions.
      if (auto *integers =
              std::get_if<std::vector<int64_t>>(&tensor.getStorage()))
        (*integers)[i] = i % 3 == 1 ? 0 : 1;
    }
    inputs.emplace_back(input->getName().str(), std::move(tensor));
  }
  return inputs;
}

class RoundingPassTest : public testing::TestWithParam<Case> {};

TEST_P(RoundingPassTest, KeepsNumbers) {
  std::filesystem::path path =
      getSourceDirectory() / "test" / "Transforms" / GetParam().file;
  Context context;
  std::unique_ptr<Program> before =
      parseProgramText(context, readFile(path.string()), path.string());
  ASSERT_TRUE(before);
  std::unique_ptr<Program> after = cloneProgram(*before);
  ASSERT_TRUE(runPipeline(*after, GetParam().pipeline));
  for (const auto &function : before->getFunctions())
    for (unsigned seed : {1, 2, 3}) {
      llvm::StringRef name = function->getName();
      NamedTensors inputs = makeInputs(*function, seed);
      auto expected =
          Evaluator(*before, {NumericsMode::Fp64}).run(name, inputs);
      auto found = Evaluator(*after, {NumericsMode::Fp64}).run(name, inputs);
      ASSERT_TRUE(succeeded(expected) && succeeded(found));
      ASSERT_EQ(expected->size(), found->size());
      for (size_t i = 0; i < expected->size(); ++i) {
        const auto &[output, a] = (*expected)[i];
        const Tensor &b = (*found)[i].second;
        EXPECT_EQ(output, (*found)[i].first);
        ASSERT_EQ(a.getShape(), b.getShape());
        for (int64_t k = 0; k < a.getNumElements(); ++k)
          EXPECT_NEAR(a.getReal(k), b.getReal(k),
                      2e-6 * std::max(1.0, std::abs(a.getReal(k))))
              << name.str() << ": " << output << "[" << k << "]";
      }
    }
}

INSTANTIATE_TEST_SUITE_P(
    Passes, RoundingPassTest,
    testing::Values(
        Case{"fuse-patterns.mil", "fuse-patterns"},
        Case{"fold-into-weights.mil", "fold-into-weights"},
        Case{"lift-composites.mil", "lift"},
        Case{"lift-composites.mil", "lift,function(lower-composites),cleanup"},
        Case{"lift-composites.mil", "optimize"},
        Case{
            "lift-composites-rope.mil",
            "cleanup,lift-composites{to-model=true},reduce-transposes,cleanup"},
        Case{"lift-composites-attention.mil", "lift"},
        Case{"lift-composites-attention.mil",
             "lift,function(lower-composites),cleanup"},
        Case{"lift-composites-rotate.mil", "lift"},
        Case{"lift-composites-rotate.mil",
             "lift,function(lower-composites),lift"},
        Case{"reduce-transposes.mil", "reduce-transposes"}));

} // namespace
