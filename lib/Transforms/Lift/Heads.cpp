//===- Heads.cpp - Keys, values and masks of attention --------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Ways to repeat the heads [1, G, S, d] of keys for n queries each, as they
// come from frameworks:
//
//   reshape(tile(reps = [1, 1, n, 1, 1], x = expand_dims(axes = [2], x = k)))
//   reshape(concat(axis = 2, values = (e, …, e))), e = expand_dims(x = k)
//   reshape(stack(axis = 2, values = (k, …, k)))
//   concat(axis = 1, interleave = true, values = (k, …, k))
//   gather(axis = 1, indices = [0, 0, 1, 1, …], x = k)
//   tile(reps = [1, n, 1, 1], x = k), concat(axis = 1, values = (k, …, k)), for
//   G = 1
//
//===----------------------------------------------------------------------===//

#include "Heads.h"

#include "../Fold/Affine.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

using Extents = llvm::SmallVector<int64_t, 6>;

static Extents getShape(const Value &value) {
  return Extents(value.getTensorType().getShape());
}

/// The one value that all of a list are, and how many.
static std::optional<std::pair<Value *, int64_t>>
getCopies(const Operation &join) {
  const Binding *binding = join.findBinding("values");
  llvm::SmallVector<Value *, 4> values = join.getOperands("values");
  if (!binding || values.empty() || values.size() != binding->size() ||
      !hasStaticShape(*values.front()) || !llvm::all_equal(values))
    return std::nullopt;
  return std::pair(values.front(), static_cast<int64_t>(values.size()));
}

/// A value that is copied along an axis of `value`, and how often.
struct Copied {
  Value *source;
  int64_t axis;
  int64_t count;
  /// Copies of an element are neighbours, rather than copies of the whole.
  bool isInTurn = false;
};

static std::optional<Copied> getCopied(Value *value) {
  Operation *op = value ? value->getDefiningOp() : nullptr;
  if (!op)
    return std::nullopt;
  int64_t rank = value->getTensorType().getRank();
  if (op->is("tile")) {
    auto reps = getKnownIntegers(*op, "reps");
    Value *x = op->getOperand("x");
    if (!reps || !x || !hasStaticShape(*x))
      return std::nullopt;
    auto isCopied = [](int64_t count) { return count != 1; };
    const int64_t *found = llvm::find_if(*reps, isCopied);
    if (llvm::count_if(*reps, isCopied) != 1)
      return std::nullopt;
    return Copied{x, found - reps->begin(), *found};
  }
  if (!op->is("concat") && !op->is("stack"))
    return std::nullopt;
  auto copies = getCopies(*op);
  auto axis = getKnownIntegers(*op, "axis");
  if (!copies || !axis || axis->size() != 1)
    return std::nullopt;
  return Copied{copies->first,
                axis->front() < 0 ? axis->front() + rank : axis->front(),
                copies->second, op->is("concat") && getFlag(*op, "interleave")};
}

/// Copies along an axis that a reshape merges with that of the heads before it.
static std::optional<RepeatedHeads> getMerged(Value *x,
                                              llvm::ArrayRef<int64_t> heads) {
  Operation *merge = getProducer(x, "reshape");
  Value *whole = merge ? merge->getOperand("x") : nullptr;
  std::optional<Copied> copied =
      whole && hasStaticShape(*whole) ? getCopied(whole) : std::nullopt;
  if (!copied || copied->isInTurn)
    return std::nullopt;
  Extents shape = getShape(*whole);
  auto rank = static_cast<int64_t>(shape.size());
  if (rank < 4 || copied->axis != rank - 3 ||
      shape[rank - 3] != copied->count || shape[rank - 2] != heads[1] ||
      shape[rank - 1] != heads[2] ||
      shape[rank - 4] * copied->count != heads[0])
    return std::nullopt;
  return RepeatedHeads{copied->source, shape[rank - 4], copied->count};
}

