//===- Sampling.td - Images sampled between their pixels ------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

include "OpBase.td"

defvar kSamplingProse = [{`sampling_mode` says where the samples of an axis of n
pixels lie: `STRICT_ALIGN_CORNERS` and `ALIGN_CORNERS` put the first and the last on
the outermost pixels, `UNALIGN_CORNERS` and `OFFSET_CORNERS` keep half a step from
the borders, `DEFAULT` starts on the first pixel with steps of n / result.}];

class Sampling<string n, Opset o, string s> : Op<n, o, [Pure]> {
  let summary = s;
}

def Affine_iOS15 : Sampling<"affine", iOS15,
                            "An image under an affine map of its coordinates"> {
  let description = [{`x` is `[N, C, H, W]`. The pixel at `(w, h)` of the result is
taken from `(a0·w + a1·h + a2, b0·w + b1·h + b2)`; `transform_matrix` holds these six
numbers in a row for each image, or in one row for all. Coordinates run from -1 to 1;
outside of the image is zero.}];
  let inputs = (ins In<T>:$x, In<T>:$transform_matrix,
                Scalar<Int32>:$output_height, Scalar<Int32>:$output_width,
                Scalar<String>:$sampling_mode, Scalar<String>:$padding_mode,
                Scalar<T>:$padding_value, Scalar<String>:$coordinates_mode,
                Scalar<Bool>:$align_corners);
  let typeVars = [Domain<T, Floats>];
  let infer = "Affine";
}

class ResampleBase<Opset o, list<string> coordinates>
    : Sampling<"resample", o, "An image at given coordinates"> {
  let description = [{`x` is `[N, C, H, W]`, `coordinates` `[N, H₂, W₂, 2]` with
pairs of w and h, the result `[N, C, H₂, W₂]`. `sampling_mode` is `bilinear` or
`nearest`; `padding_mode` is `constant` (with `padding_value`), `border`, `reflection`
or `symmetric`; `coordinates_mode` is `unnormalized`, `normalized_minus_one_to_one` or
`normalized_zero_to_one`. With `align_corners` normalised coordinates end at centres of
pixels, else at their edges.}];
  let inputs = (ins In<T>:$x, In<U>:$coordinates, Scalar<String>:$sampling_mode,
                Scalar<String>:$padding_mode, Scalar<T>:$padding_value,
                Scalar<String>:$coordinates_mode, Scalar<Bool>:$align_corners);
  let typeVars = [Domain<T, Floats>, Domain<U, Types<coordinates>>];
  let infer = "Resample";
}
def Resample_iOS15 : ResampleBase<iOS15, ["fp32", "int32"]>;
def Resample_iOS16 : ResampleBase<iOS16, ["fp16", "fp32", "int32"]>;
def Resample_iOS17 : ResampleBase<iOS17, ["fp16", "fp32", "int16", "int32",
                                          "int8", "uint16", "uint8"]>;

def Resize_iOS17 : Sampling<"resize", iOS17, "The last axes in other extents"> {
  let description = [{The last `resized_dims` elements of `shape` are the extents of
as many last axes of the result; 0 keeps that of `x`. `interpolation_mode` is `LINEAR`
or `NEAREST_NEIGHBOR`. }] # kSamplingProse;
  let inputs = (ins In<T>:$x, InVector<U>:$shape, Scalar<UInt32>:$resized_dims,
                OptScalar<String, "\"LINEAR\"">:$interpolation_mode,
                OptScalar<String, "\"DEFAULT\"">:$sampling_mode);
  let typeVars = [Domain<T, Numbers>,
                  Domain<U, Types<["int16", "int32", "uint16", "uint32"]>>];
  let infer = "Resize";
}

//===----------------------------------------------------------------------===//
// crop_resize
//===----------------------------------------------------------------------===//

defvar kBoxProse = [{ `box_coordinate_mode` is `CORNERS_HEIGHT_FIRST`,
`CORNERS_WIDTH_FIRST`, `CENTER_SIZE_HEIGHT_FIRST` or `CENTER_SIZE_WIDTH_FIRST`;
coordinates are multiplied by `spatial_scale` and run from 0 to 1 if they are
normalised. }] # kSamplingProse;

class CropResizeBase<Opset o> : Sampling<"crop_resize", o,
                                         "Boxes of images in one size"> {
  let infer = !if(!eq(o, iOS17), "CropResizeBoxes", "CropResize");
}
class CropResizeOfRoi<Opset o> : CropResizeBase<o> {
  let description = [{`x` is `[B, C, H, W]`. `roi` is `[N, 1, 4, 1, 1]`, and each
box is cut out of every image, or `[N, 1, 5, 1, 1]` with the index of an image before
each box. The result is `[N, B or 1, C, target_height, target_width]`.}] # kBoxProse;
  let typeVars = [Domain<T, Floats>];
}
def CropResize_iOS15 : CropResizeOfRoi<iOS15> {
  let inputs = (ins In<T>:$x, In<T>:$roi, OptScalar<Int32, "1">:$target_height,
                OptScalar<Int32, "1">:$target_width,
                OptScalar<Bool, "false">:$normalized_coordinates,
                OptScalar<Fp32, "1.0">:$spatial_scale,
                OptScalar<String, "\"CORNERS_HEIGHT_FIRST\"">:$box_coordinate_mode,
                OptScalar<String, "\"DEFAULT\"">:$sampling_mode);
}
def CropResize_iOS16 : CropResizeOfRoi<iOS16> {
  let inputs = (ins In<T>:$x, In<T>:$roi, OptScalar<Int32, "1">:$target_height,
                OptScalar<Int32, "1">:$target_width,
                OptScalar<Bool, "false">:$normalized_coordinates,
                OptScalar<Fp32, "1.0">:$spatial_scale,
                OptScalar<String, "\"CORNERS_HEIGHT_FIRST\"">:$box_coordinate_mode,
                OptScalar<String, "\"DEFAULT\"">:$sampling_mode,
                OptScalar<T, "0.0">:$pad_value);
}
def CropResize_iOS17 : CropResizeBase<iOS17> {
  let description = [{`x` is `[B, C, H, W]`, `boxes` `[N, 4]`, `box_indices` `[N]`
names the image of each box. The result is
`[N, C, target_height, target_width]`.}] # kBoxProse;
  let inputs = (ins In<T>:$x, In<BoxT>:$boxes,
                OptInVector<BoxIndexT, "0, 1, … N - 1">:$box_indices,
                OptScalar<Int32, "1">:$target_height,
                OptScalar<Int32, "1">:$target_width,
                OptScalar<Bool, "false">:$normalized_coordinates,
                OptScalar<Fp32, "1.0">:$spatial_scale,
                OptScalar<String, "\"CORNERS_HEIGHT_FIRST\"">:$box_coordinate_mode,
                OptScalar<String, "\"DEFAULT\"">:$sampling_mode,
                OptScalar<T, "0.0">:$pad_value);
  let typeVars = [Domain<T, Floats>,
                  Domain<BoxT, Types<["fp16", "fp32", "uint16"]>>,
                  Domain<BoxIndexT, Types<["int32", "uint16"]>>];
}
