//===- ModelMessages.h - Models and their messages --------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_PROTO_MODELMESSAGES_H
#define ESPRESSO_LIB_PROTO_MODELMESSAGES_H

#include "espresso/Proto/Model.h"

#include "Model.pb.h"

namespace espresso {

struct ModelOriginal {
  /// The whole message, its program included. Without a program if it comes
  /// from a compiled model, whose program is text.
  pb::Model message;
};

/// Checks that `description` fits `program`, and gives functions with flexible
/// inputs their attribute.
[[nodiscard]] LogicalResult
importDescription(const pb::ModelDescription &description, Program &program);

/// Describes the functions of `program`, keeping of `original`, which may be
/// null, what still fits. Raises `version` to what the ports need.
[[nodiscard]] LogicalResult exportDescription(const Program &program,
                                              const pb::Model *original,
                                              pb::ModelDescription &out,
                                              int32_t &version);

/// The smallest version of a model for the opsets of `program`.
[[nodiscard]] int32_t getSpecificationVersion(const Program &program);
/// The version from which on models have states and several functions.
inline constexpr int32_t kVersionOfStates = 9;
/// The version from which on inputs and outputs may be fp16.
inline constexpr int32_t kVersionOfHalfPorts = 7;

} // namespace espresso

#endif // ESPRESSO_LIB_PROTO_MODELMESSAGES_H
