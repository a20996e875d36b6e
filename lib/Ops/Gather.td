//===- Gather.td - Gathers and scatters -----------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

include "OpBase.td"

//===----------------------------------------------------------------------===//
// Gathers
//===----------------------------------------------------------------------===//

class GatherBase<string n, Opset o> : Op<n, o, [Pure]> {
  let typeVars = !cond(
      !eq(o, iOS15): [Domain<T, Numbers>],
      !eq(o, iOS16): [Domain<T, Numbers>, Domain<I, Indices16>],
      true: [Domain<T, Numbers17>, Domain<I, Indices17>]);
  let verify = "Gather";
}

class GatherOp<Opset o> : GatherBase<"gather", o> {
  let summary = "Slices of `x` at `indices` along `axis`";
  let description = [{The result is `x` with `axis` replaced by the axes of
`indices` (without the first `batch_dims`, which both share). Up to ios16 an index
below 0 counts from the end.}];
  let infer = "Gather";
}
def Gather_iOS15 : GatherOp<iOS15> {
  let inputs = (ins In<T>:$x, In<Int32>:$indices, OptScalar<Int32, "0">:$axis);
}
def Gather_iOS16 : GatherOp<iOS16> {
  let inputs = (ins In<T>:$x, In<I>:$indices, OptScalar<Int32, "0">:$axis,
                OptScalar<Int32, "0">:$batch_dims);
}
def Gather_iOS17 : GatherOp<iOS17> {
  let inputs = (ins In<T>:$x, In<I>:$indices, OptScalar<Int32, "0">:$axis,
                OptScalar<Int32, "0">:$batch_dims,
                OptScalar<Bool, "false">:$validate_indices);
}

class GatherAlongAxisOp<Opset o> : GatherBase<"gather_along_axis", o> {
  let summary = "One element of `x` for each index, along `axis`";
  let description = [{`indices` has the rank of `x` and its extents but for
`axis`. Up to ios16 an index below 0 counts from the end.}];
  let infer = "GatherAlongAxis";
}
def GatherAlongAxis_iOS15 : GatherAlongAxisOp<iOS15> {
  let inputs = (ins In<T>:$x, In<Int32>:$indices, OptScalar<Int32, "0">:$axis);
}
def GatherAlongAxis_iOS16 : GatherAlongAxisOp<iOS16> {
  let inputs = (ins In<T>:$x, In<I>:$indices, OptScalar<Int32, "0">:$axis);
}
def GatherAlongAxis_iOS17 : GatherAlongAxisOp<iOS17> {
  let inputs = (ins In<T>:$x, In<I>:$indices, OptScalar<Int32, "0">:$axis,
                OptScalar<Bool, "false">:$validate_indices);
}

class GatherNdOp<Opset o> : GatherBase<"gather_nd", o> {
  let summary = "Slices of `x` at the vectors in `indices`";
  let description = [{The last axis of `indices` holds positions along the axes of
`x` that follow the first `batch_dims`, which both share.}];
  let infer = "GatherNd";
  let verify = "GatherNd";
}
def GatherNd_iOS15 : GatherNdOp<iOS15> {
  let inputs = (ins In<T>:$x, In<Int32>:$indices);
}
def GatherNd_iOS16 : GatherNdOp<iOS16> {
  let inputs = (ins In<T>:$x, In<I>:$indices,
                OptScalar<Int32, "0">:$batch_dims);
}
def GatherNd_iOS17 : GatherNdOp<iOS17> {
  let inputs = (ins In<T>:$x, In<I>:$indices,
                OptScalar<Int32, "0">:$batch_dims,
                OptScalar<Bool, "false">:$validate_indices);
}

//===----------------------------------------------------------------------===//
// Scatters
//===----------------------------------------------------------------------===//

defvar kScatterModes =
    "`mode` is `add`, `div`, `max`, `min`, `mul`, `sub` or `update`.";

class ScatterOp<Opset o> : Op<"scatter", o, [Pure]> {
  let summary = "`data` with `updates` merged in at `indices` of `axis`";
  let description = [{`updates` is `data` with `axis` replaced by the axes of
`indices`. }] # kScatterModes;
  let typeVars = [Domain<T, Numbers>];
  let infer = "Scatter";
  let verify = "Scatter";
}
def Scatter_iOS15 : ScatterOp<iOS15> {
  let inputs = (ins In<T>:$data, In<Int32>:$indices, In<T>:$updates,
                OptScalar<Int32, "0">:$axis, OptScalar<String, "\"add\"">:$mode);
}
def Scatter_iOS17 : ScatterOp<iOS17> {
  let inputs = (ins In<T>:$data, In<Int32>:$indices, In<T>:$updates,
                OptScalar<Int32, "0">:$axis, OptScalar<String, "\"add\"">:$mode,
                OptScalar<Bool, "false">:$validate_indices);
}

class ScatterNdOp<Opset o> : Op<"scatter_nd", o, [Pure]> {
  let summary = "`data` with `updates` merged in at the vectors in `indices`";
  let description = [{The last axis of `indices` holds positions along the first
axes of `data`. }] # kScatterModes;
  let typeVars = [Domain<T, Numbers>];
  let infer = "ScatterNd";
  let verify = "ScatterNd";
}
def ScatterNd_iOS15 : ScatterNdOp<iOS15> {
  let inputs = (ins In<T>:$data, In<Int32>:$indices, In<T>:$updates,
                OptScalar<String, "\"add\"">:$mode);
}
def ScatterNd_iOS17 : ScatterNdOp<iOS17> {
  let inputs = (ins In<T>:$data, In<Int32>:$indices, In<T>:$updates,
                OptScalar<String, "\"add\"">:$mode,
                OptScalar<Bool, "false">:$validate_indices);
}

class ScatterAlongAxisOp<Opset o> : Op<"scatter_along_axis", o, [Pure]> {
  let summary = "`data` with `updates` merged in at `indices` along `axis`";
  let description = [{`indices` and `updates` have one shape, that of `data` but
for `axis`. `mode` is `add`, `div`, `max`, `min`, `mul`, `sub` or `update`.}];
  let typeVars = [Domain<T, Numbers>];
  let infer = "ScatterAlongAxis";
  let verify = "Scatter";
}
def ScatterAlongAxis_iOS15 : ScatterAlongAxisOp<iOS15> {
  let inputs = (ins In<T>:$data, In<Int32>:$indices, In<T>:$updates,
                OptScalar<Int32, "0">:$axis, OptScalar<String, "\"add\"">:$mode);
}
def ScatterAlongAxis_iOS17 : ScatterAlongAxisOp<iOS17> {
  let inputs = (ins In<T>:$data, In<Int32>:$indices, In<T>:$updates,
                OptScalar<Int32, "0">:$axis, OptScalar<String, "\"add\"">:$mode,
                OptScalar<Bool, "false">:$validate_indices);
}
