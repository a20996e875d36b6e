//===- BenchOptions.cpp - What espresso-run bench was asked for -----------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BenchOptions.h"

#include "Runtime/Driver/OptionTable.h"
#include "espresso/Base/StatusMacros.h"

#include "absl/strings/str_cat.h"

#include <algorithm>
#include <limits>

namespace espresso::runtime::bench {

static constexpr std::string_view kOverview =
    "Measures how fast a model reads prompts and generates tokens, beside what "
    "bounds\n"
    "it on this machine: reading the weights, or multiplying and adding.\n"
    "\n"
    "usage: espresso-run bench BUNDLE|MODEL.gguf|MODEL.bin|--config NAME "
    "[options]\n";

static constexpr std::string_view kExamples =
    "\nA LIST has values and ranges, `1,2`, `128-512*2` or `0-1024+256`; "
    "every\n"
    "combination is measured. See docs/Measuring.md.\n"
    "\nExamples:\n"
    "  espresso-run bench stories.espresso -t 1,2\n"
    "  espresso-run bench --config stories110m -p 128,512 -n 32 -d 0,512 "
    "--json\n"
    "  espresso-run bench model.gguf -p 16 --cold\n";

/// More tokens, positions or streams are a slip.
static constexpr int64_t kMostTokens = 1 << 20;
static constexpr int64_t kMostStreams = 1 << 12;
static constexpr int64_t kMostThreads = 512;
static constexpr int64_t kMostRepetitions = 10'000;

// What is measured if nothing is said.
static constexpr int64_t kPromptTokens = 512;
static constexpr int64_t kGenTokens = 128;
static constexpr int64_t kColdPromptTokens = 16;

static OptionGroup getTestOptions(BenchOptions &o) {
  return {
      "Tests",
      {{"--prompt-tokens", "-p", "LIST",
        "Lengths of prompts to read (default 512; 0: none)", false,
        storeIntegers(o.promptTokens, 0, kMostTokens)},
       {"--gen-tokens", "-n", "LIST",
        "Tokens to generate (default 128; 0: none)", false,
        storeIntegers(o.genTokens, 0, kMostTokens)},
       {"--depth", "-d", "LIST",
        "Tokens in the context before that (default 0)", false,
        storeIntegers(o.depths, 0, kMostTokens)},
       {"--threads", "-t", "LIST", "Threads (default 0: all)", false,
        storeIntegers(o.threads, 0, kMostThreads)},
       {"--streams", "", "LIST", "Texts at a time (default 1)", false,
        storeIntegers(o.streams, 1, kMostStreams)},
       {"--repetitions", "-r", "N", "Rounds of all tests (default 5)", false,
        storeInteger(o.repetitions, 1, kMostRepetitions)},
       {"--products", "", "",
        "For prompts, the products with weights alone, too", false,
        storeFlag(o.products)},
       {"--cold", "", "", "Time to the first token, the files in memory or not",
        false, storeFlag(o.cold)},
       {"--busy-core", "", "",
        "Generation beside a busy core, against a quiet thread", false,
        storeFlag(o.busyCore)},
       {"--no-warmup", "", "", "Measure the first round, too", true,
        storeFlag(o.noWarmup)},
       {"--seed", "-s", "S", "Of the random tokens (default 1)", true,
        storeInteger(o.seed, 0, std::numeric_limits<int64_t>::max())}}};
}

static OptionGroup getOutputOptions(BenchOptions &o) {
  auto storeFormat = [&o](Format format) {
    return [&o, format](std::string_view) {
      if (o.format != Format::Table && o.format != format)
        return absl::InvalidArgumentError(
            "--json and --csv exclude each other");
      o.format = format;
      return absl::OkStatus();
    };
  };
  return {"Output",
          {{"--json", "", "", "Print JSON, with every measurement", false,
            storeFormat(Format::Json)},
           {"--csv", "", "", "Print comma-separated values", false,
            storeFormat(Format::Csv)},
           {"--output", "-o", "FILE", "Write to a file; - for stdout", false,
            storeText(o.output)}}};
}

static OptionGroup getModelOptions(BenchOptions &o) {
  return {"Model",
          {{"--config", "", "NAME",
            "The shape of a known model, with made-up weights", false,
            storeText(o.source.config)},
           {"--model", "-m", "PATH", "The same as a path without option", true,
            storeText(o.source.model)},
           {"--context", "", "N",
            "Compile for N positions (default: what the tests need)", false,
            storeInteger(o.source.context, 1, kMostTokens)},
           {"--dtype", "", "TYPE", "Compile for fp16 or fp32 (default fp16)",
            false, storeWord(o.source.dataType, {"fp16", "fp32"})},
           {"--tokenizer", "", "FILE", "Vocabulary of a MODEL.bin", true,
            storeText(o.source.tokenizer)},
           {"--no-verify", "", "", "Do not check the digests of weights", false,
            storeFlag(o.noVerify)}}};
}

static OptionGroup getGeneralOptions(BenchOptions &o) {
  auto storeChild = [&o](std::string_view value) {
    if (value != "first-pass" && value != "first-token")
      return absl::InvalidArgumentError("expected first-pass or first-token");
    o.child = value == "first-pass" ? Child::FirstPass : Child::FirstToken;
    return absl::OkStatus();
  };
  return {"General",
          {{"--color", "", "WHEN", "Colour messages: auto, always, never", true,
            storeWord(o.source.color, {"auto", "always", "never"})},
           {"--quiet", "-q", "", "Say nothing but errors", false,
            storeFlag(o.quiet)},
           {"--verbose", "-v", "", "Say more", false, storeFlag(o.verbose)},
           {"--no-progress", "", "", "Show no progress on a terminal", true,
            storeFlag(o.noProgress)},
           {"--child", "", "WHAT", "What --cold starts", true, storeChild},
           {"--help", "-h", "", "Print this; --help-all prints more", false,
            storeFlag(o.help)},
           {"--help-all", "", "", "Print every option", true,
            storeFlag(o.helpAll)}}};
}

static OptionTable makeTable(BenchOptions &o) {
  return OptionTable({getTestOptions(o), getOutputOptions(o),
                      getModelOptions(o), getGeneralOptions(o)});
}

int64_t BenchOptions::getContextNeeded() const {
  auto most = [](const std::vector<int64_t> &values) {
    return values.empty() ? 0 : *std::max_element(values.begin(), values.end());
  };
  return most(depths) + std::max(most(promptTokens), most(genTokens));
}

/// Fills in what depends on other options, and checks what excludes each other.
static absl::Status finish(BenchOptions &o) {
  auto usage = [](const auto &...args) {
    return absl::InvalidArgumentError(absl::StrCat(args...));
  };
  if (o.source.model.empty() && o.source.config.empty())
    return usage("no bundle or model was given, and no --config; try --help");
  if (!o.source.model.empty() && !o.source.config.empty())
    return usage("a model and --config were given; one of them will do");
  if (o.cold && o.busyCore)
    return usage("--cold and --busy-core exclude each other");
  const bool isSingle = o.streams == std::vector<int64_t>{1};
  if ((o.cold || o.busyCore) && !isSingle)
    return usage(o.cold ? "--cold" : "--busy-core", " is for one stream");
  if (o.cold && o.depths != std::vector<int64_t>{0})
    return usage("--cold is for an empty context");
  if (o.promptTokens.empty())
    o.promptTokens = {o.cold       ? kColdPromptTokens
                      : o.busyCore ? 0
                                   : kPromptTokens};
  if (o.genTokens.empty())
    o.genTokens = {o.cold ? 0 : kGenTokens};
  // A test of nothing is none.
  std::erase(o.promptTokens, 0);
  std::erase(o.genTokens, 0);
  if (o.busyCore && !o.promptTokens.empty())
    return usage("--busy-core measures generation; leave out -p");
  if (o.cold && !o.genTokens.empty())
    return usage("--cold measures the first token; leave out -n");
  if (o.promptTokens.empty() && (o.genTokens.empty() || o.child != Child::None))
    return usage("there is nothing to measure: no prompt, and no generation");
  return absl::OkStatus();
}

absl::StatusOr<BenchOptions>
parseBenchOptions(std::span<const std::string_view> arguments) {
  BenchOptions o;
  ESPRESSO_ASSIGN_OR_RETURN(std::vector<std::string> rest,
                            makeTable(o).parse(arguments));
  if (o.help || o.helpAll)
    return o;
  if (!rest.empty() && o.source.model.empty()) {
    o.source.model = rest.front();
    rest.erase(rest.begin());
  }
  if (!rest.empty())
    return absl::InvalidArgumentError(
        absl::StrCat("'", rest.front(), "' is one argument too many"));
  o.source.verbose = o.verbose;
  ESPRESSO_RETURN_IF_ERROR(finish(o));
  return o;
}

std::string getBenchHelp(bool all) {
  BenchOptions unused;
  return absl::StrCat(std::string(kOverview), makeTable(unused).getHelp(all),
                      std::string(kExamples));
}

} // namespace espresso::runtime::bench
