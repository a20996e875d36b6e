//===- PlanTest.cpp - Hostile plans are refused ---------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BundleMaker.h"
#include "espresso/Runtime/Session.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <functional>

using namespace espresso::runtime;
using namespace espresso;
using testing::HasSubstr;

namespace {

/// A model's plan changed for the worse, and what the message says of it.
struct Damage {
  const char *name;
  std::function<void(plan::Plan &)> apply;
  const char *message;
};

plan::Function &find(plan::Plan &plan, const std::string &name) {
  for (plan::Function &function : *plan.mutable_functions())
    if (function.name() == name)
      return function;
  ADD_FAILURE() << "no function " << name;
  return *plan.mutable_functions(0);
}

plan::Function &decode(plan::Plan &plan) { return find(plan, "decode"); }

/// The first step of `op` in decode.
plan::Step &step(plan::Plan &plan, const std::string &op) {
  for (plan::Step &step : *decode(plan).mutable_steps())
    if (step.op() == op)
      return step;
  ADD_FAILURE() << "no step " << op;
  return *decode(plan).mutable_steps(0);
}

plan::Attribute &attribute(plan::Step &step, const std::string &name) {
  for (plan::Attribute &attribute : *step.mutable_attributes())
    if (attribute.name() == name)
      return attribute;
  return *step.add_attributes();
}

const Damage kDamages[] = {
    {"Version", [](plan::Plan &p) { p.set_format_version(2); },
     "format version 2 is unknown"},
    {"WeightFileIndex",
     [](plan::Plan &p) { p.mutable_weights(0)->set_file(7); }, "file 7 of 1"},
    {"WeightOffset",
     [](plan::Plan &p) { p.mutable_weights(0)->set_offset(1u << 30); },
     "ends beyond its file"},
    {"WeightOffsetWraps",
     [](plan::Plan &p) { p.mutable_weights(0)->set_offset(~uint64_t{0} - 63); },
     "ends beyond its file"},
    {"WeightAlignment",
     [](plan::Plan &p) { p.mutable_weights(0)->set_offset(4); },
     "no multiple of 64"},
    {"WeightSize",
     [](plan::Plan &p) { p.mutable_weights(0)->set_byte_size(3); },
     "has 3 bytes"},
    {"WeightType",
     [](plan::Plan &p) { p.mutable_weights(0)->set_type(plan::INT8); },
     "bytes"},
    {"UnknownType",
     [](plan::Plan &p) {
       p.mutable_weights(0)->set_type(static_cast<plan::ElementType>(99));
     },
     "unknown element type"},
    {"ShapeOverflows",
     [](plan::Plan &p) {
       auto &shape = *p.mutable_weights(0)->mutable_shape();
       for (int64_t &dim : shape)
         dim = int64_t{1} << 62;
     },
     "too large"},
    {"ShapeNegative",
     [](plan::Plan &p) { p.mutable_states(0)->set_shape(0, -1); },
     "must be positive"},
    {"ShapeZero",
     [](plan::Plan &p) { decode(p).mutable_values(0)->set_shape(0, 0); },
     "must be positive"},
    {"RankTooHigh",
     [](plan::Plan &p) {
       for (int i = 0; i < 20; ++i)
         p.mutable_weights(0)->add_shape(1);
     },
     "the limit is 8"},
    {"HugeState",
     [](plan::Plan &p) {
       for (plan::State &state : *p.mutable_states())
         state.set_shape(0, int64_t{1} << 35);
       for (plan::Function &function : *p.mutable_functions())
         for (plan::Value &value : *function.mutable_values())
           if (value.has_state())
             value.set_shape(0, int64_t{1} << 35);
     },
     "the limit is"},
    {"StateOfIntegers",
     [](plan::Plan &p) { p.mutable_states(0)->set_type(plan::INT32); },
     "only floats are states"},
    {"ValueOfNoWeight",
     [](plan::Plan &p) {
       for (plan::Value &value : *decode(p).mutable_values())
         if (value.has_weight())
           value.set_weight(1000);
     },
     "is weight 1000 of"},
    {"ValueOfNoState",
     [](plan::Plan &p) {
       for (plan::Value &value : *decode(p).mutable_values())
         if (value.has_state())
           value.set_state(1000);
     },
     "is state 1000 of"},
    {"ValueUnlikeItsWeight",
     [](plan::Plan &p) {
       for (plan::Value &value : *decode(p).mutable_values())
         if (value.has_weight())
           value.set_shape(0, 1);
     },
     "its source is"},
    {"OperandIndex",
     [](plan::Plan &p) {
       decode(p).mutable_steps(0)->mutable_operands(0)->set_values(0, 9999);
     },
     "is value 9999 of"},
    {"UseBeforeDefinition",
     [](plan::Plan &p) {
       auto &steps = *decode(p).mutable_steps();
       steps.SwapElements(0, steps.size() - 1);
     },
     "used before it is defined"},
    {"DefinedTwice",
     [](plan::Plan &p) {
       plan::Function &f = decode(p);
       f.mutable_steps(2)->mutable_results(0)->set_value(
           f.steps(0).results(0).value());
     },
     "is defined already"},
    {"ResultIndex",
     [](plan::Plan &p) {
       decode(p).mutable_steps(0)->mutable_results(0)->set_value(~0u);
     },
     "result 4294967295 of"},
    {"InputIndex",
     [](plan::Plan &p) { decode(p).mutable_inputs(0)->set_value(9999); },
     "is value 9999 of"},
    {"TwoInputsOfOneName",
     [](plan::Plan &p) { decode(p).mutable_inputs(0)->set_name("position"); },
     "two inputs 'position'"},
    {"OutputUndefined",
     [](plan::Plan &p) { decode(p).mutable_outputs(0)->set_value(9999); },
     "output 'logits' of 'decode' is not defined"},
    {"TwoFunctionsOfOneName",
     [](plan::Plan &p) { decode(p).set_name("prefill"); },
     "two functions 'prefill'"},
    {"UnknownOperation",
     [](plan::Plan &p) { decode(p).mutable_steps(0)->set_op("nonsense"); },
     "unknown to this runtime"},
    {"MissingOperand",
     [](plan::Plan &p) {
       decode(p).mutable_steps(0)->mutable_operands()->RemoveLast();
     },
     "is missing"},
    {"EmptyOperand",
     [](plan::Plan &p) {
       decode(p).mutable_steps(0)->mutable_operands(0)->clear_values();
     },
     "has 0 values"},
    {"UnknownArgument",
     [](plan::Plan &p) { set(step(p, "espresso.rms_norm"), "gamma", 1.0); },
     "unknown argument 'gamma'"},
    {"ArgumentTwice",
     [](plan::Plan &p) { set(step(p, "espresso.rms_norm"), "epsilon", 1.0); },
     "'epsilon' is given twice"},
    {"NoResult",
     [](plan::Plan &p) { step(p, "espresso.rms_norm").clear_results(); }, ""},
    {"HeadDimZero",
     [](plan::Plan &p) {
       attribute(step(p, "espresso.rope"), "head_dim").set_integer(0);
     },
     "head_dim is 0"},
    {"HeadDimOdd",
     [](plan::Plan &p) {
       attribute(step(p, "espresso.rope"), "head_dim").set_integer(1);
     },
     "cannot rotate"},
    {"HeadDimTooWide",
     [](plan::Plan &p) {
       attribute(step(p, "espresso.attention"), "head_dim").set_integer(16);
     },
     "do not make heads of 16"},
    {"CalleeIndex",
     [](plan::Plan &p) { step(p, "espresso.call").set_callee(1000); },
     "calls function 1000 of"},
    {"CallsItself",
     [](plan::Plan &p) {
       for (int i = 0; i < p.functions_size(); ++i)
         if (p.functions(i).name() == "decode")
           step(p, "espresso.call").set_callee(i);
     },
     "calls itself"},
    {"TooManySteps",
     [](plan::Plan &p) {
       // A chain of functions, each of which calls the next 100 times.
       const int first = p.functions_size();
       for (int i = 0; i < 10; ++i) {
         plan::Function &f = *p.add_functions();
         f.set_name("chain" + std::to_string(i));
         for (int k = 0; i > 0 && k < 100; ++k) {
           plan::Step &call = *f.add_steps();
           call.set_op("espresso.call");
           call.set_callee(first + i - 1);
         }
       }
     },
     "takes more than 4194304 steps"},
    {"TooManyInputs",
     [](plan::Plan &p) {
       while (decode(p).inputs_size() <= 1024)
         decode(p).add_inputs();
     },
     "'decode' has more than 1024 inputs"},
    {"TooManyResults",
     [](plan::Plan &p) {
       while (decode(p).steps(0).results_size() <= 1024)
         decode(p).mutable_steps(0)->add_results();
     },
     "has more than 1024 operands, results"},
    {"WeightsOverlap",
     [](plan::Plan &p) {
       const plan::Weight weight = p.weights(0);
       for (int i = 0; i < 1000; ++i)
         *p.add_weights() = weight;
     },
     "the weights overlap"},
    {"PrefillTooLong",
     [](plan::Plan &p) {
       p.mutable_model()->set_prefill_length((1u << 20) + 1);
     },
     "the limits are 1048576 and"},
    {"VocabularyTooLarge",
     [](plan::Plan &p) { p.mutable_model()->set_vocabulary_size(~0u); },
     "a vocabulary of 4294967295"},
    {"WrongCallee",
     [](plan::Plan &p) {
       step(p, "espresso.call").set_callee(1); // pre and post are 0 and 1
     },
     "is missing"},
    {"CallOfUnknownOutput",
     [](plan::Plan &p) {
       step(p, "espresso.call").mutable_results(0)->set_name("w");
     },
     "has no output 'w'"},
    {"CallTakesOutputTwice",
     [](plan::Plan &p) {
       plan::Step &call = step(p, "espresso.call");
       call.mutable_results(1)->set_name(call.results(0).name());
     },
     ""},
    {"NoDecode", [](plan::Plan &p) { decode(p).set_name("dekode"); },
     "there is no function 'decode'"},
    {"VocabularyOfAnotherSize",
     [](plan::Plan &p) { p.mutable_model()->set_vocabulary_size(13); },
     "output 'logits'"},
    {"PrefillOfAnotherLength",
     [](plan::Plan &p) { p.mutable_model()->set_prefill_length(3); },
     "no function 'prefill' for 3 tokens"},
    {"ContextShorterThanPrefill",
     [](plan::Plan &p) { p.mutable_model()->set_context_length(3); },
     "does not hold a prefill of 4"},
};

class PlanTest : public testing::TestWithParam<Damage> {};

TEST_P(PlanTest, IsRefusedWithAMessage) {
  BundleMaker maker;
  makeModel(maker, plan::FLOAT32, true);
  GetParam().apply(maker.plan);
  maker.write();
  auto bundle = Bundle::open(maker.getPath());
  absl::Status status = bundle.status();
  if (bundle.ok())
    status = Session::create(*bundle).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().message));
  EXPECT_THAT(std::string(status.message()), HasSubstr(maker.getPath()));
}

