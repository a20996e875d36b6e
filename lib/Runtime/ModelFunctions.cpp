//===- ModelFunctions.cpp - The functions of a language model -------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelFunctions.h"

#include "Program.h"
#include "espresso/Base/StatusMacros.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include <algorithm>
#include <string_view>
#include <tuple>

namespace espresso::runtime {

/// Nobody reads a prompt in larger pieces, or has more tokens: a bound on what
/// a session allocates before anything runs.
static constexpr int64_t kMaxPrefill = 1 << 20;
static constexpr int64_t kMaxVocabulary = 1 << 28;

/// A port a language model's function must have.
struct ExpectedPort {
  std::string_view name;
  Memory memory;
  Shape shape;
};

template <typename Ports>
static absl::Status checkPorts(const FunctionInfo &info, const Ports &ports,
                               const std::vector<ExpectedPort> &expected,
                               const char *what) {
  const std::string &owner = info.message->name();
  bool fits = ports.size() == static_cast<int>(expected.size());
  for (const ExpectedPort &port : expected) {
    auto found = std::find_if(ports.begin(), ports.end(), [&](const auto &p) {
      return p.name() == port.name;
    });
    fits = fits && found != ports.end();
    if (!fits)
      break;
    const TensorType &type = info.values[found->value()].type;
    if (type.getMemory() != port.memory || type.shape != port.shape)
      return absl::InvalidArgumentError(
          absl::StrCat("host.plan: ", what, " '", std::string(port.name),
                       "' of '", owner, "' is ", toString(type),
                       ", expected the shape ", toString(port.shape)));
  }
  if (!fits)
    return absl::InvalidArgumentError(absl::StrCat("host.plan: '", owner,
                                                   "' does not have the ", what,
                                                   "s of a language model"));
  return absl::OkStatus();
}

bool isGreedyModel(const Bundle &bundle) {
  const CompiledFunction *decode = bundle.getProgram().find("decode");
  if (!decode)
    return false;
  const auto &outputs = decode->info->message->outputs();
  return std::any_of(outputs.begin(), outputs.end(),
                     [](const auto &port) { return port.name() == "token"; });
}

/// Checks one function of a language model.
static absl::Status checkFunction(const Bundle &bundle, std::string_view name,
                                  bool isGreedy,
                                  const std::vector<ExpectedPort> &inputs) {
  const CompiledFunction *function = bundle.getProgram().find(name);
  if (!function)
    return absl::InvalidArgumentError(absl::StrCat(
        "host.plan: there is no function '", std::string(name), "'"));
  const FunctionInfo &info = *function->info;
  ESPRESSO_RETURN_IF_ERROR(
      checkPorts(info, info.message->inputs(), inputs, "input"));
  std::vector<ExpectedPort> outputs = {
      {"logits", Memory::Float, {1, bundle.getModel().vocabularySize, 1, 1}}};
  if (isGreedy)
    outputs = {{"maximum", Memory::Float, {1}}, {"token", Memory::Int, {1}}};
  return checkPorts(info, info.message->outputs(), outputs, "output");
}

std::vector<PrefillBucket> findBuckets(const Bundle &bundle) {
  std::vector<PrefillBucket> buckets;
  for (const CompiledFunction &function : bundle.getProgram().getFunctions()) {
    const plan::Function &message = *function.info->message;
    if (message.kind() != plan::Function::HOST ||
        (message.name() != "prefill" &&
         !absl::StartsWith(message.name(), "prefill_")))
      continue;
    for (const plan::Port &port : message.inputs())
      if (port.name() == "ids")
        buckets.push_back(
            {function.info->values[port.value()].type.count, message.name()});
  }
  std::sort(buckets.begin(), buckets.end(),
            [](const PrefillBucket &a, const PrefillBucket &b) {
              return std::tie(a.length, a.name) < std::tie(b.length, b.name);
            });
  return buckets;
}

static absl::Status checkFunctions(const Bundle &bundle) {
  const ModelInfo &model = bundle.getModel();
  if (model.prefillLength > kMaxPrefill ||
      model.vocabularySize > kMaxVocabulary)
    return absl::InvalidArgumentError(absl::StrCat(
        "host.plan: a prefill of ", model.prefillLength,
        " and a vocabulary of ", model.vocabularySize, "; the limits are ",
        kMaxPrefill, " and ", kMaxVocabulary));
  const bool isGreedy = isGreedyModel(bundle);
  ESPRESSO_RETURN_IF_ERROR(checkFunction(
      bundle, "decode", isGreedy,
      {{"ids", Memory::Int, {1}}, {"position", Memory::Int, {1}}}));
  if (model.prefillLength > 0) {
    const std::vector<PrefillBucket> buckets = findBuckets(bundle);
    if (buckets.empty() || buckets.back().length != model.prefillLength)
      return absl::InvalidArgumentError(
          absl::StrCat("host.plan: there is no function 'prefill' for ",
                       model.prefillLength, " tokens"));
    for (const PrefillBucket &bucket : buckets)
      ESPRESSO_RETURN_IF_ERROR(checkFunction(
          bundle, bucket.name, isGreedy,
          {{"ids", Memory::Int, {bucket.length}}, {"last", Memory::Int, {1}}}));
  }
  if (model.contextLength < 1 || model.contextLength < model.prefillLength)
    return absl::InvalidArgumentError(
        absl::StrCat("host.plan: a context of ", model.contextLength,
                     " does not hold a prefill of ", model.prefillLength));
  const int64_t pieces = bundle.getTokenizer().getVocabularySize();
  if (pieces > model.vocabularySize)
    return absl::InvalidArgumentError(absl::StrCat("tokenizer.pb: ", pieces,
                                                   " pieces, the model has ",
                                                   model.vocabularySize));
  return absl::OkStatus();
}

absl::Status checkModel(const Bundle &bundle) {
  const absl::Status checked = checkFunctions(bundle);
  if (checked.ok())
    return checked;
  return absl::Status(
      checked.code(),
      absl::StrCat(bundle.getPath(), "/", std::string(checked.message())));
}

} // namespace espresso::runtime
