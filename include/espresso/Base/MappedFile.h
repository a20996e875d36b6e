//===- MappedFile.h - Read-only memory-mapped files -------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_BASE_MAPPEDFILE_H
#define ESPRESSO_BASE_MAPPEDFILE_H

#include "absl/status/statusor.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace espresso {

/// What the file system says of a file. A file that was written to, replaced or
/// restored has another identity, as far as its clock is fine enough.
struct FileIdentity {
  uint64_t device = 0, inode = 0, size = 0;
  int64_t modifiedNs = 0, changedNs = 0; ///< since 1970
  bool operator==(const FileIdentity &) const = default;
};

/// The identity of the file at `path`, or nothing.
[[nodiscard]] std::optional<FileIdentity>
getFileIdentity(const std::string &path);

/// A file mapped read-only for as long as the object lives. Shared by every
/// weight that points into it. Thread-safe.
class MappedFile {
public:
  /// Maps the regular file at `path`. Errors: NotFound, PermissionDenied,
  /// InvalidArgument for a directory or device, Internal for the rest; the
  /// message names the path and the reason.
  [[nodiscard]] static absl::StatusOr<std::shared_ptr<const MappedFile>>
  open(const std::string &path);

  ~MappedFile();
  MappedFile(const MappedFile &) = delete;
  MappedFile &operator=(const MappedFile &) = delete;

  const std::string &getPath() const { return path; }
  uint64_t getSize() const { return size; }
  /// As it was when the file was opened.
  const FileIdentity &getIdentity() const { return identity; }
  /// The bytes; empty for an empty file.
  std::span<const uint8_t> getBytes() const { return {data, size}; }
  /// Lets the system take back the memory that holds these bytes, which must
  /// lie in the file. They can be read as before, from the disk if need be.
  void release(uint64_t offset, uint64_t count) const;

private:
  MappedFile(std::string path, const uint8_t *data,
             const FileIdentity &identity)
      : path(std::move(path)), data(data), size(identity.size),
        identity(identity) {}

  std::string path;
  const uint8_t *data;
  uint64_t size;
  FileIdentity identity;
};

} // namespace espresso

#endif // ESPRESSO_BASE_MAPPEDFILE_H
