//===- Shape.td - Changes of shape and order ------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

include "OpBase.td"

class Reshaping<string n, Opset o, Types domain> : Op<n, o, [Pure]> {
  let typeVars = [Domain<T, domain>];
}
class ReshapingWithExtents<string n, Opset o, Types domain>
    : Reshaping<n, o, domain> {
  let typeVars = !if(!eq(o, iOS15), [Domain<T, domain>],
                     [Domain<T, domain>, Domain<U, Extents17>]);
}

class ReshapeBase<Opset o, Types domain> : ReshapingWithExtents<"reshape", o,
                                                                domain> {
  let summary = "The same elements in another shape";
  let description = [{In `shape`, 0 stands for the extent of `x` at this axis and
one -1 for what is left.}];
  let infer = "Reshape";
}
def Reshape_iOS15 : ReshapeBase<iOS15, Tensors15> {
  let inputs = (ins In<T>:$x, InVector<Int32>:$shape);
}
def Reshape_iOS17 : ReshapeBase<iOS17, Tensors17> {
  let inputs = (ins In<T>:$x, InVector<U>:$shape);
}

class ReshapeLikeBase<Opset o, Types domain>
    : Reshaping<"reshape_like", o, domain> {
  let summary = "The same elements in a shape joined from those of other tensors";
  let description = [{Of the shape of `ref_tensors[i]` the part from `begins[i]` to
before `ends[i]` is taken, or to its end if `end_masks[i]` is true; positions below 0
count from the end.}];
  let inputs = (ins In<T>:$x, Variadic<AnyType>:$ref_tensors,
                VariadicScalars<Int32>:$begins, VariadicScalars<Int32>:$ends,
                VariadicScalars<Bool>:$end_masks);
  let infer = "ReshapeLike";
}
def ReshapeLike_iOS16 : ReshapeLikeBase<iOS16, Tensors15>;
def ReshapeLike_iOS17 : ReshapeLikeBase<iOS17, Tensors17>;

class TransposeBase<Opset o, Types domain> : Reshaping<"transpose", o, domain> {
  let summary = "Axes in another order: axis i of the result is `perm[i]` of `x`";
  let inputs = (ins In<T>:$x, Vector<Int32>:$perm);
  let infer = "Transpose";
}
def Transpose_iOS15 : TransposeBase<iOS15, Tensors15>;
def Transpose_iOS17 : TransposeBase<iOS17, Tensors17>;

class ExpandDimsBase<Opset o, Types domain>
    : Reshaping<"expand_dims", o, domain> {
  let summary = "New axes of extent 1";
  let description = "`axes` count in the result.";
  let inputs = (ins In<T>:$x, Vector<Int32>:$axes);
  let infer = "ExpandDims";
}
def ExpandDims_iOS15 : ExpandDimsBase<iOS15, Tensors15>;
def ExpandDims_iOS17 : ExpandDimsBase<iOS17, Tensors17>;

class SqueezeBase<Opset o, Types domain> : Reshaping<"squeeze", o, domain> {
  let summary = "Axes of extent 1 removed";
  let inputs = (ins In<T>:$x, OptVector<Int32, "all of extent 1">:$axes);
  let infer = "Squeeze";
}
def Squeeze_iOS15 : SqueezeBase<iOS15, Tensors15>;
def Squeeze_iOS17 : SqueezeBase<iOS17, Tensors17>;

class ReverseBase<Opset o, Types domain> : Reshaping<"reverse", o, domain> {
  let summary = "Elements in reverse order along `axes`";
  let inputs = (ins In<T>:$x, OptVector<Int32, "all axes">:$axes);
  let infer = "SameAsX";
  let verify = "Axes";
}
def Reverse_iOS15 : ReverseBase<iOS15, Tensors15>;
def Reverse_iOS17 : ReverseBase<iOS17, Tensors17>;

class ReverseSequenceBase<Opset o, Types domain>
    : ReshapingWithExtents<"reverse_sequence", o, domain> {
  let summary = "The first `lengths[b]` elements of each sequence, reversed";
  let infer = "SameAsX";
  let verify = "ReverseSequence";
}
def ReverseSequence_iOS15 : ReverseSequenceBase<iOS15, Tensors15> {
  let inputs = (ins In<T>:$x, InVector<Int32>:$lengths,
                OptScalar<Int32, "0">:$seq_axis,
                OptScalar<Int32, "0">:$batch_axis);
}
def ReverseSequence_iOS17 : ReverseSequenceBase<iOS17, Tensors17> {
  let inputs = (ins In<T>:$x, InVector<U>:$lengths,
                OptScalar<Int32, "0">:$seq_axis,
                OptScalar<Int32, "0">:$batch_axis);
}

