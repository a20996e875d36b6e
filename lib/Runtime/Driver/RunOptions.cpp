//===- RunOptions.cpp - What espresso-run was asked to do -----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RunOptions.h"

#include "espresso/Base/StatusMacros.h"

#include "absl/strings/str_cat.h"

#include <limits>

namespace espresso::runtime {

static constexpr std::string_view kOverview =
    "Continues a prompt with the language model of a bundle. A model that is "
    "not\n"
    "compiled yet is compiled to a cache first. `espresso-run bench` measures "
    "speeds.\n"
    "\n"
    "usage: espresso-run BUNDLE|MODEL.gguf|MODEL.bin -p PROMPT [options]\n";

static constexpr std::string_view kExamples =
    "\nExamples:\n"
    "  espresso-run stories.espresso -p \"Once upon a time\" -n 100\n"
    "  espresso-run model.gguf -p \"The sea\" --temp 0.8 --top-p 0.9 --seed 7\n"
    "  espresso-run stories.espresso -f prompt.txt -n 0 --logits logits.npy\n";

static OptionGroup getTextOptions(RunOptions &o) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  auto storePrompt = [&o](std::string_view value) {
    o.prompt = std::string(value);
    return absl::OkStatus();
  };
  return {"Text",
          {{"--prompt", "-p", "TEXT", "Text to continue; may be empty", false,
            storePrompt},
           {"--prompt-file", "-f", "FILE", "The same from a file; - for stdin",
            false, storeText(o.promptFile)},
           {"--max-tokens", "-n", "N",
            "New tokens at most (default: to the end of text)", false,
            storeInteger(o.maxNewTokens, -1, kMost)},
           {"--chat", "", "", "Talk: each line of input is a turn", false,
            storeFlag(o.chat)},
           {"--system", "", "TEXT", "What the model is told before a talk",
            true, storeText(o.system)},
           {"--chat-template", "", "FILE",
            "Write turns as this Jinja template does", true,
            storeText(o.chatTemplate)},
           {"--parse-special", "", "",
            "Special tokens may be spelt out in the prompt", true,
            storeFlag(o.parseSpecial)},
           {"--ignore-eos", "", "", "Go on after the model ends the text", true,
            storeFlag(o.ignoreStop)}}};
}

static OptionGroup getSamplingOptions(RunOptions &o) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  return {"Sampling, in this order",
          {{"--repeat-penalty", "", "R",
            "Make recent tokens less likely (default 1: off)", false,
            storeNumber(o.sampler.repeatPenalty)},
           {"--repeat-last-n", "", "N", "What is recent (default 64)", true,
            storeInteger(o.sampler.repeatWindow, 0, kMost)},
           {"--temp", "", "T", "Temperature (default 0: always the best token)",
            false, storeNumber(o.sampler.temperature)},
           {"--top-k", "", "K", "Only the K best (default 0: all)", false,
            storeInteger(o.sampler.topK, 0, kMost)},
           {"--top-p", "", "P",
            "Only the best that reach probability P (default 1)", false,
            storeNumber(o.sampler.topP)},
           {"--min-p", "", "P",
            "Only those P times as likely as the best (default 0)", false,
            storeNumber(o.sampler.minP)},
           {"--seed", "-s", "S", "Same seed, same text (default 0)", false,
            storeInteger(o.seed, 0, std::numeric_limits<int64_t>::max())}}};
}

/// The value of an option that may stand alone.
static std::function<absl::Status(std::string_view)>
storeIntegerOr(int64_t &to, int64_t alone, int64_t low, int64_t high) {
  return [&to, alone,
          store = storeInteger(to, low, high)](std::string_view value) {
    if (!value.empty())
      return store(value);
    to = alone;
    return absl::OkStatus();
  };
}

static OptionGroup getSpeedOptions(RunOptions &o) {
  constexpr int64_t kMostStreams = 4096, kLongestLookup = 64;
  return {
      "Many tokens at once",
      {{"--streams", "", "N",
        "Texts side by side: of --prompts, or N of one prompt", false,
        storeInteger(o.streams, 1, kMostStreams)},
       {"--prompts", "", "FILE",
        "A prompt a line, or JSON objects; writes JSON lines", false,
        storeText(o.prompts)},
       {"--lookup", "", "N", "Guess that what followed N tokens will again (3)",
        false, storeIntegerOr(o.lookup, kDefaultLookup, 1, kLongestLookup),
        /*isValueOptional=*/true},
       {"--draft", "", "BUNDLE", "Let a small model guess; same text", false,
        storeText(o.draft)},
       {"--draft-tokens", "", "K",
        "Tokens guessed at a time (default 0: adapts)", true,
        storeInteger(o.draftTokens, 0, BatchSession::kMaxColumns - 1)}}};
}

static OptionGroup getOutputOptions(RunOptions &o) {
  return {"Output",
          {{"--ids", "", "", "Print token ids instead of text", false,
            storeFlag(o.ids)},
           {"--logits", "", "FILE",
            "Write the prompt's logits: lines, *.npy, - for stdout", false,
            storeText(o.logits)},
           {"--stats", "", "", "Print times and speeds to stderr", false,
            storeFlag(o.stats)},
           {"--dump-plan", "", "", "Print the steps that run, and end", true,
            storeFlag(o.dumpPlan)}}};
}

