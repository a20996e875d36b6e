//===- MappedFile.cpp - Read-only memory-mapped files ---------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Base/MappedFile.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define ESPRESSO_ASAN
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define ESPRESSO_ASAN
#endif
#ifdef ESPRESSO_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace espresso {

#ifdef ESPRESSO_ASAN
/// The last page goes on behind the file, where the sanitizer would not mind a
/// read: it is told to.
static void guardEnd(const uint8_t *data, uint64_t size, bool enable) {
  const auto page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  const uint64_t rest = (page - size % page) % page;
  if (enable)
    __asan_poison_memory_region(data + size, rest);
  else
    __asan_unpoison_memory_region(data + size, rest);
}
#else
static void guardEnd(const uint8_t *, uint64_t, bool) {}
#endif

static absl::Status statusFromErrno(const std::string &path, int error) {
  std::string message =
      absl::StrCat("cannot open '", path, "': ", std::strerror(error));
  switch (error) {
  case ENOENT:
  case ENOTDIR:
    return absl::NotFoundError(message);
  case EACCES:
  case EPERM:
    return absl::PermissionDeniedError(message);
  default:
    return absl::InternalError(message);
  }
}

static FileIdentity makeIdentity(const struct stat &info) {
#ifdef __APPLE__
  const timespec &modified = info.st_mtimespec, &changed = info.st_ctimespec;
#else
  const timespec &modified = info.st_mtim, &changed = info.st_ctim;
#endif
  auto nanoseconds = [](const timespec &time) {
    return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
  };
  return {.device = static_cast<uint64_t>(info.st_dev),
          .inode = static_cast<uint64_t>(info.st_ino),
          .size = static_cast<uint64_t>(info.st_size),
          .modifiedNs = nanoseconds(modified),
          .changedNs = nanoseconds(changed)};
}

std::optional<FileIdentity> getFileIdentity(const std::string &path) {
  struct stat info;
  if (::stat(path.c_str(), &info) != 0)
    return std::nullopt;
  return makeIdentity(info);
}

absl::StatusOr<std::shared_ptr<const MappedFile>>
MappedFile::open(const std::string &path) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0)
    return statusFromErrno(path, errno);
  struct stat info;
  if (::fstat(descriptor, &info) != 0) {
    int error = errno;
    ::close(descriptor);
    return statusFromErrno(path, error);
  }
  if (!S_ISREG(info.st_mode)) {
    ::close(descriptor);
    return absl::InvalidArgumentError(absl::StrCat(
        "cannot open '", path, "': ",
        S_ISDIR(info.st_mode) ? "it is a directory" : "not a regular file"));
  }
  auto size = static_cast<uint64_t>(info.st_size);
  const uint8_t *data = nullptr;
  if (size != 0) {
    void *mapping =
        ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (mapping == MAP_FAILED) {
      int error = errno;
      ::close(descriptor);
      return statusFromErrno(path, error);
    }
    data = static_cast<const uint8_t *>(mapping);
    guardEnd(data, size, /*enable=*/true);
  }
  ::close(descriptor);
  return std::shared_ptr<const MappedFile>(
      new MappedFile(path, data, makeIdentity(info)));
}

void MappedFile::release(uint64_t offset, uint64_t count) const {
  if (count == 0)
    return;
  // Pages at the ends may hold other bytes too; those come back as well.
  auto pageSize = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  uint64_t begin = offset / pageSize * pageSize;
  // Advice that is not taken costs memory and nothing else.
  (void)::madvise(const_cast<uint8_t *>(data) + begin, offset + count - begin,
                  MADV_DONTNEED);
}

MappedFile::~MappedFile() {
  if (!data)
    return;
  guardEnd(data, size, /*enable=*/false);
  ::munmap(const_cast<uint8_t *>(data), size);
}

} // namespace espresso
