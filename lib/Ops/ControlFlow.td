//===- ControlFlow.td - Operations with blocks ----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

include "OpBase.td"

def Cond_iOS15 : Op<"cond", iOS15, [NestedBlocks]> {
  let summary = "The results of one of two blocks";
  let description = [{The first block runs if `pred` is true, else the second. They
have no inputs, since they see the values around them, and outputs of the same types,
which are the results.}];
  let inputs = (ins InScalar<Bool>:$pred);
  let infer = "Cond";
  let noEval = kEvaluatorItself;
}

def WhileLoop_iOS15 : Op<"while_loop", iOS15, [NestedBlocks]> {
  let summary = "A block repeated while another gives true";
  let description = [{The first block is the condition, with a boolean scalar as its
output, the second the body. Both take `loop_vars` as their inputs; the outputs of the
body are those of the next round, and in the end the results. An extent that the body
changes is unknown (`?`) in the inputs of the blocks.}];
  let inputs = (ins VariadicAny:$loop_vars);
  let infer = "WhileLoop";
  let noEval = kEvaluatorItself;
}
