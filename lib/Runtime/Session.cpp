//===- Session.cpp - One text in the making -------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Runtime/Session.h"

#include "Program.h"
#include "espresso/Base/StatusMacros.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include <algorithm>
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

/// Whether the head of the model chooses rather than giving logits.
static bool isGreedyModel(const Bundle &bundle) {
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

/// The host functions `prefill` and `prefill_<n>`, by the length of their ids.
std::vector<Session::Bucket> Session::findBuckets(const Bundle &bundle) {
  std::vector<Bucket> buckets;
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
            [](const Bucket &a, const Bucket &b) {
              return std::tie(a.length, a.name) < std::tie(b.length, b.name);
            });
  return buckets;
}

absl::Status Session::checkModel(const Bundle &bundle) {
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
    const std::vector<Bucket> buckets = findBuckets(bundle);
    if (buckets.empty() || buckets.back().length != model.prefillLength)
      return absl::InvalidArgumentError(
          absl::StrCat("host.plan: there is no function 'prefill' for ",
                       model.prefillLength, " tokens"));
    for (const Bucket &bucket : buckets)
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

Session::Session(std::shared_ptr<const Bundle> owner,
                 std::unique_ptr<HostDevice> device)
    : bundle(std::move(owner)), device(std::move(device)),
      contextLength(bundle->getModel().contextLength),
      buckets(bundle->getModel().prefillLength > 0 ? findBuckets(*bundle)
                                                   : std::vector<Bucket>()),
      greedy(isGreedyModel(*bundle)), columns(bundle->getModel().prefillLength),
      logits(greedy ? 0 : bundle->getModel().vocabularySize) {}

absl::StatusOr<std::unique_ptr<Session>>
Session::create(std::shared_ptr<const Bundle> bundle,
                const HostOptions &options) {
  absl::Status checked = checkModel(*bundle);
  if (!checked.ok())
    return absl::Status(
        checked.code(),
        absl::StrCat(bundle->getPath(), "/", std::string(checked.message())));
  ESPRESSO_ASSIGN_OR_RETURN(std::unique_ptr<HostDevice> device,
                            HostDevice::create(bundle, options));
  return std::unique_ptr<Session>(
      new Session(std::move(bundle), std::move(device)));
}

void Session::reset() {
  device->reset();
  position = 0;
}

absl::Status Session::run(std::string_view function,
                          std::span<const TensorRef> inputs) {
  const int64_t one = 1;
  const int64_t shape[] = {1, static_cast<int64_t>(logits.size()), 1, 1};
  if (greedy) {
    const TensorRef outputs[] = {
        {"maximum", DataType::Float32, {&one, 1}, &choice.logit},
        {"token", DataType::Int32, {&one, 1}, &choice.id}};
    return device->run(function, inputs, outputs);
  }
  const TensorRef outputs[] = {
      {"logits", DataType::Float32, shape, logits.data()}};
  return device->run(function, inputs, outputs);
}

/// The shortest that holds `count` tokens, or the longest.
const Session::Bucket &Session::chooseBucket(int64_t count) const {
  for (const Bucket &bucket : buckets)
    if (bucket.length >= count)
      return bucket;
  return buckets.back();
}

absl::Status Session::prefill(std::span<const int32_t> ids) {
  const Bucket &bucket = chooseBucket(static_cast<int64_t>(ids.size()));
  std::fill(columns.begin(), columns.end(), 0);
  std::copy(ids.begin(), ids.end(), columns.begin());
  int32_t last = static_cast<int32_t>(ids.size()) - 1;
  const int64_t one = 1;
  const TensorRef inputs[] = {
      {"ids", DataType::Int32, {&bucket.length, 1}, columns.data()},
      {"last", DataType::Int32, {&one, 1}, &last}};
  return run(bucket.name, inputs);
}

absl::Status Session::decode(int32_t id) {
  int32_t at = static_cast<int32_t>(position);
  const int64_t one = 1;
  const TensorRef inputs[] = {{"ids", DataType::Int32, {&one, 1}, &id},
                              {"position", DataType::Int32, {&one, 1}, &at}};
  return run("decode", inputs);
}

absl::Status Session::advance(std::span<const int32_t> ids) {
  const int64_t count = static_cast<int64_t>(ids.size());
  const int64_t vocabulary = bundle->getModel().vocabularySize;
  if (count == 0)
    return absl::InvalidArgumentError("the prompt has no tokens");
  if (count > contextLength - position)
    return absl::OutOfRangeError(
        absl::StrCat(count, " tokens do not fit the context of ", contextLength,
                     ", of which ", position, " are used"));
  for (int32_t id : ids)
    if (id < 0 || id >= vocabulary)
      return absl::InvalidArgumentError(absl::StrCat(
          "token ", id, " is outside the vocabulary of ", vocabulary));
  int64_t done = 0;
  if (position == 0 && !buckets.empty()) {
    done = std::min(count, buckets.back().length);
    ESPRESSO_RETURN_IF_ERROR(prefill(ids.first(done)));
    position = done;
  }
  for (; done < count; ++done, ++position)
    ESPRESSO_RETURN_IF_ERROR(decode(ids[done]));
  return absl::OkStatus();
}

absl::StatusOr<std::span<const float>>
Session::append(std::span<const int32_t> ids) {
  if (greedy)
    return absl::FailedPreconditionError(
        "the head of this bundle chooses the best token and gives no logits; "
        "compile it without --sampler=greedy");
  ESPRESSO_RETURN_IF_ERROR(advance(ids));
  return std::span<const float>(logits);
}

absl::StatusOr<Session::Choice>
Session::appendGreedy(std::span<const int32_t> ids) {
  if (!greedy)
    return absl::FailedPreconditionError(
        "the head of this bundle gives logits and chooses no token");
  ESPRESSO_RETURN_IF_ERROR(advance(ids));
  return choice;
}

} // namespace espresso::runtime
