//===- Elementwise.td - Operations element by element ---------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

include "OpBase.td"

//===----------------------------------------------------------------------===//
// Two tensors, broadcast
//===----------------------------------------------------------------------===//

class Binary<string n, string s, Types domain = Numbers,
             list<Trait> extra = []>
    : Op<n, iOS15, !listconcat([Pure, Elementwise], extra)> {
  let summary = s;
  let inputs = (ins In<T>:$x, In<T>:$y);
  let typeVars = [Domain<T, domain>];
  let infer = "Broadcast";
}
class Comparison<string n, string s, list<Trait> extra = []>
    : Binary<n, s, Numbers, extra> {
  let infer = "BroadcastToBool";
}

def Add_iOS15 : Binary<"add", "Sum", Numbers, [Commutative]>;
def Sub_iOS15 : Binary<"sub", "Difference `x - y`">;
def Mul_iOS15 : Binary<"mul", "Product", Numbers, [Commutative]>;
def RealDiv_iOS15 : Binary<"real_div", "Quotient `x / y`"> {
  let description = "Integers are divided with truncation toward zero.";
}
def FloorDiv_iOS15 : Binary<"floor_div", "Quotient `x / y`, rounded down">;
def Mod_iOS15 : Binary<"mod", "Remainder with the sign of `y`">;
def Pow_iOS15 : Binary<"pow", "Power `x ^ y`">;
def Maximum_iOS15 : Binary<"maximum", "The larger of both", Numbers,
                           [Commutative]>;
def Minimum_iOS15 : Binary<"minimum", "The smaller of both", Numbers,
                           [Commutative]>;

def Equal_iOS15 : Comparison<"equal", "Whether `x = y`", [Commutative]>;
def NotEqual_iOS15 : Comparison<"not_equal", "Whether `x ≠ y`", [Commutative]>;
def Less_iOS15 : Comparison<"less", "Whether `x < y`">;
def LessEqual_iOS15 : Comparison<"less_equal", "Whether `x ≤ y`">;
def Greater_iOS15 : Comparison<"greater", "Whether `x > y`">;
def GreaterEqual_iOS15 : Comparison<"greater_equal", "Whether `x ≥ y`">;

def LogicalAnd_iOS15 : Binary<"logical_and", "Both are true", Bool,
                              [Commutative]>;
def LogicalOr_iOS15 : Binary<"logical_or", "At least one is true", Bool,
                             [Commutative]>;
def LogicalXor_iOS15 : Binary<"logical_xor", "Exactly one is true", Bool,
                              [Commutative]>;

//===----------------------------------------------------------------------===//
// One tensor
//===----------------------------------------------------------------------===//

class Unary<string n, string s, Types domain = Floats>
    : Op<n, iOS15, [Pure, Elementwise]> {
  let summary = s;
  let inputs = (ins In<T>:$x);
  let typeVars = [Domain<T, domain>];
  let infer = "SameAsX";
}

def Abs_iOS15 : Unary<"abs", "Absolute value", Numbers>;
def Acos_iOS15 : Unary<"acos", "Inverse cosine">;
def Asin_iOS15 : Unary<"asin", "Inverse sine">;
def Atan_iOS15 : Unary<"atan", "Inverse tangent">;
def Atanh_iOS15 : Unary<"atanh", "Inverse hyperbolic tangent">;
def Ceil_iOS15 : Unary<"ceil", "Rounding up to an integer">;
def Cos_iOS15 : Unary<"cos", "Cosine">;
def Cosh_iOS15 : Unary<"cosh", "Hyperbolic cosine">;
def Erf_iOS15 : Unary<"erf", "Gauss error function">;
def Exp_iOS15 : Unary<"exp", "Exponential">;
def Exp2_iOS15 : Unary<"exp2", "Power of two", Numbers>;
def Floor_iOS15 : Unary<"floor", "Rounding down to an integer">;
def LogicalNot_iOS15 : Unary<"logical_not", "Negation", Bool>;
def Round_iOS15 : Unary<"round", "Rounding to the nearest integer, ties to even">;
def Sign_iOS15 : Unary<"sign", "-1, 0 or 1", Numbers>;
def Sin_iOS15 : Unary<"sin", "Sine">;
def Sinh_iOS15 : Unary<"sinh", "Hyperbolic sine">;
def Sqrt_iOS15 : Unary<"sqrt", "Square root">;
def Square_iOS15 : Unary<"square", "Square", Numbers>;
def Tan_iOS15 : Unary<"tan", "Tangent">;

