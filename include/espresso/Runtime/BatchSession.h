//===- BatchSession.h - Many texts in the making ----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_RUNTIME_BATCHSESSION_H
#define ESPRESSO_RUNTIME_BATCHSESSION_H

#include "espresso/Runtime/Bundle.h"
#include "espresso/Runtime/Device.h"
#include "espresso/Runtime/Sampler.h"

#include "absl/status/statusor.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace espresso::runtime {

/// One token of a batch: the next of the text in a slot.
struct BatchColumn {
  int64_t slot = 0;
  int32_t token = 0;
  /// Whether what follows it is asked for; the head is not computed otherwise.
  bool isWanted = true;
};

/// What is computed for the columns that are asked for.
enum class BatchResult : uint8_t {
  Logits,
  Choice, ///< the best token; logits need not be in memory
};

/// A language model with slots for texts, whose tokens are computed together:
/// the weights are read once for all columns of a batch. What a column gives
/// has the same bits whatever stands beside it. Thread-compatible.
///
/// After an error of run() or read() the slots are as long as before.
class BatchSession {
public:
  /// Columns of run() at most, and tokens that read() computes together.
  static constexpr int64_t kMaxColumns = 32;
  static constexpr int64_t kMaxBlock = 512;
  /// Slots at most.
  static constexpr int64_t kMaxSlots = 1 << 16;

  /// The memory of a slot is allocated when it is first used. Errors:
  /// InvalidArgument if the plan is not that of a language model
  /// (docs/Bundle.md) or for a number of slots outside [1, kMaxSlots],
  /// ResourceExhausted if there is not the memory.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<BatchSession>>
  create(std::shared_ptr<const Bundle> bundle, int64_t slots,
         const HostOptions &options = {});
  ~BatchSession();

  const Bundle &getBundle() const;
  int64_t getNumSlots() const;
  int64_t getContextLength() const;
  /// Tokens in a slot.
  int64_t getLength(int64_t slot) const;
  /// True if the head of the bundle chooses: there are no logits.
  bool isGreedy() const;
  /// Bytes of activations and states held.
  uint64_t getMemoryBytes() const;
  /// Why columns are computed one after another, with the same results; empty
  /// if they are computed together.
  const std::string &getObstacle() const;

  /// Appends each token to the text in its slot, in order: several columns of a
  /// slot are tokens that follow each other. Errors: OutOfRange if a context
  /// has no room, InvalidArgument for no columns, more than kMaxColumns, a slot
  /// that does not exist or a token outside the vocabulary,
  /// FailedPrecondition if logits are wanted and the head gives none.
  absl::Status run(std::span<const BatchColumn> columns, BatchResult form);

  /// Appends `ids`, one or more, to the text in a slot, in blocks of up to
  /// kMaxBlock; there is one result, that after the last. Errors: as of run().
  absl::Status read(int64_t slot, std::span<const int32_t> ids,
                    BatchResult form);

  /// Results of the last run() or read(), one for each column asked for, in
  /// their order; valid until the next.
  int64_t getNumResults() const;
  /// One number for each piece of the vocabulary.
  std::span<const float> getLogits(int64_t result) const;
  TokenChoice getChoice(int64_t result) const;

  /// Forgets the tokens of a slot from `length` on, of which it has as many or
  /// more.
  void rollBack(int64_t slot, int64_t length);
  void reset(int64_t slot) { rollBack(slot, 0); }
  /// Makes slot `to` hold what `from` holds. Errors: ResourceExhausted.
  absl::Status copy(int64_t from, int64_t to);

private:
  class Impl;
  explicit BatchSession(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl;
};

} // namespace espresso::runtime

#endif // ESPRESSO_RUNTIME_BATCHSESSION_H
