//===- Quantization.td - Quantisation of activations ----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

include "OpBase.td"

class Quantization<string n, string s> : Op<n, iOS17, [Pure, Elementwise]> {
  let summary = s;
  let description = [{`scale` and `zero_point` are scalars, or vectors along
`axis`.}];
  let typeVars = [Domain<SrcT, Floats>, Domain<DstT, Types<["int8", "uint8"]>>];
}
def Quantize_iOS17
    : Quantization<"quantize", "`round(input / scale) + zero_point`, clamped"> {
  let inputs = (ins In<SrcT>:$input, OptConst<DstT>:$zero_point,
                Const<SrcT>:$scale, OptScalar<Int32>:$axis,
                Scalar<String>:$output_dtype);
  let infer = "Quantize";
}
def Dequantize_iOS17
    : Quantization<"dequantize", "`scale · (input - zero_point)`"> {
  let inputs = (ins In<SrcT>:$input, OptConst<SrcT>:$zero_point,
                Const<DstT>:$scale, OptScalar<Int32>:$axis);
  let typeVars = [Domain<SrcT, Types<["int8", "uint8"]>>, Domain<DstT, Floats>];
  let infer = "Dequantize";
}
