//===- Constexpr.td - Weights decompressed at load time -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

include "OpBase.td"

class ConstexprOp<string n, Opset o>
    : Op<n, o, [Pure, Constexpr, AttributeInputs]>;

def Quantized : Types<["fp16", "fp32", "int4", "int8", "uint4", "uint8"]>;
def LutValues : Types<["fp16", "fp32", "int8", "uint8"]>;
def LutIndices : Types<["uint1", "uint2", "uint3", "uint4", "uint6", "uint8"]>;

//===----------------------------------------------------------------------===//
// ios16: flat, bit-packed parameters
//===----------------------------------------------------------------------===//

def ConstexprAffineDequantize_iOS16
    : ConstexprOp<"constexpr_affine_dequantize", iOS16> {
  let summary = "`scale · (quantized_data - zero_point)`";
  let description = [{`scale` and `zero_point` are scalars or vectors along
`axis`.}];
  let inputs = (ins Const<SrcT>:$quantized_data, Const<ZeroPointT>:$zero_point,
                Const<DstT>:$scale, Scalar<Int32>:$axis);
  let typeVars = [Domain<SrcT, Types<["int8", "uint8"]>>,
                  Domain<ZeroPointT, Types<["fp32", "int8", "uint8"]>>,
                  Domain<DstT, Floats>];
  let infer = "AffineDequantize";
}

class ConstexprCast<Opset o> : ConstexprOp<"constexpr_cast", o> {
  let summary = "fp16 weights as fp32";
  let inputs = (ins Const<Half>:$source_val, Scalar<String>:$output_dtype);
  let infer = "ConstexprCast";
}
def ConstexprCast_iOS16 : ConstexprCast<iOS16>;
def ConstexprCast_iOS18 : ConstexprCast<iOS18>;

def ConstexprLutToDense_iOS16 : ConstexprOp<"constexpr_lut_to_dense", iOS16> {
  let summary = "Weights looked up in a table";
  let description = [{`lut` has 2, 4, 16, 64 or 256 entries; `indices` holds an
index an element, packed in bytes from the least significant bit.}];
  let inputs = (ins Vector<UInt8>:$indices, Vector<T>:$lut,
                Vector<UInt32>:$shape);
  let typeVars = [Domain<T, LutValues>];
  let infer = "LutToDenseFlat";
}

def ConstexprSparseToDense_iOS16
    : ConstexprOp<"constexpr_sparse_to_dense", iOS16> {
  let summary = "Weights that are zero where a mask is";
  let description = [{`mask` holds a bit an element, packed in bytes from the
least significant bit.}];
  let inputs = (ins Vector<T>:$nonzero_data, Vector<UInt8>:$mask,
                Vector<UInt32>:$shape);
  let typeVars = [Domain<T, LutValues>];
  let infer = "SparseToDenseFlat";
}

//===----------------------------------------------------------------------===//
// ios18: parameters in their logical shape
//===----------------------------------------------------------------------===//

def ConstexprBlockwiseShiftScale_iOS18
    : ConstexprOp<"constexpr_blockwise_shift_scale", iOS18> {
  let summary = "`scale · (data - offset)`, block by block";
  let description = [{`scale` and `offset` have the rank of `data`; each of their
extents divides that of `data`.}];
  let inputs = (ins Const<SrcT>:$data, Const<DstT>:$scale,
                OptConst<OffsetT>:$offset);
  let typeVars = [Domain<SrcT, Quantized>, Domain<DstT, Floats>,
                  Domain<OffsetT, Quantized>];
  let infer = "BlockwiseShiftScale";
}

def ConstexprLutToDense_iOS18 : ConstexprOp<"constexpr_lut_to_dense", iOS18> {
  let summary = "Weights looked up in tables, block by block";
  let description = [{`lut` has two axes more than `indices`: the entries, `2^n`
for n-bit indices, and the vector an entry holds, which lies along `vector_axis`
in the result. Its other extents divide those of `indices`.}];
  let inputs = (ins Const<IndicesT>:$indices, Const<T>:$lut,
                OptScalar<Int32>:$vector_axis);
  let typeVars = [Domain<IndicesT, LutIndices>, Domain<T, LutValues>];
  let infer = "LutToDense";
}

def ConstexprLutToSparse_iOS18 : ConstexprOp<"constexpr_lut_to_sparse", iOS18> {
  let summary = "The nonzero weights looked up in tables";
  let description = [{The results are the mask of all elements and the nonzero
ones, as `constexpr_sparse_to_dense` takes them.}];
  let inputs = (ins Const<UInt1>:$indices_mask,
                Vector<IndicesT>:$indices_nonzero_data, Const<T>:$lut,
                OptScalar<Int32>:$vector_axis);
  let typeVars = [Domain<IndicesT, LutIndices>, Domain<T, LutValues>];
  let infer = "LutToSparse";
}

def ConstexprSparseBlockwiseShiftScale_iOS18
    : ConstexprOp<"constexpr_sparse_blockwise_shift_scale", iOS18> {
  let summary = "`scale · (data - offset)` of the nonzero weights";
  let description = [{The results are the mask and the nonzero elements, as
`constexpr_sparse_to_dense` takes them.}];
  let inputs = (ins Const<UInt1>:$data_mask, Vector<SrcT>:$nonzero_data,
                Const<DstT>:$scale, OptConst<OffsetT>:$offset);
  let typeVars = [Domain<SrcT, Quantized>, Domain<DstT, Floats>,
                  Domain<OffsetT, Quantized>];
  let infer = "SparseBlockwiseShiftScale";
}

def ConstexprSparseToDense_iOS18
    : ConstexprOp<"constexpr_sparse_to_dense", iOS18> {
  let summary = "Weights that are zero where a mask is";
  let inputs = (ins Vector<T>:$nonzero_data, Const<UInt1>:$mask);
  let typeVars = [Domain<T, Quantized>];
  let infer = "SparseToDense";
}
