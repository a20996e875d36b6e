//===- OpRegistryGen.cpp - Records to constant rows -----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Backends.h"
#include "OpRecord.h"

#include "espresso/Base/DataType.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/TableGen/TableGenBackend.h"

#include <set>

using namespace llvm;

namespace espresso::tblgen {

/// The enumerator of DataType for a spelling that has been checked.
static StringRef getEnumerator(StringRef spelling) {
  return StringSwitch<StringRef>(spelling)
      .Case("bool", "Bool")
      .Case("string", "String")
      .Case("fp16", "Float16")
      .Case("fp32", "Float32")
      .Case("fp64", "Float64")
      .Case("bf16", "BFloat16")
      .Case("fp8e4m3fn", "Float8E4M3FN")
      .Case("fp8e5m2", "Float8E5M2")
      .Case("int4", "Int4")
      .Case("int8", "Int8")
      .Case("int16", "Int16")
      .Case("int32", "Int32")
      .Case("int64", "Int64")
      .Case("uint1", "UInt1")
      .Case("uint2", "UInt2")
      .Case("uint3", "UInt3")
      .Case("uint4", "UInt4")
      .Case("uint6", "UInt6")
      .Case("uint8", "UInt8")
      .Case("uint16", "UInt16")
      .Case("uint32", "UInt32")
      .Case("uint64", "UInt64");
}

static void emitString(StringRef text, raw_ostream &os) {
  os << '"';
  os.write_escaped(text);
  os << '"';
}

static void emitTypes(ArrayRef<StringRef> types, raw_ostream &os) {
  os << "DataTypeSet{";
  interleaveComma(types, os, [&](StringRef type) {
    os << "DataType::" << getEnumerator(type);
  });
  os << '}';
}

static int getVariableIndex(const OpRecord &op, StringRef variable) {
  const auto *found = find_if(op.variables, [&](const VariableRecord &entry) {
                        return entry.name == variable;
                      }).base();
  const VariableRecord *end = op.variables.data() + op.variables.size();
  return found == end ? -1 : static_cast<int>(found - op.variables.data());
}

static void emitInputs(const OpRecord &op, raw_ostream &os) {
  os << "static constexpr InputDefinition k" << op.record->getName()
     << "Inputs[] = {\n";
  for (const InputRecord &input : op.inputs) {
    os << "    {.name = \"" << input.name
       << "\", .kind = InputKind::" << input.kind
       << ", .typeVariable = " << getVariableIndex(op, input.variable)
       << ", .types = ";
    emitTypes(input.types, os);
    os << ", .rank = " << input.rank << ", .isConst = " << input.isConst
       << ", .isOptional = " << input.isOptional
       << ", .isVariadic = " << input.isVariadic << ", .defaultText = ";
    emitString(input.defaultText, os);
    os << "},\n";
  }
  os << "};\n";
}

static void emitVariables(const OpRecord &op, raw_ostream &os) {
  os << "static constexpr TypeVariable k" << op.record->getName()
     << "Variables[] = {\n";
  for (const VariableRecord &variable : op.variables) {
    os << "    {\"" << variable.name << "\", ";
    emitTypes(variable.types, os);
    os << "},\n";
  }
  os << "};\n";
}

static void emitRow(const OpRecord &op, raw_ostream &os) {
  StringRef id = op.record->getName();
  os << "    {.name = \"" << op.name << "\",\n     .since = Opset::" << op.opset
     << ",\n     .summary = ";
  emitString(op.summary, os);
  os << ",\n     .description = ";
  emitString(op.description, os);
  if (!op.inputs.empty())
    os << ",\n     .inputs = k" << id << "Inputs";
  if (!op.variables.empty())
    os << ",\n     .typeVariables = k" << id << "Variables";
  os << ",\n     .traits = 0";
  for (StringRef trait : op.traits)
    os << " | OpTrait_" << trait;
  if (!op.infer.empty())
    os << ",\n     .infer = rules::infer" << op.infer;
  if (!op.verify.empty())
    os << ",\n     .verify = rules::verify" << op.verify;
  os << ",\n     .kernel = \"" << op.kernel << "\",\n     .noKernelReason = ";
  emitString(op.noKernelReason, os);
  os << "},\n";
}

static void emitDeclarations(ArrayRef<OpRecord> ops, raw_ostream &os) {
  std::set<StringRef> inferNames;
  std::set<StringRef> verifyNames;
  for (const OpRecord &op : ops) {
    if (!op.infer.empty())
      inferNames.insert(op.infer);
    if (!op.verify.empty())
      verifyNames.insert(op.verify);
  }
  os << "#ifdef GET_OP_RULES\n#undef GET_OP_RULES\n";
  for (StringRef name : inferNames)
    os << "LogicalResult infer" << name
       << "(const Operation &op, llvm::SmallVectorImpl<Type> &results);\n";
  for (StringRef name : verifyNames)
    os << "LogicalResult verify" << name << "(const Operation &op);\n";
  os << "#endif // GET_OP_RULES\n\n";
}

bool emitOpRegistry(raw_ostream &os, RecordKeeper &records) {
  std::optional<std::vector<OpRecord>> ops = readOpRecords(records);
  if (!ops)
    return true;
  emitSourceFileHeader("Rows of the operation registry", os, records);
  emitDeclarations(*ops, os);
  os << "#ifdef GET_OP_ROWS\n#undef GET_OP_ROWS\n";
  for (const OpRecord &op : *ops) {
    if (!op.inputs.empty())
      emitInputs(op, os);
    if (!op.variables.empty())
      emitVariables(op, os);
  }
  os << "static constexpr OpDefinition kOpDefinitions[] = {\n";
  for (const OpRecord &op : *ops)
    emitRow(op, os);
  os << "};\n#endif // GET_OP_ROWS\n";
  return false;
}

} // namespace espresso::tblgen
