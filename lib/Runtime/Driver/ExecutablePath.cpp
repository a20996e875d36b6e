//===- ExecutablePath.cpp - Where this program is -------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// All there is of one operating system in the runtime.

#include "ExecutablePath.h"

#include <filesystem>
#include <system_error>

#ifdef __APPLE__
#include <mach-o/dyld.h>

#include <cstdint>
#endif

namespace espresso::runtime {

std::string getExecutablePath() {
  std::filesystem::path path = "/proc/self/exe";
#ifdef __APPLE__
  uint32_t size = 0;
  _NSGetExecutablePath(nullptr, &size); // fails, and says how much it needs
  std::string buffer(size, '\0');
  if (_NSGetExecutablePath(buffer.data(), &size) != 0)
    return std::string();
  path = buffer.c_str();
#endif
  std::error_code error;
  path = std::filesystem::canonical(path, error);
  return error ? std::string() : path.string();
}

} // namespace espresso::runtime
