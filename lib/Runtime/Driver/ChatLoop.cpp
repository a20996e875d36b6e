//===- ChatLoop.cpp - Talking on a terminal or through pipes --------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChatLoop.h"

#include "espresso/Base/StatusMacros.h"
#include "espresso/Runtime/Chat.h"

#include "absl/strings/str_cat.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>

#include <unistd.h>

namespace espresso::runtime {

namespace {

/// A line that is longer is no turn.
constexpr size_t kMaxLine = size_t{16} << 20;

volatile std::sig_atomic_t wasInterrupted = 0;

/// While it lives an interrupt sets `wasInterrupted`, and ends a read().
class InterruptGuard {
public:
  InterruptGuard() {
    struct sigaction action = {};
    action.sa_handler = [](int) { wasInterrupted = 1; };
    ::sigaction(SIGINT, &action, &before);
  }
  ~InterruptGuard() { ::sigaction(SIGINT, &before, nullptr); }
  InterruptGuard(const InterruptGuard &) = delete;
  InterruptGuard &operator=(const InterruptGuard &) = delete;

private:
  struct sigaction before = {};
};

/// Lines of stdin.
class LineReader {
public:
  /// Nothing at the end, or after an interrupt.
  absl::StatusOr<std::optional<std::string>> read() {
    for (;;) {
      const size_t end = buffer.find('\n');
      if (end != std::string::npos || atEnd) {
        if (end == std::string::npos && buffer.empty())
          return std::optional<std::string>();
        std::string line = buffer.substr(0, end);
        buffer.erase(0, end == std::string::npos ? end : end + 1);
        return std::optional(std::move(line));
      }
      if (buffer.size() > kMaxLine)
        return absl::InvalidArgumentError(
            absl::StrCat("a line of more than ", kMaxLine, " bytes"));
      char chunk[4096];
      const ssize_t count = ::read(STDIN_FILENO, chunk, sizeof(chunk));
      if (count < 0 && errno == EINTR && wasInterrupted)
        return std::optional<std::string>();
      if (count < 0 && errno != EINTR)
        return absl::InvalidArgumentError(
            absl::StrCat("cannot read from stdin: ", std::strerror(errno)));
      atEnd = count == 0;
      if (count > 0)
        buffer.append(chunk, static_cast<size_t>(count));
    }
  }

private:
  std::string buffer;
  bool atEnd = false;
};

class ChatLoop {
public:
  ChatLoop(const RunOptions &options, const Messages &messages,
           Session &session, const ChatTemplate &chatTemplate, Drafter *drafter)
      : options(options), messages(messages), drafter(drafter),
        conversation(session, chatTemplate),
        tokenizer(session.getBundle().getTokenizer()),
        isTerminal(::isatty(STDIN_FILENO) != 0) {
    if (!options.system.empty())
      conversation.add({"system", options.system});
  }

  absl::Status say(const std::string &text);
  absl::Status run();

private:
  absl::StatusOr<std::optional<std::string>> readTurn();

  const RunOptions &options;
  const Messages &messages;
  Drafter *const drafter;
  Conversation conversation;
  const Tokenizer &tokenizer;
  const bool isTerminal;
  LineReader lines;
};

} // namespace

absl::Status ChatLoop::say(const std::string &text) {
  TextStream stream(tokenizer, /*atStart=*/false);
  absl::Status written;
  GenerateCallbacks callbacks;
  callbacks.onToken = [&](int32_t id) {
    written = writeStdout(stream.push(id));
    return written.ok() && !wasInterrupted;
  };
  auto result = conversation.say(text,
                                 {.sampler = options.sampler,
                                  .maxNewTokens = options.maxNewTokens,
                                  .drafter = drafter,
                                  .draftTokens = options.draftTokens},
                                 callbacks);
  ESPRESSO_RETURN_IF_ERROR(written);
  if (!result.ok())
    return result.status();
  ESPRESSO_RETURN_IF_ERROR(writeStdout(stream.finish() + "\n"));
  messages.detail(absl::StrCat(
      conversation.getReusedTokens(), " tokens were in the context, ",
      result->promptTokens, " read, ", result->ids.size(),
      " generated; stopped: ", std::string(getName(result->reason))));
  return absl::OkStatus();
}

absl::StatusOr<std::optional<std::string>> ChatLoop::readTurn() {
  if (isTerminal)
    static_cast<void>(!::write(STDERR_FILENO, "> ", 2));
  return lines.read();
}

absl::Status ChatLoop::run() {
  std::optional<InterruptGuard> guard;
  if (isTerminal)
    guard.emplace();
  for (;;) {
    wasInterrupted = 0;
    ESPRESSO_ASSIGN_OR_RETURN(std::optional<std::string> line, readTurn());
    if (!line)
      return absl::OkStatus();
    if (isTerminal && *line == "/exit")
      return absl::OkStatus();
    if (isTerminal && *line == "/reset") {
      conversation.reset();
      continue;
    }
    if (line->empty())
      continue;
    const absl::Status said = say(*line);
    // On a terminal a turn that does not fit can be followed by /reset.
    if (isTerminal && absl::IsOutOfRange(said))
      messages.error(
          absl::StrCat(std::string(said.message()), "; /reset begins anew"));
    else if (!said.ok())
      return said;
  }
}

absl::Status runChat(const RunOptions &options, const Messages &messages,
                     std::shared_ptr<const Bundle> bundle,
                     const std::string &firstTurn, Drafter *drafter) {
  std::string source, name = bundle->getPath() + "/chat template";
  if (!options.chatTemplate.empty()) {
    ESPRESSO_ASSIGN_OR_RETURN(source, readText(options.chatTemplate));
    name = options.chatTemplate;
    if (source.empty())
      return absl::InvalidArgumentError(name + ": the template is empty");
  }
  ESPRESSO_ASSIGN_OR_RETURN(
      ChatTemplate chatTemplate,
      ChatTemplate::create(bundle->getTokenizer(), std::move(source), name));
  ESPRESSO_ASSIGN_OR_RETURN(
      std::unique_ptr<Session> session,
      Session::create(std::move(bundle),
                      {.threads = static_cast<unsigned>(options.threads)}));
  ChatLoop loop(options, messages, *session, chatTemplate, drafter);
  return options.prompt || !options.promptFile.empty() ? loop.say(firstTurn)
                                                       : loop.run();
}

} // namespace espresso::runtime
