//===- PreTokenizers.cpp - How families of models cut text ----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// The patterns are those the models' authors publish in their tokenizer.json.
// Where PCRE2 needs another spelling for the same set of matches, or the
// original needs time quadratic in a text, a comment says so.
//
//===----------------------------------------------------------------------===//

#include "PreTokenizers.h"

#include "llvm/ADT/StringExtras.h"

#include <algorithm>

namespace espresso {

using Literal = llvm::StringLiteral;

// English contractions in any case, as most families after GPT-2 have them.
#define CONTRACTIONS "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
// A word with at most one character before it that is no letter or digit.
#define WORD R"([^\r\n\p{L}\p{N}]?\p{L}+)"
// Punctuation with the line ends behind it; ends of lines; white space but for
// its last character before a word; white space.
#define MARKS R"( ?[^\s\p{L}\p{N}]+[\r\n]*)"
#define SPACES R"(\s*[\r\n]+|\s+(?!\S)|\s+)"
// The same letters with and without upper case at the front.
#define UPPER R"([\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}])"
#define LOWER R"([\p{Ll}\p{Lm}\p{Lo}\p{M}])"
#define CASED_WORD(SUFFIX)                                                     \
  R"([^\r\n\p{L}\p{N}]?)" UPPER "*" LOWER "+" SUFFIX                           \
  R"(|[^\r\n\p{L}\p{N}]?)" UPPER "+" LOWER "*" SUFFIX
// [UPPER && [^\p{Han}]]: PCRE2 of Debian 12 has no intersections.
#define NO_HAN_UPPER R"([^\p{C}\p{N}\p{P}\p{S}\p{Z}\p{Ll}\p{Han}])"
#define NO_HAN_LOWER R"([^\p{C}\p{N}\p{P}\p{S}\p{Z}\p{Lu}\p{Lt}\p{Han}])"

#define GPT2                                                                   \
  R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|)" \
  R"(\s+)"

static constexpr Literal kGpt2[] = {GPT2};
static constexpr Literal kLlama3[] = {
    CONTRACTIONS "|" WORD R"(|\p{N}{1,3}|)" MARKS "|" SPACES};
static constexpr Literal kQwen2[] = {CONTRACTIONS "|" WORD R"(|\p{N}|)" MARKS
                                                  "|" SPACES};
static constexpr Literal kQwen35[] = {
    CONTRACTIONS R"(|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}|)"
                 R"( ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|)" SPACES};
static constexpr Literal kStarCoder[] = {R"(\p{N})", GPT2};
static constexpr Literal kFalcon[] = {R"([\p{P}\$\+<=>\^~\|`]+)", GPT2,
                                      "[0-9][0-9][0-9]"};
// What files without a name were made for.
static constexpr Literal kDefault[] = {R"([\p{P}\$\+<=>\^~\|]+)", GPT2,
                                       R"(\p{N}+)", "[0-9][0-9][0-9]"};
// The published list of letters is that of the cased ones (L&) of an older
// Unicode. `\s+$` is written so that a run of white space is tried once.
static constexpr Literal kDeepSeekLlm[] = {
    R"([\r\n])",
    R"(\s?[^\P{L&}\x{560}-\x{588}\x{10C7}-\x{10FF}\x{1C80}-\x{1C88})"
    R"(\x{2D00}-\x{2D2D}\x{A790}-\x{A7FA}\x{AB30}-\x{AB68})"
    R"(\x{10570}-\x{105BC}\x{16E40}-\x{16E7F}\x{1D400}-\x{1D7CB})"
    R"(\x{1DF00}-\x{1DF1E}]+)",
    R"(\s?[!-/:-~\x{FF01}-\x{FF0F}\x{FF1A}-\x{FF5E}\x{2018}-\x{201F})"
    R"(\x{3000}-\x{3002}]+)",
    R"((?<!\s)\s++$)",
    R"([\x{4E00}-\x{9FA5}\x{800}-\x{4E00}\x{AC00}-\x{D7FF}]+)",
    R"(\p{N}+)"};
static constexpr Literal kDeepSeekCoder[] = {
    R"([\r\n])", R"(\s?\p{L}+)", R"(\s?\p{P}+)",
    R"([\x{4E00}-\x{9FA5}\x{800}-\x{4E00}\x{AC00}-\x{D7FF}]+)", R"(\p{N})"};

