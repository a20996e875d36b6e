//===- StagedDirectory.h - Directories that appear whole --------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_SUPPORT_STAGEDDIRECTORY_H
#define ESPRESSO_SUPPORT_STAGEDDIRECTORY_H

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <memory>
#include <string>

namespace espresso {

/// A directory under construction beside its destination. commit() puts it in
/// place in one step; until then, and if it is never called, the destination is
/// as it was. Destruction removes what was not committed. A process that is
/// killed leaves a hidden sibling ".<name>.tmp-<pid>", which the next one that
/// stages the same destination removes. Thread-compatible.
class StagedDirectory {
public:
  /// Makes an empty directory beside `destination`, whose parent must exist.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<StagedDirectory>>
  create(llvm::StringRef destination);
  ~StagedDirectory();
  StagedDirectory(const StagedDirectory &) = delete;
  StagedDirectory &operator=(const StagedDirectory &) = delete;

  /// Where to write now.
  const std::string &getPath() const { return staging; }
  /// `staging/relative`.
  std::string getPath(llvm::StringRef relative) const;

  /// Creates a directory and its parents inside.
  [[nodiscard]] absl::Status makeDirectory(llvm::StringRef relative);
  /// Writes a file whole; its directory must exist.
  [[nodiscard]] absl::Status writeFile(llvm::StringRef relative,
                                       llvm::StringRef contents);
  /// Makes `relative` the same file as `existing` (both inside) by a hard link,
  /// or a copy where the file system has none.
  [[nodiscard]] absl::Status linkFile(llvm::StringRef existing,
                                      llvm::StringRef relative);

  /// Flushes to disk and takes the destination's place. What was there before
  /// is removed, after the swap.
  [[nodiscard]] absl::Status commit();

private:
  StagedDirectory(std::string destination, std::string staging);

  std::string destination;
  std::string staging;
  bool committed = false;
};

/// An error of the operating system as a status: ResourceExhausted for a full
/// disk or quota, PermissionDenied, NotFound, Internal for the rest. The
/// message is "cannot <action> '<path>': <reason>".
[[nodiscard]] absl::Status makeSystemError(llvm::StringRef action,
                                           llvm::StringRef path, int error);

} // namespace espresso

#endif // ESPRESSO_SUPPORT_STAGEDDIRECTORY_H