/// Indices that take each head as often, one after the other.
static std::optional<RepeatedHeads> getGathered(Value *x) {
  Operation *gather = getProducer(x, "gather");
  Value *source = gather ? gather->getOperand("x") : nullptr;
  if (!source || !hasStaticShape(*source))
    return std::nullopt;
  int64_t rank = source->getTensorType().getRank();
  auto axis = getKnownAxes(*gather, "axis", rank);
  auto batch = getKnownIntegers(*gather, "batch_dims");
  auto indices = getKnownIntegers(*gather, "indices");
  if (!axis || axis->size() != 1 || axis->front() != rank - 3 || !indices ||
      (batch && batch->front() != 0) || x->getTensorType().getRank() != rank)
    return std::nullopt;
  int64_t heads = source->getTensorType().getDim(rank - 3);
  auto count = static_cast<int64_t>(indices->size());
  if (heads == 0 || count % heads != 0)
    return std::nullopt;
  int64_t repeats = count / heads;
  for (int64_t i = 0; i < count; ++i)
    if ((*indices)[i] != i / repeats)
      return std::nullopt;
  return RepeatedHeads{source, heads, repeats};
}

std::optional<RepeatedHeads> getHeads(Value *x) {
  if (!x || !hasStaticShape(*x) || x->getTensorType().getRank() < 3)
    return std::nullopt;
  llvm::ArrayRef<int64_t> shape = x->getTensorType().getShape();
  llvm::ArrayRef<int64_t> heads = shape.take_back(3);
  if (llvm::any_of(shape.drop_back(3), [](int64_t e) { return e != 1; }))
    return std::nullopt;
  if (auto merged = getMerged(x, heads))
    return merged;
  if (auto gathered = getGathered(x))
    return gathered;
  std::optional<Copied> copied = getCopied(x);
  if (copied && copied->axis == static_cast<int64_t>(shape.size()) - 3) {
    int64_t own = heads[0] / copied->count;
    if (copied->isInTurn || own == 1)
      return RepeatedHeads{copied->source, own, copied->count};
  }
  return RepeatedHeads{x, heads[0], 1};
}

//===----------------------------------------------------------------------===//
// Masks
//===----------------------------------------------------------------------===//

/// Masks are looked at element by element.
static constexpr int64_t kMaxMask = int64_t{1} << 24;
static constexpr double kHidden = -1e4;

/// 0 where a mask shows, `kHidden` or less where it hides.
static std::optional<std::vector<double>>
readMask(const Attribute &mask, DiagnosticEngine &diagnostics) {
  auto type = mask.getType().castTo<TensorType>();
  if (type.getElementType() != DataType::Bool)
    return readElements(mask, kMaxMask, diagnostics);
  int64_t count = mask.getDense() ? mask.getNumElements() : kMaxMask + 1;
  if (count > kMaxMask)
    return std::nullopt;
  std::vector<double> elements;
  for (int64_t i = 0; i < count; ++i)
    elements.push_back(mask.getBool(i) ? 0 : kHidden);
  return elements;
}

bool showsInEveryRow(const Attribute &mask, bool isShownIfTrue) {
  auto type = mask ? mask.getType().getAs<TensorType>() : TensorType();
  if (!type || type.getRank() < 1 || !mask.getDense() ||
      type.getElementType() != DataType::Bool ||
      mask.getNumElements() > kMaxMask)
    return false;
  const int64_t columns = type.getShape().back();
  const int64_t count = mask.getNumElements();
  for (int64_t row = 0; row < count; row += columns) {
    int64_t at = row;
    while (at < row + columns && mask.getBool(at) != isShownIfTrue)
      ++at;
    if (at == row + columns)
      return false;
  }
  return true;
}

std::optional<CausalMask> getCausalMask(const Attribute &mask, int64_t tokens,
                                        DiagnosticEngine &diagnostics) {
  auto type = mask ? mask.getType().getAs<TensorType>() : TensorType();
  if (!type || type.getRank() < 2 || tokens == 0 ||
      type.getNumElements() != tokens * tokens ||
      type.getShape().back() != tokens)
    return std::nullopt;
  std::optional<std::vector<double>> elements = readMask(mask, diagnostics);
  if (!elements)
    return std::nullopt;
  // The last row shows all that a window has.
  const double *last = elements->data() + (tokens - 1) * tokens;
  int64_t window = 0;
  while (window < tokens && last[tokens - 1 - window] == 0)
    ++window;
  if (window == 0)
    return std::nullopt;
  for (int64_t row = 0; row < tokens; ++row)
    for (int64_t column = 0; column < tokens; ++column) {
      double element = (*elements)[row * tokens + column];
      bool isShown = column <= row && column > row - window;
      if (isShown ? element != 0 : !(element <= kHidden))
        return std::nullopt;
    }
  return CausalMask{window == tokens ? 0 : window};
}

} // namespace espresso
