//===- Json.h - Values as JSON and numbers as text --------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TEXT_TEMPLATE_JSON_H
#define ESPRESSO_LIB_TEXT_TEMPLATE_JSON_H

#include "espresso/Text/TemplateValue.h"

#include <string>

namespace espresso {

/// As Python prints a float: the fewest digits that read back as the same.
[[nodiscard]] std::string formatFloat(double value);

/// As Python's json.dumps(value, ensure_ascii=False, indent=...) prints it;
/// false if a value has no JSON form. `indent` < 0: on one line. Stops when
/// `to` has more than `limit` bytes.
[[nodiscard]] bool printJson(const TemplateValue &value, int64_t indent,
                             std::string &to, size_t limit, int64_t level = 0);

} // namespace espresso

#endif // ESPRESSO_LIB_TEXT_TEMPLATE_JSON_H
