//===- Platform.cpp - What POSIX does not have ----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Base/Platform.h"

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

namespace espresso {

int exchangePaths(const char *a, const char *b) {
#if defined(__linux__)
  int result = ::renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
#elif defined(__APPLE__)
  int result = ::renamex_np(a, b, RENAME_SWAP);
#else
  int result = -1;
  errno = ENOSYS;
#endif
  return result == 0 ? 0 : errno;
}

int flushFileSystem(const char *directory) {
#if defined(__linux__)
  int descriptor = ::open(directory, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return errno;
  int error = ::syncfs(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  return error;
#else
  ::sync();
  return 0;
#endif
}

std::string getExecutablePath() {
  std::filesystem::path path = "/proc/self/exe";
#ifdef __APPLE__
  uint32_t size = 0;
  _NSGetExecutablePath(nullptr, &size); // fails, and says how much it needs
  std::string buffer(size, '\0');
  if (_NSGetExecutablePath(buffer.data(), &size) != 0)
    return {};
  path = buffer.c_str();
#endif
  std::error_code error;
  path = std::filesystem::canonical(path, error);
  return error ? std::string() : path.string();
}

} // namespace espresso
