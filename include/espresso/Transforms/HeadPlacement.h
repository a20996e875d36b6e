//===- HeadPlacement.h - Where the output head runs ----------- -*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// The output head is a product of the last activation with a matrix of V rows
// and D columns, often the largest of the model. It can run on the engine
// whole, on the engine in tiles along the vocabulary, or on the CPU. See
// docs/HeadPlacement.md.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TRANSFORMS_HEADPLACEMENT_H
#define ESPRESSO_TRANSFORMS_HEADPLACEMENT_H

#include "espresso/Base/DataType.h"
#include "espresso/Target/ANE/Target.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace espresso {

enum class HeadPlace : uint8_t {
  /// On the engine: whole, or in as few tiles as its axes allow.
  Ane,
  /// On the engine, in as many tiles along the vocabulary as asked for.
  AneTiles,
  Cpu,
};

/// What a user asks for: nothing (`auto`), `ane`, `ane-tiles=N`, `cpu`.
struct HeadRequest {
  std::optional<HeadPlace> place;
  /// Of AneTiles, at least 1.
  int64_t tiles = 0;
};
/// Nothing for other words, and for tiles below 1.
[[nodiscard]] std::optional<HeadRequest> parseHeadRequest(llvm::StringRef text);

struct HeadShape {
  int64_t vocabulary = 0; // V
  int64_t channels = 0;   // D
  DataType type = DataType::Float16;

  [[nodiscard]] double getBytes() const;
};

/// How `auto` decides between placements that are possible.
enum class HeadPolicy : uint8_t {
  /// On the engine up to a number of elements, on the CPU beyond.
  Budget,
  /// Where the cost model says it is faster; by the budget where it is silent.
  Cost,
};

struct HeadOptions {
  HeadRequest request;
  HeadPolicy policy = HeadPolicy::Budget;
  /// Elements of the weight that the engine takes; 0: the target's.
  int64_t budget = 0;
  /// What the CPU streams from memory, in GB/s: an assumption.
  int64_t hostBandwidth = 0;
};

/// What the cores of a phone or desktop chip together stream at least, in GB/s.
/// Assumed, not measured: the table of chips has nothing on their CPUs.
inline constexpr int64_t kAssumedHostBandwidth = 50;

struct HeadDecision {
  /// Ane or Cpu.
  HeadPlace place = HeadPlace::Cpu;
  /// On the engine: 1 or more tiles along the vocabulary.
  int64_t tiles = 1;
  /// "28311552 elements exceed the budget of 16000000".
  std::string reason;
  /// Modelled microseconds for one token; nothing where the table of chips
  /// lacks a figure.
  std::optional<double> aneMicroseconds;
  double cpuMicroseconds = 0;
  /// Why it cannot be as asked for; the rest is then of no use.
  std::string error;
  /// The rule that stands against it, if there is one.
  llvm::StringRef errorRule;

  /// "ane", "ane-tiles=2" or "cpu".
  [[nodiscard]] std::string getName() const;
  /// "ane 817 us, cpu 640 us at an assumed 50 GB/s".
  [[nodiscard]] std::string describeCost(const HeadOptions &options) const;
};

/// The row that tile `tile` of `tiles` begins with; for `tiles` itself, the
/// number of rows. Tiles differ by one row at most, larger ones first.
[[nodiscard]] int64_t getFirstRow(int64_t vocabulary, int64_t tiles,
                                  int64_t tile);

[[nodiscard]] HeadDecision decideHead(const HeadShape &shape,
                                      const ane::Target &target,
                                      const HeadOptions &options);

} // namespace espresso

#endif // ESPRESSO_TRANSFORMS_HEADPLACEMENT_H
