//===- Image.td - Images --------------------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

include "OpBase.td"

// The last two axes are height and width.
class Image<string n, Opset o> : Op<n, o, [Pure]> {
  let typeVars = [Domain<T, Floats>];
}

def Crop_iOS15 : Image<"crop", iOS15> {
  let summary = "An image without its borders";
  let inputs = (ins In<T>:$x, Vector<Int32>:$crop_height,
                Vector<Int32>:$crop_width);
  let infer = "Crop";
}

def ResizeBilinear_iOS15 : Image<"resize_bilinear", iOS15> {
  let summary = "An image in another size, interpolated";
  let inputs = (ins In<T>:$x, OptScalar<Int32, "1">:$target_size_height,
                OptScalar<Int32, "1">:$target_size_width,
                OptScalar<String, "\"DEFAULT\"">:$sampling_mode);
  let infer = "ResizeToTarget";
  let verify = "SamplingMode";
}
def ResizeNearestNeighbor_iOS15 : Image<"resize_nearest_neighbor", iOS15> {
  let summary = "An image in another size, of nearest elements";
  let inputs = (ins In<T>:$x, Scalar<Int32>:$target_size_height,
                Scalar<Int32>:$target_size_width);
  let infer = "ResizeToTarget";
}

class Upsample<string n, Opset o, string s> : Image<n, o> {
  let summary = s;
  let typeVars = [Domain<T, Floats>, Domain<U, Types<["fp32", "int32"]>>];
  let infer = "Upsample";
}
def UpsampleNearestNeighbor_iOS15
    : Upsample<"upsample_nearest_neighbor", iOS15,
               "An image enlarged, of nearest elements"> {
  let inputs = (ins In<T>:$x, OptScalar<U, "1">:$scale_factor_height,
                OptScalar<U, "1">:$scale_factor_width);
}
class UpsampleBilinear<Opset o>
    : Upsample<"upsample_bilinear", o, "An image enlarged, interpolated">;
def UpsampleBilinear_iOS15 : UpsampleBilinear<iOS15> {
  let inputs = (ins In<T>:$x, OptScalar<U, "1">:$scale_factor_height,
                OptScalar<U, "1">:$scale_factor_width,
                OptScalar<Bool, "true">:$align_corners);
}
def UpsampleBilinear_iOS16 : UpsampleBilinear<iOS16> {
  let inputs = (ins In<T>:$x, OptScalar<U, "1">:$scale_factor_height,
                OptScalar<U, "1">:$scale_factor_width,
                OptScalar<Bool, "true">:$align_corners,
                OptScalar<Bool, "", "as if absent">:$half_pixel_centers);
}