/// A small number is added to `x` first; from ios17 on its type is its own.
class WithEpsilon<string n, string s, string default, Opset o, Var e>
    : Op<n, o, [Pure, Elementwise]> {
  let summary = s;
  let inputs = (ins In<T>:$x, OptScalar<e, default>:$epsilon);
  let typeVars = !if(!eq(e, T), [Domain<T, Floats>],
                     [Domain<T, Floats>, Domain<U, Floats>]);
  let infer = "SameAsX";
}
def Inverse_iOS15 : WithEpsilon<"inverse", "Reciprocal of `x + epsilon`",
                                "1e-4", iOS15, T>;
def Inverse_iOS17 : WithEpsilon<"inverse", "Reciprocal of `x + epsilon`",
                                "1e-4", iOS17, U>;
def Log_iOS15 : WithEpsilon<"log", "Natural logarithm of `x + epsilon`",
                            "1e-45", iOS15, T>;
def Log_iOS17 : WithEpsilon<"log", "Natural logarithm of `x + epsilon`",
                            "1e-45", iOS17, U>;
def Rsqrt_iOS15 : WithEpsilon<"rsqrt", "Reciprocal square root of `x + epsilon`",
                              "1e-12", iOS15, T>;
def Rsqrt_iOS17 : WithEpsilon<"rsqrt", "Reciprocal square root of `x + epsilon`",
                              "1e-12", iOS17, U>;

class ClipBase<Opset o> : Op<"clip", o, [Pure, Elementwise]> {
  let summary = "Each element, held between `alpha` and `beta`";
  let inputs = (ins In<T>:$x, Scalar<T>:$alpha, Scalar<T>:$beta);
  let typeVars = [Domain<T, Floats>];
  let infer = "SameAsX";
}
def Clip_iOS15 : ClipBase<iOS15>;
def Clip_iOS17 : ClipBase<iOS17>;

def Threshold_iOS15 : Op<"threshold", iOS15, [Pure, Elementwise]> {
  let summary = "The larger of `x` and `alpha`";
  let inputs = (ins In<T>:$x, Scalar<T>:$alpha);
  let typeVars = [Domain<T, Numbers>];
  let infer = "SameAsX";
}

//===----------------------------------------------------------------------===//
// Types and choices
//===----------------------------------------------------------------------===//

class CastBase<Opset o, Types domain> : Op<"cast", o, [Pure, Elementwise]> {
  let summary = "Each element as another type";
  let description = [{`dtype` is one of the types that `x` may have. Floats
become integers by truncation toward zero; anything but zero is true.}];
  let inputs = (ins In<T>:$x, Scalar<String>:$dtype);
  let typeVars = [Domain<T, domain>];
  let infer = "Cast";
}
def Cast_iOS15 : CastBase<iOS15, Tensors15>;
def Cast_iOS17 : CastBase<iOS17, Tensors17>;

def Select_iOS15 : Op<"select", iOS15, [Pure, Elementwise]> {
  let summary = "`a` where `cond` is true, elsewhere `b`";
  let inputs = (ins In<Bool>:$cond, In<T>:$a, In<T>:$b);
  let typeVars = [Domain<T, Tensors15>];
  let infer = "Select";
}

def Identity_iOS15 : Op<"identity", iOS15, [Pure]> {
  let summary = "Its input";
  let inputs = (ins AnyIn:$x);
  let infer = "SameTypeAsX";
}
