//===- Passes.td - All passes -----------------------------*- tablegen -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

include "CleanupPasses.td"

//===----------------------------------------------------------------------===//
// From the model altitude to programs
//===----------------------------------------------------------------------===//

def LiftComposites : Pass<"lift-composites", FunctionScope> {
  let summary = "Finds composites in MIL: norms, products, feed-forward, attention";
  let description = [{
    Replaces what composites stand for by them, in whatever layout: root mean
    square and layer norms, products with constants, gated and plain feed-forward
    blocks, attention with grouped queries, causal or under any mask, rotation by
    tables. What is left of attention and rotation is explained. The pipeline `lift` prepares for
    it and cancels the changes of layout that it makes. See docs/Cleanup.md.
  }];
  let options = [
    Option<"max-iterations", Integer, "10", "Sweeps over the function, at most">,
    Option<"to-model", Bool, "false",
           "Make <model> functions, and lift rotations by position, which belong to "
           "the host">,
    Option<"layers", Bool, "false",
           "Say of operations which layer they belong to, by attention">,
    Option<"explain", Bool, "true",
           "Say why attention and rotations that are left are">
  ];
  let statistics = [Statistic<"num-lifted", "composites made">];
  let numerics = Rounds<32, 8>;
}

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
           "Where attention runs; 'auto' takes the graph where the position is "
           "the constant 0, and the host where a cache counts">,
    Choice<"rope", "host", ["host", "graph"],
           "Where q and k are rotated; the host computes the angles always">,
    Choice<"opset", "ios18", ["ios15", "ios16", "ios17", "ios18"],
           "Opset of the programs">
  ];
  let statistics = [
    Statistic<"functions-made", "programs made">,
    Statistic<"dispatches-per-token", "calls of programs for one token">
  ];
}

def FuseBlocks : Pass<"fuse-blocks", ProgramScope> {
  let summary = "Joins programs between which the host does nothing";
  let description = [{
    Joins calls of a `<host>` function, in order, as long as none needs what the
    host makes of the results of another, and the limits hold. With rotation on
    the host, the part of a layer after attention is joined with the part of the
    next layer before it; whole layers are joined with each other. Functions that
    are not called any more go. See docs/Rationale/Fusion.md.
  }];
  let options = [
    Option<"max-layers", Integer, "4",
           "Layers that one program may have a part in; 0 for any number">,
    Option<"max-bytes", Integer, "2147483648",
           "Bytes of weights that a joined program may have; 0 for any number">
  ];
  let statistics = [
    Statistic<"programs-joined", "calls that went">,
    Statistic<"dispatches-per-token-before", "calls of programs for one token, "
                                             "before">,
    Statistic<"dispatches-per-token", "calls of programs for one token">
  ];
}

def PlaceHead : Pass<"place-head", ProgramScope> {
  let summary = "Puts the output head on the engine, whole or in tiles, or on the CPU";
  let description = [{
    Decides for each `espresso.head` of a `<host>` function where it runs. For
    the engine, it makes a program of the head and of the norm before it, which
    all functions with the same head call; there, logits have the type of the
    activations. On the CPU it stays where it is. With the greedy sampler the
    functions give `token` and `maximum` in the place of logits. See
    docs/HeadPlacement.md.
  }];
  let options = [
    Option<"head", String, "auto", "'auto', 'ane', 'ane-tiles=N' or 'cpu'">,
    Choice<"head-policy", "budget", ["budget", "cost"],
           "What 'auto' goes by: elements of the weight, or modelled time where "
           "the chip's figures are known">,
    Option<"head-budget", Integer, "0",
           "Elements that the engine takes; 0: what the chip says">,
    Option<"host-bandwidth", Integer, "50",
           "GB/s that the CPU is taken to stream, for the comparison of costs">,
    Choice<"sampler", "logits", ["logits", "greedy"],
           "What functions give: logits, or the best token">,
    Option<"chip", String, "any", "The chip programs are made for">,
    Choice<"opset", "ios18", ["ios15", "ios16", "ios17", "ios18"],
           "Opset of the programs">
  ];
  let statistics = [
    Statistic<"heads-on-ane", "heads placed on the engine">,
    Statistic<"heads-on-cpu", "heads placed on the CPU">,
    Statistic<"programs-made", "programs made for them">
  ];
  // Logits are rounded to the type of the activations.
  let numerics = Rounds<4>;
}

