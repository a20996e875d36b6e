//===- OutputFile.cpp - Files that appear whole ---------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Tools/OutputFile.h"

#include "espresso/Support/StagedDirectory.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"

namespace espresso {

namespace fs = llvm::sys::fs;

/// Writes and closes; the error, if any, is about `name`.
static absl::Status finish(llvm::raw_fd_ostream &os, llvm::StringRef name,
                           llvm::StringRef contents) {
  os << contents;
  os.flush();
  if (!os.has_error())
    return absl::OkStatus();
  int code = os.error().value();
  os.clear_error();
  return makeSystemError("write", name, code);
}

static absl::Status writeDirectly(llvm::StringRef path,
                                  llvm::StringRef contents) {
  std::error_code error;
  llvm::raw_fd_ostream os(path, error, fs::CD_OpenExisting, fs::FA_Write,
                          fs::OF_None);
  if (error)
    return makeSystemError("write", path, error.value());
  return finish(os, path, contents);
}

static absl::Status writeAside(llvm::StringRef path, llvm::StringRef contents) {
  int descriptor = -1;
  llvm::SmallString<128> temporary;
  if (std::error_code error =
          fs::createUniqueFile(path + ".tmp-%%%%%%", descriptor, temporary,
                               fs::OF_None, fs::all_read | fs::owner_write))
    return makeSystemError("write", path, error.value());
  llvm::sys::RemoveFileOnSignal(temporary);
  absl::Status status;
  {
    llvm::raw_fd_ostream os(descriptor, /*shouldClose=*/true);
    status = finish(os, path, contents);
  }
  if (status.ok())
    if (std::error_code error = fs::rename(temporary, path))
      status = makeSystemError("write", path, error.value());
  if (!status.ok())
    fs::remove(temporary);
  llvm::sys::DontRemoveFileOnSignal(temporary);
  return status;
}

absl::Status writeOutput(llvm::StringRef path, llvm::StringRef contents) {
  if (path == "-")
    return finish(llvm::outs(), "<stdout>", contents);
  fs::file_status info;
  if (!fs::status(path, info)) {
    if (fs::is_directory(info))
      return absl::InvalidArgumentError(
          ("'" + path + "' is a directory; name a file").str());
    if (!fs::is_regular_file(info))
      return writeDirectly(path, contents);
  }
  return writeAside(path, contents);
}

} // namespace espresso