def Flatten2d_iOS15 : Reshaping<"flatten2d", iOS15, Tensors15> {
  let summary = "A matrix of the axes before `axis` and those from it on";
  let inputs = (ins In<T>:$x, OptScalar<Int32, "1">:$axis);
  let infer = "Flatten2d";
}

class SlidingWindowsBase<Opset o, Types domain>
    : Reshaping<"sliding_windows", o, domain> {
  let summary = "Windows of `size` elements along `axis`, as a new axis after it";
  let inputs = (ins In<T>:$x, Scalar<Int32>:$axis, Scalar<Int32>:$size,
                OptScalar<Int32, "1">:$stride);
  let infer = "SlidingWindows";
}
def SlidingWindows_iOS15 : SlidingWindowsBase<iOS15, Numbers>;
def SlidingWindows_iOS17 : SlidingWindowsBase<iOS17, Tensors17>;

//===----------------------------------------------------------------------===//
// Blocks of space in channels
//===----------------------------------------------------------------------===//

class SpaceAndDepth<string n, Opset o, string s> : Reshaping<n, o, Floats> {
  let summary = s;
  let description = "`x` is `[N, C, H, W]`.";
}
def DepthToSpace_iOS15 : SpaceAndDepth<"depth_to_space", iOS15,
                                       "Channels as blocks of space"> {
  let inputs = (ins In<T>:$x, Scalar<Int32>:$block_size);
  let infer = "DepthToSpace";
}
def SpaceToDepth_iOS15 : SpaceAndDepth<"space_to_depth", iOS15,
                                       "Blocks of space as channels"> {
  let inputs = (ins In<T>:$x, Scalar<Int32>:$block_size);
  let infer = "SpaceToDepth";
}
def PixelShuffle_iOS15
    : SpaceAndDepth<"pixel_shuffle", iOS15,
                    "Neighbouring channels as blocks of space"> {
  let inputs = (ins In<T>:$x, Scalar<Int32>:$upscale_factor);
  let infer = "DepthToSpace";
}
def PixelUnshuffle_iOS16
    : SpaceAndDepth<"pixel_unshuffle", iOS16,
                    "Blocks of space as neighbouring channels"> {
  let inputs = (ins In<T>:$x, Scalar<UInt32>:$downscale_factor);
  let infer = "SpaceToDepth";
}

def SpaceToBatch_iOS15 : Reshaping<"space_to_batch", iOS15, Floats> {
  let summary = "Blocks of space, padded, as images of their own";
  let description = [{`x` is `[N, C, H, W]`, `block_shape` the two extents of a
block, `paddings` `[2, 2]` what is added before and after H and W first. The result is
`[N · block_shape[0] · block_shape[1], C, H / block_shape[0], W / block_shape[1]]`.}];
  let inputs = (ins In<T>:$x, Vector<Int32>:$block_shape,
                Const<Int32>:$paddings);
  let infer = "SpaceToBatch";
}
def BatchToSpace_iOS15 : Reshaping<"batch_to_space", iOS15, Floats> {
  let summary = "Images as blocks of space, cropped";
  let description = "The inverse of `space_to_batch`; `crops` undoes its paddings.";
  let inputs = (ins In<T>:$x, Vector<Int32>:$block_shape, Const<Int32>:$crops);
  let infer = "BatchToSpace";
}

//===----------------------------------------------------------------------===//
// Slices
//===----------------------------------------------------------------------===//

