//===- Subject.cpp - What is measured, and on what ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Subject.h"

#include "espresso/Base/MappedFile.h"
#include "espresso/Base/Platform.h"
#include "espresso/Base/StatusMacros.h"
#include "espresso/Kernels/MachineLimits.h"
#include "espresso/Runtime/BatchSession.h"

#include "nlohmann/json.hpp"

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

absl::StatusOr<Subject> describe(const std::shared_ptr<const Bundle> &bundle,
                                 const Workload &workload,
                                 const std::string &source) {
  ESPRESSO_ASSIGN_OR_RETURN(
      std::unique_ptr<BatchSession> session,
      BatchSession::create(bundle, /*slots=*/1, {.threads = 1}));
  Subject subject{.model = bundle->getModel(),
                  .source = source,
                  .weightBytes = workload.getWeightBytes(),
                  .headKind = session->isGreedy() ? "best token" : "logits",
                  .headPlacement = readHeadPlacement(*bundle),
                  .obstacle = session->getObstacle(),
                  .processor = getProcessorName(),
                  .hardwareThreads = std::thread::hardware_concurrency(),
                  .instructionSet = kernels::getInstructionSet()};
  double load = 0;
  if (::getloadavg(&load, 1) == 1)
    subject.load = load;
  return subject;
}

} // namespace espresso::runtime::bench