static OptionGroup getModelOptions(RunOptions &o) {
  return {"Model",
          {{"--threads", "-t", "N", "Threads (default 0: all)", false,
            storeInteger(o.threads, 0, 512)},
           {"--verify", "", "",
            "Check the digests of weights though they were right before", true,
            storeFlag(o.verify)},
           {"--no-verify", "", "", "Do not check the digests of weights", true,
            storeFlag(o.noVerify)},
           {"--no-fuse", "", "", "Run each step of the plan on its own", true,
            storeFlag(o.noFuse)},
           {"--head-method", "", "M",
            "Find the best token so: auto, full, screened, pruned", true,
            storeWord(o.headMethod, {"auto", "full", "screened", "pruned"})},
           {"--dtype", "", "TYPE", "Compile for fp16 or fp32 (default fp16)",
            false, storeWord(o.dataType, {"fp16", "fp32"})},
           {"--tokenizer", "", "FILE", "Vocabulary of a MODEL.bin", false,
            storeText(o.tokenizer)}}};
}

static OptionGroup getGeneralOptions(RunOptions &o) {
  return {
      "General",
      {{"--color", "", "WHEN", "Colour messages: auto, always, never", false,
        storeWord(o.color, {"auto", "always", "never"})},
       {"--quiet", "-q", "", "Say nothing but errors", false,
        storeFlag(o.quiet)},
       {"--verbose", "-v", "", "Say more", false, storeFlag(o.verbose)},
       {"--no-progress", "", "", "Show no progress on a terminal", true,
        storeFlag(o.noProgress)},
       {"--version", "", "", "Print the version", false, storeFlag(o.version)},
       {"--help", "-h", "", "Print this; --help-all prints more", false,
        storeFlag(o.help)},
       {"--help-all", "", "", "Print every option", true,
        storeFlag(o.helpAll)}}};
}

static OptionTable makeTable(RunOptions &o) {
  return OptionTable({getTextOptions(o), getSamplingOptions(o),
                      getSpeedOptions(o), getOutputOptions(o),
                      getModelOptions(o), getGeneralOptions(o)});
}

absl::StatusOr<RunOptions>
parseRunOptions(std::span<const std::string_view> arguments) {
  RunOptions o;
  ESPRESSO_ASSIGN_OR_RETURN(std::vector<std::string> rest,
                            makeTable(o).parse(arguments));
  if (o.help || o.helpAll || o.version)
    return o;
  auto usage = [](const auto &...args) {
    return absl::InvalidArgumentError(absl::StrCat(args...));
  };
  if (rest.empty())
    return usage("no bundle or model was given; try --help");
  if (rest.size() > 1)
    return usage("'", rest[1], "' is one argument too many; quote the prompt ",
                 "and give it with -p");
  o.model = rest[0];
  if (o.prompt && !o.promptFile.empty())
    return usage("-p and -f exclude each other");
  if (!o.prompts.empty() && (o.prompt || !o.promptFile.empty()))
    return usage("--prompts takes the place of -p and -f");
  if (!o.prompt && o.promptFile.empty() && o.prompts.empty() && !o.chat &&
      !o.dumpPlan)
    return usage("no prompt was given; add -p TEXT or -f FILE, or talk with ",
                 "--chat");
  const bool isMany = o.streams > 0 || !o.prompts.empty();
  if (isMany && (o.chat || !o.logits.empty()))
    return usage("--streams and --prompts go with neither --chat nor --logits");
  if (o.streams > 1 && (o.lookup > 0 || !o.draft.empty()))
    return usage("--streams goes with neither --lookup nor --draft");
  if (o.lookup > 0 && !o.draft.empty())
    return usage("--lookup and --draft exclude each other");
  if (o.draftTokens > 0 && o.lookup == 0 && o.draft.empty())
    return usage("--draft-tokens needs --lookup or --draft");
  if (o.chat && (o.ids || !o.logits.empty() || o.parseSpecial || o.ignoreStop))
    return usage("--chat goes with none of --ids, --logits, --parse-special ",
                 "and --ignore-eos");
  if (!o.chat && (!o.system.empty() || !o.chatTemplate.empty()))
    return usage("--system and --chat-template need --chat");
  if (o.verify && o.noVerify)
    return usage("--verify and --no-verify exclude each other");
  if (o.ids && o.logits == "-")
    return usage("--ids and --logits=- both want stdout");
  o.sampler.seed = static_cast<uint64_t>(o.seed);
  ESPRESSO_RETURN_IF_ERROR(checkOptions(o.sampler));
  return o;
}

std::string getRunHelp(bool all) {
  RunOptions unused;
  return absl::StrCat(std::string(kOverview), makeTable(unused).getHelp(all),
                      std::string(kExamples));
}

} // namespace espresso::runtime
