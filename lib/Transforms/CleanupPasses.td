//===- CleanupPasses.td - Passes on any program -----------*- tablegen -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

include "espresso/Pass/PassBase.td"

def Canonicalize : Pass<"canonicalize", FunctionScope> {
  let summary = "Brings operations to their simplest form";
  let description = [{
    Removes operations that do nothing and neutral elements, merges chains of
    casts, reshapes, transposes and slices, and puts constants on the right of
    commutative operations. Every rewrite is exact, bit by bit, except for casts
    that round when those are asked for.
  }];
  let options = [
    Option<"max-iterations", Integer, "10", "Sweeps over the function, at most">,
    Option<"allow-lossy-casts", Bool, "false",
           "Drop a cast to a narrower float and back, which rounds">
  ];
  let statistics = [
    Statistic<"num-rewrites", "operations rewritten or removed">,
    Statistic<"num-sweeps", "sweeps that changed something">
  ];
}

def ConstantFold : Pass<"constant-fold", FunctionScope> {
  let summary = "Computes what depends on constants only";
  let description = [{
    Replaces pure operations whose inputs are all constants by their results, as
    the reference evaluator computes them in the declared types. Weights outside
    stay outside unless `fold-weights` is given, compressed weights stay
    compressed, and composites are left to their lowering.
  }];
  let options = [
    Option<"max-elements", Integer, "65536",
           "Elements a result may have, at most">,
    Option<"fold-weights", Bool, "false",
           "Read constants from weight files and fold them, too">
  ];
  let statistics = [Statistic<"num-folded", "operations computed">];
}

def FoldIntoWeights : Pass<"fold-into-weights", FunctionScope> {
  let summary = "Lets products take over scales, shifts and paddings, rounding weights";
  let description = [{
    Makes linear operations of products with constant matrices, and lets them and
    convolutions take over what multiplies or adds by channel, normalisations by
    given statistics, paddings with zeros, and transposes of operands. Grids that
    are convolved and joined again become dilated convolutions. Weights outside
    stay there and are scaled when they are read.
  }];
  let options = [
    Option<"max-iterations", Integer, "10", "Sweeps over the function, at most">,
    Option<"conv-bias", Bool, "true",
           "Give convolutions a bias, which the direct path does not take">
  ];
  let statistics = [Statistic<"num-folded", "operations taken over">];
  let numerics = Rounds<32, 8>;
}

def FusePatterns : Pass<"fuse-patterns", FunctionScope> {
  let summary = "Uses one operation for formulas of several, with other rounding";
  let description = [{
    Finds activations (gelu in its three forms, silu, sigmoid, leaky_relu, prelu),
    layer_norm and instance_norm with their gains and shifts, means, absolute
    values, powers of two, joined tensors, padding by reflection and shuffled
    pixels, in whatever order they are written, merges numbers that follow each
    other, multiplies instead of dividing by numbers, and adds infinities instead
    of choosing them.
  }];
  let options = [
    Option<"max-iterations", Integer, "10", "Sweeps over the function, at most">,
    Option<"batch-norm", Bool, "false",
           "Make a scale and a shift by channel a batch_norm">
  ];
  let statistics = [Statistic<"num-fused", "formulas replaced">];
  let numerics = Rounds<32, 8>;
}

def ReduceTransposes : Pass<"reduce-transposes", FunctionScope> {
  let summary = "Moves transposes and reshapes behind element-wise operations";
  let description = [{
    An element-wise operation whose operands are transposed alike, or are numbers,
    is done before the transpose, and likewise before a reshape, so that they meet
    others further on, where they cancel. Only those go that nobody else needs:
    after `cse` there are never more of them.
  }];
  let options = [
    Option<"max-iterations", Integer, "100", "Sweeps over the function, at most">
  ];
  let statistics = [Statistic<"num-moved", "operations moved">];
}

def DedupWeights : Pass<"dedup-weights", ProgramScope> {
  let summary = "Lets weights that are the same bytes share their place";
  let description = [{
    Constants outside of equal type and size are read and compared by digest, over
    all functions; equal ones refer to the first of them. `cse` then makes one
    constant of those in a function, and writers write them once.
  }];
  let statistics = [
    Statistic<"num-shared", "constants that refer to another's bytes">,
    Statistic<"bytes-saved", "bytes that need not be written">
  ];
}

def ShortenLiveRanges : Pass<"shorten-live-ranges", FunctionScope> {
  let summary = "Computes results no earlier than they are needed";
  let description = [{
    Moves a pure operation down to its first use if everything it uses lives on
    past that anyway, so that nothing lives longer.
  }];
  let statistics = [Statistic<"num-moved", "operations moved">];
}

def LoopInvariants : Pass<"loop-invariants", FunctionScope> {
  let summary = "Takes out of loops what they carry and do not change";
  let description = [{
    A variable of a `while_loop` whose body gives it back as it was is what it
    began with, in the loop and after it. One variable stays with each loop.
  }];
  let statistics = [Statistic<"num-variables", "variables of loops removed">];
}

def PlaceStateWrites : Pass<"place-state-writes", FunctionScope> {
  let summary = "Writes states as soon as their values are there, and reads them on";
  let description = [{
    Moves writes of states, and reads that follow them, up to what computes the
    value, but past nothing that has to do with the same state; lets those who
    use the value after that use what the state then holds. So a value need not
    be kept beside the state it goes to.
  }];
  let statistics = [
    Statistic<"num-moved", "writes moved">,
    Statistic<"num-uses", "uses of values that states hold">
  ];
}

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

def Cse : Pass<"cse", FunctionScope> {
  let summary = "Replaces operations that compute the same by the first of them";
  let description = [{
    Two pure operations are the same if they agree in name, opset, inputs,
    attributes other than `name`, and result types. Constants count by value,
    weights outside by their source. What is first in an enclosing block serves
    the blocks nested in it.
  }];
  let statistics = [
    Statistic<"num-operations", "operations replaced">,
    Statistic<"num-constants", "constants replaced">
  ];
}
