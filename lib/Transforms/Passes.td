//===- Passes.td - Passes on any program ------------------*- tablegen -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

include "espresso/Pass/PassBase.td"

//===----------------------------------------------------------------------===//
// Clean-up
//===----------------------------------------------------------------------===//

def Dce : Pass<"dce", FunctionScope> {
  let summary = "Removes operations whose results nobody uses";
  let description = [{
    Removes pure operations and constants without uses, together with what only
    they used. Inputs of the function are its interface and stay.
  }];
  let options = [
    Option<"report-unused-inputs", Bool, "false",
           "Remark on inputs of the function that nothing uses">
  ];
  let statistics = [Statistic<"num-removed", "operations removed">];
}

//===----------------------------------------------------------------------===//
// From the model altitude to programs
//===----------------------------------------------------------------------===//

def SplitAtRope : Pass<"split-at-rope", ProgramScope> {
  let summary = "Cuts model functions into a host function and its programs";
  let description = [{
    Turns each `<model>` function into a `<host>` function of the same name and
    ports, and each of its layers into programs before and after the host's
    part: rotation, cache and, unless it is placed in the graph, attention. What
    belongs to no layer stays on the host. See docs/Rationale/Split.md.
  }];
  let options = [
    Choice<"attention", "auto", ["auto", "host", "graph"],
           "Where attention runs: in the graph is legal where the position is "
           "the constant 0, and what 'auto' takes there">,
    Choice<"opset", "ios18", ["ios15", "ios16", "ios17", "ios18"],
           "Opset of the programs">
  ];
  let statistics = [
    Statistic<"functions-made", "programs made">,
    Statistic<"dispatches-per-token", "calls of programs for one token">
  ];
}

def LowerComposites : Pass<"lower-composites", FunctionScope> {
  let summary = "Rewrites composites in programs into MIL, rounding their constants";
  let description = [{
    Replaces each `espresso.*` operation of an `<iosNN>` function by MIL
    operations in the order that docs/Composites.md gives. Other functions keep
    theirs. Constants are rounded to the type of the activations, and sums are
    formed in another order than the composite's.
  }];
  let options = [
    Choice<"silu", "sigmoid", ["sigmoid", "tanh", "op"],
           "Form of x · sigmoid(x) in swiglu">,
    Option<"mask-value", Integer, "-40000",
           "What a causal mask adds where a column must not look">
  ];
  let statistics = [Statistic<"composites-lowered", "composites replaced">];
}
