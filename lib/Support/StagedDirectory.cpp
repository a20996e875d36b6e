//===- StagedDirectory.cpp - Directories that appear whole ----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Support/StagedDirectory.h"

#include "espresso/Base/Platform.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <cerrno>
#include <csignal>
#include <cstdio>

#include <sys/stat.h>
#include <unistd.h>

namespace espresso {

namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

absl::Status makeSystemError(llvm::StringRef action, llvm::StringRef where,
                             int error) {
  std::string message = ("cannot " + action + " '" + where +
                         "': " + std::generic_category().message(error))
                            .str();
  switch (error) {
  case ENOSPC:
  case EDQUOT:
  case EFBIG:
    return absl::ResourceExhaustedError(message);
  case EACCES:
  case EPERM:
  case EROFS:
    return absl::PermissionDeniedError(message);
  case ENOENT:
  case ENOTDIR:
    return absl::NotFoundError(message);
  default:
    return absl::InternalError(message);
  }
}

//===----------------------------------------------------------------------===//
// Staging
//===----------------------------------------------------------------------===//

static constexpr llvm::StringLiteral kInfix = ".tmp-";

static bool isProcessAlive(int pid) {
  return ::kill(pid, 0) == 0 || errno == EPERM;
}

/// Removes what killed processes left beside the destination.
static void removeStale(llvm::StringRef parent, llvm::StringRef prefix) {
  std::error_code error;
  for (fs::directory_iterator entry(parent, error), end; !error && entry != end;
       entry.increment(error)) {
    llvm::StringRef name = path::filename(entry->path());
    int pid = 0;
    if (!name.consume_front(prefix) || name.getAsInteger(10, pid) ||
        isProcessAlive(pid))
      continue;
    fs::remove_directories(entry->path());
  }
}

StagedDirectory::StagedDirectory(std::string destination, std::string staging)
    : destination(std::move(destination)), staging(std::move(staging)) {}

absl::StatusOr<std::unique_ptr<StagedDirectory>>
StagedDirectory::create(llvm::StringRef destination) {
  destination = destination.rtrim('/');
  llvm::SmallString<128> absolute(destination);
  if (std::error_code error = fs::make_absolute(absolute))
    return makeSystemError("find", destination, error.value());
  path::remove_dots(absolute, /*remove_dot_dot=*/true);
  llvm::StringRef parent = path::parent_path(absolute);
  std::string prefix = ("." + path::filename(absolute) + kInfix).str();
  removeStale(parent, prefix);

  llvm::SmallString<128> staging(parent);
  path::append(staging, prefix + llvm::Twine(::getpid()));
  fs::remove_directories(staging);
  if (std::error_code error =
          fs::create_directory(staging, /*IgnoreExisting=*/false))
    return makeSystemError("create a directory beside", destination,
                           error.value());
  return std::unique_ptr<StagedDirectory>(
      new StagedDirectory(absolute.str().str(), staging.str().str()));
}

StagedDirectory::~StagedDirectory() {
  if (!committed)
    fs::remove_directories(staging);
}

std::string StagedDirectory::getPath(llvm::StringRef relative) const {
  llvm::SmallString<128> full(staging);
  path::append(full, relative);
  return full.str().str();
}

absl::Status StagedDirectory::makeDirectory(llvm::StringRef relative) {
  if (std::error_code error = fs::create_directories(getPath(relative)))
    return makeSystemError("create directory", relative, error.value());
  return absl::OkStatus();
}

absl::Status StagedDirectory::writeFile(llvm::StringRef relative,
                                        llvm::StringRef contents) {
  std::error_code error;
  llvm::raw_fd_ostream os(getPath(relative), error, fs::OF_None);
  if (error)
    return makeSystemError("write", relative, error.value());
  os << contents;
  os.close();
  if (!os.has_error())
    return absl::OkStatus();
  int code = os.error().value();
  os.clear_error();
  return makeSystemError("write", relative, code);
}

absl::Status StagedDirectory::linkFile(llvm::StringRef existing,
                                       llvm::StringRef relative) {
  std::string from = getPath(existing), to = getPath(relative);
  if (!fs::create_hard_link(from, to))
    return absl::OkStatus();
  if (std::error_code error = fs::copy_file(from, to))
    return makeSystemError("write", relative, error.value());
  return absl::OkStatus();
}

//===----------------------------------------------------------------------===//
// Commit
//===----------------------------------------------------------------------===//

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

/// Renames `from` to `to`; if `to` exists, the two change places, in one step
/// where the file system can. Returns 0 or an errno.
static int replace(const std::string &from, const std::string &to,
                   bool exists) {
  if (!exists)
    return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
  int error = exchangePaths(from.c_str(), to.c_str());
  if (error == ENOSYS || error == EINVAL || error == ENOTSUP)
    error = moveAsideAndRename(from, to);
  return error;
}

absl::Status StagedDirectory::commit() {
  if (int error = flushFileSystem(staging.c_str()))
    return makeSystemError("write", staging, error);
  struct stat info;
  bool exists = ::lstat(destination.c_str(), &info) == 0;
  if (int error = replace(staging, destination, exists))
    return makeSystemError("replace", destination, error);
  committed = true;
  // After an exchange the staging name holds what was there before.
  if (exists)
    fs::remove_directories(staging);
  return absl::OkStatus();
}

} // namespace espresso
