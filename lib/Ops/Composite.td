//===- Composite.td - Operations of the model altitude --------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//


include "OpBase.td"

// Meaning and shapes are in docs/Composites.md.

class CompositeOp<string n, list<Trait> extra = [Pure]>
    : Op<"espresso." # n, ModelOpset, !listconcat([Composite], extra)> {
  let typeVars = [Domain<T, Floats>];
}

//===----------------------------------------------------------------------===//
// Tables and positions
//===----------------------------------------------------------------------===//

def Embedding : CompositeOp<"embedding", [Pure, HostOnly]> {
  let summary = "Rows of a table as columns";
  let inputs = (ins InVector<Int32>:$ids, Const<T>:$table);
  let infer = "Embedding";
}

def PositionEmbedding : CompositeOp<"position_embedding", [Pure, HostOnly]> {
  let summary = "`x` plus a row of a table for the position of each column";
  let inputs = (ins In<T>:$x, InVector<Int32>:$position, Const<T>:$table);
  let infer = "PositionEmbedding";
}

def Rope : CompositeOp<"rope", [Pure, HostOnly]> {
  let summary = "Rotary position embedding, half-split";
  let description = [{Angles are multiples of `frequencies`, in radians for each
position, or of the powers of `theta`; one of the two is given. Channels of a
head from `rotary_dim` on are left as they are.}];
  let inputs = (ins In<T>:$x, InVector<Int32>:$position,
                Scalar<Int32>:$head_dim, OptScalar<Fp32>:$theta,
                OptVector<Fp32, "powers of `theta`">:$frequencies,
                OptScalar<Int32, "", "`head_dim`">:$rotary_dim,
                OptScalar<Fp32, "1">:$scale);
  let infer = "Rope";
}

//===----------------------------------------------------------------------===//
// Norms and products
//===----------------------------------------------------------------------===//

def RmsNorm : CompositeOp<"rms_norm"> {
  let summary = "`x / rms(x) · weight`, each column alone, by groups of channels";
  let inputs = (ins In<T>:$x, Vector<T>:$weight, Scalar<Fp32>:$epsilon,
                OptScalar<Int32, "1">:$groups);
  let infer = "ColumnNorm";
}

def CompositeLayerNorm : CompositeOp<"layer_norm"> {
  let summary = "`(x - μ) / σ · gamma + beta`, each column alone, by groups of "
                "channels";
  let inputs = (ins In<T>:$x, Vector<T>:$gamma, OptVector<T, "zeros">:$beta,
                Scalar<Fp32>:$epsilon, OptScalar<Int32, "1">:$groups);
  let infer = "ColumnNorm";
  let eval = "LayerNormComposite";
}

def CompositeLinear : CompositeOp<"linear"> {
  let summary = "`weight · x + bias`, each column alone";
  let inputs = (ins In<T>:$x, Const<T>:$weight, OptVector<T, "zeros">:$bias);
  let infer = "ColumnLinear";
  let eval = "LinearComposite";
}

def FeedForward : CompositeOp<"ffn"> {
  let summary = "Feed-forward block, gated or plain, or one of several experts";
  let description = [{`down · (act(gate · x) ⊙ (up · x))`, or without `gate`
`down · act(up · x)`. `activation` is `silu`, `gelu`, `gelu_tanh` or `relu`.
With `route`, the result of a router, the block is the expert of number
`expert`, and its result is multiplied by the weights that the route gives it.}];
  let inputs = (ins In<T>:$x, OptConst<T>:$gate, Const<T>:$up, Const<T>:$down,
                OptVector<T, "zeros">:$gate_bias,
                OptVector<T, "zeros">:$up_bias,
                OptVector<T, "zeros">:$down_bias,
                OptScalar<String, "\"silu\"">:$activation, OptIn<T>:$route,
                OptScalar<Int32>:$expert);
  let infer = "FeedForward";
}

def Router : CompositeOp<"router"> {
  let summary = "Weights of the experts that each column takes, 0 for the rest";
  let description = [{`softmax(weight · x)` over the experts, of which the
`top_k` largest stay; of equals the first. With `normalize` those that stay are
divided by their sum.}];
  let inputs = (ins In<T>:$x, Const<T>:$weight, Scalar<Int32>:$top_k,
                OptScalar<Bool, "true">:$normalize);
  let infer = "Router";
}

defvar kHeadInputs = (ins In<T>:$x, Const<T>:$weight,
                      OptVector<T, "zeros">:$bias, OptScalar<Fp32, "1">:$scale,
                      OptScalar<Fp32, "", "no cap">:$softcap);

def Head : CompositeOp<"head", [Pure, HostOnly]> {
  let summary = "Logits over the vocabulary, in fp32";
  let inputs = kHeadInputs;
  let infer = "Head";
}

def ArgMax : CompositeOp<"argmax"> {
  let summary = "The first of the largest numbers of columns, and where it is";
  let description = [{`values` are joined along the channels. NaN is no number:
it is never the largest. The results are `index`, -1 where there is no number, and
`maximum`, NaN there.}];
  let inputs = (ins Variadic<T>:$values);
  let infer = "ColumnArgMax";
}

