//===- PlatformFiles.cpp - File calls that POSIX does not have ------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// Exchanging two names in one step is renameat2 on Linux and renamex_np on
// macOS; POSIX has neither.

#include "espresso/Support/StagedDirectory.h"

#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace espresso {

/// 0 or an errno; ENOSYS or EINVAL where the file system cannot.
static int exchangeNames(const char *a, const char *b) {
#if defined(__linux__)
  return ::renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) == 0 ? 0
                                                                     : errno;
#elif defined(__APPLE__)
  return ::renamex_np(a, b, RENAME_SWAP) == 0 ? 0 : errno;
#else
  return ENOSYS;
#endif
}

/// For file systems that cannot exchange: moves the old one aside first.
/// Between the two renames the destination does not exist, but nothing is lost.
static int moveAsideAndRename(const std::string &from, const std::string &to) {
  std::string aside = from + ".old";
  if (::rename(to.c_str(), aside.c_str()) != 0)
    return errno;
  if (::rename(from.c_str(), to.c_str()) != 0) {
    int error = errno;
    ::rename(aside.c_str(), to.c_str());
    return error;
  }
  return ::rename(aside.c_str(), from.c_str()) == 0 ? 0 : errno;
}

absl::Status renameOrExchange(const std::string &from, const std::string &to,
                              bool &exchanged) {
  struct stat info;
  exchanged = ::lstat(to.c_str(), &info) == 0;
  int error = 0;
  if (!exchanged) {
    error = ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
  } else {
    error = exchangeNames(from.c_str(), to.c_str());
    if (error == ENOSYS || error == EINVAL || error == ENOTSUP)
      error = moveAsideAndRename(from, to);
  }
  if (error != 0)
    return makeSystemError("replace", to, error);
  return absl::OkStatus();
}

absl::Status flushFileSystem(const std::string &directory) {
#if defined(__linux__)
  int descriptor = ::open(directory.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return makeSystemError("open", directory, errno);
  int error = ::syncfs(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  if (error != 0)
    return makeSystemError("write", directory, error);
#else
  ::sync();
#endif
  return absl::OkStatus();
}

} // namespace espresso
