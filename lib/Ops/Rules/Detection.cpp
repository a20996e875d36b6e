//===- Detection.cpp - Rules of detection ---------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuleSupport.h"

namespace espresso::rules {

LogicalResult inferClassify(const Operation &op, TypeList &results) {
  auto classes = op.getArgumentType("classes").castTo<ListType>();
  auto element = classes.getElementType().getAs<TensorType>();
  if (!element || !element.isScalar() ||
      (element.getElementType() != DataType::String &&
       element.getElementType() != DataType::Int64))
    return op.emitError().setRule("op-type")
           << "'classes' of '" << op.getName() << "' is a list of "
           << classes.getElementType() << ", expected strings or int64";
  int64_t volume = getVolume(getTensor(op, "probabilities").getShape());
  if (!agree(volume, classes.getLength()))
    return shapeError(op) << "there are " << volume << " probabilities for "
                          << classes.getLength() << " classes";
  results.push_back(element);
  results.push_back(DictType::get(op.getFunction()->getContext(), element,
                                  getTensorType(op, DataType::Float64, {})));
  return success();
}

LogicalResult inferNonMaximumSuppression(const Operation &op,
                                         TypeList &results) {
  if (failed(checkRank(op, "boxes", 3, 3)) ||
      failed(checkRank(op, "scores", 3, 3)))
    return failure();
  TensorType boxes = getTensor(op, "boxes");
  TensorType scores = getTensor(op, "scores");
  // Boxes lie along the last axis from ios17 on, along the second before.
  bool isLast = !lookupOp(op)->findInput("score_threshold");
  int boxAxis = isLast ? 2 : 1;
  int otherAxis = isLast ? 1 : 2;
  Extents expected{kDynamic, 4, 4};
  expected[boxAxis] = kDynamic;
  Extents expectedScores{boxes.getDim(0), kDynamic, kDynamic};
  expectedScores[boxAxis] = boxes.getDim(boxAxis);
  if (failed(checkShape(op, "boxes", expected)) ||
      failed(checkShape(op, "scores", expectedScores)))
    return failure();
  std::optional<int64_t> limit = getInteger(op, "max_boxes");
  if (!limit || *limit < 1)
    return valueError(op) << "'max_boxes' is " << limit.value_or(0)
                          << ", expected at least 1";
  int64_t batch = known(boxes.getDim(0), scores.getDim(0));
  auto add = [&](DataType element, int64_t width) {
    Extents shape{batch, *limit, *limit};
    shape[otherAxis] = width;
    results.push_back(getTensorType(op, element, shape));
  };
  add(boxes.getElementType(), 4);
  add(scores.getElementType(), scores.getDim(otherAxis));
  results.push_back(getTensorType(op, DataType::Int32, {batch, *limit}));
  if (!isLast)
    results.push_back(getTensorType(op, DataType::Int32, {batch}));
  return success();
}

} // namespace espresso::rules
