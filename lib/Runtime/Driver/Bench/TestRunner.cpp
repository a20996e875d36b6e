//===- TestRunner.cpp - Runs tests once -----------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TestRunner.h"

#include "Clock.h"
#include "espresso/Base/StatusMacros.h"

#include <algorithm>

namespace espresso::runtime::bench {

absl::StatusOr<Engine *> TestRunner::getEngine(const BenchTest &test) {
  std::unique_ptr<Engine> &engine = engines[{test.threads, test.streams}];
  if (!engine) {
    ESPRESSO_ASSIGN_OR_RETURN(
        engine, Engine::create(bundle, test.threads, test.streams,
                               static_cast<uint64_t>(options.seed)));
  }
  return engine.get();
}

Limits &TestRunner::getLimits(unsigned threads) {
  std::unique_ptr<Limits> &entry = limits[threads];
  if (!entry)
    entry = std::make_unique<Limits>(workload, threads);
  return *entry;
}

void TestRunner::measureLimits(const BenchTest &test, Sample &sample) {
  Limits &machine = getLimits(test.threads);
  sample.readSeconds = machine.readWeights();
  sample.peak = machine.runPeak();
  if (options.products && test.promptTokens > 0) {
    for (int64_t done = 0; done < test.promptTokens; done += kPromptBlock)
      sample.productSeconds +=
          machine.multiply(std::min(test.promptTokens - done, kPromptBlock));
    sample.productSeconds *= static_cast<double>(test.streams);
  }
}

absl::StatusOr<Sample> TestRunner::measure(const BenchTest &test,
                                           bool limitsFirst,
                                           const Interruption &before) {
  ESPRESSO_ASSIGN_OR_RETURN(Engine * engine, getEngine(test));
  ESPRESSO_RETURN_IF_ERROR(engine->prepare(test.depth));
  Sample sample;
  if (limitsFirst)
    measureLimits(test, sample);
  if (before)
    ESPRESSO_RETURN_IF_ERROR(before());
  const Clock::time_point start = Clock::now();
  ESPRESSO_RETURN_IF_ERROR(test.promptTokens > 0
                               ? engine->readPrompts(test.promptTokens)
                               : engine->generate(test.genTokens));
  sample.seconds = getSecondsSince(start);
  if (!limitsFirst)
    measureLimits(test, sample);
  return sample;
}

absl::Status TestRunner::warmUp(const BenchTest &test) {
  BenchTest first = test;
  first.genTokens = std::min<int64_t>(test.genTokens, 1);
  first.depth = 0;
  return measure(first, /*limitsFirst=*/true).status();
}

} // namespace espresso::runtime::bench
