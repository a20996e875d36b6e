//===- VerifiedFiles.h - What need not be read to be trusted ----*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_VERIFIEDFILES_H
#define ESPRESSO_LIB_RUNTIME_VERIFIEDFILES_H

#include "espresso/Base/MappedFile.h"

#include <map>
#include <string>

namespace espresso::runtime {

/// A record of the files of one bundle that were found to have the digests of
/// its manifest, by what the file system says of them: a file that was written
/// to, replaced or restored since is another. It holds until the machine starts
/// anew, when files come from the disk again, and not for files that were
/// changed so lately that another change might bear the same time.
class VerifiedFiles {
public:
  /// The record, in `directory`, of the bundle at `path` whose manifest has
  /// `digest`. Without a directory, or if there is no record that can be read,
  /// it holds nothing.
  VerifiedFiles(const std::string &directory, const std::string &path,
                const std::string &digest);

  /// `name` is the path of the file in the bundle.
  [[nodiscard]] bool holds(const std::string &name,
                           const MappedFile &file) const;
  /// Notes that the bytes of `file` were found right, if it is still the one
  /// that was opened.
  void add(const std::string &name, const MappedFile &file);
  /// Writes what was noted. What goes wrong costs reading files again.
  void save() const;

private:
  std::string directory, record;
  std::map<std::string, FileIdentity> files; ///< by name
  bool changed = false;
};

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_VERIFIEDFILES_H
