//===- Platform.h - What POSIX does not have --------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_BASE_PLATFORM_H
#define ESPRESSO_BASE_PLATFORM_H

#include <cstdint>
#include <string>

namespace espresso {

// The few calls that differ from one operating system to the next. Nothing
// outside of Platform.cpp asks which one it is built for. Thread-safe.

/// Exchanges two existing names in one step. Returns 0 or an errno; ENOSYS,
/// EINVAL or ENOTSUP where the system or the file system cannot.
[[nodiscard]] int exchangePaths(const char *a, const char *b);

/// Waits until what was written to the file system of `directory` is on disk.
/// Returns 0 or an errno.
[[nodiscard]] int flushFileSystem(const char *directory);

/// Writes what is new in a file to the disk and lets the system forget what it
/// holds of it in memory; what somebody has mapped stays. Returns 0 or an
/// errno; ENOSYS where there is no such request.
[[nodiscard]] int dropCachedFile(const char *path);

/// Bytes of a file that the system holds in memory; negative if it does not
/// say.
[[nodiscard]] int64_t getCachedBytes(const char *path);

/// What the processor is called; empty if the system does not say.
[[nodiscard]] std::string getProcessorName();

/// The path of the running executable, links resolved; empty if the system does
/// not say.
[[nodiscard]] std::string getExecutablePath();

/// What distinguishes this start of the machine from others; empty if unknown.
[[nodiscard]] const std::string &getBootId();

} // namespace espresso

#endif // ESPRESSO_BASE_PLATFORM_H
