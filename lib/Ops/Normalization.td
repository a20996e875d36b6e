//===- Normalization.td - Normalisations ----------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

include "OpBase.td"

/// `p` is the type of the parameters: T up to ios16, U from ios17 on.
class Norm<string n, Opset o, Var p> : Op<n, o, [Pure]> {
  let typeVars = !if(!eq(p, T), [Domain<T, Floats>],
                     [Domain<T, Floats>, Domain<U, Floats>]);
  let infer = "SameAsX";
}

class BatchNormBase<Opset o, Var p> : Norm<"batch_norm", o, p> {
  let summary = "Normalisation of each channel by given statistics";
  let description = [{`gamma · (x - mean) / √(variance + epsilon) + beta`; `x` is
`[N, C, spatial…]`, the parameters are `[C]`.}];
  let inputs = (ins In<T>:$x, Vector<p>:$mean, Vector<p>:$variance,
                OptVector<p, "ones">:$gamma, OptVector<p, "zeros">:$beta,
                OptScalar<p, "1e-5">:$epsilon);
  let verify = "BatchNorm";
}
def BatchNorm_iOS15 : BatchNormBase<iOS15, T>;
def BatchNorm_iOS17 : BatchNormBase<iOS17, U>;

class InstanceNormBase<Opset o, Var p> : Norm<"instance_norm", o, p> {
  let summary = "Normalisation of each channel of each instance";
  let description = [{Mean and variance are taken over the spatial axes; `x` is
`[N, C, spatial…]` of rank 3 or 4, the parameters are `[C]`.}];
  let inputs = (ins In<T>:$x, OptVector<p, "ones">:$gamma,
                OptVector<p, "zeros">:$beta, OptScalar<p, "1e-5">:$epsilon);
  let verify = "InstanceNorm";
}
def InstanceNorm_iOS15 : InstanceNormBase<iOS15, T>;
def InstanceNorm_iOS17 : InstanceNormBase<iOS17, U>;

class LayerNormBase<Opset o, Var p> : Norm<"layer_norm", o, p> {
  let summary = "Normalisation over `axes`";
  let description = [{`gamma · (x - μ) / √(σ² + epsilon) + beta`, with mean and
variance over `axes`; `gamma` and `beta` have the extents of these axes.}];
  let inputs = (ins In<T>:$x, OptVector<Int32, "all axes">:$axes,
                OptConst<p>:$gamma, OptConst<p>:$beta,
                OptScalar<p, "1e-5">:$epsilon);
  let verify = "LayerNorm";
}
def LayerNorm_iOS15 : LayerNormBase<iOS15, T>;
def LayerNorm_iOS17 : LayerNormBase<iOS17, U>;

class L2NormBase<Opset o, Var p> : Norm<"l2_norm", o, p> {
  let summary = "Division by the Euclidean norm over the last three axes";
  let inputs = (ins In<T>:$x, OptScalar<p, "1e-6">:$epsilon);
  let verify = "L2Norm";
}
def L2Norm_iOS15 : L2NormBase<iOS15, T>;
def L2Norm_iOS17 : L2NormBase<iOS17, U>;

class LocalResponseNormBase<Opset o, Var p>
    : Norm<"local_response_norm", o, p> {
  let summary = "Normalisation over neighbouring channels";
  let description = [{`x / (k + alpha / size · Σ x²)^beta`, the sum running over
`size` channels around each.}];
  let inputs = (ins In<T>:$x, Scalar<Int32>:$size, OptScalar<p, "1e-4">:$alpha,
                OptScalar<p, "0.75">:$beta, OptScalar<p, "1.0">:$k);
  let verify = "LocalResponseNorm";
}
def LocalResponseNorm_iOS15 : LocalResponseNormBase<iOS15, T>;
def LocalResponseNorm_iOS17 : LocalResponseNormBase<iOS17, U>;
