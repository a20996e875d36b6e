//===- PassGen.cpp - C++ and documentation of passes ----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// From records of class Pass (include/espresso/Pass/PassBase.td):
//
//   -gen-pass-decls   GEN_PASS_CLASSES: FooOptions, createFooPass, FooBase
//                     GEN_PASS_TABLE: getPassInfo() of each, and kPasses
//   -gen-pass-doc     docs/Passes.md
//
//===----------------------------------------------------------------------===//

#include "Backends.h"
#include "Text.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TableGen/Error.h"
#include "llvm/TableGen/Record.h"

#include <vector>

using llvm::Record;
using llvm::StringRef;

namespace espresso::tblgen {

//===----------------------------------------------------------------------===//
// Reading records
//===----------------------------------------------------------------------===//

/// "max-iterations" → "maxIterations".
static std::string toCamelBack(StringRef dashed) {
  std::string result;
  for (StringRef word : llvm::split(dashed, '-')) {
    if (!result.empty() && !word.empty()) {
      result += llvm::toUpper(word.front());
      word = word.drop_front();
    }
    result += word;
  }
  return result;
}

/// Prose without the indentation it has in the record.
static std::string getProse(const Record &record, StringRef field) {
  std::string result;
  for (StringRef line :
       llvm::split(record.getValueAsString(field).trim(), '\n'))
    result += (result.empty() ? "" : "\n") + line.trim().str();
  return result;
}

static bool isFunctionPass(const Record &pass) {
  return pass.getValueAsDef("scope")->getName() == "FunctionScope";
}

static StringRef getOptionKind(const Record &option) {
  return option.getValueAsDef("kind")->getName();
}

/// The default as a C++ expression.
static std::string getDefaultExpression(const Record &option) {
  StringRef text = option.getValueAsString("default");
  return getOptionKind(option) == "String" ? quote(text) : text.str();
}

static bool isValidDefault(const Record &option) {
  StringRef text = option.getValueAsString("default");
  StringRef kind = getOptionKind(option);
  int64_t number;
  if (kind == "Bool")
    return text == "true" || text == "false";
  if (kind == "Integer")
    return !text.getAsInteger(10, number);
  std::vector<StringRef> choices = option.getValueAsListOfStrings("choices");
  return choices.empty() || llvm::is_contained(choices, text);
}

/// Reports what C++ or the pipeline parser would stumble over later. Returns
/// true on error.
static bool checkPass(const Record &pass) {
  bool hasError = false;
  for (const Record *option : pass.getValueAsListOfDefs("options")) {
    if (isValidDefault(*option))
      continue;
    llvm::PrintError(pass.getLoc(), "default of option '" +
                                        option->getValueAsString("name") +
                                        "' is not a value of its kind");
    hasError = true;
  }
  if (pass.getValueAsString("summary").ends_with(".")) {
    llvm::PrintError(pass.getLoc(), "summary ends with a full stop");
    hasError = true;
  }
  return hasError;
}

/// All passes by argument; empty after an error.
static std::vector<const Record *> getPasses(llvm::RecordKeeper &records) {
  std::vector<const Record *> passes;
  bool hasError = false;
  for (const Record *pass : records.getAllDerivedDefinitions("Pass")) {
    hasError |= checkPass(*pass);
    passes.push_back(pass);
  }
  if (hasError)
    return {};
  llvm::sort(passes, [](const Record *a, const Record *b) {
    return a->getValueAsString("argument") < b->getValueAsString("argument");
  });
  return passes;
}

//===----------------------------------------------------------------------===//
// Classes
//===----------------------------------------------------------------------===//

static void emitOptionsStruct(const Record &pass, llvm::raw_ostream &os) {
  os << "/// Options of '" << pass.getValueAsString("argument") << "'.\n"
     << "struct " << pass.getName() << "Options {\n";
  for (const Record *option : pass.getValueAsListOfDefs("options"))
    os << "  /// " << option->getValueAsString("help") << "\n  "
       << option->getValueAsDef("kind")->getValueAsString("type") << ' '
       << toCamelBack(option->getValueAsString("name")) << " = "
       << getDefaultExpression(*option) << ";\n";
  os << "};\n\n";
}

static void emitClass(const Record &pass, llvm::raw_ostream &os) {
  StringRef name = pass.getName();
  StringRef parent = isFunctionPass(pass) ? "FunctionPass" : "ProgramPass";
  emitOptionsStruct(pass, os);
  os << "/// " << pass.getValueAsString("summary") << ".\n"
     << "std::unique_ptr<Pass> create" << name << "Pass(const " << name
     << "Options &options = {});\n\n"
     << "class " << name << "Base : public " << parent << " {\n"
     << "public:\n"
     << "  explicit " << name << "Base(const " << name
     << "Options &options)\n      : " << parent
     << "(getPassInfo()), options(options) {}\n"
     << "  static const PassInfo &getPassInfo();\n"
     << "  void collectOptions(\n"
     << "      llvm::SmallVectorImpl<PassOptionValue> &values) const "
        "override;\n\n"
     << "protected:\n  " << name << "Options options;\n";
  for (const Record *statistic : pass.getValueAsListOfDefs("statistics"))
    os << "  /// " << statistic->getValueAsString("help") << "\n  Statistic "
       << toCamelBack(statistic->getValueAsString("name")) << "{*this};\n";
  os << "};\n\n";
}

//===----------------------------------------------------------------------===//
// Table
//===----------------------------------------------------------------------===//

static void emitOptionTable(const Record &pass, llvm::raw_ostream &os) {
  std::vector<Record *> options = pass.getValueAsListOfDefs("options");
  for (const Record *option : options) {
    std::vector<StringRef> choices = option->getValueAsListOfStrings("choices");
    if (choices.empty())
      continue;
    os << "static constexpr llvm::StringRef k" << pass.getName() << '_'
       << toCamelBack(option->getValueAsString("name")) << "[] = {";
    llvm::interleaveComma(choices, os,
                          [&](StringRef text) { os << quote(text); });
    os << "};\n";
  }
  if (options.empty())
    return;
  os << "static constexpr PassOptionInfo k" << pass.getName()
     << "Options[] = {\n";
  for (const Record *option : options) {
    StringRef optionName = option->getValueAsString("name");
    os << "    {" << quote(optionName)
       << ", PassOptionKind::" << getOptionKind(*option) << ", "
       << quote(option->getValueAsString("default")) << ", "
       << quote(option->getValueAsString("help")) << ", ";
    if (option->getValueAsListOfStrings("choices").empty())
      os << "{}";
    else
      os << 'k' << pass.getName() << '_' << toCamelBack(optionName);
    os << "},\n";
  }
  os << "};\n";
}

static void emitStatisticTable(const Record &pass, llvm::raw_ostream &os) {
  std::vector<Record *> statistics = pass.getValueAsListOfDefs("statistics");
  if (statistics.empty())
    return;
  os << "static constexpr PassStatisticInfo k" << pass.getName()
     << "Statistics[] = {\n";
  for (const Record *statistic : statistics)
    os << "    {" << quote(statistic->getValueAsString("name")) << ", "
       << quote(statistic->getValueAsString("help")) << "},\n";
  os << "};\n";
}

/// The functions that carry options into and out of a pass.
static void emitOptionAccess(const Record &pass, llvm::raw_ostream &os) {
  StringRef name = pass.getName();
  std::vector<Record *> options = pass.getValueAsListOfDefs("options");
  os << "static std::unique_ptr<Pass>\nmake" << name
     << "Pass([[maybe_unused]] llvm::ArrayRef<PassOptionValue> values) {\n  "
     << name << "Options options;\n";
  for (const Record *option : options)
    os << "  readPassOption(values, " << quote(option->getValueAsString("name"))
       << ", options." << toCamelBack(option->getValueAsString("name"))
       << ");\n";
  os << "  return create" << name << "Pass(options);\n}\n\n"
     << "void " << name << "Base::collectOptions(\n    [[maybe_unused]] "
     << "llvm::SmallVectorImpl<PassOptionValue> &values) const {\n";
  for (const Record *option : options)
    os << "  values.push_back({" << quote(option->getValueAsString("name"))
       << ", options." << toCamelBack(option->getValueAsString("name"))
       << "});\n";
  os << "}\n\n";
}

static void emitRow(const Record &pass, llvm::raw_ostream &os) {
  StringRef name = pass.getName();
  emitOptionTable(pass, os);
  emitStatisticTable(pass, os);
  emitOptionAccess(pass, os);
  auto emitTableName = [&](StringRef list, StringRef suffix) {
    if (pass.getValueAsListOfDefs(list).empty())
      os << "{}";
    else
      os << 'k' << name << suffix;
    os << ",\n    ";
  };
  os << "static constexpr PassInfo k" << name << "Info = {\n    "
     << quote(pass.getValueAsString("argument"))
     << ",\n    PassScope::" << (isFunctionPass(pass) ? "Function" : "Program")
     << ",\n    " << quote(pass.getValueAsString("summary")) << ",\n    "
     << quote(getProse(pass, "description")) << ",\n    ";
  emitTableName("options", "Options");
  emitTableName("statistics", "Statistics");
  const Record &numerics = *pass.getValueAsDef("numerics");
  os << (pass.getValueAsBit("hidden") ? "true" : "false") << ",\n    {"
     << numerics.getValueAsInt("units") << ", "
     << numerics.getValueAsInt("constantUnits") << "},\n    make" << name
     << "Pass};\n\n"
     << "const PassInfo &" << name << "Base::getPassInfo() { return k" << name
     << "Info; }\n\n";
}

bool emitPassDecls(llvm::raw_ostream &os, llvm::RecordKeeper &records) {
  std::vector<const Record *> passes = getPasses(records);
  if (passes.empty())
    return true;
  os << "// Generated by espresso-tblgen -gen-pass-decls.\n\n"
     << "#ifdef GEN_PASS_CLASSES\n#undef GEN_PASS_CLASSES\n\n";
  for (const Record *pass : passes)
    emitClass(*pass, os);
  os << "#endif // GEN_PASS_CLASSES\n\n"
     << "#ifdef GEN_PASS_TABLE\n#undef GEN_PASS_TABLE\n\n";
  for (const Record *pass : passes)
    emitRow(*pass, os);
  os << "static constexpr const PassInfo *kPasses[] = {\n";
  for (const Record *pass : passes)
    os << "    &k" << pass->getName() << "Info,\n";
  os << "};\n\n#endif // GEN_PASS_TABLE\n";
  return false;
}

//===----------------------------------------------------------------------===//
// Documentation
//===----------------------------------------------------------------------===//

static void emitDocSection(const Record &pass, llvm::raw_ostream &os) {
  os << "## `" << pass.getValueAsString("argument") << "`\n\n"
     << pass.getValueAsString("summary") << " (one "
     << (isFunctionPass(pass) ? "function" : "program") << " at a time).\n\n";
  std::string description = getProse(pass, "description");
  if (!description.empty())
    os << description << "\n\n";
  if (int64_t units = pass.getValueAsDef("numerics")->getValueAsInt("units"))
    os << "What is computed may move by " << units
       << " units of the narrowest float type.\n\n";
  std::vector<Record *> options = pass.getValueAsListOfDefs("options");
  if (!options.empty())
    os << "| option | default | meaning |\n|---|---|---|\n";
  for (const Record *option : options) {
    os << "| `" << option->getValueAsString("name") << "` | `"
       << option->getValueAsString("default") << "` | "
       << option->getValueAsString("help");
    std::vector<StringRef> choices = option->getValueAsListOfStrings("choices");
    if (!choices.empty())
      os << " (" << llvm::join(choices, ", ") << ")";
    os << " |\n";
  }
  if (!options.empty())
    os << '\n';
  std::vector<Record *> statistics = pass.getValueAsListOfDefs("statistics");
  if (!statistics.empty())
    os << "| statistic | meaning |\n|---|---|\n";
  for (const Record *statistic : statistics)
    os << "| `" << statistic->getValueAsString("name") << "` | "
       << statistic->getValueAsString("help") << " |\n";
  if (!statistics.empty())
    os << '\n';
}

bool emitPassDoc(llvm::raw_ostream &os, llvm::RecordKeeper &records) {
  std::vector<const Record *> passes = getPasses(records);
  if (passes.empty())
    return true;
  os << "# Passes\n\nGenerated from the records in `Passes.td`; do not "
        "edit.\n\n";
  for (const Record *pass : passes)
    if (!pass->getValueAsBit("hidden"))
      emitDocSection(*pass, os);
  return false;
}

} // namespace espresso::tblgen
