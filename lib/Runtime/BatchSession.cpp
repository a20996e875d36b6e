//===- BatchSession.cpp - Many texts in the making ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BatchImpl.h"
#include "espresso/Base/StatusMacros.h"

#include "absl/strings/str_cat.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace espresso::runtime {

absl::Status BatchSession::Impl::open(Device *programs) {
  const CheckedPlan &checked = plan.getPlan();
  ESPRESSO_ASSIGN_OR_RETURN(narrow,
                            Executor::create(plan, workspace, programs));
  if (bundle->getModel().prefillLength > 0)
    buckets = findBuckets(*bundle);
  if (programs) {
    obstacle = absl::StrCat("programs run on the device '",
                            std::string(programs->getName()),
                            "', which takes one token at a time");
    return absl::OkStatus();
  }
  auto decode =
      WideDecode::create(checked, plan.getIndex(*plan.find("decode")));
  if (!decode.ok()) {
    obstacle = std::string(decode.status().message());
    return absl::OkStatus();
  }
  crossings.resize(decode->getCrossings().size());
  chosen.resize(crossings.size());
  wide = std::make_unique<WidePrograms>(*std::move(decode), plan.getOptions(),
                                        workspace);
  return absl::OkStatus();
}

void BatchSession::Impl::begin(BatchResult asked) {
  numResults = 0;
  form = asked;
  for (Slot &slot : slots)
    slot.added = 0;
}

absl::Status BatchSession::Impl::checkForm() const {
  if (isGreedy && form == BatchResult::Logits)
    return absl::FailedPreconditionError(
        "the head of this bundle chooses the best token and gives no logits; "
        "compile it without --sampler=greedy");
  return absl::OkStatus();
}

absl::Status BatchSession::Impl::checkToken(int32_t token) const {
  if (token < 0 || token >= vocabulary)
    return absl::InvalidArgumentError(absl::StrCat(
        "token ", token, " is outside the vocabulary of ", vocabulary));
  return absl::OkStatus();
}

absl::Status BatchSession::Impl::use(int64_t index, int64_t count) {
  Slot &slot = slots[index];
  if (count > contextLength - slot.length)
    return absl::OutOfRangeError(
        absl::StrCat(count, " tokens do not fit the context of ", contextLength,
                     ", of which ", slot.length, " are used"));
  if (slot.states.isAllocated())
    return absl::OkStatus();
  ESPRESSO_RETURN_IF_ERROR(slot.states.allocate(plan.getPlan()));
  slot.pointers = slot.states.getStates().data();
  return absl::OkStatus();
}

void BatchSession::Impl::commit() {
  for (Slot &slot : slots) {
    slot.length += slot.added;
    slot.written = std::max(slot.written, slot.length);
    slot.added = 0;
  }
}

void BatchSession::Impl::reserveResults(int64_t count) {
  const size_t size = static_cast<size_t>(numResults + count);
  if (form == BatchResult::Logits) {
    if (logits.size() < size * vocabulary)
      logits.resize(size * vocabulary);
    return;
  }
  if (tokens.size() < size)
    tokens.resize(size);
  if (maxima.size() < size)
    maxima.resize(size);
}

/// Calls `f(data, bytes of a row)` for each state, whose rows are positions.
template <typename Fn>
static void forEachState(const CheckedPlan &plan, const StateMemory &states,
                         Fn f) {
  for (size_t i = 0; i < plan.states.size(); ++i) {
    const Shape &shape = plan.states[i].type.shape;
    const int64_t rows = shape.empty() ? 1 : shape[0];
    f(states.getStates()[i], plan.states[i].byteSize / rows, rows);
  }
}

/// Rows that are not read may stay as they are, but for operations that read
/// whole caches and hide rows by a mask: 0 times infinity is no number.
void BatchSession::Impl::rollBack(int64_t index, int64_t length) {
  Slot &slot = slots[index];
  assert(length >= 0 && length <= slot.length);
  slot.length = length;
  if (wide || !slot.states.isAllocated())
    return;
  forEachState(plan.getPlan(), slot.states,
               [&](uint8_t *data, uint64_t width, int64_t rows) {
                 const int64_t end = std::min(slot.written, rows);
                 if (length < end)
                   std::memset(data + length * width, 0,
                               (end - length) * width);
               });
  slot.written = length;
}

absl::Status BatchSession::Impl::copy(int64_t from, int64_t to) {
  if (from == to)
    return absl::OkStatus();
  rollBack(to, 0);
  const Slot &source = slots[from];
  if (source.length == 0)
    return absl::OkStatus();
  ESPRESSO_RETURN_IF_ERROR(use(to, source.length));
  Slot &target = slots[to];
  size_t i = 0;
  forEachState(plan.getPlan(), source.states,
               [&](const uint8_t *data, uint64_t width, int64_t rows) {
                 std::memcpy(target.states.getStates()[i++], data,
                             std::min(source.length, rows) * width);
               });
  target.length = source.length;
  target.written = std::max(target.written, source.length);
  return absl::OkStatus();
}

