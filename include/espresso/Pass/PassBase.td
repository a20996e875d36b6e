//===- PassBase.td - How a pass is declared ---------------*- tablegen -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A record of class Pass gives a pass its name in pipelines, its options and
// statistics. espresso-tblgen derives from a record `Foo`: the struct
// FooOptions, the declaration of createFooPass, the class FooBase to derive
// from, a row of the table of passes, and a section of the reference. See
// docs/AddingAPass.md.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_PASS_PASSBASE
#define ESPRESSO_PASS_PASSBASE

class PassScope;
def ProgramScope : PassScope; // run(Program &, PassContext &)
def FunctionScope : PassScope; // run(Function &, PassContext &)

class OptionKind<string cppType> {
  string type = cppType;
}
def Bool : OptionKind<"bool">;
def Integer : OptionKind<"int64_t">;
def String : OptionKind<"std::string">;

// `name` is spelt with dashes; the member of the options struct is its
// camelBack form. `default` is spelt as in a pipeline.
class Option<string optionName, OptionKind optionKind, string defaultValue,
             string helpText> {
  string name = optionName;
  OptionKind kind = optionKind;
  string default = defaultValue;
  string help = helpText;
  // For strings: the only values accepted; empty for any.
  list<string> choices = [];
}

class Choice<string optionName, string defaultValue, list<string> values,
             string helpText>
    : Option<optionName, String, defaultValue, helpText> {
  let choices = values;
}

// A number counted over a whole run of the pipeline; also spelt with dashes.
class Statistic<string statisticName, string helpText> {
  string name = statisticName;
  string help = helpText;
}

// How far a pass may move what a program computes; see NumericTolerance.
class Numerics<int declaredUnits, int binary64Units> {
  int units = declaredUnits;
  int constantUnits = binary64Units;
}
// Not at all, bit by bit.
def Exact : Numerics<0, 0>;
// By `declaredUnits` in the declared types: it rounds more, less, or elsewhere.
// In binary64 nothing may be left of that but what rounding constants does.
class Rounds<int declaredUnits, int binary64Units = 2>
    : Numerics<declaredUnits, binary64Units>;

class Pass<string argumentName, PassScope passScope> {
  // The name in pipelines.
  string argument = argumentName;
  PassScope scope = passScope;
  // One line, a verb in the third person, no full stop.
  string summary = ?;
  // Markdown.
  string description = "";
  list<Option> options = [];
  list<Statistic> statistics = [];
  Numerics numerics = Exact;
  // Left out of help and of the reference: passes that test the manager.
  bit hidden = 0;
}

#endif // ESPRESSO_PASS_PASSBASE
