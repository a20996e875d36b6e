//===- PassList.cpp - What passes there are -------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Pass/Pipeline.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

namespace espresso {

static llvm::StringRef getName(PassScope scope) {
  switch (scope) {
  case PassScope::Program:
    return "program";
  case PassScope::Function:
    return "function";
  }
  return "";
}

static llvm::StringRef getName(PassOptionKind kind) {
  switch (kind) {
  case PassOptionKind::Bool:
    return "bool";
  case PassOptionKind::Integer:
    return "integer";
  case PassOptionKind::String:
    return "string";
  }
  return "";
}

static std::string getPipelineText(const PipelineInfo &info) {
  Pipeline pipeline;
  info.build(pipeline);
  return pipeline.str();
}

//===----------------------------------------------------------------------===//
// For people
//===----------------------------------------------------------------------===//

static void printPass(const PassInfo &info, llvm::raw_ostream &os) {
  os << llvm::formatv("  {0,-20} {1,-9} {2}\n", info.argument,
                      getName(info.scope), info.summary);
  for (const PassOptionInfo &option : info.options) {
    std::string setting = (option.name + "=" + option.defaultText).str();
    os << llvm::formatv("    {0,-28} {1}", setting, option.help);
    if (!option.choices.empty())
      os << " (" << llvm::join(option.choices, ", ") << ")";
    os << '\n';
  }
}

void printPassList(llvm::raw_ostream &os) {
  os << "Passes:\n";
  for (const PassInfo *info : PassRegistry::get().getPasses())
    if (!info->isHidden)
      printPass(*info, os);
  os << "Pipelines:\n";
  for (const PipelineInfo *info : PassRegistry::get().getPipelines())
    os << llvm::formatv("  {0,-20} {1}\n    {2}\n", info->name, info->summary,
                        getPipelineText(*info));
}

//===----------------------------------------------------------------------===//
// For tools
//===----------------------------------------------------------------------===//

static void printOptionAsJson(const PassOptionInfo &option,
                              llvm::json::OStream &json) {
  json.object([&] {
    json.attribute("name", option.name);
    json.attribute("kind", getName(option.kind));
    json.attribute("default", option.defaultText);
    json.attribute("help", option.help);
    if (!option.choices.empty())
      json.attributeArray("choices", [&] {
        for (llvm::StringRef choice : option.choices)
          json.value(choice);
      });
  });
}

static void printPassAsJson(const PassInfo &info, llvm::json::OStream &json) {
  json.object([&] {
    json.attribute("argument", info.argument);
    json.attribute("scope", getName(info.scope));
    json.attribute("summary", info.summary);
    json.attributeArray("options", [&] {
      for (const PassOptionInfo &option : info.options)
        printOptionAsJson(option, json);
    });
    json.attributeArray("statistics", [&] {
      for (const PassStatisticInfo &statistic : info.statistics)
        json.object([&] {
          json.attribute("name", statistic.name);
          json.attribute("help", statistic.help);
        });
    });
  });
}

void printPassListAsJson(llvm::raw_ostream &os) {
  llvm::json::OStream json(os, /*IndentSize=*/2);
  json.object([&] {
    json.attributeArray("passes", [&] {
      for (const PassInfo *info : PassRegistry::get().getPasses())
        if (!info->isHidden)
          printPassAsJson(*info, json);
    });
    json.attributeArray("pipelines", [&] {
      for (const PipelineInfo *info : PassRegistry::get().getPipelines())
        json.object([&] {
          json.attribute("name", info->name);
          json.attribute("summary", info->summary);
          json.attribute("passes", getPipelineText(*info));
        });
    });
  });
  os << '\n';
}

} // namespace espresso
