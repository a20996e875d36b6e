//===- Detection.td - Detection and classification ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

include "OpBase.td"

def Classify_iOS15 : Op<"classify", iOS15, [Pure]> {
  let summary = "The most probable class, and the probability of each";
  let description = [{Makes a model a classifier. `classes` is a list of strings or of
int64, one for each element of `probabilities`. The results are an element of it and a
dictionary from classes to probabilities in fp64; no operation can use them.}];
  let inputs = (ins In<Fp32>:$probabilities, ListConst:$classes);
  let infer = "Classify";
}

class NonMaximumSuppressionBase<Opset o>
    : Op<"non_maximum_suppression", o, [Pure]> {
  let summary = "The boxes of highest score that do not overlap much";
  let typeVars = [Domain<T, Floats>];
  let infer = "NonMaximumSuppression";
}
def NonMaximumSuppression_iOS15 : NonMaximumSuppressionBase<iOS15> {
  let description = [{`boxes` is `[N, B, 4]` of centre x, centre y, width and height,
`scores` `[N, B, K]` with K classes. Boxes with scores below `score_threshold` and those
that overlap a better one (of any class, or of theirs if `per_class_suppression`) by
more than `iou_threshold` are left out. The results are boxes `[N, max_boxes, 4]`,
scores `[N, max_boxes, K]`, indices `[N, max_boxes]` and how many were selected `[N]`.}];
  let inputs = (ins In<T>:$boxes, In<T>:$scores, Scalar<T>:$iou_threshold,
                Scalar<T>:$score_threshold, Scalar<Int32>:$max_boxes,
                OptScalar<Bool, "false">:$per_class_suppression);
}
def NonMaximumSuppression_iOS17 : NonMaximumSuppressionBase<iOS17> {
  let description = [{As before, but with boxes along the last axis (`[N, 4, B]`,
`[N, K, B]`), without a threshold of scores, and without the number of boxes as a
result.}];
  let inputs = (ins In<T>:$boxes, In<T>:$scores, Scalar<T>:$iou_threshold,
                Scalar<Int32>:$max_boxes,
                OptScalar<Bool, "false">:$per_class_suppression);
}
