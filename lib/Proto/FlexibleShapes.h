//===- FlexibleShapes.h - Inputs of several shapes --------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Models say in their description which shapes an input may have; MIL text says
// it in a function attribute:
//
//   FlexibleShapeInformation = tuple<...>((("DefaultShapes", {{"x", [1, 4]}}),
//                               ("RangeDims", {{"x", [[1, 1], [1, 64]]}})))
//
// or, for a choice of shapes, ("EnumeratedShapes", {{"<key>", {{"x", [1, 4]}}},
// ...}) in the second place. The compiler's keys are eight hexadecimal digits
// of a hash that is not public; ours are those of the shapes' SHA-256.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_PROTO_FLEXIBLESHAPES_H
#define ESPRESSO_LIB_PROTO_FLEXIBLESHAPES_H

#include "espresso/IR/Attribute.h"
#include "espresso/IR/Context.h"

#include "Model.pb.h"

#include <map>

namespace espresso {

using Shape = llvm::SmallVector<int64_t, 4>;

/// The shapes one input may have: within ranges, or one of a list.
struct FlexibleShape {
  Shape defaultShape;
  /// Lower and upper bound of each extent; -1 for no upper bound.
  std::vector<std::pair<int64_t, int64_t>> ranges;
  std::vector<Shape> enumerated;

  bool operator==(const FlexibleShape &) const = default;
};

/// By the name of the input.
using FlexibleShapes = std::map<std::string, FlexibleShape>;

/// The value of the attribute; `shapes` is not empty.
[[nodiscard]] Attribute makeFlexibleShapes(Context &context,
                                           const FlexibleShapes &shapes);
/// What the attribute says, or nothing if it is not made as above.
[[nodiscard]] std::optional<FlexibleShapes>
readFlexibleShapes(const Attribute &attribute);

[[nodiscard]] bool isFlexible(const pb::ArrayFeature &feature);
/// What the description of an array of `rank` says; an absent default is the
/// smallest or the first shape. Nothing if a shape is of another rank or does
/// not fit 32 bits.
[[nodiscard]] std::optional<FlexibleShape>
importFlexibleShape(const pb::ArrayFeature &feature, int64_t rank);
/// Sets the shapes of a feature.
void exportFlexibleShape(const FlexibleShape &shape, pb::ArrayFeature &out);

} // namespace espresso

#endif // ESPRESSO_LIB_PROTO_FLEXIBLESHAPES_H
