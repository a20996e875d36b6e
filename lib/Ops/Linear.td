//===- Linear.td - Products and convolutions ------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

include "OpBase.td"

class LinearBase<Opset o, Var w> : Op<"linear", o, [Pure]> {
  let summary = "`x · weightᵀ + bias` over the last axis";
  let description = [{`weight` is `[D_out, D_in]`, `bias` `[D_out]`; leading
axes of `x` are kept.}];
  let inputs = (ins In<T>:$x, Const<w>:$weight, OptConst<w>:$bias);
  let typeVars = !if(!eq(w, T), [Domain<T, Numbers>],
                     [Domain<T, Numbers>, Domain<U, Numbers>]);
  let infer = "Linear";
}
def Linear_iOS15 : LinearBase<iOS15, T>;
def Linear_iOS17 : LinearBase<iOS17, U>;

class MatmulBase<Opset o, Var second> : Op<"matmul", o, [Pure]> {
  let summary = "Matrix product over the last two axes";
  let description = [{Leading axes broadcast. A vector `x` is a row and a vector
`y` a column; their axis is dropped from the result.}];
  let inputs = (ins In<T>:$x, In<second>:$y,
                OptScalar<Bool, "false">:$transpose_x,
                OptScalar<Bool, "false">:$transpose_y);
  let typeVars = !if(!eq(second, T), [Domain<T, Numbers>],
                     [Domain<T, Numbers>, Domain<U, Numbers>]);
  let infer = "Matmul";
}
def Matmul_iOS15 : MatmulBase<iOS15, T>;
def Matmul_iOS17 : MatmulBase<iOS17, U>;

def Einsum_iOS15 : Op<"einsum", iOS15, [Pure]> {
  let summary = "Product of two tensors by Einstein's summation convention";
  let description = [{`equation` is `a,b->c`: a letter an axis. Letters missing
from `c` are summed over.}];
  let inputs = (ins Variadic<T>:$values, Scalar<String>:$equation);
  let typeVars = [Domain<T, Numbers>];
  let infer = "Einsum";
}

defvar kConvProse = [{`x` is `[N, C_in, spatial…]` with one to three spatial
axes, `weight` `[C_out, C_in / groups, kernel…]`, `bias` `[C_out]`. `pad` holds a
pair of extents for each spatial axis and counts with `pad_type = "custom"` only;
`valid` pads nothing, `same` and `same_lower` make the result `ceil(extent /
stride)`, the odd element going to the end and the beginning.}];

class ConvBase<Opset o> : Op<"conv", o, [Pure]> {
  let summary = "Convolution";
  let description = kConvProse;
  let infer = "Conv";
}
def Conv_iOS15 : ConvBase<iOS15> {
  let inputs = (ins In<T>:$x, In<T>:$weight, OptConst<T>:$bias,
                OptVector<Int32, "ones">:$strides,
                OptScalar<String, "\"valid\"">:$pad_type,
                OptVector<Int32, "zeros">:$pad,
                OptVector<Int32, "ones">:$dilations,
                OptScalar<Int32, "1">:$groups);
  let typeVars = [Domain<T, Floats>];
}
def Conv_iOS17 : ConvBase<iOS17> {
  let inputs = (ins In<T>:$x, In<U>:$weight, OptIn<U>:$bias,
                OptVector<Int32, "ones">:$strides,
                OptScalar<String, "\"valid\"">:$pad_type,
                OptVector<Int32, "zeros">:$pad,
                OptVector<Int32, "ones">:$dilations,
                OptScalar<Int32, "1">:$groups);
  let typeVars = [Domain<T, Floats>, Domain<U, Floats>];
}

def ConvQuantized_iOS15 : Op<"conv_quantized", iOS15, [Pure]> {
  let summary = "Convolution with quantised weights";
  let description = [{As `conv`, with `weight · quant_scale + quant_bias` in the place
of `weight`. `quantization_type` is `linear` or `lut`; `nbits` is 1 to 8.}];
  let inputs = (ins In<T>:$x, In<U>:$weight, OptConst<U>:$bias,
                Scalar<String>:$quantization_type, OptScalar<Int32, "8">:$nbits,
                Const<T>:$quant_scale, Const<T>:$quant_bias,
                OptVector<Int32, "ones">:$strides,
                OptScalar<String, "\"valid\"">:$pad_type,
                OptVector<Int32, "zeros">:$pad,
                OptVector<Int32, "ones">:$dilations,
                OptScalar<Int32, "1">:$groups);
  let typeVars = [Domain<T, Floats>, Domain<U, UInt8>];
  let infer = "Conv";
  let verify = "ConvQuantized";
}

class ConvTransposeBase<Opset o> : Op<"conv_transpose", o, [Pure]> {
  let summary = "Transposed convolution";
  let description = [{`x` is `[N, C_in, spatial…]`, `weight` `[C_in, C_out / groups,
kernel…]`. The result has `(extent - 1) · stride + reach - pad` elements along a
spatial axis, `reach` being that of the dilated kernel, or `extent · stride` if
`pad_type` is `same`, unless `output_shape` gives all extents.}];
  let infer = "ConvTranspose";
}
def ConvTranspose_iOS15 : ConvTransposeBase<iOS15> {
  let inputs = (ins In<T>:$x, Const<T>:$weight, OptConst<T>:$bias,
                OptVector<Int32, "zeros">:$pad, OptVector<Int32>:$output_shape,
                OptScalar<String, "\"valid\"">:$pad_type,
                OptVector<Int32, "ones">:$strides,
                OptVector<Int32, "ones">:$dilations,
                OptScalar<Int32, "1">:$groups);
  let typeVars = [Domain<T, Floats>];
}
def ConvTranspose_iOS17 : ConvTransposeBase<iOS17> {
  let inputs = (ins In<T>:$x, In<U>:$weight, OptIn<U>:$bias,
                OptVector<Int32, "zeros">:$pad, OptVector<Int32>:$output_shape,
                OptScalar<String, "\"valid\"">:$pad_type,
                OptVector<Int32, "ones">:$strides,
                OptVector<Int32, "ones">:$dilations,
                OptScalar<Int32, "1">:$groups);
  let typeVars = [Domain<T, Floats>, Domain<U, Floats>];
}

def ScaledDotProductAttention_iOS18
    : Op<"scaled_dot_product_attention", iOS18, [Pure]> {
  let summary = "`softmax(query · keyᵀ / √E + attn_mask) · value`";
  let description = [{`query` is `[…, L, E]`, `key` `[…, S, E]`, `value`
`[…, S, E_v]`, of equal rank of at least 3; `attn_mask` broadcasts to
`[…, L, S]` and is boolean (false: not attended to) or of the type of `query`.}];
  let inputs = (ins In<T>:$query, In<T>:$key, In<T>:$value, OptIn<M>:$attn_mask);
  let typeVars = [Domain<T, Floats>,
                  Domain<M, Types<["bool", "fp16", "fp32"]>>];
  let infer = "Attention";
}