//===----------------------------------------------------------------------===//
// The public form
//===----------------------------------------------------------------------===//

BatchSession::BatchSession(std::unique_ptr<Impl> impl)
    : impl(std::move(impl)) {}
BatchSession::~BatchSession() = default;

absl::StatusOr<std::unique_ptr<BatchSession>>
BatchSession::create(std::shared_ptr<const Bundle> bundle, int64_t slots,
                     const HostOptions &options) {
  if (slots < 1 || slots > kMaxSlots)
    return absl::InvalidArgumentError(absl::StrCat(
        slots, " slots were asked for, expected 1 to ", kMaxSlots));
  ESPRESSO_RETURN_IF_ERROR(checkModel(*bundle));
  auto impl = std::make_unique<Impl>(std::move(bundle), slots, options.threads);
  ESPRESSO_RETURN_IF_ERROR(impl->open(options.programs));
  return std::unique_ptr<BatchSession>(new BatchSession(std::move(impl)));
}

const Bundle &BatchSession::getBundle() const { return *impl->bundle; }
int64_t BatchSession::getNumSlots() const {
  return static_cast<int64_t>(impl->slots.size());
}
int64_t BatchSession::getContextLength() const { return impl->contextLength; }
int64_t BatchSession::getLength(int64_t slot) const {
  return impl->slots[slot].length;
}
bool BatchSession::isGreedy() const { return impl->isGreedy; }
const std::string &BatchSession::getObstacle() const { return impl->obstacle; }
int64_t BatchSession::getNumResults() const { return impl->numResults; }

uint64_t BatchSession::getMemoryBytes() const {
  uint64_t bytes = impl->workspace->getArenaBytes();
  for (const Impl::Slot &slot : impl->slots)
    bytes += slot.states.getByteSize();
  return bytes;
}

std::span<const float> BatchSession::getLogits(int64_t result) const {
  assert(impl->form == BatchResult::Logits && result < impl->numResults);
  const size_t width = static_cast<size_t>(impl->vocabulary);
  return std::span<const float>(impl->logits).subspan(result * width, width);
}

TokenChoice BatchSession::getChoice(int64_t result) const {
  assert(impl->form == BatchResult::Choice && result < impl->numResults);
  return {impl->tokens[result], impl->maxima[result]};
}

void BatchSession::rollBack(int64_t slot, int64_t length) {
  impl->rollBack(slot, length);
}

absl::Status BatchSession::copy(int64_t from, int64_t to) {
  return impl->copy(from, to);
}

absl::Status BatchSession::run(std::span<const BatchColumn> columns,
                               BatchResult form) {
  if (columns.empty() || columns.size() > static_cast<size_t>(kMaxColumns))
    return absl::InvalidArgumentError(
        absl::StrCat("a batch of ", columns.size(), " columns, expected 1 to ",
                     kMaxColumns));
  impl->begin(form);
  bool isWanted = false;
  for (const BatchColumn &column : columns) {
    if (column.slot < 0 || column.slot >= getNumSlots())
      return absl::InvalidArgumentError(absl::StrCat(
          "slot ", column.slot, " is none of the ", getNumSlots(), " slots"));
    ESPRESSO_RETURN_IF_ERROR(impl->checkToken(column.token));
    ++impl->slots[column.slot].added;
    isWanted = isWanted || column.isWanted;
  }
  if (isWanted)
    ESPRESSO_RETURN_IF_ERROR(impl->checkForm());
  for (const BatchColumn &column : columns)
    ESPRESSO_RETURN_IF_ERROR(
        impl->use(column.slot, impl->slots[column.slot].added));
  impl->begin(form);
  ESPRESSO_RETURN_IF_ERROR(impl->compute(columns));
  impl->commit();
  return absl::OkStatus();
}

absl::Status BatchSession::read(int64_t slot, std::span<const int32_t> ids,
                                BatchResult form) {
  impl->begin(form);
  if (ids.empty())
    return absl::InvalidArgumentError("the prompt has no tokens");
  if (slot < 0 || slot >= getNumSlots())
    return absl::InvalidArgumentError(absl::StrCat(
        "slot ", slot, " is none of the ", getNumSlots(), " slots"));
  ESPRESSO_RETURN_IF_ERROR(impl->checkForm());
  ESPRESSO_RETURN_IF_ERROR(impl->use(slot, static_cast<int64_t>(ids.size())));
  for (int32_t id : ids)
    ESPRESSO_RETURN_IF_ERROR(impl->checkToken(id));
  ESPRESSO_RETURN_IF_ERROR(impl->read(slot, ids));
  impl->commit();
  return absl::OkStatus();
}

} // namespace espresso::runtime
