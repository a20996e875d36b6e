//===- OpDocGen.cpp - Records to a reference in Markdown ------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Backends.h"
#include "OpRecord.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/TableGen/Error.h"

using namespace llvm;

namespace espresso::tblgen {

static void emitTypes(ArrayRef<StringRef> types, raw_ostream &os) {
  if (types.empty())
    os << "any";
  interleaveComma(types, os);
}

static StringRef getShape(const InputRecord &input) {
  if (input.isVariadic)
    return input.kind == "Any" ? "values"
           : input.rank == 0   ? "list of scalars"
                               : "list of tensors";
  if (input.kind == "State")
    return "state";
  if (input.kind == "List")
    return "list";
  if (input.kind == "Any")
    return "any value";
  if (input.rank == 0)
    return "scalar";
  if (input.rank == 1)
    return "vector";
  return "tensor";
}

static void emitInput(const OpRecord &op, const InputRecord &input,
                      raw_ostream &os) {
  os << "| `" << input.name << "` | " << getShape(input) << " of ";
  if (input.variable.empty())
    emitTypes(input.types, os);
  else
    os << input.variable;
  os << " | " << (input.isConst ? "yes" : "") << " | ";
  if (!input.defaultText.empty())
    os << '`' << input.defaultText << '`';
  else if (!input.defaultNote.empty())
    os << input.defaultNote;
  else if (input.isOptional)
    os << "absent";
  else
    os << "required";
  os << " |\n";
}

static void emitVersion(const OpRecord &op, raw_ostream &os) {
  os << "### since " << op.opsetSpelling << "\n\n";
  if (!op.inputs.empty()) {
    os << "| input | takes | compile-time | default |\n|---|---|---|---|\n";
    for (const InputRecord &input : op.inputs)
      emitInput(op, input, os);
    os << '\n';
  }
  for (const VariableRecord &variable : op.variables) {
    os << "- " << variable.name << ": ";
    emitTypes(variable.types, os);
    os << '\n';
  }
  if (!op.traits.empty()) {
    os << "- traits: ";
    interleaveComma(op.traits, os);
    os << '\n';
  }
  os << "- result types: ";
  if (op.infer.empty())
    os << "as declared\n";
  else
    os << "rule `" << op.infer << "`\n";
  if (!op.verify.empty())
    os << "- checked by: rule `" << op.verify << "`\n";
  os << "- evaluator: ";
  if (op.kernel.empty())
    os << "no kernel (" << op.noKernelReason << ")\n\n";
  else
    os << "kernel `" << op.kernel << "`\n\n";
}

/// A page a file of records: operations in order of name, versions in order of
/// opset. Prose comes from the oldest version unless a newer one has its own.
bool emitOpDoc(raw_ostream &os, RecordKeeper &records) {
  std::optional<std::vector<OpRecord>> ops = readOpRecords(records);
  if (!ops)
    return true;
  os << "# " << sys::path::stem(records.getInputFilename())
     << " operations\n\n";
  StringRef previousName;
  StringRef previousDescription;
  for (const OpRecord &op : *ops) {
    if (op.name != previousName)
      os << "## `" << op.name << "`\n\n" << op.summary << ".\n\n";
    if (!op.description.empty() && op.description != previousDescription)
      os << op.description << "\n\n";
    emitVersion(op, os);
    previousName = op.name;
    previousDescription = op.description;
  }
  return false;
}

/// The page that the record of `op` is on: a page a file.
static StringRef getPage(const OpRecord &op) {
  unsigned buffer = SrcMgr.FindBufferContainingLoc(op.record->getLoc().front());
  return sys::path::stem(SrcMgr.getMemoryBuffer(buffer)->getBufferIdentifier());
}

/// A line an operation, with its versions and a link to its page.
bool emitOpIndex(raw_ostream &os, RecordKeeper &records) {
  std::optional<std::vector<OpRecord>> ops = readOpRecords(records);
  if (!ops)
    return true;
  os << "# Operations\n\n| operation | since | meaning | evaluated by | page "
        "|\n|---|---|---|---|---|\n";
  for (size_t i = 0; i < ops->size();) {
    const OpRecord &first = (*ops)[i];
    os << "| `" << first.name << "` | ";
    ListSeparator separator;
    for (; i < ops->size() && (*ops)[i].name == first.name; ++i)
      os << separator << (*ops)[i].opsetSpelling;
    StringRef page = getPage(first);
    os << " | " << first.summary << " | ";
    if (first.kernel.empty())
      os << first.noKernelReason;
    else
      os << '`' << first.kernel << '`';
    os << " | [" << page << "](" << page << ".md) |\n";
  }
  return false;
}

} // namespace espresso::tblgen
