//===- Pool.td - Pooling --------------------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

include "OpBase.td"

class Pool<string n, string s> : Op<n, iOS15, [Pure]> {
  let summary = s;
  let description = [{`x` is `[N, C, spatial…]` with one to three spatial axes;
padding is that of `conv`. With `ceil_mode` the extents of the result are rounded
up, which needs at most two spatial axes, `valid` or `custom` padding, and as much
before as after an axis.}];
  let inputs = (ins In<T>:$x, Vector<Int32>:$kernel_sizes,
                OptVector<Int32, "ones">:$strides, Scalar<String>:$pad_type,
                OptVector<Int32, "zeros">:$pad,
                OptScalar<Bool, "false">:$ceil_mode);
  let typeVars = [Domain<T, Floats>];
  let infer = "Pool";
}
def L2Pool_iOS15 : Pool<"l2_pool", "Euclidean norm of each window"> {
  let verify = "L2Pool";
}
def MaxPool_iOS15 : Pool<"max_pool", "Largest element of each window">;
def AvgPool_iOS15 : Pool<"avg_pool", "Mean of each window"> {
  let inputs = (ins OptScalar<Bool, "false">:$exclude_padding_from_average,
                In<T>:$x, Vector<Int32>:$kernel_sizes,
                OptVector<Int32, "ones">:$strides, Scalar<String>:$pad_type,
                OptVector<Int32, "zeros">:$pad,
                OptScalar<Bool, "false">:$ceil_mode);
}