// A word behind one mark, words with marks of Unicode, punctuation and symbols.
#define DEEPSEEK3                                                              \
  R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|)"                        \
  R"([^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|)" SPACES

static constexpr Literal kDeepSeek3[] = {
    R"(\p{N}{1,3})",
    R"([\x{4E00}-\x{9FA5}\x{3040}-\x{309F}\x{30A0}-\x{30FF}]+)", DEEPSEEK3};
static constexpr Literal kGpt4o[] = {CASED_WORD(
    CONTRACTIONS "?") R"(|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|)" SPACES};
static constexpr Literal kTekken[] = {
    CASED_WORD("") R"(|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|)" SPACES};
static constexpr Literal kKimiK2[] = {
    R"([\p{Han}]+|)"
    R"([^\r\n\p{L}\p{N}]?)" NO_HAN_UPPER "*" NO_HAN_LOWER "+" CONTRACTIONS
    R"(?|[^\r\n\p{L}\p{N}]?)" NO_HAN_UPPER "+" NO_HAN_LOWER "*" CONTRACTIONS
    R"(?|\p{N}{1,3}|)" MARKS "|" SPACES};
static constexpr Literal kYoutu[] = {
    R"([\x{AC00}-\x{D7A3}\x{3131}-\x{318E}]+|)"
    R"([\x{FF01}\x{2026}\x{201C}\x{201D}\x{2018}\x{2019}\x{2014}\x{FF1A})"
    R"(\x{FF1B}\x{FF0C}\x{3001}-\x{303F}\x{FE30}-\x{FE4F}]+|)"
    R"([\x{3105}-\x{312F}]+|)"
    R"([\x{4E00}-\x{9FA5}\x{3040}-\x{309F}\x{30A0}-\x{30FF}]+)",
    CASED_WORD(CONTRACTIONS
               "?") R"(|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|)" SPACES};
static constexpr Literal kTinyAya[] = {
    R"(\d{1,3}(?=(?:\d{3})*+\b))",
    CASED_WORD(CONTRACTIONS
               "?") R"(|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|)" SPACES};
#define BLOOM                                                                  \
  R"( ?[^(\s|.,!?\x{2026}\x{3002}\x{FF0C}\x{3001}\x{964}\x{6D4}\x{60C})]+)"
static constexpr Literal kBloom[] = {BLOOM};
static constexpr Literal kViking[] = {BLOOM, R"(\p{N})"};
static constexpr Literal kChameleon[] = {
    "<sentinel:[0-9]+>",       "(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z",
    R"(([\t\n]|    |  ))",     R"(\p{N})",
    R"([\p{P}!-/:-@\[-`{-~])", GPT2};
static constexpr Literal kSuperBpe[] = {R"(\p{N}+)",
                                        R"((?=(?:\d{3})++(?!\d)))"};
static constexpr Literal kBailingMoe[] = {
    R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}|)"
    R"( ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+)"};
static constexpr Literal kSeedCoder[] = {
    CONTRACTIONS "|" WORD R"(|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|)" SPACES};
static constexpr Literal kLaguna[] = {R"([^\n]+|[\n]+)", CONTRACTIONS
                                      "|" WORD R"(|\p{N}|)" MARKS "|" SPACES};
static constexpr Literal kMiniCpm5[] = {
    R"(\p{N}{1,3})", CONTRACTIONS "|" WORD R"(|\p{N}+|)" MARKS "|" SPACES};
// Possessive, since nothing follows: the original tries every way to cut.
static constexpr Literal kExaoneMoe[] = {
    CONTRACTIONS
    R"(|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*+(?: \p{L}\p{M}*+)*+)++|\p{N}|)"
    R"( ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+)"};
static constexpr Literal kJais2[] = {
    CONTRACTIONS "|" WORD R"(|\p{N}{1,3}|)" MARKS
                 R"(|\s*[\r\n]+|\s{512}(?!\S)|\s{256}(?!\S)|\s{128}(?!\S)|)"
                 R"(\s{64}(?!\S)|\s{32}(?!\S)|\s{16}(?!\S)|\s{8}(?!\S)|)"
                 R"(\s{4}(?!\S)|\s{1,2}(?!\S)|\s{1})"};
// Digits in threes from the right; then scripts without blanks.
static constexpr Literal kAfmoe[] = {
    R"(\p{N}{1,3}(?=(?:\p{N}{3})*+(?!\p{N})))",
    R"([\x{4E00}-\x{9FFF}\x{3400}-\x{4DBF}\x{F900}-\x{FAFF}\x{3040}-\x{30FF})"
    R"(\x{FF65}-\x{FF9F}\x{2F00}-\x{2FDF}\x{E40}-\x{EFF}\x{1780}-\x{17FF})"
    R"(\x{1000}-\x{109F}\x{AA60}-\x{AA7F}\x{A9E0}-\x{A9FF})"
    R"(\x{AC00}-\x{D7AF}\x{1100}-\x{11FF}]+)",
    DEEPSEEK3};

static constexpr Literal kGpt2Names[] = {"gpt-2",
                                         "mpt",
                                         "olmo",
                                         "jais",
                                         "trillion",
                                         "phi-2",
                                         "granite-docling",
                                         "jina-es",
                                         "jina-de",
                                         "jina-v2-es",
                                         "jina-v2-de",
                                         "gigachat",
                                         "a.x-4.0",
                                         "mellum",
                                         "modern-bert",
                                         "exaone4",
                                         "jina-v1-en",
                                         "jina-v2-code",
                                         "roberta-bpe"};
static constexpr Literal kLlama3Names[] = {
    "llama-bpe", "llama3",   "llama-v3", "falcon3",     "falcon-h1",
    "pixtral",   "midm-2.0", "lfm2",     "jina-v5-nano"};