class SliceByIndexBase<Opset o, Types domain>
    : ReshapingWithExtents<"slice_by_index", o, domain> {
  let summary = "The part from `begin` to before `end` in steps of `stride`";
  let description = [{A position below 0 counts from the end. Where `begin_mask`
or `end_mask` is true the slice starts or stops at the border; where
`squeeze_mask` is true the element at `begin` is taken and the axis dropped.}];
  let infer = "SliceByIndex";
}
def SliceByIndex_iOS15 : SliceByIndexBase<iOS15, Tensors15> {
  let inputs = (ins In<T>:$x, InVector<Int32>:$begin, InVector<Int32>:$end,
                OptVector<Int32, "ones">:$stride,
                OptVector<Bool, "all false">:$begin_mask,
                OptVector<Bool, "all false">:$end_mask,
                OptVector<Bool, "all false">:$squeeze_mask);
}
def SliceByIndex_iOS17 : SliceByIndexBase<iOS17, Tensors17> {
  let inputs = (ins In<T>:$x, InVector<U>:$begin, InVector<U>:$end,
                OptVector<U, "ones">:$stride,
                OptVector<Bool, "all false">:$begin_mask,
                OptVector<Bool, "all false">:$end_mask,
                OptVector<Bool, "all false">:$squeeze_mask);
}

class SliceBySizeBase<Opset o, Types domain>
    : ReshapingWithExtents<"slice_by_size", o, domain> {
  let summary = "The part of `size` elements from `begin`";
  let description = "A size of -1 reaches to the end.";
  let infer = "SliceBySize";
}
def SliceBySize_iOS15 : SliceBySizeBase<iOS15, Tensors15> {
  let inputs = (ins In<T>:$x, InVector<Int32>:$begin, InVector<Int32>:$size);
}
def SliceBySize_iOS17 : SliceBySizeBase<iOS17, Tensors17> {
  let inputs = (ins In<T>:$x, InVector<U>:$begin, InVector<U>:$size);
}

def SliceUpdate_iOS18 : Op<"slice_update", iOS18, [Pure]> {
  let summary = "`x` with `update` in the place of a slice";
  let description = "The slice is that of `slice_by_index`.";
  let inputs = (ins In<T>:$x, In<T>:$update, InVector<U>:$begin,
                InVector<U>:$end, OptVector<U, "ones">:$stride,
                OptVector<Bool, "all false">:$begin_mask,
                OptVector<Bool, "all false">:$end_mask,
                OptVector<Bool, "all false">:$squeeze_mask);
  let typeVars = [Domain<T, Tensors17>, Domain<U, Extents17>];
  let infer = "SliceUpdate";
}

//===----------------------------------------------------------------------===//
// Joining and parting
//===----------------------------------------------------------------------===//

def Concat_iOS15 : Op<"concat", iOS15, [Pure]> {
  let summary = "Tensors one after another along `axis`";
  let description = [{With `interleave` their elements alternate along the axis,
which needs equal shapes.}];
  let inputs = (ins Variadic<T>:$values, Scalar<Int32>:$axis,
                OptScalar<Bool, "false">:$interleave);
  let typeVars = [Domain<T, AnyType>];
  let infer = "Concat";
}

def Stack_iOS15 : Op<"stack", iOS15, [Pure]> {
  let summary = "Tensors of one shape along a new axis";
  let inputs = (ins Variadic<T>:$values, Scalar<Int32>:$axis);
  let typeVars = [Domain<T, AnyType>];
  let infer = "Stack";
}

def Split_iOS15 : Op<"split", iOS15, [Pure]> {
  let summary = "A tensor cut into pieces along `axis`";
  let description = [{Either `num_splits` equal pieces or pieces of
`split_sizes`; if both are given they must agree.}];
  let inputs = (ins In<T>:$x, OptScalar<Int32>:$num_splits,
                OptVector<Int32>:$split_sizes, Scalar<Int32>:$axis);
  let typeVars = [Domain<T, Tensors15>];
  let infer = "Split";
}

def Tile_iOS15 : Op<"tile", iOS15, [Pure]> {
  let summary = "A tensor repeated `reps[i]` times along each axis i";
  let inputs = (ins In<T>:$x, InVector<Int32>:$reps);
  let typeVars = [Domain<T, Tensors15>];
  let infer = "Tile";
}

def Pad_iOS15 : Op<"pad", iOS15, [Pure]> {
  let summary = "Elements added before and after";
  let description = [{`pad` holds a pair for each of the last axes. `mode` is
`constant` (with `constant_val`), `reflect` or `replicate`.}];
  let inputs = (ins In<T>:$x, InVector<Int32>:$pad,
                OptScalar<String, "\"constant\"">:$mode,
                OptScalar<T, "0.0">:$constant_val);
  let typeVars = [Domain<T, Floats>];
  let infer = "Pad";
}
