//===- Sha256.cpp - Content digests ---------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Base/Sha256.h"

#include <openssl/evp.h>

#include <cassert>

namespace espresso {

Sha256::Sha256() : context(EVP_MD_CTX_new()) {
  [[maybe_unused]] int ok = EVP_DigestInit_ex(
      static_cast<EVP_MD_CTX *>(context), EVP_sha256(), nullptr);
  assert(ok == 1 && "SHA-256 is part of every build of the library");
}

Sha256::~Sha256() { EVP_MD_CTX_free(static_cast<EVP_MD_CTX *>(context)); }

void Sha256::update(std::span<const uint8_t> bytes) {
  EVP_DigestUpdate(static_cast<EVP_MD_CTX *>(context), bytes.data(),
                   bytes.size());
}

void Sha256::update(std::string_view text) {
  EVP_DigestUpdate(static_cast<EVP_MD_CTX *>(context), text.data(),
                   text.size());
}

std::string Sha256::finish() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  EVP_DigestFinal_ex(static_cast<EVP_MD_CTX *>(context), digest, &length);
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * length);
  for (unsigned i = 0; i < length; ++i) {
    text += kDigits[digest[i] >> 4];
    text += kDigits[digest[i] & 15];
  }
  return text;
}

std::string sha256Hex(std::span<const uint8_t> bytes) {
  Sha256 digest;
  digest.update(bytes);
  return digest.finish();
}

std::string sha256Hex(std::string_view text) {
  Sha256 digest;
  digest.update(text);
  return digest.finish();
}

} // namespace espresso
