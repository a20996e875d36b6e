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

def Embedding : CompositeOp<"embedding"> {
  let summary = "Rows of a table as columns";
  let inputs = (ins InVector<Int32>:$ids, Const<T>:$table);
  let infer = "Embedding";
}

def RmsNorm : CompositeOp<"rms_norm"> {
  let summary = "`x / rms(x) · weight`, each column alone";
  let inputs = (ins In<T>:$x, Vector<T>:$weight, Scalar<Fp32>:$epsilon);
  let infer = "ColumnNorm";
}

def CompositeLayerNorm : CompositeOp<"layer_norm"> {
  let summary = "`(x - μ) / σ · gamma + beta`, each column alone";
  let inputs = (ins In<T>:$x, Vector<T>:$gamma, OptVector<T, "zeros">:$beta,
                Scalar<Fp32>:$epsilon);
  let infer = "ColumnNorm";
  let eval = "LayerNormComposite";
}

def CompositeLinear : CompositeOp<"linear"> {
  let summary = "`weight · x + bias`, each column alone";
  let inputs = (ins In<T>:$x, Const<T>:$weight, OptVector<T, "zeros">:$bias);
  let infer = "ColumnLinear";
  let eval = "LinearComposite";
}

def Rope : CompositeOp<"rope"> {
  let summary = "Rotary position embedding, half-split";
  let inputs = (ins In<T>:$x, InVector<Int32>:$position,
                Scalar<Int32>:$head_dim, Scalar<Fp32>:$theta);
  let infer = "Rope";
}

def CompositeAttention : CompositeOp<"attention", [ReadsState, WritesState]> {
  let summary = "Grouped-query attention over a cache that it extends";
  let inputs = (ins In<T>:$q, In<T>:$k, In<T>:$v, InVector<Int32>:$position,
                StateOf<T>:$k_cache, StateOf<T>:$v_cache,
                Scalar<Int32>:$head_dim,
                OptScalar<Fp32, "", "`head_dim^(-1/2)`">:$scale);
  let infer = "CachedAttention";
}

def CacheWrite : CompositeOp<"cache_write", [WritesState]> {
  let summary = "Columns written to rows of a cache";
  let inputs = (ins StateOf<T>:$cache, In<T>:$x, InVector<Int32>:$position);
  let infer = "CacheWrite";
}

def CausalAttention : CompositeOp<"causal_attention"> {
  let summary = "Grouped-query attention within one call";
  let inputs = (ins In<T>:$q, In<T>:$k, In<T>:$v, Scalar<Int32>:$head_dim,
                OptScalar<Fp32, "", "`head_dim^(-1/2)`">:$scale);
  let infer = "CausalAttention";
}

def Swiglu : CompositeOp<"swiglu"> {
  let summary = "Gated feed-forward block";
  let inputs = (ins In<T>:$x, Const<T>:$gate, Const<T>:$up, Const<T>:$down);
  let infer = "Swiglu";
}

def Head : CompositeOp<"head"> {
  let summary = "Logits over the vocabulary, in fp32";
  let inputs = (ins In<T>:$x, Const<T>:$weight);
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
  let inputs = (ins In<T>:$x, Const<T>:$weight);
  let infer = "GreedyHead";
}

def Call : Op<"espresso.call", ModelOpset, [Composite, OpenInputs]> {
  let summary = "The outputs of another function of the program";
  let description = [{Takes one argument for each input of the callee, by its
name. The attribute `outputs`, a list of strings, names the output each result
takes.}];
  let inputs = (ins Scalar<String>:$callee);
  let infer = "Call";
  let verify = "Call";
  let noEval = kEvaluatorItself;
}
