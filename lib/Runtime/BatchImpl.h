//===- BatchImpl.h - What a batch session is made of ------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_BATCHIMPL_H
#define ESPRESSO_LIB_RUNTIME_BATCHIMPL_H

#include "ModelFunctions.h"
#include "WidePrograms.h"
#include "espresso/Runtime/BatchSession.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace espresso::runtime {

class BatchSession::Impl {
public:
  Impl(std::shared_ptr<const Bundle> owner, int64_t numSlots, unsigned threads)
      : bundle(std::move(owner)), plan(bundle->getProgram()),
        workspace(std::make_shared<Workspace>(threads)), slots(numSlots),
        isGreedy(isGreedyModel(*bundle)),
        vocabulary(bundle->getModel().vocabularySize),
        contextLength(bundle->getModel().contextLength) {}

  absl::Status open(Device *programs);
  /// Begins a batch: there are no results yet, and nothing is added.
  void begin(BatchResult form);
  /// FailedPrecondition if the head gives no logits and they are asked for.
  absl::Status checkForm() const;
  absl::Status checkToken(int32_t token) const;
  /// Allocates the memory of a slot if it has none, and sees that its context
  /// has room for so many tokens.
  absl::Status use(int64_t slot, int64_t count);
  absl::Status compute(std::span<const BatchColumn> columns);
  absl::Status read(int64_t slot, std::span<const int32_t> ids);
  /// What was added to the slots belongs to them.
  void commit();
  void rollBack(int64_t slot, int64_t length);
  absl::Status copy(int64_t from, int64_t to);

  struct Slot {
    StateMemory states;
    uint8_t *const *pointers = nullptr;
    int64_t length = 0;
    int64_t added = 0;   ///< tokens of the batch that is computed
    int64_t written = 0; ///< rows of the states that may not be zero
  };

  const std::shared_ptr<const Bundle> bundle;
  const Program &plan;
  const std::shared_ptr<Workspace> workspace;
  std::vector<Slot> slots;
  const bool isGreedy;
  const int64_t vocabulary;
  const int64_t contextLength;
  std::string obstacle;

  // Results.
  BatchResult form = BatchResult::Logits;
  int64_t numResults = 0;
  std::vector<float> logits; ///< [results, vocabulary]
  std::vector<int32_t> tokens;
  std::vector<float> maxima;

private:
  int64_t getPosition(const Slot &slot) const {
    return slot.length + slot.added;
  }
  void reserveResults(int64_t count);
  absl::Status computeWide(std::span<const BatchColumn> columns);
  absl::Status runHead(Executor &head, std::span<const BatchColumn> columns,
                       int64_t wanted);
  absl::Status computeNarrow(const BatchColumn &column);
  absl::Status prefill(int64_t slot, std::span<const int32_t> ids);
  absl::Status runNarrow(const CompiledFunction &function, Slot &slot,
                         std::span<const void *const> inputs, bool isWanted);

  std::unique_ptr<Executor> narrow;
  std::unique_ptr<WidePrograms> wide;
  std::vector<PrefillBucket> buckets;

  // Of the batch that is computed.
  std::vector<int32_t> ids, positions;
  std::vector<uint8_t *const *> states;
  std::vector<std::vector<float>> crossings, chosen;
  std::vector<float> raw; ///< logits as the head gives them
  std::vector<void *> outputs;
  std::vector<const void *> inputs;
};

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_BATCHIMPL_H
