//===- FuzzSupport.h - What fuzz targets share ------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TEST_FUZZ_FUZZSUPPORT_H
#define ESPRESSO_TEST_FUZZ_FUZZSUPPORT_H

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <unistd.h>

namespace espresso::fuzz {

/// Ends the run with a finding unless `condition` holds.
inline void require(bool condition, const char *what) {
  if (condition)
    return;
  std::fprintf(stderr, "fuzz: broken promise: %s\n", what);
  std::abort();
}

/// A file that is written anew for every input: some readers only take paths.
/// Nothing may have it mapped while it is written.
class ScratchFile {
public:
  explicit ScratchFile(const char *suffix) {
    path = (std::filesystem::temp_directory_path() / "espresso-fuzz-XXXXXX")
               .string() +
           suffix;
    descriptor = ::mkstemps(path.data(), static_cast<int>(std::strlen(suffix)));
    require(descriptor >= 0, "a temporary file can be made");
  }
  ~ScratchFile() {
    ::close(descriptor);
    ::unlink(path.c_str());
  }
  ScratchFile(const ScratchFile &) = delete;
  ScratchFile &operator=(const ScratchFile &) = delete;

  const std::string &getPath() const { return path; }
  void write(std::span<const uint8_t> bytes) {
    const auto size = static_cast<ssize_t>(bytes.size());
    require(::ftruncate(descriptor, 0) == 0 &&
                ::pwrite(descriptor, bytes.data(), bytes.size(), 0) == size,
            "the temporary file can be written");
  }

private:
  std::string path;
  int descriptor = -1;
};

/// Inputs of two parts: 4 bytes with the length of the first, then both. A
/// length beyond the end means all there is.
inline std::pair<std::span<const uint8_t>, std::span<const uint8_t>>
splitInput(std::span<const uint8_t> input) {
  uint32_t length = 0;
  if (input.size() < sizeof(length))
    return {input, {}};
  std::memcpy(&length, input.data(), sizeof(length));
  input = input.subspan(sizeof(length));
  const size_t first = std::min<size_t>(length, input.size());
  return {input.first(first), input.subspan(first)};
}

/// The input that splitInput() takes apart.
inline std::string joinInput(std::string_view first, std::string_view second) {
  const auto length = static_cast<uint32_t>(first.size());
  std::string joined(reinterpret_cast<const char *>(&length), sizeof(length));
  return joined.append(first).append(second);
}

} // namespace espresso::fuzz

#endif // ESPRESSO_TEST_FUZZ_FUZZSUPPORT_H
