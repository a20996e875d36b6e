//===- ColdStart.cpp - From the start of a process to its first token -----===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ColdStart.h"

#include "Clock.h"
#include "Engine.h"
#include "Limits.h"
#include "Runtime/Driver/Console.h"
#include "Runtime/Driver/Progress.h"
#include "Throughput.h"
#include "espresso/Base/Platform.h"
#include "espresso/Base/StatusMacros.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

namespace espresso::runtime::bench {

namespace fs = std::filesystem;

//===----------------------------------------------------------------------===//
// In the new process
//===----------------------------------------------------------------------===//

/// Numbers that the parent reads, in one line.
static absl::Status tell(double first, double second) {
  return writeStdout(absl::StrFormat("%.9f %.9f\n", first, second));
}

absl::Status runChild(const BenchOptions &options) {
  const Clock::time_point start = Clock::now();
  const bool isPass = options.child == Child::FirstPass;
  ESPRESSO_ASSIGN_OR_RETURN(
      std::shared_ptr<const Bundle> bundle,
      Bundle::open(options.source.model,
                   {.verifyWeights = !isPass && !options.noVerify}));
  const unsigned threads = static_cast<unsigned>(options.threads.front());
  if (isPass) {
    ESPRESSO_ASSIGN_OR_RETURN(Workload workload, Workload::create(*bundle));
    Limits limits(workload, threads);
    return tell(limits.readWeightsOnce(), 0);
  }
  ESPRESSO_ASSIGN_OR_RETURN(
      std::unique_ptr<Engine> engine,
      Engine::create(bundle, threads, /*streams=*/1,
                     static_cast<uint64_t>(options.seed)));
  const double opening = getSecondsSince(start);
  ESPRESSO_RETURN_IF_ERROR(engine->readPrompts(options.promptTokens.front()));
  return tell(opening, getSecondsSince(start));
}

//===----------------------------------------------------------------------===//
// Files in memory
//===----------------------------------------------------------------------===//

/// Calls `f` with the path of every file of the bundle.
static void forEachFile(const std::string &path,
                        const std::function<void(const std::string &)> &f) {
  std::error_code error;
  fs::recursive_directory_iterator it(path, error), end;
  for (; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (it->is_regular_file(ignored))
      f(it->path().string());
  }
}

/// Drops the bundle from memory. Returns the part that stayed, negative if the
/// system does not say.
static double dropFromMemory(const std::string &path) {
  uint64_t total = 0, left = 0;
  bool isKnown = true;
  forEachFile(path, [&](const std::string &file) {
    static_cast<void>(dropCachedFile(file.c_str())); // seen in what is left
    std::error_code error;
    const uint64_t size = fs::file_size(file, error);
    const int64_t cached = getCachedBytes(file.c_str());
    isKnown &= cached >= 0;
    total += error ? 0 : size;
    left += static_cast<uint64_t>(std::max<int64_t>(cached, 0));
  });
  if (!isKnown || total == 0)
    return -1;
  return std::min(1.0, static_cast<double>(left) / static_cast<double>(total));
}

//===----------------------------------------------------------------------===//
// Processes
//===----------------------------------------------------------------------===//

/// The first line of what a process writes, and when it came.
struct Answer {
  double seconds = 0; ///< from before the start of the process
  double numbers[2] = {0, 0};
};

static absl::Status makeProcessError(const std::string &what) {
  return absl::UnavailableError(absl::StrCat(what, ": ", std::strerror(errno)));
}

static std::string readLine(int descriptor) {
  std::string line;
  char c = 0;
  for (;;) {
    const ssize_t count = ::read(descriptor, &c, 1);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0 || c == '\n')
      return line;
    line += c;
  }
}

static absl::StatusOr<Answer> start(const std::vector<std::string> &words) {
  std::vector<char *> arguments;
  for (const std::string &word : words)
    arguments.push_back(const_cast<char *>(word.c_str()));
  arguments.push_back(nullptr);
  int ends[2];
  if (::pipe(ends) != 0)
    return makeProcessError("cannot make a pipe");
  // Others that are started must not hold it open.
  static_cast<void>(::fcntl(ends[0], F_SETFD, FD_CLOEXEC));
  static_cast<void>(::fcntl(ends[1], F_SETFD, FD_CLOEXEC));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  const Clock::time_point begin = Clock::now();
  pid_t child = 0;
  errno = ::posix_spawn(&child, arguments[0], &actions, nullptr,
                        arguments.data(), environ);
  const bool isStarted = errno == 0;
  const absl::Status failed = makeProcessError("cannot start a process");
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  Answer answer;
  const std::string line = isStarted ? readLine(ends[0]) : std::string();
  answer.seconds = getSecondsSince(begin);
  ::close(ends[0]);
  if (!isStarted)
    return failed;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  const std::vector<std::string> numbers = absl::StrSplit(line, ' ');
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || numbers.size() != 2 ||
      !absl::SimpleAtod(numbers[0], &answer.numbers[0]) ||
      !absl::SimpleAtod(numbers[1], &answer.numbers[1]))
    return absl::FailedPreconditionError("a process that was started failed");
  return answer;
}

namespace {

/// The commands of one prompt length and number of threads.
class Starter {
public:
  Starter(const std::string &path, const BenchOptions &options,
          ColdStart &results)
      : path(path), results(results) {
    words = {getExecutablePath(),
             "bench",
             absl::StrCat("--prompt-tokens=", results.promptTokens),
             absl::StrCat("--threads=", results.threads),
             absl::StrCat("--seed=", options.seed),
             absl::StrCat("--color=", options.source.color)};
    if (options.noVerify)
      words.push_back("--no-verify");
  }

  /// Four processes: for the first token, then for a first pass, each with the
  /// files dropped and then as they are.
  absl::Status measureRound() {
    StartSample cold, warm;
    for (const bool isPass : {false, true})
      for (const bool isCold : {true, false}) {
        if (isCold)
          noteLeft(dropFromMemory(path));
        ESPRESSO_ASSIGN_OR_RETURN(Answer answer, startChild(isPass));
        StartSample &sample = isCold ? cold : warm;
        if (isPass) {
          sample.firstPass = answer.numbers[0];
          continue;
        }
        sample.firstToken = answer.seconds;
        sample.opening = answer.numbers[0];
      }
    results.cold.push_back(cold);
    results.warm.push_back(warm);
    return absl::OkStatus();
  }

private:
  absl::StatusOr<Answer> startChild(bool isPass) const {
    std::vector<std::string> all = words;
    all.push_back(isPass ? "--child=first-pass" : "--child=first-token");
    all.push_back("--");
    all.push_back(path);
    return start(all);
  }
  void noteLeft(double left) {
    if (left < 0 || results.left < 0)
      results.left = -1;
    else
      results.left = std::max(results.left, left);
  }

  const std::string &path;
  ColdStart &results;
  std::vector<std::string> words;
};

} // namespace

absl::StatusOr<std::vector<ColdStart>>
measureColdStart(const std::string &path, const BenchOptions &options) {
  std::vector<ColdStart> all;
  for (const BenchTest &test : listTests(options))
    all.push_back({.promptTokens = test.promptTokens,
                   .threads = test.threads,
                   .cold = {},
                   .warm = {}});
  for (int64_t round = 0; round < options.repetitions; ++round)
    for (ColdStart &results : all) {
      const Progress progress(
          options.wantsProgress(),
          absl::StrCat("round ", round + 1, " of ", options.repetitions));
      Starter starter(path, options, results);
      ESPRESSO_RETURN_IF_ERROR(starter.measureRound());
    }
  return all;
}

} // namespace espresso::runtime::bench
