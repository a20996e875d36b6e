//===- Lexer.h - Templates to tokens ----------------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TEXT_TEMPLATE_LEXER_H
#define ESPRESSO_LIB_TEXT_TEMPLATE_LEXER_H

#include "absl/status/statusor.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace espresso::jinja {

enum class TokenKind : uint8_t {
  Text,          ///< what is printed as it is
  VariableBegin, ///< {{
  VariableEnd,   ///< }}
  BlockBegin,    ///< {%
  BlockEnd,      ///< %}
  Name,
  String, ///< `text` is its value
  Integer,
  Float,
  Operator,
  End,
};

struct Token {
  TokenKind kind = TokenKind::End;
  std::string text;
  size_t place = 0; ///< byte of the template
};

/// "name:line:column: message", an InvalidArgument. Lines and columns (bytes)
/// count from 1.
[[nodiscard]] absl::Status makeError(std::string_view name,
                                     std::string_view source, size_t place,
                                     std::string_view message);

/// Cuts a template, with comments removed and white space trimmed as
/// trim_blocks and lstrip_blocks say, which chat templates are written for.
/// Errors: InvalidArgument.
[[nodiscard]] absl::StatusOr<std::vector<Token>>
tokenize(std::string_view source, std::string_view name);

} // namespace espresso::jinja

#endif // ESPRESSO_LIB_TEXT_TEMPLATE_LEXER_H
