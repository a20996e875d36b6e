//===- OpBase.td - Vocabulary of operation records ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// A record says what an operation takes and which functions give its result
// types, check what tables cannot say, and compute it. Behaviour is C++ in
// lib/Ops/Rules and lib/Eval; records hold data and names. See
// docs/AddingAnOperation.md.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_OPS_OPBASE_TD
#define ESPRESSO_OPS_OPBASE_TD

//===----------------------------------------------------------------------===//
// Opsets and traits
//===----------------------------------------------------------------------===//

class Opset<string e, string s, int o> {
  string enumerator = e;
  string spelling = s;
  int order = o;
}
def iOS15 : Opset<"IOS15", "ios15", 15>;
def iOS16 : Opset<"IOS16", "ios16", 16>;
def iOS17 : Opset<"IOS17", "ios17", 17>;
def iOS18 : Opset<"IOS18", "ios18", 18>;
def ModelOpset : Opset<"Model", "model", 100>;

class Trait<string e> {
  string enumerator = e;
}
def Pure : Trait<"Pure">;
def Commutative : Trait<"Commutative">;
def Elementwise : Trait<"Elementwise">;
def Constexpr : Trait<"Constexpr">;
def WritesState : Trait<"WritesState">;
def ReadsState : Trait<"ReadsState">;
def Composite : Trait<"Composite">;
def HostOnly : Trait<"HostOnly">;
def Causal : Trait<"Causal">;
def OpenInputs : Trait<"OpenInputs">;
def AttributeInputs : Trait<"AttributeInputs">;
def NestedBlocks : Trait<"NestedBlocks">;

//===----------------------------------------------------------------------===//
// Element types
//===----------------------------------------------------------------------===//

/// What the elements of an input may be: a set of types or a type variable.
class Constraint;

class Types<list<string> ns> : Constraint {
  list<string> names = ns;
}
def AnyType : Types<[]>;
def Bool : Types<["bool"]>;
def String : Types<["string"]>;
def Half : Types<["fp16"]>;
def Fp32 : Types<["fp32"]>;
def Int32 : Types<["int32"]>;
def UInt1 : Types<["uint1"]>;
def UInt8 : Types<["uint8"]>;
def UInt32 : Types<["uint32"]>;
def Floats : Types<["fp16", "fp32"]>;
def Numbers : Types<["fp16", "fp32", "int32"]>;
/// What data movement takes before ios17, and from it on.
def Tensors15 : Types<["bool", "fp16", "fp32", "int32"]>;
def Tensors17 : Types<["bool", "fp16", "fp32", "int16", "int32", "int8",
                       "uint16", "uint8"]>;
def Numbers17 : Types<["fp16", "fp32", "int16", "int32", "int8", "uint16",
                       "uint8"]>;
/// Indices of the gather family.
def Indices16 : Types<["int16", "int32", "uint16"]>;
def Indices17 : Types<["int16", "int32", "int8", "uint16", "uint8"]>;
/// Shapes, begins and ends.
def Extents17 : Types<["int16", "int32", "int8"]>;

/// Inputs that name the same variable agree in element type.
class Var<string n> : Constraint {
  string name = n;
}
def T : Var<"T">;
def U : Var<"U">;
def I : Var<"I">;
def K : Var<"K">;
def M : Var<"M">;
def BoxT : Var<"BOX_T">;
def BoxIndexT : Var<"BOX_INDEX_T">;
def SrcT : Var<"SrcT">;
def DstT : Var<"DstT">;
def OffsetT : Var<"OffsetT">;
def IndicesT : Var<"IndicesT">;
def ZeroPointT : Var<"ZeroPointT">;

/// The types a variable ranges over.
class Domain<Var v, Types t> {
  Var variable = v;
  Types types = t;
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

/// Operator of the dag of inputs.
def ins;

class Input<Constraint c> {
  Constraint constraint = c;
  string kind = "Tensor";
  bit isConst = 0;
  bit isOptional = 0;
  bit isVariadic = 0;
  /// The rank the argument must have; -1: any, or a rule checks it.
  int rank = -1;
  /// MIL literal text.
  string defaultText = "";
  /// For documents, where the default depends on other inputs.
  string defaultNote = "";
}

/// Inputs of any rank.
class In<Constraint c> : Input<c>;
class OptIn<Constraint c> : Input<c> {
  let isOptional = 1;
}
class Const<Constraint c> : Input<c> {
  let isConst = 1;
}
class OptConst<Constraint c> : Const<c> {
  let isOptional = 1;
}
/// Compile-time scalars.
class Scalar<Constraint c> : Const<c> {
  let rank = 0;
}
class OptScalar<Constraint c, string d = "", string note = ""> : Scalar<c> {
  let isOptional = 1;
  let defaultText = d;
  let defaultNote = note;
}
/// Compile-time vectors.
class Vector<Constraint c> : Const<c> {
  let rank = 1;
}
class OptVector<Constraint c, string note = ""> : Vector<c> {
  let isOptional = 1;
  let defaultNote = note;
}
/// Vectors that may be computed.
class InVector<Constraint c> : Input<c> {
  let rank = 1;
}
class OptInVector<Constraint c, string note = ""> : InVector<c> {
  let isOptional = 1;
  let defaultNote = note;
}
/// Scalars that may be computed.
class InScalar<Constraint c> : Input<c> {
  let rank = 0;
}
class OptInScalar<Constraint c, string d> : InScalar<c> {
  let isOptional = 1;
  let defaultText = d;
}
class Variadic<Constraint c> : Input<c> {
  let isVariadic = 1;
}
/// A list of compile-time scalars.
class VariadicScalars<Constraint c> : Scalar<c> {
  let isVariadic = 1;
}
def StateIn : Input<AnyType> {
  let kind = "State";
}
class StateOf<Constraint c> : Input<c> {
  let kind = "State";
}
def ListIn : Input<AnyType> {
  let kind = "List";
}
def ListConst : Const<AnyType> {
  let kind = "List";
}
def AnyIn : Input<AnyType> {
  let kind = "Any";
}
def VariadicAny : Variadic<AnyType> {
  let kind = "Any";
}
def AnyConst : Input<AnyType> {
  let kind = "Any";
  let isConst = 1;
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

/// One version of an operation, valid from opset `o` to the next version.
class Op<string n, Opset o, list<Trait> ts = []> {
  string opName = n;
  Opset since = o;
  list<Trait> traits = ts;
  /// A phrase without a full stop, and prose in Markdown.
  string summary = "";
  string description = "";
  dag inputs = (ins);
  list<Domain> typeVars = [];
  /// `infer<name>` of lib/Ops/Rules gives the result types; empty: those
  /// declared stand.
  string infer = "";
  /// `verify<name>` checks what the table of inputs cannot say.
  string verify = "";
  /// Name of the kernel in lib/Eval. Empty: that of the operation in CamelCase.
  string eval = "";
  /// Why there is no kernel, if there is none.
  string noEval = "";
}

/// For operations that are no computation.
defvar kEvaluatorItself = "the evaluator itself does this";

#endif // ESPRESSO_OPS_OPBASE_TD
