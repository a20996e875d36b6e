//===- ModelCache.h - Models compiled on the way ----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_DRIVER_MODELCACHE_H
#define ESPRESSO_LIB_RUNTIME_DRIVER_MODELCACHE_H

#include "absl/status/statusor.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

namespace espresso::runtime {

/// Where espresso-run keeps what it can make again: bundles that it compiled,
/// records of files that were found right. Empty without a place.
[[nodiscard]] std::filesystem::path getCacheDirectory();

/// A model as a command line names it, and what espresso-compile is told.
struct ModelRequest {
  std::string model;     ///< a bundle, or a file to compile first
  std::string config;    ///< in its place: a shape that the compiler knows
  std::string tokenizer; ///< empty: what is beside the model
  std::string dataType;  ///< empty: the compiler's default
  int64_t context = 0;   ///< positions in the cache; 0: the compiler's default
  std::string color = "auto";
  bool verbose = false;

  /// For messages.
  const std::string &getName() const { return config.empty() ? model : config; }
};

/// A bundle in the cache, and how to make it.
class ModelCache {
public:
  /// Finds espresso-compile and the place for the model's bundle: in
  /// $XDG_CACHE_HOME/espresso, or ~/.cache/espresso, under a name derived from
  /// the contents of model, vocabulary and compiler and from the options.
  /// Errors: NotFound, PermissionDenied, InvalidArgument for the model;
  /// Unavailable for the rest.
  [[nodiscard]] static absl::StatusOr<ModelCache>
  create(const ModelRequest &request);

  const std::string &getBundlePath() const { return bundle; }
  bool hasBundle() const;

  /// Holds others off the bundle for as long as it lives: those that would
  /// write it, and if exclusive also those that read it. Waits for its turn.
  class Lock {
  public:
    explicit Lock(int descriptor) : descriptor(descriptor) {}
    Lock(Lock &&other) noexcept
        : descriptor(std::exchange(other.descriptor, -1)) {}
    Lock &operator=(Lock &&) = delete;
    ~Lock();

  private:
    int descriptor;
  };
  [[nodiscard]] absl::StatusOr<Lock> lock(bool exclusive) const;

  /// Runs espresso-compile, which says on stderr what is wrong. Returns its
  /// exit code. The exclusive lock must be held.
  [[nodiscard]] absl::StatusOr<int> compile(const ModelRequest &request) const;

private:
  std::string compiler;
  std::string bundle;
};

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_DRIVER_MODELCACHE_H
