//===- OpRecord.cpp - Operation records, read and checked -----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpRecord.h"

#include "espresso/Base/DataType.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/TableGen/Error.h"

using namespace llvm;

namespace espresso::tblgen {

/// "range_1d" and "espresso.rms_norm" to "Range1d" and "RmsNorm".
static std::string getKernelName(StringRef opName) {
  opName.consume_front("espresso.");
  SmallVector<StringRef, 4> words;
  opName.split(words, '_');
  std::string name;
  for (StringRef word : words)
    name += toUpper(word.front()) + word.drop_front().str();
  return name;
}

/// The element types of a `Types` record; reports unknown spellings at `op`.
static bool readTypes(const Record &types, const Record &op,
                      std::vector<StringRef> &out) {
  out = types.getValueAsListOfStrings("names");
  for (StringRef name : out) {
    if (parseDataType(std::string_view(name.data(), name.size())))
      continue;
    PrintError(&op, "unknown element type '" + name + "'");
    return false;
  }
  return true;
}

static bool readInput(const DagInit &dag, unsigned index, const Record &op,
                      InputRecord &input) {
  input.name = dag.getArgNameStr(index);
  if (input.name.empty()) {
    PrintError(&op, "input " + Twine(index) + " has no name");
    return false;
  }
  const auto *definition = dyn_cast<DefInit>(dag.getArg(index));
  if (!definition || !definition->getDef()->isSubClassOf("Input")) {
    PrintError(&op, "input '" + input.name + "' is no Input");
    return false;
  }
  const Record &record = *definition->getDef();
  const Record &constraint = *record.getValueAsDef("constraint");
  if (constraint.isSubClassOf("Var"))
    input.variable = constraint.getValueAsString("name");
  else if (!readTypes(constraint, op, input.types))
    return false;
  input.kind = record.getValueAsString("kind");
  input.isConst = record.getValueAsBit("isConst");
  input.isOptional = record.getValueAsBit("isOptional");
  input.isVariadic = record.getValueAsBit("isVariadic");
  input.rank = record.getValueAsInt("rank");
  input.defaultText = record.getValueAsString("defaultText");
  input.defaultNote = record.getValueAsString("defaultNote");
  return true;
}

static bool readInputs(const Record &op, std::vector<InputRecord> &inputs) {
  const DagInit &dag = *op.getValueAsDag("inputs");
  if (dag.getOperatorAsDef(op.getLoc())->getName() != "ins") {
    PrintError(&op, "inputs must be a dag of 'ins'");
    return false;
  }
  StringSet<> names;
  for (unsigned i = 0; i < dag.getNumArgs(); ++i) {
    InputRecord input;
    if (!readInput(dag, i, op, input))
      return false;
    if (!names.insert(input.name).second) {
      PrintError(&op, "two inputs are named '" + input.name + "'");
      return false;
    }
    inputs.push_back(std::move(input));
  }
  return true;
}

/// Every variable that an input names has a domain, and every domain is named.
static bool readVariables(const Record &op, OpRecord &out) {
  for (const Record *domain : op.getValueAsListOfDefs("typeVars")) {
    VariableRecord variable;
    variable.name = domain->getValueAsDef("variable")->getValueAsString("name");
    if (!readTypes(*domain->getValueAsDef("types"), op, variable.types))
      return false;
    bool isUsed = any_of(out.inputs, [&](const InputRecord &input) {
      return input.variable == variable.name;
    });
    if (!isUsed) {
      PrintError(&op, "no input is of type '" + variable.name + "'");
      return false;
    }
    out.variables.push_back(std::move(variable));
  }
  for (const InputRecord &input : out.inputs) {
    bool isKnown = any_of(out.variables, [&](const VariableRecord &variable) {
      return input.variable == variable.name;
    });
    if (input.variable.empty() || isKnown)
      continue;
    PrintError(&op, "type variable '" + input.variable + "' of input '" +
                        input.name + "' has no domain");
    return false;
  }
  return true;
}

static bool readOp(const Record &op, OpRecord &out) {
  out.record = &op;
  out.name = op.getValueAsString("opName");
  const Record &since = *op.getValueAsDef("since");
  out.opset = since.getValueAsString("enumerator");
  out.opsetOrder = since.getValueAsInt("order");
  out.opsetSpelling = since.getValueAsString("spelling");
  out.summary = op.getValueAsString("summary");
  out.description = op.getValueAsString("description").trim();
  for (const Record *trait : op.getValueAsListOfDefs("traits"))
    out.traits.push_back(trait->getValueAsString("enumerator"));
  out.infer = op.getValueAsString("infer");
  out.verify = op.getValueAsString("verify");
  out.noKernelReason = op.getValueAsString("noEval");
  out.kernel = op.getValueAsString("eval");
  if (out.noKernelReason.empty() && out.kernel.empty())
    out.kernel = getKernelName(out.name);
  if (!out.noKernelReason.empty() && !out.kernel.empty()) {
    PrintError(&op, "both 'eval' and 'noEval' are given");
    return false;
  }
  if (out.summary.empty() || out.summary.ends_with(".")) {
    PrintError(&op, "a summary is one phrase without a full stop");
    return false;
  }
  return readInputs(op, out.inputs) && readVariables(op, out);
}

std::optional<std::vector<OpRecord>> readOpRecords(RecordKeeper &records) {
  std::vector<OpRecord> ops;
  bool isValid = true;
  for (const Record *record : records.getAllDerivedDefinitions("Op")) {
    OpRecord op;
    if (readOp(*record, op))
      ops.push_back(std::move(op));
    else
      isValid = false;
  }
  llvm::sort(ops, [](const OpRecord &a, const OpRecord &b) {
    return std::tie(a.name, a.opsetOrder) < std::tie(b.name, b.opsetOrder);
  });
  for (size_t i = 1; i < ops.size(); ++i) {
    if (ops[i].name != ops[i - 1].name || ops[i].opset != ops[i - 1].opset)
      continue;
    PrintError(ops[i].record, "second definition of '" + ops[i].name + "' in " +
                                  ops[i].opsetSpelling);
    PrintNote(ops[i - 1].record->getLoc(), "the first is here");
    isValid = false;
  }
  if (!isValid)
    return std::nullopt;
  return ops;
}

} // namespace espresso::tblgen
