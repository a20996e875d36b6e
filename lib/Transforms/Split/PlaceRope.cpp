//===- PlaceRope.cpp - Rotation on the host or in the graph ---------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlaceRope.h"

#include "FunctionCut.h"
#include "SharedOps.h"

#include "espresso/Base/Half.h"
#include "espresso/IR/Builder.h"
#include "espresso/Weights/WeightSources.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

Attribute makeUnitHead(const Operation &rope, int64_t columns) {
  TensorType x = rope.getArgumentType("x").castTo<TensorType>();
  DataType type = x.getElementType();
  int64_t size = rope.getConstant("head_dim").getInteger();
  Attribute rotary = rope.getConstant("rotary_dim");
  int64_t numOnes = (rotary ? rotary.getInteger() : size) / 2 * columns;
  unsigned width = getStorageByteWidth(type);
  std::vector<uint8_t> bytes;
  for (int64_t i = 0; i < size * columns; ++i) {
    uint64_t bits = encodeFloat(type, i < numOnes ? 1.0 : 0.0);
    for (unsigned byte = 0; byte < width; ++byte)
      bytes.push_back(static_cast<uint8_t>(bits >> (8 * byte)));
  }
  Context &context = rope.getFunction()->getContext();
  std::string name = "@constant/unit_head_" + std::to_string(size) + "_" +
                     std::to_string(numOnes / columns) + "_" +
                     std::to_string(columns);
  return Attribute::blob(
      TensorType::get(context, type, {1, size, 1, columns}),
      {std::move(name), /*offset=*/0,
       makeMemorySource(type, size * columns, std::move(bytes))});
}

void rotateByAngles(Operation &rope, Value *angles) {
  Context &context = rope.getFunction()->getContext();
  llvm::SmallVector<llvm::StringRef, 8> others;
  for (const std::unique_ptr<Binding> &binding : rope.getBindings())
    if (!llvm::is_contained({"x", "head_dim", "rotary_dim"},
                            binding->getName()))
      others.push_back(binding->getName());
  for (llvm::StringRef name : others)
    rope.removeBinding(name);
  rope.setName(context.intern("espresso.rotate"));
  rope.setOperand(context.intern("angles"), angles);
}

/// An operation like `rope` on a unit head, of no layer.
static Operation *insertAngles(Operation &rope, Value *unit) {
  Context &context = rope.getFunction()->getContext();
  Builder builder(rope);
  Operation *angles = builder.create("espresso.rope", {}, {}, "");
  for (const std::unique_ptr<Binding> &binding : rope.getBindings())
    copyBinding(rope, binding->getName(), *angles,
                context.intern(binding->getName()));
  angles->setOperand(context.intern("x"), unit);
  return angles;
}

unsigned moveRopeIntoGraph(Function &function) {
  SharedOps angles;
  std::vector<std::pair<Attribute, Value *>> units;
  unsigned count = 0;
  for (Operation &op :
       llvm::make_early_inc_range(function.getBody().getOperations())) {
    if (!op.is("espresso.rope") || !getLayer(op))
      continue;
    TensorType x = op.getArgumentType("x").castTo<TensorType>();
    Attribute head = makeUnitHead(op, x.getDim(3));
    Value *unit = nullptr;
    for (const auto &[known, value] : units)
      if (known.getType() == head.getType() &&
          known.getBlob()->path == head.getBlob()->path)
        unit = value;
    if (!unit) {
      Builder builder(op);
      unit = builder.createConstant(head, "unit_head");
      units.emplace_back(head, unit);
    }
    rotateByAngles(op, angles.share(*insertAngles(op, unit), "angles"));
    ++count;
  }
  return count;
}

} // namespace espresso