INSTANTIATE_TEST_SUITE_P(Damages, PlanTest, testing::ValuesIn(kDamages),
                         [](const auto &info) {
                           return std::string(info.param.name);
                         });

TEST(Plan, WeightFilesAreListedOnce) {
  BundleMaker maker;
  makeModel(maker, plan::FLOAT32, false);
  std::map<std::string, std::string> files = maker.getFiles();
  const plan::WeightFile file = maker.plan.weight_files(0);
  *maker.plan.add_weight_files() = file;
  files["host.plan"] = maker.plan.SerializeAsString();
  for (const auto &[name, bytes] : files)
    maker.writeFile(name, bytes);
  maker.writeManifest(files);
  absl::Status status = Bundle::open(maker.getPath()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("is listed twice"));
}

TEST(Plan, DeepCallsAreRefused) {
  BundleMaker maker;
  for (int i = 0; i < 40; ++i) {
    FunctionMaker f = maker.function("f" + std::to_string(i));
    if (i > 0)
      f.step("espresso.call", {}).set_callee(i - 1);
  }
  maker.write();
  auto bundle = Bundle::open(maker.getPath());
  EXPECT_THAT(std::string(bundle.status().message()),
              HasSubstr("calls deeper than 16"));
}

TEST(Plan, ACycleOfCallsIsRefused) {
  BundleMaker maker;
  for (int i = 0; i < 3; ++i)
    maker.function("f" + std::to_string(i))
        .step("espresso.call", {})
        .set_callee((i + 1) % 3);
  maker.write();
  EXPECT_EQ(Bundle::open(maker.getPath()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

/// Any change of a plan, with a manifest that fits, is refused or runs: it
/// never crashes.
TEST(Plan, ChangedBytesNeverCrash) {
  BundleMaker maker;
  makeModel(maker, plan::FLOAT16, true, 1);
  maker.write();
  std::map<std::string, std::string> files = maker.getFiles();
  const std::string good = files["host.plan"];
  uint64_t seed = 3;
  int refused = 0, ran = 0;
  for (size_t at = 0; at < good.size(); at += 1 + good.size() / 400) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    std::string bad = good;
    bad[at] = static_cast<char>(seed >> 56);
    if (seed & 1)
      bad[(at * 7 + 13) % bad.size()] ^= static_cast<char>(1 << (at % 8));
    files["host.plan"] = bad;
    maker.writeFile("host.plan", bad);
    maker.writeManifest(files);
    auto bundle = Bundle::open(maker.getPath(), {.maxMemoryBytes = 1 << 24});
    if (!bundle.ok()) {
      ++refused;
      continue;
    }
    auto session = Session::create(*bundle, {.threads = 1});
    if (session.ok())
      ran += (*session)->append(std::vector<int32_t>{1, 3, 4, 5, 6}).ok();
  }
  EXPECT_GT(refused, 50);
  EXPECT_GT(ran, 10); // names and numbers may change without harm
}

} // namespace
