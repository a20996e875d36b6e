//===- Reduction.td - Reductions ------------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

include "OpBase.td"

class Reduction<string n, string s> : Op<n, iOS15, [Pure]> {
  let summary = s;
  let description = [{Without `axes` all axes are reduced. With `keep_dims` a
reduced axis keeps the extent 1.}];
  let inputs = (ins In<T>:$x, OptVector<Int32, "all axes">:$axes,
                OptScalar<Bool, "false">:$keep_dims);
  let typeVars = [Domain<T, Numbers>];
  let infer = "Reduction";
}
def ReduceL1Norm_iOS15 : Reduction<"reduce_l1_norm", "Sum of absolute values">;
def ReduceL2Norm_iOS15 : Reduction<"reduce_l2_norm",
                                   "Square root of the sum of squares">;
def ReduceLogSum_iOS15 : Reduction<"reduce_log_sum", "Logarithm of the sum">;
def ReduceLogSumExp_iOS15 : Reduction<"reduce_log_sum_exp",
                                      "Logarithm of the sum of exponentials">;
def ReduceMax_iOS15 : Reduction<"reduce_max", "Largest element">;
def ReduceMean_iOS15 : Reduction<"reduce_mean", "Mean">;
def ReduceMin_iOS15 : Reduction<"reduce_min", "Smallest element">;
def ReduceProd_iOS15 : Reduction<"reduce_prod", "Product">;
def ReduceSum_iOS15 : Reduction<"reduce_sum", "Sum">;
def ReduceSumSquare_iOS15 : Reduction<"reduce_sum_square", "Sum of squares">;

class ArgReduction<string n, string s, Opset o> : Op<n, o, [Pure]> {
  let summary = s;
  let description = [{Of equal elements the first counts.}];
  let typeVars = [Domain<T, Numbers>];
  let infer = "ArgReduction";
}
class ArgReduction15<string n, string s> : ArgReduction<n, s, iOS15> {
  let inputs = (ins In<T>:$x, OptScalar<Int32, "-1">:$axis,
                OptScalar<Bool, "false">:$keep_dims);
}
class ArgReduction17<string n, string s> : ArgReduction<n, s, iOS17> {
  let inputs = (ins In<T>:$x, OptScalar<Int32, "-1">:$axis,
                OptScalar<Bool, "false">:$keep_dims,
                OptScalar<String, "\"int32\"">:$output_dtype);
}
def ReduceArgmax_iOS15 : ArgReduction15<"reduce_argmax",
                                        "Index of the largest element">;
def ReduceArgmax_iOS17 : ArgReduction17<"reduce_argmax",
                                        "Index of the largest element">;
def ReduceArgmin_iOS15 : ArgReduction15<"reduce_argmin",
                                        "Index of the smallest element">;
def ReduceArgmin_iOS17 : ArgReduction17<"reduce_argmin",
                                        "Index of the smallest element">;