def GreedyHead : CompositeOp<"greedy_head"> {
  let summary = "`argmax` of `head`, without the logits in memory";
  let inputs = kHeadInputs;
  let infer = "GreedyHead";
}

//===----------------------------------------------------------------------===//
// What looks back
//===----------------------------------------------------------------------===//

def CompositeAttention : CompositeOp<"attention", [ReadsState, WritesState,
                                                   HostOnly]> {
  let summary = "Grouped-query attention over a cache that it extends";
  let inputs = (ins In<T>:$q, In<T>:$k, In<T>:$v, InVector<Int32>:$position,
                StateOf<T>:$k_cache, StateOf<T>:$v_cache,
                Scalar<Int32>:$head_dim,
                OptScalar<Fp32, "", "`head_dim^(-1/2)`">:$scale,
                OptScalar<Int32, "", "all positions">:$window,
                OptScalar<Fp32, "", "no cap">:$softcap);
  let infer = "CachedAttention";
}

def CausalAttention : CompositeOp<"causal_attention", [Pure, Causal]> {
  let summary = "Grouped-query attention within one call";
  let inputs = (ins In<T>:$q, In<T>:$k, In<T>:$v, Scalar<Int32>:$head_dim,
                OptScalar<Fp32, "", "`head_dim^(-1/2)`">:$scale,
                OptScalar<Int32, "", "all positions">:$window,
                OptScalar<Fp32, "", "no cap">:$softcap);
  let infer = "CausalAttention";
}

def CacheWrite : CompositeOp<"cache_write", [WritesState, HostOnly]> {
  let summary = "Columns written to rows of a cache";
  let inputs = (ins StateOf<T>:$cache, In<T>:$x, InVector<Int32>:$position);
  let infer = "CacheWrite";
}

def ShortConvolution : CompositeOp<"short_conv", [ReadsState, WritesState,
                                                  HostOnly]> {
  let summary = "Causal convolution of each channel over a cache that it extends";
  let inputs = (ins In<T>:$x, InVector<Int32>:$position, StateOf<T>:$cache,
                Const<T>:$weight, OptVector<T, "zeros">:$bias);
  let infer = "ShortConvolution";
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

def Call : Op<"espresso.call", ModelOpset, [Composite, OpenInputs, HostOnly]> {
  let summary = "The outputs of another function of the program";
  let description = [{Takes one argument for each input of the callee, by its
name. The attribute `outputs`, a list of strings, names the output each result
takes.}];
  let inputs = (ins Scalar<String>:$callee);
  let infer = "Call";
  let verify = "Call";
  let noEval = kEvaluatorItself;
}

//===----------------------------------------------------------------------===//
// Between the host and programs that rotate and attend themselves
//===----------------------------------------------------------------------===//

def Rotate : CompositeOp<"rotate"> {
  let summary = "Rotary position embedding by angles that are given";
  let description = [{`angles` has, for each column, the cosines of the pairs in its
first channels and their sines in those behind: what `espresso.rope` makes of a head
of ones and then zeros.}];
  let inputs = (ins In<T>:$x, In<T>:$angles, Scalar<Int32>:$head_dim,
                OptScalar<Int32, "", "`head_dim`">:$rotary_dim);
  let infer = "Rotate";
}

def CacheRead : CompositeOp<"cache_read", [ReadsState, HostOnly]> {
  let summary = "The rows of a cache as a tensor, zeros behind the last";
  let inputs = (ins StateOf<T>:$cache,
                OptScalar<Int32, "", "those of the cache">:$rows);
  let infer = "CacheRead";
}

def CacheMask : Op<"espresso.cache_mask", ModelOpset, [Composite, Pure, HostOnly]> {
  let summary = "What to add to scores so that rows not written have no weight";
  let description = [{0 where row r is before `position` and, with `window`, within
that many positions of column s; `value` elsewhere.}];
  let inputs = (ins InVector<Int32>:$position, Scalar<Int32>:$rows,
                Scalar<Int32>:$columns, Scalar<String>:$dtype,
                OptScalar<Int32, "", "all positions">:$window,
                OptScalar<Fp32, "-40000">:$value);
  let infer = "CacheMask";
}

def MaskedAttention : CompositeOp<"masked_attention", [Pure, Causal]> {
  let summary = "Grouped-query attention over rows of a cache, masked, and within "
                "one call";
  let description = [{Without `k` and `v`, which come together, over the rows alone;
without `mask`, all rows are seen. `window` is of the call's own columns.}];
  let inputs = (ins In<T>:$q, OptIn<T>:$k, OptIn<T>:$v, In<T>:$k_rows, In<T>:$v_rows,
                OptIn<T>:$mask, Scalar<Int32>:$head_dim,
                OptScalar<Fp32, "", "`head_dim^(-1/2)`">:$scale,
                OptScalar<Int32, "", "all positions">:$window,
                OptScalar<Fp32, "", "no cap">:$softcap);
  let infer = "MaskedAttention";
}
