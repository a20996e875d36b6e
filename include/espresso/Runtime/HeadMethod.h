//===- HeadMethod.h - How the best token is found ---------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_RUNTIME_HEADMETHOD_H
#define ESPRESSO_RUNTIME_HEADMETHOD_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace espresso::runtime {

/// How the CPU finds the best of a head's logits. All give the same token, and
/// the same logit to the last bit; see docs/Kernels.md.
enum class HeadMethod : uint8_t {
  Auto,     ///< whichever is fastest when first needed
  Full,     ///< every row of the head is multiplied
  Screened, ///< a copy in int8 tells which rows need be
  Pruned,   ///< norms of blocks of rows do
};

/// "auto", "full", "screened", "pruned".
[[nodiscard]] std::string_view getName(HeadMethod method);
[[nodiscard]] std::optional<HeadMethod> parseHeadMethod(std::string_view name);

/// What came of a head.
struct HeadReport {
  HeadMethod method = HeadMethod::Full; ///< never Auto
  /// Why it is not what was asked for; empty if it is.
  std::string remark;
  int64_t rows = 0;
  /// Of what was made: bytes, and the time it took, that of choosing included.
  int64_t bytes = 0;
  double seconds = 0;
  /// Tokens found otherwise than by multiplying every row, and the rows that
  /// were multiplied for them.
  int64_t searches = 0;
  int64_t rescored = 0;
};

} // namespace espresso::runtime

#endif // ESPRESSO_RUNTIME_HEADMETHOD_H
