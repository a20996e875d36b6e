//===- Tensor.td - Making and ranking tensors -----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

include "OpBase.td"

def Const_iOS15 : Op<"const", iOS15, [Pure, AttributeInputs]> {
  let summary = "A constant";
  let description = "The value stands in the attribute `val`.";
  let inputs = (ins AnyConst:$val);
  let infer = "Const";
  let noEval = kEvaluatorItself;
}

def Fill_iOS15 : Op<"fill", iOS15, [Pure]> {
  let summary = "A tensor of one value";
  let inputs = (ins InVector<Int32>:$shape, OptScalar<T, "0.0">:$value);
  let description = "Without `value` the elements are fp32.";
  let typeVars = [Domain<T, Tensors15>];
  let infer = "Fill";
}

def FillLike_iOS16 : Op<"fill_like", iOS16, [Pure]> {
  let summary = "A tensor of one value in the shape of another";
  let inputs = (ins In<T>:$ref_tensor, OptScalar<U, "0.0">:$value);
  let description = "Without `value` the elements are fp32.";
  let typeVars = [Domain<T, Tensors15>, Domain<U, Tensors15>];
  let infer = "FillLike";
}

def NonZero_iOS15 : Op<"non_zero", iOS15, [Pure]> {
  let summary = "The places of the elements that are not zero, a row each";
  let inputs = (ins In<T>:$x);
  let typeVars = [Domain<T, Tensors15>];
  let infer = "NonZero";
}

def Range1D_iOS15 : Op<"range_1d", iOS15, [Pure]> {
  let summary = "`start`, `start + step`, … before `end`";
  let inputs = (ins In<T>:$end, In<T>:$start, In<T>:$step);
  let typeVars = [Domain<T, Numbers>];
  let infer = "Range1D";
}

def Shape_iOS15 : Op<"shape", iOS15, [Pure]> {
  let summary = "The extents of a tensor";
  let inputs = (ins In<T>:$x);
  let typeVars = [Domain<T, Tensors15>];
  let infer = "Shape";
}

def OneHot_iOS15 : Op<"one_hot", iOS15, [Pure]> {
  let summary = "`on_value` at each index, `off_value` elsewhere, on a new axis";
  let description = "Without values the result is int32.";
  let inputs = (ins In<Int32>:$indices, In<Int32>:$one_hot_vector_size,
                OptScalar<Int32, "-1">:$axis, OptScalar<T, "1">:$on_value,
                OptScalar<T, "0">:$off_value);
  let typeVars = [Domain<T, Tensors15>];
  let infer = "OneHot";
}

def BandPart_iOS15 : Op<"band_part", iOS15, [Pure]> {
  let summary = "Zero outside of a band around the diagonal";
  let description = [{Of the last two axes; `lower` and `upper` are the widths of
the band, -1 keeps that whole triangle.}];
  let inputs = (ins In<T>:$x, OptScalar<Int32, "-1">:$lower,
                OptScalar<Int32, "-1">:$upper);
  let typeVars = [Domain<T, Tensors15>];
  let infer = "SameAsX";
  let verify = "BandPart";
}

def Cumsum_iOS15 : Op<"cumsum", iOS15, [Pure]> {
  let summary = "Running sum along `axis`";
  let inputs = (ins In<T>:$x, OptScalar<Int32, "0">:$axis,
                OptScalar<Bool, "false">:$exclusive,
                OptScalar<Bool, "false">:$reverse);
  let typeVars = [Domain<T, Numbers>];
  let infer = "SameAsX";
  let verify = "Axis";
}

def Argsort_iOS15 : Op<"argsort", iOS15, [Pure]> {
  let summary = "Indices that sort along `axis`";
  let inputs = (ins In<T>:$x, OptScalar<Int32, "-1">:$axis,
                OptScalar<Bool, "false">:$ascending);
  let typeVars = [Domain<T, Numbers>];
  let infer = "Argsort";
  let verify = "Axis";
}

//===----------------------------------------------------------------------===//
// Random numbers: not pure, two of them differ
//===----------------------------------------------------------------------===//

class Random<string n, string s> : Op<n, iOS15> {
  let summary = s;
  let description = "Without parameters the elements are fp32.";
  let typeVars = [Domain<T, Floats>];
  let infer = "Random";
}
def RandomBernoulli_iOS15 : Random<"random_bernoulli",
                                   "1 with the probability `prob`, else 0"> {
  let inputs = (ins InVector<Int32>:$shape, OptScalar<T, "0.5">:$prob,
                OptScalar<Int32, "-1">:$seed);
}
def RandomNormal_iOS15 : Random<"random_normal",
                                "Normally distributed numbers"> {
  let inputs = (ins InVector<Int32>:$shape, OptScalar<T, "0.0">:$mean,
                OptScalar<T, "1.0">:$stddev, OptScalar<Int32, "-1">:$seed);
}
def RandomUniform_iOS15 : Random<"random_uniform",
                                 "Numbers from `low` to before `high`"> {
  let inputs = (ins InVector<Int32>:$shape, OptScalar<T, "0.0">:$low,
                OptScalar<T, "1.0">:$high, OptScalar<Int32, "-1">:$seed);
}

def RandomCategorical_iOS15 : Op<"random_categorical", iOS15> {
  let summary = "Random indices, `size` of each row of probabilities";
  let description = [{The last axis of `x` holds logarithms of probabilities, or with
`mode = "probs"` probabilities. The indices are of the type of `x`.}];
  let inputs = (ins In<T>:$x, OptScalar<String, "\"logits\"">:$mode,
                OptScalar<Int32, "1">:$size, OptScalar<Int32, "-1">:$seed);
  let typeVars = [Domain<T, Floats>];
  let infer = "RandomCategorical";
}

//===----------------------------------------------------------------------===//
// topk
//===----------------------------------------------------------------------===//

class TopkBase<Opset o> : Op<"topk", o, [Pure]> {
  let summary = "The `k` largest elements along `axis`, and where they are";
  let description = [{The results are values and, unless `return_indices` is
false, indices. `ascending` takes the smallest instead.}];
  let infer = "Topk";
}
def Topk_iOS15 : TopkBase<iOS15> {
  let inputs = (ins In<T>:$x, OptScalar<Int32, "1">:$k,
                OptScalar<Int32, "-1">:$axis, OptScalar<Bool, "false">:$ascending);
  let typeVars = [Domain<T, Numbers>];
}
def Topk_iOS16 : TopkBase<iOS16> {
  let inputs = (ins In<T>:$x, OptScalar<Int32, "1">:$k,
                OptScalar<Int32, "-1">:$axis, OptScalar<Bool, "false">:$ascending,
                OptScalar<Bool, "true">:$sort,
                OptScalar<Bool, "true">:$return_indices);
  let typeVars = [Domain<T, Numbers>];
}
def Topk_iOS17 : TopkBase<iOS17> {
  let inputs = (ins In<T>:$x, OptScalar<K, "1">:$k,
                OptScalar<Int32, "-1">:$axis, OptScalar<Bool, "false">:$ascending,
                OptScalar<Bool, "true">:$sort,
                OptScalar<Bool, "true">:$return_indices,
                OptScalar<String, "\"int32\"">:$output_indices_dtype);
  let typeVars = [Domain<T, Numbers17>, Domain<K, Extents17>];
}
