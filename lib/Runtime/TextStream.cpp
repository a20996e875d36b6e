//===- TextStream.cpp - Tokens to text as they come -----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Runtime/Tokenizer.h"
#include "espresso/Text/Utf8.h"

namespace espresso::runtime {

static constexpr std::string_view kReplacement = "\xEF\xBF\xBD"; // U+FFFD

std::string TextStream::push(int32_t id) {
  std::string bytes = tokenizer.decode(id);
  if (bytes.empty())
    return bytes;
  if (atStart && bytes.front() == ' ')
    bytes.erase(0, 1);
  atStart = false;
  return pushBytes(bytes);
}

std::string TextStream::pushBytes(std::string_view bytes) {
  held.append(bytes);
  std::string ready;
  std::string_view rest = held;
  while (!rest.empty()) {
    const Utf8Prefix prefix = scanUtf8(rest);
    if (prefix.kind == Utf8Prefix::Unfinished)
      break;
    if (prefix.kind == Utf8Prefix::Character)
      ready.append(rest.substr(0, prefix.length));
    else
      ready.append(kReplacement);
    rest.remove_prefix(prefix.length);
  }
  held = std::string(rest);
  return ready;
}

std::string TextStream::finish() {
  std::string rest(held.empty() ? std::string_view() : kReplacement);
  held.clear();
  return rest;
}

} // namespace espresso::runtime
