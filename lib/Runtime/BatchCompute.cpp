//===- BatchCompute.cpp - Columns together or one by one ------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BatchImpl.h"
#include "espresso/Base/StatusMacros.h"
#include "espresso/Kernels/MatMul.h"
#include "espresso/Kernels/Reduce.h"

#include <algorithm>
#include <array>

namespace espresso::runtime {

using BoundInputs = std::array<const void *, 2>;

/// The data of input `first` and of the other, in the order of the ports.
static BoundInputs bindInputs(const plan::Function &function,
                              std::string_view first, const void *firstData,
                              const void *otherData) {
  if (function.inputs(0).name() == first)
    return {firstData, otherData};
  return {otherData, firstData};
}

//===----------------------------------------------------------------------===//
// Columns together
//===----------------------------------------------------------------------===//

/// Copies the columns asked for: from [outer, count, inner] to [outer, wanted,
/// inner].
static void chooseColumns(const WideDecode::Crossing &crossing,
                          std::span<const BatchColumn> columns,
                          const float *from, float *to) {
  for (int64_t o = 0; o < crossing.outer; ++o)
    for (const BatchColumn &column : columns) {
      if (column.isWanted)
        to = std::copy_n(from, crossing.inner, to);
      from += crossing.inner;
    }
}

absl::Status
BatchSession::Impl::computeWide(std::span<const BatchColumn> columns) {
  const int64_t count = static_cast<int64_t>(columns.size());
  ESPRESSO_ASSIGN_OR_RETURN(Executor * trunk, wide->getTrunk(count));
  ids.clear();
  positions.clear();
  states.clear();
  int64_t wanted = 0;
  for (const BatchColumn &column : columns) {
    Slot &slot = slots[column.slot];
    ids.push_back(column.token);
    positions.push_back(static_cast<int32_t>(getPosition(slot)));
    states.push_back(slot.pointers);
    ++slot.added;
    wanted += column.isWanted;
  }
  outputs.clear();
  const std::vector<WideDecode::Crossing> &shapes =
      wide->getDecode().getCrossings();
  for (size_t i = 0; i < shapes.size(); ++i) {
    crossings[i].resize(shapes[i].outer * shapes[i].inner * count);
    outputs.push_back(crossings[i].data());
  }
  const plan::Function &message =
      *trunk->getProgram().getFunctions()[0].info->message;
  const BoundInputs bound =
      bindInputs(message, "ids", ids.data(), positions.data());
  ESPRESSO_RETURN_IF_ERROR(
      trunk->run(0, bound, outputs,
                 {.states = slots[columns[0].slot].states.getStates(),
                  .columns = states}));
  if (wanted == 0)
    return absl::OkStatus();
  const HeadForm headForm = form == BatchResult::Choice && !isGreedy
                                ? HeadForm::Choose
                                : HeadForm::AsIs;
  ESPRESSO_ASSIGN_OR_RETURN(Executor * head, wide->getHead(wanted, headForm));
  return runHead(*head, columns, wanted);
}

absl::Status BatchSession::Impl::runHead(Executor &head,
                                         std::span<const BatchColumn> columns,
                                         int64_t wanted) {
  const std::vector<WideDecode::Crossing> &shapes =
      wide->getDecode().getCrossings();
  inputs.clear();
  for (size_t i = 0; i < shapes.size(); ++i) {
    if (wanted == static_cast<int64_t>(columns.size())) {
      inputs.push_back(crossings[i].data());
      continue;
    }
    chosen[i].resize(shapes[i].outer * shapes[i].inner * wanted);
    chooseColumns(shapes[i], columns, crossings[i].data(), chosen[i].data());
    inputs.push_back(chosen[i].data());
  }
  reserveResults(wanted);
  outputs.clear();
  const plan::Function &message =
      *head.getProgram().getFunctions()[0].info->message;
  float *asked = logits.data() + numResults * vocabulary;
  if (form == BatchResult::Logits && wanted > 1)
    raw.resize(wanted * vocabulary);
  for (const plan::Port &port : message.outputs()) {
    if (port.name() == "logits")
      outputs.push_back(wanted > 1 ? raw.data() : asked);
    else if (port.name() == "token")
      outputs.push_back(tokens.data() + numResults);
    else
      outputs.push_back(maxima.data() + numResults);
  }
  ESPRESSO_RETURN_IF_ERROR(head.run(0, inputs, outputs, {.states = {}}));
  if (form == BatchResult::Logits && wanted > 1)
    kernels::transpose(raw, vocabulary, wanted,
                       {asked, static_cast<size_t>(wanted * vocabulary)});
  numResults += wanted;
  return absl::OkStatus();
}

//===----------------------------------------------------------------------===//
// Columns one after another
//===----------------------------------------------------------------------===//

absl::Status BatchSession::Impl::runNarrow(const CompiledFunction &function,
                                           Slot &slot,
                                           std::span<const void *const> bound,
                                           bool isWanted) {
  const bool wantsChoice = form == BatchResult::Choice;
  int32_t token = -1;
  float maximum = 0;
  reserveResults(1);
  float *asked = logits.data() + numResults * vocabulary;
  if (wantsChoice || !isWanted) {
    if (!isGreedy)
      raw.resize(std::max<size_t>(raw.size(), vocabulary));
    asked = raw.data();
  }
  outputs.clear();
  for (const plan::Port &port : function.info->message->outputs()) {
    if (port.name() == "logits")
      outputs.push_back(asked);
    else if (port.name() == "token")
      outputs.push_back(&token);
    else
      outputs.push_back(&maximum);
  }
  ESPRESSO_RETURN_IF_ERROR(narrow->run(plan.getIndex(function), bound, outputs,
                                       {.states = slot.states.getStates()}));
  if (!isWanted)
    return absl::OkStatus();
  if (wantsChoice && !isGreedy) {
    std::span<const float> row(asked, vocabulary);
    token = static_cast<int32_t>(kernels::argMax(row));
    maximum = token < 0 ? 0 : row[token];
  }
  if (wantsChoice) {
    tokens[numResults] = token;
    maxima[numResults] = maximum;
  }
  ++numResults;
  return absl::OkStatus();
}

absl::Status BatchSession::Impl::computeNarrow(const BatchColumn &column) {
  Slot &slot = slots[column.slot];
  const int32_t at = static_cast<int32_t>(getPosition(slot));
  const CompiledFunction &decode = *plan.find("decode");
  const BoundInputs bound =
      bindInputs(*decode.info->message, "ids", &column.token, &at);
  ESPRESSO_RETURN_IF_ERROR(runNarrow(decode, slot, bound, column.isWanted));
  ++slot.added;
  return absl::OkStatus();
}

/// The first tokens of a text, in one call of the shortest function that holds
/// them all, or the longest.
absl::Status BatchSession::Impl::prefill(int64_t index,
                                         std::span<const int32_t> prompt) {
  const PrefillBucket *bucket = &buckets.back();
  for (const PrefillBucket &candidate : buckets)
    if (candidate.length >= static_cast<int64_t>(prompt.size())) {
      bucket = &candidate;
      break;
    }
  const int64_t count =
      std::min(static_cast<int64_t>(prompt.size()), bucket->length);
  ids.assign(bucket->length, 0);
  std::copy_n(prompt.begin(), count, ids.begin());
  const int32_t last = static_cast<int32_t>(count) - 1;
  const CompiledFunction &function = *plan.find(bucket->name);
  const BoundInputs bound =
      bindInputs(*function.info->message, "ids", ids.data(), &last);
  Slot &slot = slots[index];
  const bool isLast = count == static_cast<int64_t>(prompt.size());
  ESPRESSO_RETURN_IF_ERROR(runNarrow(function, slot, bound, isLast));
  slot.added += count;
  slot.written = std::max(slot.written, bucket->length);
  return absl::OkStatus();
}

//===----------------------------------------------------------------------===//
// Batches
//===----------------------------------------------------------------------===//

/// A batch that is too large to be computed at once is computed in halves.
absl::Status BatchSession::Impl::compute(std::span<const BatchColumn> columns) {
  if (wide) {
    const absl::Status fits =
        wide->getTrunk(static_cast<int64_t>(columns.size())).status();
    if (fits.ok())
      return computeWide(columns);
    if (columns.size() > 1) {
      ESPRESSO_RETURN_IF_ERROR(compute(columns.first(columns.size() / 2)));
      return compute(columns.subspan(columns.size() / 2));
    }
  }
  for (const BatchColumn &column : columns)
    ESPRESSO_RETURN_IF_ERROR(computeNarrow(column));
  return absl::OkStatus();
}

absl::Status BatchSession::Impl::read(int64_t slot,
                                      std::span<const int32_t> prompt) {
  if (!wide && !buckets.empty() && slots[slot].length == 0) {
    ESPRESSO_RETURN_IF_ERROR(prefill(slot, prompt));
    prompt = prompt.subspan(slots[slot].added);
  }
  std::array<BatchColumn, kMaxBlock> block;
  while (!prompt.empty()) {
    const size_t count =
        std::min(prompt.size(), static_cast<size_t>(kMaxBlock));
    for (size_t i = 0; i < count; ++i)
      block[i] = {slot, prompt[i], i + 1 == prompt.size()};
    ESPRESSO_RETURN_IF_ERROR(
        compute(std::span<const BatchColumn>(block).first(count)));
    prompt = prompt.subspan(count);
  }
  return absl::OkStatus();
}

} // namespace espresso::runtime
