//===- Sha256.h - Content digests -------------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_BASE_SHA256_H
#define ESPRESSO_BASE_SHA256_H

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace espresso {

/// SHA-256 (FIPS 180-4) of data given in pieces. Thread-compatible.
class Sha256 {
public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256 &) = delete;
  Sha256 &operator=(const Sha256 &) = delete;

  void update(std::span<const uint8_t> bytes);
  void update(std::string_view text);
  /// The digest as 64 lower-case hexadecimal digits. Call once.
  [[nodiscard]] std::string finish();

private:
  void *context;
};

/// The digest of `bytes` in hexadecimal.
[[nodiscard]] std::string sha256Hex(std::span<const uint8_t> bytes);
[[nodiscard]] std::string sha256Hex(std::string_view text);

} // namespace espresso

#endif // ESPRESSO_BASE_SHA256_H
