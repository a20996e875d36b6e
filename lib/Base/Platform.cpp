//===- Platform.cpp - What POSIX does not have ----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Base/Platform.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __APPLE__
#include <mach-o/dyld.h>
#include <sys/sysctl.h>
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

int dropCachedFile(const char *path) {
#if defined(__linux__)
  int descriptor = ::open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return errno;
  // What is not on the disk yet is kept.
  int error = ::fdatasync(descriptor) == 0 ? 0 : errno;
  if (error == 0)
    error = ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
  ::close(descriptor);
  return error;
#else
  static_cast<void>(path);
  return ENOSYS;
#endif
}

int64_t getCachedBytes(const char *path) {
#if defined(__linux__)
  using Flag = unsigned char;
#else
  using Flag = char;
#endif
  int descriptor = ::open(path, O_RDONLY | O_CLOEXEC);
  struct stat info;
  if (descriptor < 0)
    return -1;
  const bool isKnown = ::fstat(descriptor, &info) == 0;
  void *data = MAP_FAILED;
  if (isKnown && info.st_size > 0)
    data = ::mmap(nullptr, info.st_size, PROT_READ, MAP_SHARED, descriptor, 0);
  ::close(descriptor);
  if (!isKnown || (info.st_size > 0 && data == MAP_FAILED))
    return -1;
  if (info.st_size == 0)
    return 0;
  const size_t page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  const size_t size = static_cast<size_t>(info.st_size);
  std::vector<Flag> flags((size + page - 1) / page);
  int64_t cached = 0;
  const bool isTold = ::mincore(data, size, flags.data()) == 0;
  for (Flag flag : flags)
    cached += (flag & 1) != 0 ? static_cast<int64_t>(page) : 0;
  ::munmap(data, size);
  return isTold ? std::min(cached, static_cast<int64_t>(size)) : -1;
}

std::string getProcessorName() {
#if defined(__linux__)
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos)
      return line.substr(colon + 2);
  }
#elif defined(__APPLE__)
  char name[256];
  size_t size = sizeof(name);
  if (::sysctlbyname("machdep.cpu.brand_string", name, &size, nullptr, 0) == 0)
    return std::string(name, ::strnlen(name, size));
#endif
  return {};
}

static std::string readBootId() {
#if defined(__linux__)
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
#elif defined(__APPLE__)
  char id[64];
  size_t size = sizeof(id);
  if (::sysctlbyname("kern.bootsessionuuid", id, &size, nullptr, 0) == 0)
    return std::string(id, ::strnlen(id, size));
#endif
  return {};
}

const std::string &getBootId() {
  static const std::string kId = readBootId();
  return kId;
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
