//===- ModelCache.cpp - Models compiled on the way ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelCache.h"

#include "espresso/Base/MappedFile.h"
#include "espresso/Base/Platform.h"
#include "espresso/Base/Sha256.h"
#include "espresso/Base/StatusMacros.h"
#include "espresso/Base/Version.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

namespace espresso::runtime {

namespace fs = std::filesystem;

static constexpr const char *kCompiler = "espresso-compile";

static bool isExecutable(const fs::path &path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
}

/// The compiler beside this program, or else on the PATH.
static absl::StatusOr<std::string> findCompiler() {
  const fs::path self = getExecutablePath();
  if (!self.empty() && isExecutable(self.parent_path() / kCompiler))
    return (self.parent_path() / kCompiler).string();
  const char *variable = std::getenv("PATH");
  std::string_view rest = variable ? variable : "";
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(':'), rest.size());
    const fs::path candidate = fs::path(rest.substr(0, end)) / kCompiler;
    if (end != 0 && isExecutable(candidate))
      return candidate.string();
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return absl::UnavailableError(absl::StrCat(
      kCompiler, " is needed for this model, and is neither beside this "
                 "program nor on the PATH"));
}

fs::path getCacheDirectory() {
  // Relative paths in XDG_CACHE_HOME are invalid by its specification.
  const char *cache = std::getenv("XDG_CACHE_HOME");
  const char *home = std::getenv("HOME");
  if (cache && fs::path(cache).is_absolute())
    return fs::path(cache) / "espresso";
  if (home && fs::path(home).is_absolute())
    return fs::path(home) / ".cache" / "espresso";
  return {};
}

/// Where bundles are kept; made if it is not there.
static absl::StatusOr<fs::path> findDirectory() {
  const fs::path directory = getCacheDirectory();
  if (directory.empty())
    return absl::UnavailableError(
        "no place for compiled models: neither XDG_CACHE_HOME nor HOME is set; "
        "run espresso-compile by hand");
  std::error_code error;
  fs::create_directories(directory, error);
  if (error)
    return absl::UnavailableError(absl::StrCat(
        "cannot create '", directory.string(), "': ", error.message()));
  return directory;
}

static absl::Status addFile(const std::string &path, Sha256 &digest) {
  ESPRESSO_ASSIGN_OR_RETURN(auto file, MappedFile::open(path));
  digest.update(absl::StrCat(file->getSize(), ":"));
  digest.update(file->getBytes());
  return absl::OkStatus();
}

/// The vocabularies beside a model, any of which espresso-compile might take.
static std::vector<std::string> findVocabularies(const std::string &model) {
  std::vector<std::string> found;
  fs::path directory = fs::path(model).parent_path();
  if (directory.empty())
    directory = ".";
  std::error_code error;
  fs::directory_iterator it(directory, error), end;
  for (; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    std::error_code ignored;
    if (name.find("tok") != std::string::npos &&
        it->path().extension() == ".bin" && it->is_regular_file(ignored))
      found.push_back(it->path().string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// Adds what the bundle depends on besides the compiler and the options.
static absl::Status addModel(const ModelRequest &request, Sha256 &digest) {
  if (!request.config.empty()) {
    // The compiler's names do not mind case or punctuation.
    digest.update("config=");
    for (char c : request.config)
      if (absl::ascii_isalnum(c))
        digest.update(std::string(1, absl::ascii_tolower(c)));
    digest.update("\n");
    return absl::OkStatus();
  }
  ESPRESSO_RETURN_IF_ERROR(addFile(request.model, digest));
  if (!request.tokenizer.empty())
    return addFile(request.tokenizer, digest);
  if (fs::path(request.model).extension() != ".bin")
    return absl::OkStatus();
  for (const std::string &vocabulary : findVocabularies(request.model)) {
    digest.update(absl::StrCat(vocabulary, "\n"));
    ESPRESSO_RETURN_IF_ERROR(addFile(vocabulary, digest));
  }
  return absl::OkStatus();
}

static absl::StatusOr<std::string> makeKey(const ModelRequest &request,
                                           const std::string &compiler) {
  Sha256 digest;
  digest.update(absl::StrCat(kVersionText, "\ndtype=", request.dataType, "\n"));
  if (request.context != 0)
    digest.update(absl::StrCat("context=", request.context, "\n"));
  ESPRESSO_RETURN_IF_ERROR(addFile(compiler, digest));
  ESPRESSO_RETURN_IF_ERROR(addModel(request, digest));
  return digest.finish();
}

absl::StatusOr<ModelCache> ModelCache::create(const ModelRequest &request) {
  ModelCache cache;
  ESPRESSO_ASSIGN_OR_RETURN(cache.compiler, findCompiler());
  ESPRESSO_ASSIGN_OR_RETURN(std::string key, makeKey(request, cache.compiler));
  ESPRESSO_ASSIGN_OR_RETURN(fs::path directory, findDirectory());
  cache.bundle = (directory / absl::StrCat(key, ".espresso")).string();
  return cache;
}

bool ModelCache::hasBundle() const {
  std::error_code error;
  return fs::is_directory(bundle, error);
}

ModelCache::Lock::~Lock() {
  if (descriptor >= 0)
    ::close(descriptor); // which unlocks
}

absl::StatusOr<ModelCache::Lock> ModelCache::lock(bool exclusive) const {
  const std::string path = bundle + ".lock";
  const int descriptor =
      ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0)
    return absl::UnavailableError(
        absl::StrCat("cannot open '", path, "': ", std::strerror(errno)));
  Lock held(descriptor);
  while (::flock(descriptor, exclusive ? LOCK_EX : LOCK_SH) != 0)
    if (errno != EINTR)
      return absl::UnavailableError(
          absl::StrCat("cannot lock '", path, "': ", std::strerror(errno)));
  return held;
}

/// Starts a program whose stdout is our stderr and waits for its end.
static absl::StatusOr<int> runProgram(const std::vector<std::string> &words) {
  std::vector<char *> arguments;
  for (const std::string &word : words)
    arguments.push_back(const_cast<char *>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  pid_t child = 0;
  const int error = ::posix_spawn(&child, arguments[0], &actions, nullptr,
                                  arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0)
    return absl::UnavailableError(
        absl::StrCat("cannot start '", words[0], "': ", std::strerror(error)));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR)
      return absl::UnavailableError(
          absl::StrCat("cannot wait for '", words[0], "'"));
  if (WIFEXITED(status))
    return WEXITSTATUS(status);
  return absl::UnavailableError(
      absl::StrCat("'", words[0], "' was ended by signal ", WTERMSIG(status)));
}

absl::StatusOr<int> ModelCache::compile(const ModelRequest &request) const {
  std::vector<std::string> words = {compiler, "-o", bundle};
  if (!request.dataType.empty())
    words.push_back(absl::StrCat("--dtype=", request.dataType));
  if (!request.tokenizer.empty())
    words.push_back(absl::StrCat("--tokenizer=", request.tokenizer));
  if (request.context != 0)
    words.push_back(absl::StrCat("--context=", request.context));
  words.push_back(absl::StrCat("--color=", request.color));
  if (!request.verbose)
    words.push_back("-q");
  if (!request.config.empty()) {
    words.push_back(absl::StrCat("--config=", request.config));
  } else {
    words.push_back("--");
    words.push_back(request.model);
  }
  return runProgram(words);
}

} // namespace espresso::runtime
