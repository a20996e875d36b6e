//===- Subject.cpp - What is measured, and on what ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Subject.h"

#include "Runtime/Program.h"
#include "espresso/Base/MappedFile.h"
#include "espresso/Base/Platform.h"
#include "espresso/Kernels/MachineLimits.h"

#include "nlohmann/json.hpp"

#include <algorithm>
#include <cstdlib>
#include <thread>

namespace espresso::runtime::bench {

/// The member of an object as text; empty if there is none.
static std::string getText(const nlohmann::json &object, const char *name) {
  auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>()
                                                     : std::string();
}

/// Where report.json says that the head of `decode` is; empty if it does not.
static std::string readHeadPlacement(const Bundle &bundle) {
  auto file = MappedFile::open(bundle.getPath() + "/report.json");
  if (!file.ok())
    return {};
  const auto bytes = (*file)->getBytes();
  const nlohmann::json report =
      nlohmann::json::parse(bytes.begin(), bytes.end(), nullptr,
                            /*allow_exceptions=*/false);
  if (!report.is_object() || !report.contains("schedule"))
    return {};
  for (const nlohmann::json &entry : report["schedule"])
    if (entry.is_object() && getText(entry, "function") == "decode" &&
        entry.contains("head") && entry["head"].is_object())
      return getText(entry["head"], "placement");
  return {};
}

static std::string getHeadKind(const Bundle &bundle) {
  const CompiledFunction *decode = bundle.getProgram().find("decode");
  const auto &outputs = decode->info->message->outputs();
  const bool chooses =
      std::any_of(outputs.begin(), outputs.end(),
                  [](const auto &port) { return port.name() == "token"; });
  return chooses ? "best token" : "logits";
}

Subject describe(const Bundle &bundle, const Workload &workload,
                 const std::string &source) {
  Subject subject{.model = bundle.getModel(),
                  .source = source,
                  .weightBytes = workload.getWeightBytes(),
                  .headKind = getHeadKind(bundle),
                  .headPlacement = readHeadPlacement(bundle),
                  .processor = getProcessorName(),
                  .hardwareThreads = std::thread::hardware_concurrency(),
                  .instructionSet = kernels::getInstructionSet()};
  double load = 0;
  if (::getloadavg(&load, 1) == 1)
    subject.load = load;
  return subject;
}

} // namespace espresso::runtime::bench
