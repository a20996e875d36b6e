//===- WidePrograms.h - Programs for batches, made as needed ----*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_WIDEPROGRAMS_H
#define ESPRESSO_LIB_RUNTIME_WIDEPROGRAMS_H

#include "Executor.h"
#include "Widen.h"

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <utility>

namespace espresso::runtime {

/// The trunk and the head of `decode` (Widen.h) for as many columns as come,
/// compiled when a number of columns first comes. Thread-compatible.
class WidePrograms {
public:
  WidePrograms(WideDecode decode, const CompileOptions &options,
               std::shared_ptr<Workspace> workspace)
      : decode(std::move(decode)), options(options),
        workspace(std::move(workspace)) {}

  const WideDecode &getDecode() const { return decode; }
  /// Function 0 is the trunk; valid until the next call. Errors: as of
  /// Program::compile.
  absl::StatusOr<Executor *> getTrunk(int64_t columns);
  /// Function 0 is the head; valid until the next call.
  absl::StatusOr<Executor *> getHead(int64_t columns, HeadForm form);

private:
  struct Part {
    int64_t columns = 0;
    int form = 0; ///< of a head; -1: a trunk
    std::unique_ptr<const Program> program;
    std::unique_ptr<Executor> executor;
  };
  absl::StatusOr<Executor *> get(int64_t columns, int form);

  WideDecode decode;
  CompileOptions options;
  std::shared_ptr<Workspace> workspace;
  /// The one used last comes first.
  std::list<Part> parts;
};

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_WIDEPROGRAMS_H
