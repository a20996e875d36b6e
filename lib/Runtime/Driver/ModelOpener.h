//===- ModelOpener.h - The bundle a command line names ----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_DRIVER_MODELOPENER_H
#define ESPRESSO_LIB_RUNTIME_DRIVER_MODELOPENER_H

#include "Console.h"
#include "ModelCache.h"
#include "espresso/Runtime/Bundle.h"

#include "absl/status/statusor.h"

#include <memory>
#include <string>

namespace espresso::runtime {

/// Opens the bundle of a request; what is no bundle is compiled to the cache
/// first, unless it is there.
class ModelOpener {
public:
  ModelOpener(const ModelRequest &request, const Messages &messages,
              bool verifyWeights, bool wantsProgress, bool fuseSteps = true,
              bool trustsRecords = true,
              HeadMethod headMethod = HeadMethod::Auto)
      : request(request), messages(messages), verifyWeights(verifyWeights),
        wantsProgress(wantsProgress), fuseSteps(fuseSteps),
        trustsRecords(trustsRecords), headMethod(headMethod) {}

  /// The bundle; null with the exit code of espresso-compile if that failed,
  /// which has said why. Errors: those of Bundle::open and ModelCache.
  [[nodiscard]] absl::StatusOr<std::shared_ptr<const Bundle>>
  open(int &exitCode);

  /// What opening the bundle took, without compiling it.
  double getSeconds() const { return seconds; }

private:
  absl::StatusOr<std::shared_ptr<const Bundle>>
  openBundle(const std::string &path);
  absl::StatusOr<std::shared_ptr<const Bundle>> openCompiled(int &exitCode);
  /// Null if it is not there, or damaged.
  std::shared_ptr<const Bundle> openCached(const ModelCache &cache);

  const ModelRequest &request;
  const Messages &messages;
  const bool verifyWeights;
  const bool wantsProgress;
  const bool fuseSteps;
  const bool trustsRecords; ///< of BundleOptions::verifiedFiles
  const HeadMethod headMethod;
  double seconds = 0;
};

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_DRIVER_MODELOPENER_H
