//===- Attention.cpp - Rule of attention ----------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuleSupport.h"

namespace espresso::rules {

/// `attn_mask` is boolean or of the type of `query`, and broadcasts to
/// `scores`.
static LogicalResult checkMask(const Operation &op,
                               llvm::ArrayRef<int64_t> scores) {
  TensorType mask = getTensor(op, "attn_mask");
  if (!mask)
    return success();
  DataType element = getTensor(op, "query").getElementType();
  if (mask.getElementType() != DataType::Bool &&
      mask.getElementType() != element)
    return op.emitError().setRule("op-type")
           << "'attn_mask' of '" << op.getName() << "' is "
           << llvm::StringRef(getName(mask.getElementType()))
           << ", expected bool or " << llvm::StringRef(getName(element));
  std::optional<Extents> shape = broadcast(mask.getShape(), scores);
  if (shape && shape->size() == scores.size() && agree(*shape, scores))
    return success();
  return shapeError(op) << "'attn_mask' " << toText(mask.getShape())
                        << " does not broadcast to " << toText(scores);
}

LogicalResult inferAttention(const Operation &op, TypeList &results) {
  if (failed(checkRank(op, "query", 3, kAnyRank)))
    return failure();
  TensorType query = getTensor(op, "query");
  int64_t rank = query.getRank();
  if (failed(checkRank(op, "key", rank, rank)) ||
      failed(checkRank(op, "value", rank, rank)))
    return failure();
  TensorType key = getTensor(op, "key");
  TensorType value = getTensor(op, "value");
  if (!agree(query.getDim(rank - 1), key.getDim(rank - 1)))
    return shapeError(op) << "the last axis of 'query' "
                          << toText(query.getShape()) << " and 'key' "
                          << toText(key.getShape()) << " differs";
  if (!agree(key.getDim(rank - 2), value.getDim(rank - 2)))
    return shapeError(op) << "'key' " << toText(key.getShape())
                          << " and 'value' " << toText(value.getShape())
                          << " have different lengths";
  std::optional<Extents> batch =
      broadcast(query.getShape().drop_back(2), key.getShape().drop_back(2));
  if (batch)
    batch = broadcast(*batch, value.getShape().drop_back(2));
  if (!batch)
    return shapeError(op) << "leading axes of 'query' "
                          << toText(query.getShape()) << ", 'key' "
                          << toText(key.getShape()) << " and 'value' "
                          << toText(value.getShape())
                          << " do not broadcast together";
  Extents scores(*batch);
  scores.append({query.getDim(rank - 2), key.getDim(rank - 2)});
  if (failed(checkMask(op, scores)))
    return failure();
  scores.back() = value.getDim(rank - 1);
  results.push_back(getTensorType(op, query.getElementType(), scores));
  return success();
}

} // namespace espresso::rules
