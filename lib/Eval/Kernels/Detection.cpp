//===- Detection.cpp - Detection ------------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Support.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>

namespace espresso {

namespace {

/// A box by its sides.
struct Box {
  double left, right, top, bottom;

  double getArea() const {
    return std::max(0.0, right - left) * std::max(0.0, bottom - top);
  }
};

/// A candidate, with its class of highest score.
struct Candidate {
  int64_t index;
  Box box;
  double score;
  int64_t bestClass;
};

/// The boxes that are kept of each image, best first.
using Selection = std::vector<std::vector<int64_t>>;

} // namespace

/// The axis of boxes: the last one from ios17 on, the second before.
static int64_t getBoxAxis(KernelContext &ctx) {
  return ctx.has("score_threshold") ? 1 : 2;
}

/// The boxes of one image.
static std::vector<Candidate> getCandidates(KernelContext &ctx, int64_t image) {
  const Tensor &boxes = ctx.get("boxes"), &scores = ctx.get("scores");
  int64_t axis = getBoxAxis(ctx), other = 3 - axis;
  auto read = [&](const Tensor &tensor, int64_t box, int64_t number) {
    Shape strides = getStrides(tensor.getShape());
    return tensor.getReal(image * strides[0] + box * strides[axis] +
                          number * strides[other]);
  };
  std::vector<Candidate> candidates;
  for (int64_t i = 0; i < boxes.getDim(axis); ++i) {
    double x = read(boxes, i, 0), y = read(boxes, i, 1);
    double width = read(boxes, i, 2), height = read(boxes, i, 3);
    Box box = {x - width / 2, x + width / 2, y - height / 2, y + height / 2};
    Candidate candidate = {i, box, -HUGE_VAL, 0};
    for (int64_t k = 0; k < scores.getDim(other); ++k)
      if (double score = read(scores, i, k); score > candidate.score) {
        candidate.score = score;
        candidate.bestClass = k;
      }
    candidates.push_back(candidate);
  }
  return candidates;
}

/// The area that two boxes share, of that which they cover; of boxes without
/// area, 0.
static double getOverlap(const Box &a, const Box &b) {
  Box common = {std::max(a.left, b.left), std::min(a.right, b.right),
                std::max(a.top, b.top), std::min(a.bottom, b.bottom)};
  double shared = common.getArea();
  double covered = a.getArea() + b.getArea() - shared;
  return covered > 0 ? shared / covered : 0;
}

/// The boxes that are kept, by falling score; of equal ones the first comes
/// first. If all scores are too low, the best box alone.
static std::vector<int64_t> selectBoxes(KernelContext &ctx,
                                        std::vector<Candidate> candidates) {
  double limit = ctx.getReal("iou_threshold");
  double least =
      ctx.has("score_threshold") ? ctx.getReal("score_threshold") : -HUGE_VAL;
  bool isPerClass = ctx.getBool("per_class_suppression");
  auto most = static_cast<size_t>(ctx.getInteger("max_boxes"));
  std::stable_sort(
      candidates.begin(), candidates.end(),
      [](const Candidate &a, const Candidate &b) { return a.score > b.score; });
  std::vector<const Candidate *> kept;
  for (const Candidate &candidate : candidates) {
    if (kept.size() == most || !(candidate.score >= least))
      break;
    bool isSuppressed = llvm::any_of(kept, [&](const Candidate *better) {
      return (!isPerClass || better->bestClass == candidate.bestClass) &&
             getOverlap(better->box, candidate.box) > limit;
    });
    if (!isSuppressed)
      kept.push_back(&candidate);
  }
  if (kept.empty() && !candidates.empty())
    kept.push_back(&candidates.front());
  std::vector<int64_t> indices;
  for (const Candidate *candidate : kept)
    indices.push_back(candidate->index);
  return indices;
}

/// `from` with `most` places along `axis`: what is selected, then zeros.
static Tensor takeSelected(const Tensor &from, const Selection &selection,
                           int64_t axis, int64_t most) {
  Shape strides = getStrides(from.getShape());
  Shape shape(from.getShape().begin(), from.getShape().end());
  shape[axis] = most;
  Tensor result(from.getElementType(), shape);
  visitFloats(from, [&](const auto &elements) {
    auto &to = std::get<std::decay_t<decltype(elements)>>(result.getStorage());
    forEachIndex(shape, [&](llvm::ArrayRef<int64_t> index, int64_t i) {
      const std::vector<int64_t> &kept = selection[index[0]];
      auto place = static_cast<size_t>(index[axis]);
      if (place < kept.size())
        to[i] = elements[getOffset(index, strides) +
                         (kept[place] - index[axis]) * strides[axis]];
    });
  });
  return result;
}

/// Places without a box hold zeros, and -1 as the index.
static void nonMaximumSuppression(KernelContext &ctx) {
  const Tensor &boxes = ctx.get("boxes"), &scores = ctx.get("scores");
  int64_t images = boxes.getDim(0), most = ctx.getInteger("max_boxes");
  for (const Tensor *tensor : {&boxes, &scores})
    for (int64_t i = 0, count = tensor->getNumElements(); i < count; ++i)
      if (std::isnan(tensor->getReal(i)))
        return ctx.fail("a box or a score is not a number");
  Selection selection;
  Tensor indices(DataType::Int32, {images, most});
  Tensor counts(DataType::Int32, {images});
  std::fill(indices.get<int64_t>().begin(), indices.get<int64_t>().end(), -1);
  for (int64_t image = 0; image < images; ++image) {
    selection.push_back(selectBoxes(ctx, getCandidates(ctx, image)));
    const std::vector<int64_t> &kept = selection.back();
    std::copy(kept.begin(), kept.end(),
              indices.get<int64_t>().begin() + image * most);
    counts.get<int64_t>()[image] = static_cast<int64_t>(kept.size());
  }
  int64_t axis = getBoxAxis(ctx);
  ctx.setResult(takeSelected(boxes, selection, axis, most), 0);
  ctx.setResult(takeSelected(scores, selection, axis, most), 1);
  ctx.setResult(std::move(indices), 2);
  if (ctx.getOp().getNumResults() > 3)
    ctx.setResult(std::move(counts), 3);
}

/// The class of the highest probability, of equal ones the first, and the
/// probabilities in the order of the classes.
static void classify(KernelContext &ctx) {
  const Tensor &probabilities = ctx.get("probabilities");
  int64_t count = probabilities.getNumElements(), best = 0;
  if (count == 0 || count != ctx.get("classes").getDim(0))
    return ctx.fail("there is no probability for each class");
  for (int64_t i = 1; i < count; ++i)
    if (probabilities.getReal(i) > probabilities.getReal(best))
      best = i;
  ctx.setResult(takeElements(ctx.get("classes"), {},
                             [&](llvm::ArrayRef<int64_t>) { return best; }),
                0);
  ctx.setResult(
      probabilities.reshaped({count}).convertedTo(ctx.getResultType(1)), 1);
}

static constexpr KernelEntry kKernels[] = {
    {"Classify", classify},
    {"NonMaximumSuppression", nonMaximumSuppression},
};

llvm::ArrayRef<KernelEntry> getDetectionKernels() { return kKernels; }

} // namespace espresso
