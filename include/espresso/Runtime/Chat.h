//===- Chat.h - Conversations with a model ----------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_RUNTIME_CHAT_H
#define ESPRESSO_RUNTIME_CHAT_H

#include "espresso/Runtime/Session.h"
#include "espresso/Text/Template.h"

#include <string>
#include <vector>

namespace espresso::runtime {

struct ChatMessage {
  std::string role; ///< "system", "user", "assistant"
  std::string content;
};

/// How a model wants a conversation written. Immutable; thread-safe. The
/// tokenizer must outlive it.
class ChatTemplate {
public:
  /// `source` is Jinja; empty: the checkpoint's own. `name` is for messages.
  /// Errors: InvalidArgument if the template is malformed, NotFound if there is
  /// none.
  [[nodiscard]] static absl::StatusOr<ChatTemplate>
  create(const Tokenizer &tokenizer, std::string source, std::string name);

  /// The text of a conversation up to where the model's answer begins. Bytes
  /// that are not UTF-8 become U+FFFD. Errors: those of Template::render.
  [[nodiscard]] absl::StatusOr<std::string>
  render(std::span<const ChatMessage> messages) const;

private:
  ChatTemplate(const Tokenizer &tokenizer, Template parsed)
      : tokenizer(&tokenizer), parsed(std::move(parsed)) {}
  const Tokenizer *tokenizer;
  Template parsed;
};

/// A conversation in a session. What the model has read stays in its context: a
/// turn reads only what is new, unless the template changes what came before,
/// when everything is read anew. Thread-compatible; the session and the
/// template must outlive it.
class Conversation {
public:
  Conversation(Session &session, const ChatTemplate &chatTemplate)
      : session(session), chatTemplate(chatTemplate) {}

  /// Adds a message that nobody answers: "system", first of all.
  void add(ChatMessage message) { messages.push_back(std::move(message)); }
  std::span<const ChatMessage> getMessages() const { return messages; }

  /// Says `text` as the user and generates the answer, which is added; the
  /// history of `options` is the conversation's, whatever it is given. What
  /// callbacks.onToken gets is the answer's. After an error nothing was said,
  /// and the conversation can go on. Errors: those of render(), encode() and
  /// generate(); OutOfRange if the conversation has outgrown the context.
  [[nodiscard]] absl::StatusOr<GenerateResult>
  say(std::string text, const GenerateOptions &options,
      const GenerateCallbacks &callbacks = {});

  /// Forgets everything that was said, but for system messages.
  void reset();

  /// Tokens of the last turn that were in the context already.
  int64_t getReusedTokens() const { return reused; }

private:
  absl::StatusOr<std::vector<int32_t>> makePrompt(const std::string &text);

  Session &session;
  const ChatTemplate &chatTemplate;
  std::vector<ChatMessage> messages;
  /// What the session has read, as text and as tokens; `unread` was generated
  /// last and is not in the session.
  std::string known;
  std::vector<int32_t> tokens;
  std::vector<int32_t> unread;
  int64_t reused = 0;
};

} // namespace espresso::runtime

#endif // ESPRESSO_RUNTIME_CHAT_H