def BucketPrefill : Pass<"bucket-prefill", ProgramScope> {
  let summary = "Makes a function of each static length of those that read prompts";
  let description = [{
    Replaces each `<model>` function with an input `ids` of several tokens by
    copies named after their lengths, `prefill_32` and so on, which share weights
    and caches. Lengths above the rows of the cache are left out with a remark.
    Who runs them takes the shortest that holds the prompt.
  }];
  let options = [
    Option<"lengths", String, "32/64/128", "Lengths, parted by '/'">
  ];
  let statistics = [Statistic<"buckets-made", "functions made">];
}

def ToStateful : Pass<"to-stateful", ProgramScope> {
  let summary = "Makes each model function one program whose caches are states, "
                "rounding logits";
  let description = [{
    Rewrites what only a host could run into MIL on states: the form Core ML runs
    by itself. Extents of states become multiples of 32. Logits are computed in
    the type of the activations. See docs/Rationale/CacheForms.md.
  }];
  let statistics = [Statistic<"states-made", "states of programs">];
}

def Segment : Pass<"segment", ProgramScope> {
  let summary = "Cuts programs with more weights than a limit";
  let description = [{
    Cuts `<iosNN>` functions into programs that follow each other, where the
    fewest bytes pass between them. Their callers call the parts; one that nobody
    calls becomes a `<host>` function. Only boundary tensors [1, C, 1, S] of
    floats may pass a cut, and no state.
  }];
  let options = [
    Option<"max-bytes", Integer, "2147483648",
           "Bytes of weights that a program may have">
  ];
  let statistics = [
    Statistic<"programs-cut", "programs that were too large">,
    Statistic<"parts-made", "programs made of them">
  ];
}

def PadToMinimum : Pass<"pad-to-minimum", ProgramScope> {
  let summary = "Gives boundary tensors of programs the engine's minimum of bytes";
  let description = [{
    Widens the programs of `<host>` functions, while they have composites, to the
    least power of two of columns that gives every port `min-bytes`; the host
    pads, and takes the columns it had. Rows of caches get more rows. See
    docs/Rationale/Padding.md.
  }];
  let options = [
    Option<"min-bytes", Integer, "49152", "Bytes of each port">,
    Option<"min-columns", Integer, "1", "Columns of each port">,
    Option<"equal-sizes", Bool, "false",
           "Give all ports of a program the channels of the largest">
  ];
  let statistics = [Statistic<"programs-padded", "programs widened">];
}

def PackLanes : Pass<"pack-lanes", ProgramScope> {
  let summary = "Makes a function for the tokens of several texts at once";
  let description = [{
    For each `<host>` function of one token, adds one for `lanes` texts, a text a
    column, whose programs read their weights once for all. What looks at a
    position or a cache is done for each text. See docs/Rationale/Padding.md.
  }];
  let options = [Option<"lanes", Integer, "4", "Texts, at least 2">];
  let statistics = [Statistic<"functions-made", "host functions made">];
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
           "Form of x · sigmoid(x) in ffn">,
    Option<"mask-value", Integer, "-40000",
           "What a causal mask adds where a column must not look">
  ];
  let statistics = [Statistic<"composites-lowered", "composites replaced">];
  let numerics = Rounds<32>;
}

//===----------------------------------------------------------------------===//
// For the engine
//===----------------------------------------------------------------------===//

def ToFp16 : Pass<"to-fp16", FunctionScope> {
  let summary = "Computes in fp16 what is fp32";
  let description = [{
    Gives every fp32 value of an `<iosNN>` function the type fp16 and rounds
    constants once. Inputs and outputs keep their types, behind casts. Operations
    that do not take fp16, have nested blocks, or are named by `keep`, stay
    between casts. Masks become -40000; any other constant that would become
    infinite is an error.
  }];
  let options = [
    Option<"keep", String, "", "Names of operations that stay, between blanks">
  ];
  let statistics = [Statistic<"num-converted", "operations converted">];
  let numerics = Rounds<64, 8>;
}

def RangeSafeNorms : Pass<"range-safe-norms", FunctionScope> {
  let summary = "Scales norms so that no sum of squares overflows fp16";
  let description = [{
    Divides what an fp16 norm is of by its largest element, or by a power of two
    where its range is known, and epsilon by the square of that. Norms that are
    known to be safe stay. See docs/Rationale/Precision.md.
  }];
  let options = [
    Choice<"scale", "auto", ["auto", "max-abs"],
           "A power of two where one is known to do, or always the largest "
           "element">,
    Option<"max-elements", Integer, "0",
           "Weights of more elements are not read for what is known; 0: all are">
  ];
  let statistics = [Statistic<"num-norms", "norms rewritten">];
  let numerics = Rounds<32, 8>;
}

