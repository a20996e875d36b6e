//===- ChatLoop.h - Talking on a terminal or through pipes ------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_DRIVER_CHATLOOP_H
#define ESPRESSO_LIB_RUNTIME_DRIVER_CHATLOOP_H

#include "Console.h"
#include "RunOptions.h"

#include <memory>
#include <string>

namespace espresso::runtime {

/// Talks with the model of `bundle`. If `firstTurn` is not empty it is the only
/// turn; otherwise each line of stdin is one, up to its end. Answers go to
/// stdout, a line end behind each. On a terminal a sign on stderr asks for
/// input, /reset and /exit are commands, and an interrupt ends an answer.
/// `drafter` may be null.
[[nodiscard]] absl::Status runChat(const RunOptions &options,
                                   const Messages &messages,
                                   std::shared_ptr<const Bundle> bundle,
                                   const std::string &firstTurn,
                                   Drafter *drafter);

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_DRIVER_CHATLOOP_H
