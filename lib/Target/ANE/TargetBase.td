//===- TargetBase.td - How chips and rules are declared -*- tablegen -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What is known of the engine is data with its evidence. Nothing of it was
// measured by this project. Numbers are text where TableGen has none of the
// kind; a number that is not known is left out, never guessed. See
// docs/Target.md.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TARGET_ANE_TARGETBASE
#define ESPRESSO_TARGET_ANE_TARGETBASE

//===----------------------------------------------------------------------===//
// Evidence
//===----------------------------------------------------------------------===//

// Where a fact comes from.
class Source<string sourceUrl, string sourceWhat> {
  string url = sourceUrl;
  string what = sourceWhat;
}

// A thread or page that speaks of one thing only.
class Page<string sourceUrl> : Source<sourceUrl, "">;

// Two accounts that contradict each other, and what is made of them.
class Dispute<string disputedClaim> {
  string claim = disputedClaim;
  string supporting = ?;
  string contradicting = ?;
  string decision = ?;
}

//===----------------------------------------------------------------------===//
// Limits and figures
//===----------------------------------------------------------------------===//

// An integer that a rule or a budget depends on. `value` is what holds if no
// chip is named and, unless `perChip`, for chips that say nothing of it.
class Limit<string limitName, string limitUnit, string limitWhat, int limitValue,
            bit isPerChip = 0> {
  string name = limitName;
  string unit = limitUnit;
  string what = limitWhat;
  int value = limitValue;
  bit perChip = isPerChip;
}

// A kind of measurement.
class Figure<string figureName, string figureUnit, string figureWhat> {
  string name = figureName;
  string unit = figureUnit;
  string what = figureWhat;
}

// How a value was come by.
class Origin<string originName> {
  string name = originName;
}
def Measured : Origin<"measured">; // by the sources, on a device
def Announced : Origin<"announced">; // by the maker
def Recalled : Origin<"recalled">; // from announcements, not checked again
def Assumed : Origin<"assumed">; // from neighbouring generations
def Disputed_ : Origin<"disputed">; // sources contradict

// What a limit or a figure is for a generation or a chip.
class LimitValue<Limit valueLimit, int limitValue, Origin valueOrigin,
                 string valueNote = ""> {
  Limit limit = valueLimit;
  int value = limitValue;
  Origin origin = valueOrigin;
  string note = valueNote;
}

class FigureValue<Figure valueFigure, string figureValue, Origin valueOrigin,
                  list<Source> valueSources, string valueNote = ""> {
  Figure figure = valueFigure;
  string value = figureValue;
  Origin origin = valueOrigin;
  list<Source> sources = valueSources;
  string note = valueNote;
}

//===----------------------------------------------------------------------===//
// Chips
//===----------------------------------------------------------------------===//

// Chips that share an engine; from old to new.
class Generation<string generationName> {
  string name = generationName;
  // As containers of programs say it; -1 if not known.
  int cpuSubtype = -1;
  // Version of task descriptors; -1 if not known.
  int descriptorVersion = -1;
  list<LimitValue> limits = [];
  string note = "";
}

// A chip by the name it is sold under. `--chip` accepts it and its aliases
// without regard to case, blanks and dashes.
class Chip<string chipName, Generation chipGeneration> {
  string name = chipName;
  Generation generation = chipGeneration;
  list<string> aliases = [];
  // Of all engines together; -1 if not known.
  int cores = -1;
  // -1 if not known.
  int engines = -1;
  list<LimitValue> limits = [];
  list<FigureValue> figures = [];
  string note = "";
}

//===----------------------------------------------------------------------===//
// Rules
//===----------------------------------------------------------------------===//

class RulePath<string pathName> {
  string name = pathName;
}
def Public : RulePath<"public">; // packages through Core ML
def Direct : RulePath<"direct">; // MIL text through the private interface
def Descriptor : RulePath<"descriptor">; // task descriptors made by hand

class RuleSeverity;
def Error : RuleSeverity; // does not compile, does not run, or is wrong
def Warning : RuleSeverity; // slow, fragile, or on some chips only
def Remark : RuleSeverity; // advice

class RuleConfidence<string confidenceName> {
  string name = confidenceName;
}
def Several : RuleConfidence<"several">; // independent sources agree
def One : RuleConfidence<"one">; // a single source
def Disputed : RuleConfidence<"disputed">; // sources contradict
def Inferred : RuleConfidence<"inferred">; // follows from other facts

class RuleGroup<string groupTitle, int groupOrder> {
  string title = groupTitle;
  int order = groupOrder;
}
def Boundary : RuleGroup<"Inputs and outputs of programs", 0>;
def ShapeAndLayout : RuleGroup<"Shapes and layout", 1>;
def Operators : RuleGroup<"Operations", 2>;
def Structure : RuleGroup<"Weights, sizes and the structure of programs", 3>;
def Precision : RuleGroup<"Precision", 4>;

class Rule<string ruleId, RuleGroup ruleGroup, RuleSeverity ruleSeverity,
           RuleConfidence ruleConfidence> {
  string id = ruleId;
  RuleGroup group = ruleGroup;
  RuleSeverity severity = ruleSeverity;
  RuleConfidence confidence = ruleConfidence;
  // One sentence or two; no full stop at the end.
  string statement = ?;
  // The chips and systems it was seen on, for people.
  string seenOn = "all";
  // The generations it holds for; empty: all.
  list<Generation> generations = [];
  list<RulePath> paths = [Public, Direct];
  list<Limit> limits = [];
  list<Source> evidence = [];
  string evidenceNote = "";
  // What to do about it, for people; empty if nothing helps.
  string rewrite = "";
  // The pass that does it, empty if none does.
  string pass = "";
  // Set if the confidence is Disputed.
  list<Dispute> disputes = [];
}

#endif // ESPRESSO_TARGET_ANE_TARGETBASE
