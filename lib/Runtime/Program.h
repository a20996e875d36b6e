//===- Program.h - The executable form of a plan ----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_PROGRAM_H
#define ESPRESSO_LIB_RUNTIME_PROGRAM_H

#include "Head.h"
#include "Kernel.h"
#include "Plan.h"

#include "absl/status/statusor.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace espresso::runtime {

/// Scratch memory of a step: a part of its own and a part for each thread.
struct ScratchSize {
  uint64_t fixed = 0;
  uint64_t perThread = 0;
};

/// A step of the plan, or what has taken the place of several.
struct CompiledStep {
  Kernel kernel;
  const plan::Step *message = nullptr; ///< the last of them
  std::string name;                    ///< of a fused step; otherwise empty
  std::vector<int> steps;              ///< in the plan, ascending
  /// Values of the function it takes and makes.
  std::vector<uint32_t> reads, writes;
  ScratchSize scratch;
};

struct CompileOptions {
  /// A plan that asks for more memory than this is refused.
  uint64_t maxMemoryBytes = uint64_t{64} << 30;
  /// Whether steps become one kernel where there is one for them (FuseSteps.h).
  bool fuse = true;
  /// What is made of heads that choose, for programs that share weights to
  /// share it; null: the program has its own.
  std::shared_ptr<HeadSet> heads = nullptr;
};

/// A function whose steps have been checked and bound. Values live in an arena;
/// those whose lives do not meet share memory.
struct CompiledFunction {
  static constexpr uint64_t kNoSlot = ~uint64_t{0};

  const FunctionInfo *info = nullptr;
  std::vector<CompiledStep> steps;
  std::vector<uint64_t> offsets; ///< per value, in the arena; or kNoSlot
  uint64_t arenaBytes = 0;
  ScratchSize scratch; ///< the most of any step
  /// Outputs (by index) that a step writes where the caller wants them, and the
  /// rest, copied there at the end.
  std::vector<int> directOutputs;
  std::vector<std::pair<int, Tensor>> copiedOutputs;

  const std::string &getName() const { return info->message->name(); }
  /// Bytes of arena and scratch, without callees.
  uint64_t getFrameBytes(unsigned threads) const;
};

/// A whole plan, ready to run. Immutable; thread-safe.
class Program {
public:
  /// Compiles every step. Errors: InvalidArgument, naming function and step,
  /// also when a run would take more memory than it may.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<const Program>>
  compile(CheckedPlan plan, const CompileOptions &options = {});

  const CheckedPlan &getPlan() const { return plan; }
  const CompileOptions &getOptions() const { return options; }
  const std::vector<CompiledFunction> &getFunctions() const {
    return functions;
  }
  /// The function called `name`, or null.
  const CompiledFunction *find(std::string_view name) const;
  uint32_t getIndex(const CompiledFunction &function) const {
    return static_cast<uint32_t>(&function - functions.data());
  }

  /// Bytes of activations a run of any function takes, callees included.
  uint64_t getArenaBytes(unsigned threads) const;
  uint64_t getStateBytes() const;
  /// Bytes of weights held in memory form beside those in the file.
  uint64_t getConvertedBytes() const;
  HeadSet &getHeads() const { return *heads; }

  /// A weight in memory form, converted once if it is not so in its file.
  const void *getConstant(uint32_t weight);
  /// A constant tensor of the given elements.
  Tensor addConstant(const std::vector<int64_t> &values, Shape shape);
  Tensor addConstant(float value);
  Tensor addConstant(bool value);

private:
  friend class FunctionCompiler;
  Program(CheckedPlan plan, const CompileOptions &options)
      : plan(std::move(plan)), options(options) {}
  Tensor hold(TensorType type, std::vector<uint8_t> bytes);

  CheckedPlan plan;
  CompileOptions options;
  std::vector<CompiledFunction> functions;
  std::map<uint32_t, std::vector<uint8_t>> converted;
  struct Constant {
    TensorType type;
    std::vector<uint8_t> bytes;
  };
  std::vector<std::unique_ptr<Constant>> constants;
  std::shared_ptr<HeadSet> heads;
};

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_PROGRAM_H
