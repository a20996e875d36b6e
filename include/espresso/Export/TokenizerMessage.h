//===- TokenizerMessage.h - Writing tokenizer.pb ----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_EXPORT_TOKENIZERMESSAGE_H
#define ESPRESSO_EXPORT_TOKENIZERMESSAGE_H

#include "espresso/Model/TokenizerData.h"

#include <string>

namespace espresso {

/// The bytes of tokenizer.pb; the same for the same vocabulary.
[[nodiscard]] std::string serializeTokenizer(const TokenizerData &data);

} // namespace espresso

#endif // ESPRESSO_EXPORT_TOKENIZERMESSAGE_H
