//===- Recurrent.td - Recurrent layers ------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

include "OpBase.td"

// Up to ios16 in fp32 only.
class Recurrent<string n, Opset o> : Op<n, o, [Pure]> {
  let typeVars = [Domain<T, !if(!eq(o, iOS15), Fp32, Floats)>];
}

class RnnBase<Opset o> : Recurrent<"rnn", o> {
  let summary = "`activation(weight_ih · x + weight_hh · h + bias)` along axis 0";
  let description = [{`x` is `[S, N, I]`, `initial_h` `[N, H]`, `weight_ih`
`[H, I]`, `weight_hh` `[H, H]`, `bias` `[H]`. The results are the states `[S, N, H]`
(`[1, N, H]` unless `output_sequence`) and the last one, `[N, H]`.}];
  let inputs = (ins In<T>:$x, In<T>:$initial_h, Const<T>:$weight_ih,
                Const<T>:$weight_hh, OptConst<T>:$bias,
                OptScalar<String, "\"forward\"">:$direction,
                OptScalar<Bool, "false">:$output_sequence,
                OptScalar<String, "\"tanh\"">:$activation);
  let infer = "Rnn";
}
def Rnn_iOS15 : RnnBase<iOS15>;
def Rnn_iOS17 : RnnBase<iOS17>;

class GruBase<Opset o> : Recurrent<"gru", o> {
  let summary = "Gated recurrent unit along axis 0";
  let description = [{As `rnn`, with three gates one after another in `weight_ih`
`[3·H, I]`, `weight_hh` `[3·H, H]` and `bias` `[3·H]`.}];
  let inputs = (ins In<T>:$x, In<T>:$initial_h, Const<T>:$weight_ih,
                Const<T>:$weight_hh, OptConst<T>:$bias,
                OptScalar<String, "\"forward\"">:$direction,
                OptScalar<Bool, "false">:$output_sequence,
                OptScalar<String, "\"sigmoid\"">:$recurrent_activation,
                OptScalar<String, "\"tanh\"">:$activation);
  let infer = "Gru";
}
def Gru_iOS15 : GruBase<iOS15>;
def Gru_iOS17 : GruBase<iOS17>;
def Gru_iOS18 : GruBase<iOS18> {
  let inputs = (ins In<T>:$x, In<T>:$initial_h, Const<T>:$weight_ih,
                Const<T>:$weight_hh, OptConst<T>:$bias,
                OptScalar<String, "\"forward\"">:$direction,
                OptScalar<Bool, "false">:$output_sequence,
                OptScalar<String, "\"sigmoid\"">:$recurrent_activation,
                OptScalar<String, "\"tanh\"">:$activation,
                OptScalar<Bool, "", "false">:$reset_after,
                OptConst<T>:$input_bias);
}

class LstmBase<Opset o> : Recurrent<"lstm", o> {
  let summary = "Long short-term memory along axis 0";
  let description = [{As `rnn`, with four gates one after another in `weight_ih`
`[4·H, I]`, `weight_hh` `[4·H, H]` and `bias` `[4·H]`; `peephole` is `[3·H]`. A
`bidirectional` layer has the `_back` inputs too and states of `2·H`. The results are
the states, the last one, and the last cell.}];
  let inputs = (ins In<T>:$x, In<T>:$initial_h, In<T>:$initial_c,
                Const<T>:$weight_ih, Const<T>:$weight_hh, OptConst<T>:$bias,
                OptConst<T>:$peephole, OptConst<T>:$weight_ih_back,
                OptConst<T>:$weight_hh_back, OptConst<T>:$bias_back,
                OptConst<T>:$peephole_back,
                OptScalar<String, "\"forward\"">:$direction,
                OptScalar<Bool, "false">:$output_sequence,
                OptScalar<String, "\"sigmoid\"">:$recurrent_activation,
                OptScalar<String, "\"tanh\"">:$cell_activation,
                OptScalar<String, "\"tanh\"">:$activation,
                OptScalar<T>:$clip);
  let infer = "Lstm";
}
def Lstm_iOS15 : LstmBase<iOS15>;
def Lstm_iOS17 : LstmBase<iOS17>;