static constexpr Literal kLlama3OtherNames[] = {"dbrx", "smaug-bpe", "glm4",
                                                "chatglm-bpe"};
static constexpr Literal kQwen2Names[] = {
    "qwen2",  "stablelm2",  "hunyuan", "deepseek-r1-qwen", "kormo", "f2llmv2",
    "megrez", "solar-open", "grok-2"};
static constexpr Literal kQwen35Names[] = {"qwen35"};
static constexpr Literal kStarCoderNames[] = {
    "starcoder", "refact", "command-r",  "smollm",
    "codeshell", "exaone", "minerva-7b", "mellum2"};
static constexpr Literal kFalconNames[] = {"falcon"};
static constexpr Literal kDefaultNames[] = {"default"};
static constexpr Literal kDeepSeekLlmNames[] = {"deepseek-llm"};
static constexpr Literal kDeepSeekCoderNames[] = {"deepseek-coder"};
static constexpr Literal kDeepSeek3Names[] = {"deepseek-v3", "hunyuan-dense",
                                              "joyai-llm"};
static constexpr Literal kGpt4oNames[] = {"gpt-4o", "llama4", "kanana2",
                                          "talkie", "minimax-m2"};
static constexpr Literal kTekkenNames[] = {"tekken"};
static constexpr Literal kKimiK2Names[] = {"kimi-k2"};
static constexpr Literal kYoutuNames[] = {"youtu"};
static constexpr Literal kTinyAyaNames[] = {"tiny_aya", "cohere2moe"};
static constexpr Literal kBloomNames[] = {"bloom", "poro-chat", "gpt3-finnish"};
static constexpr Literal kVikingNames[] = {"viking"};
static constexpr Literal kChameleonNames[] = {"chameleon"};
static constexpr Literal kSuperBpeNames[] = {"superbpe"};
static constexpr Literal kBailingMoeNames[] = {"bailingmoe", "bailingmoe2",
                                               "llada-moe"};
static constexpr Literal kSeedCoderNames[] = {"seed-coder"};
static constexpr Literal kLagunaNames[] = {"laguna"};
static constexpr Literal kMiniCpm5Names[] = {"minicpm5"};
static constexpr Literal kExaoneMoeNames[] = {"exaone-moe"};
static constexpr Literal kJais2Names[] = {"jais-2"};
static constexpr Literal kAfmoeNames[] = {"afmoe"};

static constexpr PreTokenizer kPreTokenizers[] = {
    {kGpt2Names, kGpt2},
    {kLlama3Names, kLlama3, /*ignoreMerges=*/true, /*addBos=*/true},
    {kLlama3OtherNames, kLlama3},
    {kQwen2Names, kQwen2},
    {kQwen35Names, kQwen35},
    {kStarCoderNames, kStarCoder},
    {kFalconNames, kFalcon},
    {kDefaultNames, kDefault},
    {kDeepSeekLlmNames, kDeepSeekLlm},
    {kDeepSeekCoderNames, kDeepSeekCoder},
    {kDeepSeek3Names, kDeepSeek3},
    {kGpt4oNames, kGpt4o},
    {kTekkenNames, kTekken, /*ignoreMerges=*/true, /*addBos=*/true},
    {kKimiK2Names, kKimiK2},
    {kYoutuNames, kYoutu, /*ignoreMerges=*/true},
    {kTinyAyaNames, kTinyAya},
    {kBloomNames, kBloom},
    {kVikingNames, kViking},
    {kChameleonNames, kChameleon, /*ignoreMerges=*/false, /*addBos=*/true},
    {kSuperBpeNames, kSuperBpe},
    {kBailingMoeNames, kBailingMoe},
    {kSeedCoderNames, kSeedCoder},
    {kLagunaNames, kLaguna},
    {kMiniCpm5Names, kMiniCpm5, /*ignoreMerges=*/true},
    {kExaoneMoeNames, kExaoneMoe},
    {kJais2Names, kJais2},
    {kAfmoeNames, kAfmoe},
};

const PreTokenizer *findPreTokenizer(llvm::StringRef name) {
  for (const PreTokenizer &candidate : kPreTokenizers)
    for (llvm::StringRef known : candidate.names)
      if (known == name)
        return &candidate;
  return nullptr;
}

std::string listPreTokenizers() {
  std::vector<llvm::StringRef> names;
  for (const PreTokenizer &candidate : kPreTokenizers)
    names.insert(names.end(), candidate.names.begin(), candidate.names.end());
  std::sort(names.begin(), names.end());
  return llvm::join(names, ", ");
}

std::vector<TokenizerData::Split> makeSplits(llvm::ArrayRef<Literal> patterns) {
  std::vector<TokenizerData::Split> splits;
  for (llvm::StringRef pattern : patterns)
    splits.push_back({pattern.str()});
  return splits;
}

llvm::StringRef getGpt2Pattern() { return GPT2; }

} // namespace espresso
