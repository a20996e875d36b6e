//===- ListOpsStage.cpp - The list of operations in espresso-opt ----------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Tools/ListOpsStage.h"

#include "espresso/Eval/Kernel.h"
#include "espresso/Ops/Registry.h"
#include "espresso/Tools/ReportOption.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/JSON.h"

namespace espresso {

namespace cl = llvm::cl;

struct ListOpsStage::Options {
  explicit Options(cl::OptionCategory &category)
      : listOps("list-ops", cl::desc("List operations and their inputs"),
                cl::Hidden, cl::cat(category)) {}

  ReportOption listOps;
};

ListOpsStage::ListOpsStage() = default;
ListOpsStage::~ListOpsStage() = default;

void ListOpsStage::addOptions(cl::OptionCategory &category) {
  options = std::make_unique<Options>(category);
}

//===----------------------------------------------------------------------===//
// What records say
//===----------------------------------------------------------------------===//

static llvm::StringRef getName(InputKind kind) {
  switch (kind) {
  case InputKind::Tensor:
    return "tensor";
  case InputKind::State:
    return "state";
  case InputKind::List:
    return "list";
  case InputKind::Any:
    return "any";
  }
  llvm_unreachable("every kind has a name");
}

/// The element types an input may have; empty: any.
static DataTypeSet getTypes(const OpDefinition &definition,
                            const InputDefinition &input) {
  return input.typeVariable < 0
             ? input.types
             : definition.typeVariables[input.typeVariable].types;
}

static bool hasKernel(const OpDefinition &definition) {
  return lookupKernel(definition.kernel) != nullptr;
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

/// "x: fp16 or fp32", "axis: const int32 = -1", "bias: optional fp16".
static void printInput(const OpDefinition &definition,
                       const InputDefinition &input, llvm::raw_ostream &os) {
  os << "      " << input.name << ':';
  if (input.isConst)
    os << " const";
  if (input.isOptional && input.defaultText.empty())
    os << " optional";
  if (input.isVariadic)
    os << " variadic";
  if (input.kind != InputKind::Tensor)
    os << ' ' << getName(input.kind);
  DataTypeSet types = getTypes(definition, input);
  if (input.typeVariable >= 0)
    os << ' ' << definition.typeVariables[input.typeVariable].name << " of";
  if (types.empty())
    os << " any type";
  else
    os << ' ' << types.str();
  if (!input.defaultText.empty())
    os << " = " << input.defaultText;
  os << '\n';
}

static void printVersion(const OpDefinition &definition,
                         llvm::raw_ostream &os) {
  os << "  " << getName(definition.since) << ": " << definition.summary << '\n';
  for (const InputDefinition &input : definition.inputs)
    printInput(definition, input, os);
  if (!hasKernel(definition))
    os << "      not evaluated by a kernel: " << definition.noKernelReason
       << '\n';
}

static void printOpList(llvm::raw_ostream &os) {
  llvm::StringRef previous;
  for (const OpDefinition &definition : getAllOpDefinitions()) {
    if (definition.name != previous)
      os << definition.name << '\n';
    previous = definition.name;
    printVersion(definition, os);
  }
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

static void printTypesAsJson(DataTypeSet types, llvm::json::OStream &json) {
  json.attributeArray("types", [&] {
    for (unsigned i = 0; i < kNumDataTypes; ++i)
      if (types.contains(static_cast<DataType>(i))) {
        std::string_view name = getName(static_cast<DataType>(i));
        json.value(llvm::StringRef(name.data(), name.size()));
      }
  });
}

static void printInputAsJson(const OpDefinition &definition,
                             const InputDefinition &input,
                             llvm::json::OStream &json) {
  json.object([&] {
    json.attribute("name", input.name);
    json.attribute("kind", getName(input.kind));
    json.attribute("const", input.isConst);
    json.attribute("optional", input.isOptional);
    json.attribute("variadic", input.isVariadic);
    if (!input.defaultText.empty())
      json.attribute("default", input.defaultText);
    if (input.rank >= 0)
      json.attribute("rank", input.rank);
    if (input.typeVariable >= 0)
      json.attribute("type_variable",
                     definition.typeVariables[input.typeVariable].name);
    printTypesAsJson(getTypes(definition, input), json);
  });
}

static void printVersionAsJson(const OpDefinition &definition,
                               llvm::json::OStream &json) {
  json.object([&] {
    json.attribute("since", getName(definition.since));
    json.attribute("summary", definition.summary);
    json.attributeArray("inputs", [&] {
      for (const InputDefinition &input : definition.inputs)
        printInputAsJson(definition, input, json);
    });
    json.attribute("evaluated", hasKernel(definition));
    if (!hasKernel(definition))
      json.attribute("reason", definition.noKernelReason);
  });
}

static void printOpListAsJson(llvm::raw_ostream &os) {
  llvm::json::OStream json(os, /*IndentSize=*/2);
  llvm::ArrayRef<OpDefinition> rows = getAllOpDefinitions();
  json.object([&] {
    json.attributeArray("operations", [&] {
      while (!rows.empty()) {
        llvm::StringRef name = rows.front().name;
        auto versions = rows.take_while(
            [&](const OpDefinition &row) { return row.name == name; });
        json.object([&] {
          json.attribute("name", name);
          json.attributeArray("versions", [&] {
            for (const OpDefinition &definition : versions)
              printVersionAsJson(definition, json);
          });
        });
        rows = rows.drop_front(versions.size());
      }
    });
  });
  os << '\n';
}

std::optional<ExitCode> ListOpsStage::begin(Context &context) {
  ReportFormat format = chooseFormat(options->listOps.getFormat());
  if (format == ReportFormat::None)
    return std::nullopt;
  std::string text;
  llvm::raw_string_ostream os(text);
  if (format == ReportFormat::Text)
    printOpList(os);
  else
    printOpListAsJson(os);
  return writeReport(text);
}

} // namespace espresso