def RescaleProducts : Pass<"rescale-products", FunctionScope> {
  let summary = "Moves powers of two so that products stay on the engine's grid";
  let description = [{
    Multiplies weights of convolutions, linear layers and products of matrices by
    a power of two, and their results by its inverse, where typical products
    would vanish or sums would saturate. See docs/Rationale/Precision.md.
  }];
  let options = [
    Option<"activation-rms", String, "1",
           "Root mean square of activations of which it is not known">,
    Option<"chip", String, "any", "Chip or generation, as for --chip">
  ];
  let statistics = [Statistic<"num-products", "products rescaled">];
  let numerics = Rounds<32>;
}

def ToAneLayout : Pass<"to-ane-layout", ProgramScope> {
  let summary = "Brings programs to channel-first form, products to convolutions";
  let description = [{
    Lays out what depends on products with constants as [N, C, 1, S]: linear
    layers and products with a constant matrix become convolutions by kernels of
    1x1, and what stands between them is done along the axes where its own are
    then. Reshapes and transposes between are not done at all; transposes are left
    where the layout meets the boundary, or an operation that keeps its own. See
    docs/Rationale/Layout.md.
  }];
  let options = [
    Choice<"boundary", "keep", ["keep", "columns"],
           "Leave inputs and outputs as they are, or give them four axes where "
           "nobody in the program calls the function">
  ];
  let statistics = [
    Statistic<"num-products", "products that became convolutions">,
    Statistic<"num-operations", "operations laid out anew">,
    Statistic<"transposes-before", "transposes in the program before">,
    Statistic<"transposes-after", "transposes in the program after">
  ];
  let numerics = Rounds<32, 8>;
}

def LegalizeAne : Pass<"legalize-ane", FunctionScope> {
  let summary = "Rewrites what the engine does not take";
  let description = [{
    Rewrites what a rule of the target forbids, each as the rule says: see
    `--list-rules`. What is left that breaks a rule is a warning. Functions other
    than `<iosNN>` stay.
  }];
  let options = [
    Option<"chip", String, "any", "Chip or generation, as for --chip">,
    Choice<"path", "both", ["both", "direct", "public"],
           "Way to the engine whose rules hold">,
    Choice<"attention", "auto", ["auto", "keep", "decompose", "fuse"],
           "Form of attention: what the target wants, or one for all">,
    Option<"rewrite-concat", Bool, "false",
           "Write 'concat' as a sum of padded parts (disputed)">,
    Option<"warn-fp32", Bool, "true", "Warn of programs that compute in fp32">
  ];
  let statistics = [Statistic<"num-rewrites", "operations rewritten">];
  let numerics = Rounds<64, 8>;
}

//===----------------------------------------------------------------------===//
// Passes that test the pass manager
//===----------------------------------------------------------------------===//

def TestBreak : Pass<"test-break", FunctionScope> {
  let summary = "Breaks the first operation that has inputs";
  let options = [
    Choice<"what", "inputs", ["inputs", "name", "numbers"],
           "Take its inputs away, give its result a name that is none, or make "
           "the first 'add' a 'sub'">
  ];
  let hidden = 1;
}

def TestFail : Pass<"test-fail", FunctionScope> {
  let summary = "Fails on operations of a name";
  let options = [
    Option<"on", String, "", "The name; empty for any">,
    Choice<"how", "properly", ["properly", "silently", "unnoticed", "crashing"],
           "With an error, without one, with nothing else, or with a crash">
  ];
  let hidden = 1;
}

def TestLie : Pass<"test-lie", FunctionScope> {
  let summary = "Says the opposite of what it does";
  let options = [
    Choice<"about", "nothing", ["nothing", "something"],
           "Claim to have changed nothing, or something">
  ];
  let hidden = 1;
}

def TestProgram : Pass<"test-program", ProgramScope> {
  let summary = "Remarks on the functions of the program, and removes one";
  let options = [
    Option<"remove", String, "", "The function to remove">
  ];
  let statistics = [Statistic<"num-functions", "functions seen">];
  let hidden = 1;
}
