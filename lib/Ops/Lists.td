//===- Lists.td - Lists of tensors ----------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

include "OpBase.td"

// Lists may be written in place, so that operations that make or change one are not
// pure.
class ListOp<string n, string s, list<Trait> ts = []> : Op<n, iOS15, ts> {
  let summary = s;
}

def MakeList_iOS15 : ListOp<"make_list", "A list of tensors, not yet written"> {
  let description = [{Of `init_length` elements, or of as many as are written if
`dynamic_length`. `elem_shape` holds extents, or strings, which name unknown ones; an
element is of `dtype`: `bool`, `fp16`, `fp32` or `int32`.}];
  let inputs = (ins OptInScalar<Int32, "1">:$init_length,
                OptScalar<Bool, "true">:$dynamic_length,
                VariadicScalars<Types<["int32", "string"]>>:$elem_shape,
                OptScalar<String, "\"fp32\"">:$dtype);
  let infer = "MakeList";
}
def ListLength_iOS15 : ListOp<"list_length", "How many elements a list has",
                              [Pure]> {
  let inputs = (ins ListIn:$ls);
  let infer = "ListLength";
}
def ListRead_iOS15 : ListOp<"list_read", "One element of a list", [Pure]> {
  let inputs = (ins ListIn:$ls, InScalar<Int32>:$index);
  let infer = "ListRead";
}
def ListGather_iOS15 : ListOp<"list_gather",
                              "Elements of a list along a new first axis",
                              [Pure]> {
  let inputs = (ins ListIn:$ls, InVector<Int32>:$indices);
  let infer = "ListGather";
}
def ListWrite_iOS15 : ListOp<"list_write", "A list with one element replaced"> {
  let inputs = (ins ListIn:$ls, InScalar<Int32>:$index, In<T>:$value);
  let typeVars = [Domain<T, Tensors15>];
  let infer = "ListWrite";
}
def ListScatter_iOS15 : ListOp<"list_scatter",
                               "A list with the slices of a tensor as elements"> {
  let description = "The first axis of `value` goes over `indices`.";
  let inputs = (ins ListIn:$ls, InVector<Int32>:$indices, In<T>:$value);
  let typeVars = [Domain<T, Tensors15>];
  let infer = "ListScatter";
}
