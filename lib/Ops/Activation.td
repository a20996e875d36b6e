//===- Activation.td - Activation functions -------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

include "OpBase.td"

class Activation<string n, string s> : Op<n, iOS15, [Pure, Elementwise]> {
  let summary = s;
  let inputs = (ins In<T>:$x);
  let typeVars = [Domain<T, Floats>];
  let infer = "SameAsX";
}
def Relu_iOS15 : Activation<"relu", "`max(x, 0)`">;
def Relu6_iOS15 : Activation<"relu6", "`min(max(x, 0), 6)`">;
def Sigmoid_iOS15 : Activation<"sigmoid", "`1 / (1 + exp(-x))`">;
def Silu_iOS15 : Activation<"silu", "`x · sigmoid(x)`">;
def Softplus_iOS15 : Activation<"softplus", "`log(1 + exp(x))`">;
def Softsign_iOS15 : Activation<"softsign", "`x / (1 + |x|)`">;
def Tanh_iOS15 : Activation<"tanh", "Hyperbolic tangent">;

def Gelu_iOS15 : Op<"gelu", iOS15, [Pure, Elementwise]> {
  let summary = "Gaussian error linear unit";
  let description = [{`EXACT` is `x/2 · (1 + erf(x/√2))`; `TANH_APPROXIMATION`
and `SIGMOID_APPROXIMATION` are the usual approximations.}];
  let inputs = (ins In<T>:$x, OptScalar<String, "\"EXACT\"">:$mode);
  let typeVars = [Domain<T, Floats>];
  let infer = "SameAsX";
  let verify = "GeluMode";
}

def Softmax_iOS15 : Op<"softmax", iOS15, [Pure]> {
  let summary = "Normalised exponentials along one axis";
  let inputs = (ins In<T>:$x, OptScalar<Int32, "-1">:$axis);
  let typeVars = [Domain<T, Floats>];
  let infer = "SameAsX";
  let verify = "Axis";
}

//===----------------------------------------------------------------------===//
// With parameters; from ios17 on these have a type of their own
//===----------------------------------------------------------------------===//

class OneParameter<string n, string s, Opset o, Var p>
    : Op<n, o, [Pure, Elementwise]> {
  let summary = s;
  let inputs = (ins In<T>:$x, Scalar<p>:$alpha);
  let typeVars = !if(!eq(p, T), [Domain<T, Floats>],
                     [Domain<T, Floats>, Domain<U, Floats>]);
  let infer = "SameAsX";
}
class TwoParameters<string n, string s, Opset o, Var p>
    : OneParameter<n, s, o, p> {
  let inputs = (ins In<T>:$x, Scalar<p>:$alpha, Scalar<p>:$beta);
}

multiclass OneParameterVersions<string n, string s> {
  def _iOS15 : OneParameter<n, s, iOS15, T>;
  def _iOS17 : OneParameter<n, s, iOS17, U>;
}
multiclass TwoParameterVersions<string n, string s> {
  def _iOS15 : TwoParameters<n, s, iOS15, T>;
  def _iOS17 : TwoParameters<n, s, iOS17, U>;
}

defm Elu : OneParameterVersions<"elu", "`x`, or `alpha · (exp(x) - 1)` below 0">;
defm LeakyRelu : OneParameterVersions<"leaky_relu",
                                      "`x`, or `alpha · x` below 0">;
defm ThresholdedRelu : OneParameterVersions<"thresholded_relu",
                                            "`x`, or 0 below `alpha`">;
defm ClampedRelu : TwoParameterVersions<
    "clamped_relu", "`min(x, beta)`, or `min(alpha · x, beta)` below 0">;
defm LinearActivation : TwoParameterVersions<"linear_activation",
                                             "`alpha · x + beta`">;
defm ScaledTanh : TwoParameterVersions<"scaled_tanh",
                                       "`alpha · tanh(beta · x)`">;
defm SigmoidHard : TwoParameterVersions<
    "sigmoid_hard", "`min(max(alpha · x + beta, 0), 1)`">;

/// One parameter a channel.
class Prelu<Opset o, Var p> : OneParameter<
    "prelu", "`x`, or `alpha[channel] · x` below 0", o, p> {
  let inputs = (ins In<T>:$x, Vector<p>:$alpha);
  let verify = "ChannelVectors";
}
def Prelu_iOS15 : Prelu<iOS15, T>;
def Prelu_iOS17 : Prelu<iOS17, U>;

class SoftplusParametric<Opset o, Var p> : OneParameter<
    "softplus_parametric",
    "`alpha[channel] · log(1 + exp(beta[channel] · x))`", o, p> {
  let inputs = (ins In<T>:$x, Vector<p>:$alpha, Vector<p>:$beta);
  let verify = "ChannelVectors";
}
def SoftplusParametric_iOS15 : SoftplusParametric<iOS15, T>;
def SoftplusParametric_iOS17 : SoftplusParametric<iOS17, U>;
