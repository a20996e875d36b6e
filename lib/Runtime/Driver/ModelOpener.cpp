//===- ModelOpener.cpp - The bundle a command line names ------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelOpener.h"

#include "Progress.h"
#include "espresso/Base/StatusMacros.h"

#include "absl/strings/str_cat.h"

#include <chrono>
#include <filesystem>

namespace espresso::runtime {

using BundleOr = absl::StatusOr<std::shared_ptr<const Bundle>>;

BundleOr ModelOpener::openBundle(const std::string &path) {
  const Progress progress(wantsProgress, absl::StrCat("checking ", path));
  const auto start = std::chrono::steady_clock::now();
  BundleOptions bundleOptions{.verifyWeights = verifyWeights,
                              .fuseSteps = fuseSteps,
                              .headMethod = headMethod};
  const std::filesystem::path cache = getCacheDirectory();
  if (trustsRecords && !cache.empty())
    bundleOptions.verifiedFiles = (cache / "verified").string();
  BundleOr opened = Bundle::open(path, bundleOptions);
  seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count();
  return opened;
}

std::shared_ptr<const Bundle> ModelOpener::openCached(const ModelCache &cache) {
  if (!cache.hasBundle())
    return nullptr;
  BundleOr found = openBundle(cache.getBundlePath());
  if (found.ok())
    return *std::move(found);
  messages.detail(std::string(found.status().message()));
  return nullptr;
}

BundleOr ModelOpener::openCompiled(int &exitCode) {
  ESPRESSO_ASSIGN_OR_RETURN(ModelCache cache, ModelCache::create(request));
  {
    ESPRESSO_ASSIGN_OR_RETURN(auto shared, cache.lock(/*exclusive=*/false));
    if (auto bundle = openCached(cache))
      return bundle;
  }
  // Somebody else may have done it while we waited for our turn.
  ESPRESSO_ASSIGN_OR_RETURN(auto exclusive, cache.lock(/*exclusive=*/true));
  if (auto bundle = openCached(cache))
    return bundle;
  std::error_code error;
  if (std::filesystem::remove_all(cache.getBundlePath(), error) > 0)
    messages.note("the bundle in the cache is damaged; compiling it again");
  messages.note(absl::StrCat("compiling '", request.getName(), "' to '",
                             cache.getBundlePath(), "'"));
  ESPRESSO_ASSIGN_OR_RETURN(exitCode, cache.compile(request));
  if (exitCode != 0)
    return nullptr; // it has said why
  return openBundle(cache.getBundlePath());
}

BundleOr ModelOpener::open(int &exitCode) {
  exitCode = 0;
  std::error_code error;
  if (!request.config.empty() ||
      std::filesystem::is_regular_file(
          std::filesystem::status(request.model, error)))
    return openCompiled(exitCode);
  ESPRESSO_ASSIGN_OR_RETURN(std::shared_ptr<const Bundle> bundle,
                            openBundle(request.model));
  if (!request.tokenizer.empty() || !request.dataType.empty() ||
      request.context != 0)
    messages.note(absl::StrCat(
        request.context != 0 ? "--context, --tokenizer" : "--tokenizer",
        " and --dtype change nothing in a bundle, which is compiled already"));
  return bundle;
}

} // namespace espresso::runtime
