//===- Console.h - Standard streams of a tool -------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_DRIVER_CONSOLE_H
#define ESPRESSO_LIB_RUNTIME_DRIVER_CONSOLE_H

#include "absl/status/statusor.h"

#include <span>
#include <string>
#include <string_view>

namespace espresso::runtime {

/// Makes writing to a pipe without reader, or beyond a size limit, an error
/// instead of a signal, and keeps the numbers of closed standard streams from
/// being taken by files. Returns an error if stdout is closed.
[[nodiscard]] absl::Status prepareStreams();

/// Writes all bytes to stdout at once. Errors: Cancelled if the reader has gone
/// away, Unavailable with the reason for all else.
[[nodiscard]] absl::Status writeStdout(std::string_view text);

/// All of a file, or of stdin for "-". Errors: NotFound, PermissionDenied,
/// InvalidArgument.
[[nodiscard]] absl::StatusOr<std::string> readText(const std::string &path);

/// Writes the logits: a NumPy array if the path ends in .npy, otherwise a line
/// each with 9 significant digits; "-" is stdout. A file is written aside and
/// renamed. Errors: Unavailable, or those of writeStdout.
[[nodiscard]] absl::Status writeLogits(const std::string &path,
                                       std::span<const float> logits);

/// Writes a file aside and renames it, or to stdout for "-". Errors as above.
[[nodiscard]] absl::Status writeOutput(const std::string &path,
                                       std::string_view bytes);

/// Prints messages to stderr.
class Messages {
public:
  /// `color` is "auto", "always" or "never".
  Messages(std::string_view color, bool quiet, bool verbose);

  void error(std::string_view text) const;
  /// Unless -q.
  void note(std::string_view text) const;
  /// With -v only.
  void detail(std::string_view text) const;

private:
  void print(std::string_view kind, std::string_view style,
             std::string_view text) const;
  bool useColor;
  bool quiet;
  bool verbose;
};

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_DRIVER_CONSOLE_H
