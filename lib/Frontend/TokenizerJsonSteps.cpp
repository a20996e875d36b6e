//===- TokenizerJsonSteps.cpp - Steps of tokenizer.json -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PreTokenizers.h"
#include "TokenizerJson.h"

#include "espresso/Text/Regex.h"

#include "llvm/Support/Base64.h"

namespace espresso {

using Behavior = TokenizerData::Split::Behavior;
using StepKind = TokenizerData::Normalizer::Kind;

static constexpr llvm::StringLiteral kBlank = "\xE2\x96\x81"; // U+2581

LogicalResult TokenizerJsonReader::refuse(llvm::StringRef where,
                                          llvm::StringRef what,
                                          llvm::StringRef type,
                                          llvm::StringRef known) {
  return emitError(where) << "the " << what << " " << quoteUntrusted(type)
                          << " is not supported; known are: " << known;
}

LogicalResult TokenizerJsonReader::readSteps(
    const Value &value, llvm::StringRef list, llvm::StringRef where,
    llvm::function_ref<LogicalResult(llvm::StringRef, const Object &,
                                     llvm::StringRef)>
        read) {
  const Object *step = value.getAsObject();
  if (!step)
    return emitError(where) << "expected an object";
  llvm::StringRef type = step->getString("type").value_or("");
  if (type != "Sequence")
    return read(type, *step, where);
  const Array *steps = step->getArray(list);
  if (!steps)
    return emitError(where) << "expected a list '" << list << "'";
  for (size_t i = 0; i < steps->size(); ++i) {
    const std::string inner =
        (where + "." + list + "[" + llvm::Twine(i) + "]").str();
    if (failed(readSteps((*steps)[i], list, inner, read)))
      return failure();
  }
  return success();
}

FailureOr<std::pair<std::string, bool>>
TokenizerJsonReader::readPattern(const Object &step, llvm::StringRef where) {
  const Value *pattern = step.get("pattern");
  const Object *kinds = pattern ? pattern->getAsObject() : nullptr;
  std::optional<llvm::StringRef> text =
      pattern ? pattern->getAsString() : std::nullopt;
  if (kinds)
    text = kinds->getString("String");
  if (text)
    return std::pair<std::string, bool>(text->str(), false);
  std::optional<llvm::StringRef> regex =
      kinds ? kinds->getString("Regex") : std::nullopt;
  if (!regex)
    return emitError(where) << "expected a pattern that is a String or a Regex";
  absl::StatusOr<Regex> compiled = Regex::compile(regex->str());
  if (!compiled.ok())
    return emitError(where) << std::string(compiled.status().message());
  return std::pair<std::string, bool>(regex->str(), true);
}

//===----------------------------------------------------------------------===//
// Normalisers
//===----------------------------------------------------------------------===//

LogicalResult TokenizerJsonReader::readNormalizer(const Value &value,
                                                  llvm::StringRef where) {
  static constexpr std::pair<llvm::StringLiteral, StepKind> kPlain[] = {
      {"NFC", StepKind::Nfc},
      {"NFD", StepKind::Nfd},
      {"NFKC", StepKind::Nfkc},
      {"NFKD", StepKind::Nfkd},
      {"Lowercase", StepKind::Lowercase},
      {"StripAccents", StepKind::StripAccents}};
  auto read = [&](llvm::StringRef type, const Object &step,
                  llvm::StringRef at) -> LogicalResult {
    for (const auto &[name, kind] : kPlain)
      if (type == name) {
        data.normalizers.push_back({kind});
        return success();
      }
    if (type == "ByteLevel") {
      isByteLevel = true;
    } else if (type == "Strip") {
      if (step.getBoolean("strip_left").value_or(true))
        data.normalizers.push_back({StepKind::StripLeft});
      if (step.getBoolean("strip_right").value_or(true))
        data.normalizers.push_back({StepKind::StripRight});
    } else if (type == "Prepend") {
      data.normalizers.push_back(
          {StepKind::Prepend, step.getString("prepend").value_or("").str()});
    } else if (type == "Replace") {
      auto pattern = readPattern(step, at);
      if (failed(pattern))
        return failure();
      if (pattern->first.empty())
        return emitError(at) << "expected something to replace";
      data.normalizers.push_back(
          {pattern->second ? StepKind::ReplaceRegex : StepKind::Replace,
           pattern->first, step.getString("content").value_or("").str()});
    } else if (type == "Precompiled") {
      std::vector<char> map;
      if (llvm::errorToBool(llvm::decodeBase64(
              step.getString("precompiled_charsmap").value_or(""), map)))
        return emitError(at) << "expected a map in base64";
      if (!map.empty())
        data.normalizers.push_back(
            {StepKind::CharsMap, std::string(map.begin(), map.end())});
    } else {
      return refuse(at, "normaliser", type,
                    "ByteLevel, Lowercase, NFC, NFD, NFKC, NFKD, Precompiled, "
                    "Prepend, Replace, Sequence, Strip, StripAccents");
    }
    return success();
  };
  return readSteps(value, "normalizers", where, read);
}

void TokenizerJsonReader::recogniseBlanks() {
  auto &steps = data.normalizers;
  const TokenizerData::Normalizer spelling{StepKind::Replace, " ",
                                           kBlank.str()};
  if (steps.empty() || steps.back() != spelling)
    return;
  steps.pop_back();
  data.blank = kBlank.str();
  if (steps.empty() || steps.back().kind != StepKind::Prepend ||
      steps.back().text != kBlank)
    return;
  steps.pop_back();
  data.addSpacePrefix = true;
}

//===----------------------------------------------------------------------===//
// Pre-tokenisers
//===----------------------------------------------------------------------===//

static std::optional<Behavior> findBehavior(llvm::StringRef name) {
  static constexpr std::pair<llvm::StringLiteral, Behavior> kNames[] = {
      {"Isolated", Behavior::Isolated},
      {"Removed", Behavior::Removed},
      {"MergedWithPrevious", Behavior::MergedWithPrevious},
      {"MergedWithNext", Behavior::MergedWithNext},
      {"Contiguous", Behavior::Contiguous}};
  for (const auto &[known, behavior] : kNames)
    if (known == name)
      return behavior;
  return std::nullopt;
}

LogicalResult TokenizerJsonReader::readSplit(const Object &step,
                                             llvm::StringRef where) {
  auto pattern = readPattern(step, where);
  if (failed(pattern))
    return failure();
  llvm::StringRef name = step.getString("behavior").value_or("");
  std::optional<Behavior> behavior = findBehavior(name);
  if (!behavior)
    return refuse(where, "behaviour", name,
                  "Contiguous, Isolated, MergedWithNext, MergedWithPrevious, "
                  "Removed");
  data.splits.push_back(
      {pattern->second ? pattern->first : quoteRegex(pattern->first), *behavior,
       step.getBoolean("invert").value_or(false)});
  return success();
}

LogicalResult TokenizerJsonReader::readMetaspace(const Object &step,
                                                 llvm::StringRef where) {
  data.blank = step.getString("replacement").value_or(kBlank).str();
  const bool old = step.getBoolean("add_prefix_space").value_or(true);
  llvm::StringRef scheme =
      step.getString("prepend_scheme").value_or(old ? "always" : "never");
  if (scheme != "always" && scheme != "first" && scheme != "never")
    return refuse(where, "prepend_scheme", scheme, "always, first, never");
  data.addSpacePrefix = scheme != "never";
  data.spacePrefixAtStartOnly = scheme == "first";
  data.spacePrefixRule = TokenizerData::PrefixRule::UnlessBlank;
  if (step.getBoolean("split").value_or(true))
    data.splits.push_back({quoteRegex(*data.blank), Behavior::MergedWithNext});
  return success();
}

LogicalResult TokenizerJsonReader::readPreTokenizer(const Value &value,
                                                    llvm::StringRef where) {
  auto read = [&](llvm::StringRef type, const Object &step,
                  llvm::StringRef at) -> LogicalResult {
    if (type == "Split")
      return readSplit(step, at);
    if (type == "Metaspace")
      return readMetaspace(step, at);
    if (type == "ByteLevel") {
      isByteLevel = true;
      if (step.getBoolean("add_prefix_space").value_or(false)) {
        data.addSpacePrefix = true;
        data.spacePrefixRule = TokenizerData::PrefixRule::UnlessBlank;
      }
      if (step.getBoolean("use_regex").value_or(true))
        data.splits.push_back({getGpt2Pattern().str()});
    } else if (type == "Digits") {
      const bool single = step.getBoolean("individual_digits").value_or(false);
      data.splits.push_back({single ? "\\p{N}" : "\\p{N}+"});
    } else if (type == "Punctuation") {
      std::optional<Behavior> behavior =
          findBehavior(step.getString("behavior").value_or("Isolated"));
      if (!behavior)
        return emitError(at) << "expected a behaviour";
      data.splits.push_back({"[\\p{P}!-/:-@\\[-`{-~]", *behavior});
    } else if (type == "Whitespace") {
      data.splits.push_back(
          {"\\w+|[^\\w\\s]+", Behavior::Removed, /*invert=*/true});
    } else if (type == "WhitespaceSplit") {
      data.splits.push_back({"\\s", Behavior::Removed});
    } else if (type == "CharDelimiterSplit") {
      data.splits.push_back(
          {quoteRegex(step.getString("delimiter").value_or(" ").str()),
           Behavior::Removed});
    } else {
      return refuse(at, "pre-tokeniser", type,
                    "ByteLevel, CharDelimiterSplit, Digits, Metaspace, "
                    "Punctuation, Sequence, Split, Whitespace, "
                    "WhitespaceSplit");
    }
    return success();
  };
  return readSteps(value, "pretokenizers", where, read);
}

//===----------------------------------------------------------------------===//
// What goes around a text
//===----------------------------------------------------------------------===//

LogicalResult TokenizerJsonReader::readTemplate(const Object &step,
                                                llvm::StringRef where) {
  const Array *parts = step.getArray("single");
  const Object *specials = step.getObject("special_tokens");
  bool isBehind = false;
  for (size_t i = 0; parts && i < parts->size(); ++i) {
    const Object *part = (*parts)[i].getAsObject();
    const Object *special = part ? part->getObject("SpecialToken") : nullptr;
    if (!special) {
      isBehind = true; // the text itself
      continue;
    }
    llvm::StringRef name = special->getString("id").value_or("");
    const Object *found = specials ? specials->getObject(name) : nullptr;
    const Array *ids = found ? found->getArray("ids") : nullptr;
    if (!ids)
      return emitError(where) << "no ids for " << quoteUntrusted(name);
    for (const Value &id : *ids) {
      std::optional<int64_t> number = id.getAsInteger();
      if (!number || *number < 0 ||
          static_cast<size_t>(*number) >= data.pieces.size())
        return emitError(where)
               << "expected ids of pieces for " << quoteUntrusted(name);
      (isBehind ? data.suffixIds : data.prefixIds)
          .push_back(static_cast<uint32_t>(*number));
    }
  }
  return success();
}

LogicalResult TokenizerJsonReader::readPostProcessor(const Value &value,
                                                     llvm::StringRef where) {
  auto addPair = [&](const Object &step, llvm::StringRef key,
                     std::vector<uint32_t> &ids,
                     llvm::StringRef at) -> LogicalResult {
    const Array *pair = step.getArray(key);
    std::optional<int64_t> id =
        pair && pair->size() == 2 ? (*pair)[1].getAsInteger() : std::nullopt;
    if (!id || *id < 0 || static_cast<size_t>(*id) >= data.pieces.size())
      return emitError(at) << "expected '" << key << "' to be a token";
    ids.push_back(static_cast<uint32_t>(*id));
    return success();
  };
  auto read = [&](llvm::StringRef type, const Object &step,
                  llvm::StringRef at) -> LogicalResult {
    if (type == "TemplateProcessing")
      return readTemplate(step, at);
    if (type == "BertProcessing" || type == "RobertaProcessing") {
      if (failed(addPair(step, "cls", data.prefixIds, at)))
        return failure();
      return addPair(step, "sep", data.suffixIds, at);
    }
    if (type == "ByteLevel") // about places in the text only
      return success();
    return refuse(at, "post-processor", type,
                  "BertProcessing, ByteLevel, RobertaProcessing, Sequence, "
                  "TemplateProcessing");
  };
  return readSteps(value, "processors", where, read);
}

/// Decoding follows from the pieces and the blank; what would not is refused.
LogicalResult TokenizerJsonReader::readDecoder(const Value &value,
                                               llvm::StringRef where) {
  auto read = [&](llvm::StringRef type, const Object &step,
                  llvm::StringRef at) -> LogicalResult {
    if (type == "ByteLevel") {
      isByteLevel = true;
      return success();
    }
    if (type == "ByteFallback" || type == "Fuse" || type == "Strip" ||
        type == "Metaspace")
      return success();
    if (type == "Replace") {
      auto pattern = readPattern(step, at);
      if (failed(pattern))
        return failure();
      const bool isBlank = !pattern->second && data.blank &&
                           pattern->first == *data.blank &&
                           step.getString("content").value_or("") == " ";
      if (!isBlank)
        return emitError(at) << "only the spelling of blanks can be replaced";
      return success();
    }
    return refuse(at, "decoder", type,
                  "ByteFallback, ByteLevel, Fuse, Metaspace, Replace, "
                  "Sequence, Strip");
  };
  return readSteps(value, "decoders", where, read);
}

} // namespace espresso
