//===- PassDefaultsTest.cpp - Options that tools give to passes -----------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Transforms/Passes.h"

#include "espresso/Pass/Pipeline.h"

#include <gtest/gtest.h>

using namespace espresso;

// Defaults go to passes that have such an option and are not given it, also
// within named pipelines; others keep what they have.
TEST(PassDefaultsTest, FillWhatIsLeftOpen) {
  registerAllPasses();
  Context context;
  auto parse = [&](llvm::StringRef text) {
    FailureOr<Pipeline> pipeline =
        parsePipeline(text, context, "<pipeline>",
                      {PassOptionValue{"max-iterations", int64_t(3)},
                       PassOptionValue{"no-such-option", std::string("x")}});
    return succeeded(pipeline) ? pipeline->str() : "failed";
  };
  EXPECT_EQ(parse("canonicalize,dce"),
            "function(canonicalize{max-iterations=3},dce)");
  EXPECT_EQ(parse("canonicalize{max-iterations=10}"), "function(canonicalize)");
  EXPECT_EQ(parse("canonicalize{allow-lossy-casts}"),
            "function(canonicalize{max-iterations=3,allow-lossy-casts=true})");
  EXPECT_NE(parse("cleanup").find("canonicalize{max-iterations=3}"),
            std::string::npos);
}
