//===- CommandRunner.cpp - Other programs, run and timed ------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CommandRunner.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace espresso {

/// More is read and dropped.
static constexpr size_t kMaxOutput = 1 << 20;
/// How long to wait for output before looking whether to stop.
static constexpr int kPollMilliseconds = 20;
/// What a shell says of a command it cannot find.
static constexpr int kNotFound = 127;
static constexpr int kSignalBase = 128;

namespace {

/// A pipe whose ends are closed with it.
struct Pipe {
  int ends[2] = {-1, -1};

  bool open() { return ::pipe(ends) == 0; }
  void close(int end) {
    if (ends[end] >= 0)
      ::close(ends[end]);
    ends[end] = -1;
  }
  ~Pipe() {
    close(0);
    close(1);
  }
};

} // namespace

/// In the child: never returns. Writes errno to `report` if there is no such
/// command.
static void startCommand(char *const *arguments, int output, int report) {
  ::setpgid(0, 0);
  int null = ::open("/dev/null", O_RDONLY);
  if (null >= 0)
    ::dup2(null, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  for (int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE})
    ::signal(number, SIG_DFL);
  ::execvp(arguments[0], arguments);
  int code = errno;
  // A failure shows as an exit code of its own.
  (void)!::write(report, &code, sizeof(code));
  ::_exit(kNotFound);
}

/// Takes what there is, and waits a little if there is nothing. False at the
/// end of the output.
static bool readSome(int descriptor, std::string &output) {
  pollfd waiting{descriptor, POLLIN, 0};
  if (::poll(&waiting, 1, kPollMilliseconds) <= 0)
    return true;
  char buffer[4096];
  ssize_t count = ::read(descriptor, buffer, sizeof(buffer));
  if (count < 0)
    return errno == EINTR || errno == EAGAIN;
  size_t room = kMaxOutput - std::min(kMaxOutput, output.size());
  output.append(buffer, std::min<size_t>(room, count));
  return count > 0;
}

static int getShellCode(int status) {
  return WIFSIGNALED(status) ? kSignalBase + WTERMSIG(status)
                             : WEXITSTATUS(status);
}

CommandResult runCommand(const std::vector<std::string> &command,
                         std::chrono::milliseconds timeout,
                         const std::function<bool()> &shouldStop) {
  CommandResult result;
  std::vector<char *> arguments;
  for (const std::string &argument : command)
    arguments.push_back(const_cast<char *>(argument.c_str()));
  arguments.push_back(nullptr);
  Pipe output, report;
  pid_t child = -1;
  if (output.open() && report.open()) {
    ::fcntl(report.ends[1], F_SETFD, FD_CLOEXEC);
    child = ::fork();
  }
  if (child < 0) {
    result.error = std::strerror(errno);
    return result;
  }
  if (child == 0)
    startCommand(arguments.data(), output.ends[1], report.ends[1]);
  // Both sides do it, since either may come first.
  ::setpgid(child, child);
  output.close(1);
  report.close(1);

  auto end = std::chrono::steady_clock::now() + timeout;
  int status = 0;
  bool isOpen = true, hasEnded = false;
  // What the command left running may keep the output open.
  while (!hasEnded) {
    if (isOpen)
      isOpen = readSome(output.ends[0], result.output);
    else
      ::poll(nullptr, 0, 1);
    hasEnded = ::waitpid(child, &status, WNOHANG) == child;
    if (!hasEnded &&
        (shouldStop() || std::chrono::steady_clock::now() >= end)) {
      ::kill(-child, SIGKILL);
      ::waitpid(child, &status, 0);
      return result;
    }
  }
  ::kill(-child, SIGKILL);
  while (isOpen && readSome(output.ends[0], result.output)) {
    pollfd more{output.ends[0], POLLIN, 0};
    if (::poll(&more, 1, 0) <= 0)
      break;
  }
  int code = 0;
  if (::read(report.ends[0], &code, sizeof(code)) == sizeof(code)) {
    result.error = std::strerror(code);
    return result;
  }
  result.exitCode = getShellCode(status);
  return result;
}

} // namespace espresso
