//===- RunOptions.h - What espresso-run was asked to do ---------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_DRIVER_RUNOPTIONS_H
#define ESPRESSO_LIB_RUNTIME_DRIVER_RUNOPTIONS_H

#include "OptionTable.h"
#include "espresso/Runtime/Session.h"

#include "absl/status/statusor.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace espresso::runtime {

struct RunOptions {
  std::string model; ///< a bundle, or a file to compile first

  std::optional<std::string> prompt;
  std::string promptFile;
  bool parseSpecial = false;
  bool chat = false;
  std::string system;
  std::string chatTemplate; ///< a file; empty: the model's
  int64_t maxNewTokens = -1;
  bool ignoreStop = false;
  SamplerOptions sampler;
  int64_t seed = 0;

  int64_t streams = 0; ///< 0: not given
  std::string prompts; ///< a file; - for stdin

  int64_t lookup = 0;      ///< tokens looked up; 0: none
  std::string draft;       ///< a bundle or model
  int64_t draftTokens = 0; ///< 0: adapts

  bool ids = false;
  std::string logits;
  bool stats = false;
  bool dumpPlan = false;

  int64_t threads = 0;
  bool noVerify = false;
  bool verify = false;
  bool noFuse = false;
  std::string headMethod = "auto";

  std::string tokenizer; ///< for espresso-compile
  std::string dataType;  ///< for espresso-compile; empty: its default

  bool quiet = false;
  bool verbose = false;
  bool noProgress = false;
  std::string color = "auto";
  bool help = false;
  bool helpAll = false;
  bool version = false;
};

/// Parses the arguments after the program's name. Errors: InvalidArgument.
[[nodiscard]] absl::StatusOr<RunOptions>
parseRunOptions(std::span<const std::string_view> arguments);

/// The text of --help, or of --help-all.
[[nodiscard]] std::string getRunHelp(bool all);

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_DRIVER_RUNOPTIONS_H
