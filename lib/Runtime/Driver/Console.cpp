//===- Console.cpp - Standard streams of a tool ---------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Console.h"

#include "espresso/Base/StatusMacros.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include <bit>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace espresso::runtime {

/// A prompt longer than this is no prompt.
static constexpr size_t kMaxPromptBytes = size_t{64} << 20;

absl::Status prepareStreams() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  bool isOpen[3];
  for (int fd = 0; fd < 3; ++fd) {
    isOpen[fd] = fcntl(fd, F_GETFD) != -1;
    // The lowest free number is this one.
    if (!isOpen[fd])
      static_cast<void>(::open("/dev/null", O_RDWR));
  }
  if (!isOpen[STDOUT_FILENO])
    return absl::UnavailableError("cannot write to stdout: it is closed");
  return absl::OkStatus();
}

/// Writes all of `text`; false with errno if that fails.
static bool writeAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return false;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

absl::Status writeStdout(std::string_view text) {
  if (writeAll(STDOUT_FILENO, text))
    return absl::OkStatus();
  if (errno == EPIPE)
    return absl::CancelledError("the reader of stdout has gone away");
  return absl::UnavailableError(
      absl::StrCat("cannot write to stdout: ", std::strerror(errno)));
}

static absl::Status makeReadError(const std::string &path, int error) {
  const std::string message = absl::StrCat(path, ": ", std::strerror(error));
  if (error == ENOENT)
    return absl::NotFoundError(message);
  if (error == EACCES || error == EPERM)
    return absl::PermissionDeniedError(message);
  return absl::InvalidArgumentError(message);
}

absl::StatusOr<std::string> readText(const std::string &path) {
  const int fd =
      path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return makeReadError(path, errno);
  std::string text;
  char buffer[1 << 16];
  int error = 0;
  while (text.size() <= kMaxPromptBytes) {
    const ssize_t count = ::read(fd, buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR)
      continue;
    error = count < 0 ? errno : 0;
    if (count <= 0)
      break;
    text.append(buffer, static_cast<size_t>(count));
  }
  if (fd != STDIN_FILENO)
    ::close(fd);
  if (error != 0)
    return makeReadError(path, error);
  if (text.size() > kMaxPromptBytes)
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": more than ", kMaxPromptBytes, " bytes"));
  return text;
}

//===----------------------------------------------------------------------===//
// Logits
//===----------------------------------------------------------------------===//

static bool endsWith(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() &&
         text.substr(text.size() - suffix.size()) == suffix;
}

/// NumPy's format, version 1.0: magic, header padded to 64 bytes, elements.
static std::string formatNpy(std::span<const float> values) {
  constexpr size_t kAlignment = 64, kPrefix = 10;
  std::string header = absl::StrCat(
      "{'descr': '", std::endian::native == std::endian::little ? "<" : ">",
      "f4', 'fortran_order': False, 'shape': (", values.size(), ",), }");
  while ((kPrefix + header.size() + 1) % kAlignment != 0)
    header += ' ';
  header += '\n';
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(header.size() & 0xFF);
  bytes += static_cast<char>(header.size() >> 8);
  bytes += header;
  bytes.append(reinterpret_cast<const char *>(values.data()),
               values.size_bytes());
  return bytes;
}

static std::string formatLines(std::span<const float> values) {
  std::string text;
  for (float value : values)
    absl::StrAppendFormat(&text, "%.9g\n", value);
  return text;
}

/// Writes a file aside and renames it; one that is no regular file (a pipe, a
/// device) is written as it is.
static absl::Status writeFile(const std::string &path, std::string_view bytes) {
  struct stat info;
  const bool isPlain =
      ::stat(path.c_str(), &info) != 0 || S_ISREG(info.st_mode);
  const std::string target =
      isPlain ? absl::StrCat(path, ".", ::getpid(), ".part") : path;
  const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
  const int fd = ::open(target.c_str(), flags, 0666);
  bool ok = fd >= 0 && writeAll(fd, bytes);
  int error = errno;
  if (fd >= 0 && ::close(fd) != 0 && ok) {
    ok = false;
    error = errno;
  }
  if (ok && isPlain && std::rename(target.c_str(), path.c_str()) != 0) {
    ok = false;
    error = errno;
  }
  if (ok)
    return absl::OkStatus();
  if (isPlain && fd >= 0)
    ::unlink(target.c_str());
  return absl::UnavailableError(
      absl::StrCat("cannot write '", path, "': ", std::strerror(error)));
}

absl::Status writeOutput(const std::string &path, std::string_view bytes) {
  return path == "-" ? writeStdout(bytes) : writeFile(path, bytes);
}

absl::Status writeLogits(const std::string &path,
                         std::span<const float> logits) {
  return writeOutput(path, path != "-" && endsWith(path, ".npy")
                               ? formatNpy(logits)
                               : formatLines(logits));
}

//===----------------------------------------------------------------------===//
// Messages
//===----------------------------------------------------------------------===//

/// https://no-color.org and https://bixense.com/clicolors.
static bool wantsColor(std::string_view color) {
  if (color != "auto")
    return color == "always";
  const char *noColor = std::getenv("NO_COLOR");
  if (noColor && *noColor)
    return false;
  const char *force = std::getenv("CLICOLOR_FORCE");
  if (force && *force && std::string_view(force) != "0")
    return true;
  const char *terminal = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) && terminal &&
         std::string_view(terminal) != "dumb";
}

Messages::Messages(std::string_view color, bool quiet, bool verbose)
    : useColor(wantsColor(color)), quiet(quiet), verbose(verbose) {}

void Messages::print(std::string_view kind, std::string_view style,
                     std::string_view text) const {
  std::string line = "espresso-run: ";
  if (useColor)
    line.append(style).append(kind).append("\033[0m");
  else
    line.append(kind);
  line.append(" ").append(text).append("\n");
  // There is nowhere to complain when stderr fails.
  static_cast<void>(writeAll(STDERR_FILENO, line));
}

void Messages::error(std::string_view text) const {
  print("error:", "\033[1;31m", text);
}

void Messages::note(std::string_view text) const {
  if (!quiet)
    print("note:", "\033[1;36m", text);
}

void Messages::detail(std::string_view text) const {
  if (verbose)
    print("note:", "\033[1;36m", text);
}

} // namespace espresso::runtime
