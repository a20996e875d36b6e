//===- ProgramExport.h - Programs to protobuf -------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_PROTO_PROGRAMEXPORT_H
#define ESPRESSO_PROTO_PROGRAMEXPORT_H

#include "espresso/IR/Program.h"

#include <cstdint>
#include <optional>
#include <string>

namespace espresso {

/// Where a value stands, which decides whether it may be in a weight file.
enum class WeightRole : uint8_t {
  /// The value of a `const`, or a parameter of a `constexpr_*` operation.
  Constant,
  /// Anything else: readers of the format want it in place.
  Plain,
};

/// A record in a weight file: what a blob value of a model says.
struct BlobPlace {
  std::string path;
  uint64_t offset = 0;
};

/// Decides for each tensor of a program that is being exported where its
/// elements go. Called in an order that follows from the program alone.
class WeightPlacer {
public:
  virtual ~WeightPlacer();
  /// The record that holds `value`, a literal or a reference; nothing if it
  /// stays as it is. Failures have been reported, at `location` where they
  /// concern the program.
  virtual FailureOr<std::optional<BlobPlace>>
  place(const Attribute &value, WeightRole role, Location location) = 0;
};

/// `program` as the bytes of a `Program` message; equal programs give equal
/// bytes. Without a placer, literals stay literals and references stay
/// references. Reports and fails for what the format cannot hold: functions of
/// the opsets `model` and `host`, buffers, an opset on a single operation.
[[nodiscard]] FailureOr<std::string>
exportProgram(const Program &program, WeightPlacer *placer = nullptr);

} // namespace espresso

#endif // ESPRESSO_PROTO_PROGRAMEXPORT_H
