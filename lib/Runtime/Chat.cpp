//===- Chat.cpp - Conversations with a model ------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Runtime/Chat.h"

#include "espresso/Base/StatusMacros.h"
#include "espresso/Text/Utf8.h"

#include "absl/strings/str_cat.h"

namespace espresso::runtime {

absl::StatusOr<ChatTemplate> ChatTemplate::create(const Tokenizer &tokenizer,
                                                  std::string source,
                                                  std::string name) {
  if (source.empty())
    source = tokenizer.getChatTemplate();
  if (source.empty())
    return absl::NotFoundError(
        absl::StrCat(name, ": the model has no chat template; give one with "
                           "--chat-template FILE"));
  ESPRESSO_ASSIGN_OR_RETURN(
      Template parsed, Template::parse(std::move(source), std::move(name)));
  return ChatTemplate(tokenizer, std::move(parsed));
}

absl::StatusOr<std::string>
ChatTemplate::render(std::span<const ChatMessage> messages) const {
  TemplateValue::List list;
  for (const ChatMessage &message : messages)
    list.emplace_back(TemplateValue::Dict{
        {"role", TemplateValue(message.role)},
        {"content", TemplateValue(replaceInvalidUtf8(message.content))}});
  auto spell = [&](std::optional<int32_t> id) {
    return TemplateValue(id ? replaceInvalidUtf8(tokenizer->getSpelling(*id))
                            : std::string());
  };
  return parsed.render(TemplateValue(
      TemplateValue::Dict{{"messages", TemplateValue(std::move(list))},
                          {"add_generation_prompt", TemplateValue(true)},
                          {"bos_token", spell(tokenizer->getBos())},
                          {"eos_token", spell(tokenizer->getEos())}}));
}

void Conversation::reset() {
  std::erase_if(messages, [](const ChatMessage &message) {
    return message.role != "system";
  });
  session.reset();
  known.clear();
  tokens.clear();
  unread.clear();
}

static bool startsWith(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

/// The tokens of `text` that the session has not read yet; the session is reset
/// if what it has read is no beginning of it.
absl::StatusOr<std::vector<int32_t>>
Conversation::makePrompt(const std::string &text) {
  const Tokenizer &tokenizer = session.getBundle().getTokenizer();
  if (!known.empty() && startsWith(text, known)) {
    reused = session.getPosition();
    ESPRESSO_ASSIGN_OR_RETURN(
        std::vector<int32_t> rest,
        tokenizer.encode(std::string_view(text).substr(known.size()),
                         {.addSpecial = false,
                          .parseSpecial = true,
                          .isContinuation = true}));
    std::vector<int32_t> ids = unread;
    ids.insert(ids.end(), rest.begin(), rest.end());
    return ids;
  }
  reused = 0;
  tokens.clear();
  session.reset();
  ESPRESSO_ASSIGN_OR_RETURN(
      std::vector<int32_t> ids,
      tokenizer.encode(text, {.addSpecial = false, .parseSpecial = true}));
  // Templates mostly write BOS themselves.
  const std::optional<int32_t> bos = tokenizer.getBos();
  if (tokenizer.addsBos() && (ids.empty() || ids.front() != *bos))
    ids.insert(ids.begin(), *bos);
  return ids;
}

absl::StatusOr<GenerateResult>
Conversation::say(std::string text, const GenerateOptions &options,
                  const GenerateCallbacks &callbacks) {
  messages.push_back({"user", std::move(text)});
  auto turn = [&]() -> absl::StatusOr<GenerateResult> {
    ESPRESSO_ASSIGN_OR_RETURN(std::string rendered,
                              chatTemplate.render(messages));
    ESPRESSO_ASSIGN_OR_RETURN(std::vector<int32_t> ids, makePrompt(rendered));
    if (static_cast<int64_t>(ids.size()) >
        session.getContextLength() - session.getPosition())
      return absl::OutOfRangeError(absl::StrCat(
          "the conversation has outgrown the context: ", ids.size(),
          " tokens do not fit behind ", session.getPosition(), " of ",
          session.getContextLength()));
    GenerateOptions ours = options;
    ours.history = tokens;
    ESPRESSO_ASSIGN_OR_RETURN(GenerateResult result,
                              generate(session, ids, ours, callbacks));
    tokens.insert(tokens.end(), ids.begin(), ids.end());
    tokens.insert(tokens.end(), result.ids.begin(),
                  result.ids.begin() + result.decodeSteps);
    const Tokenizer &tokenizer = session.getBundle().getTokenizer();
    std::string answer;
    for (int32_t id : result.ids)
      answer += tokenizer.decode(id);
    known = rendered + answer;
    unread.assign(result.ids.begin() + result.decodeSteps, result.ids.end());
    messages.push_back({"assistant", std::move(answer)});
    return result;
  };
  absl::StatusOr<GenerateResult> result = turn();
  if (!result.ok()) {
    messages.pop_back();
    session.reset(); // where an error left it is not known
    known.clear();
    tokens.clear();
    unread.clear();
  }
  return result;
}

} // namespace espresso::runtime
