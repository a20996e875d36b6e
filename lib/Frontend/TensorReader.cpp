//===- TensorReader.cpp - Tensors of checkpoints to canonical ones --------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ByteReader.h"
#include "ModelReader.h"

#include "Readers.h"

#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/STLExtras.h"

namespace espresso {

/// Messages about one kind of trouble stop here.
static constexpr unsigned kMaxMessages = 8;

namespace {

/// Rows [begin, begin + count) of a matrix, or the elements of a vector.
struct RowRange {
  int64_t begin = 0;
  int64_t count = 0;
};

class TensorReader {
public:
  TensorReader(const ModelSource &source, const Family &family,
               Checkpoint &checkpoint)
      : source(source), family(family), finder(family, source),
        checkpoint(checkpoint), isUsed(source.getTensors().size()) {}

  LogicalResult read();

private:
  LogicalResult refuseTypes();
  LogicalResult readTensor(const ExpectedTensor &expected);
  LogicalResult refuseOthers();
  RowRange getRows(TensorPart part, int64_t rows) const;
  bool hasShape(const TensorUse &use, const ExpectedTensor &expected,
                llvm::SmallVectorImpl<int64_t> &wanted) const;
  InFlightDiagnostic emitError(const SourceTensor &tensor) const {
    return source.getDiagnostics().emitError(tensor.place);
  }

  const ModelSource &source;
  const Family &family;
  TensorFinder finder;
  Checkpoint &checkpoint;
  llvm::BitVector isUsed;
};

} // namespace

/// Reports each tensor type that cannot be decoded, once.
LogicalResult TensorReader::refuseTypes() {
  struct Use {
    const SourceTensor *first;
    unsigned count = 0;
  };
  llvm::MapVector<llvm::StringRef, Use> refused;
  for (const SourceTensor &tensor : source.getTensors())
    if (!isRedundant(tensor.name) && !source.isAuxiliary(tensor) &&
        !source.getSource(tensor))
      ++refused.try_emplace(tensor.typeName, Use{&tensor}).first->second.count;
  for (const auto &[type, use] : refused)
    emitError(*use.first) << "tensor " << quoteUntrusted(use.first->name)
                          << " is of type " << type
                          << (use.count > 1 ? ", as are more; it" : ", which")
                          << " is not supported; supported are "
                          << source.getSupportedTypes();
  return success(refused.empty());
}

/// Where the `rows` rows of a part are in the file's tensor.
RowRange TensorReader::getRows(TensorPart part, int64_t rows) const {
  const ModelConfig &config = checkpoint.config;
  switch (part) {
  case TensorPart::Whole:
  case TensorPart::Query:
  case TensorPart::FirstHalf:
  case TensorPart::Expert:
    return {0, rows};
  case TensorPart::Key:
    return {config.getQuerySize(), rows};
  case TensorPart::Value:
    return {config.getQuerySize() + config.getKeyValueSize(), rows};
  case TensorPart::SecondHalf:
    return {rows, rows};
  }
  return {};
}

static llvm::SmallVector<int64_t, 4> dropOnes(llvm::ArrayRef<int64_t> shape) {
  llvm::SmallVector<int64_t, 4> kept;
  llvm::copy_if(shape, std::back_inserter(kept),
                [](int64_t extent) { return extent != 1; });
  return kept;
}

/// The shape that the file's tensor must have goes to `wanted`. Extents of 1
/// do not count: convolutions and gates come with and without them.
bool TensorReader::hasShape(const TensorUse &use,
                            const ExpectedTensor &expected,
                            llvm::SmallVectorImpl<int64_t> &wanted) const {
  const ModelConfig &config = checkpoint.config;
  wanted.assign(expected.shape.begin(), expected.shape.end());
  switch (use.part) {
  case TensorPart::Whole:
    break;
  case TensorPart::Query:
  case TensorPart::Key:
  case TensorPart::Value:
    wanted[0] = config.getQuerySize() + 2 * config.getKeyValueSize();
    break;
  case TensorPart::FirstHalf:
  case TensorPart::SecondHalf:
    wanted[0] *= 2;
    break;
  case TensorPart::Expert:
    wanted.insert(wanted.begin(), config.numExperts);
    break;
  }
  if (use.isTransposed)
    std::swap(wanted[0], wanted[1]);
  return dropOnes(use.tensor->shape) == dropOnes(wanted);
}

LogicalResult TensorReader::readTensor(const ExpectedTensor &expected) {
  std::optional<TensorUse> use = finder.find(expected.name);
  if (!use)
    return source.getDiagnostics().emitError(source.getPath())
           << "expected tensor '" << finder.getExpectedName(expected.name)
           << "' of shape " << formatShape(expected.shape)
           << ", found none of this name";
  isUsed.set(use->tensor->index);
  llvm::SmallVector<int64_t, 4> wanted;
  if (!hasShape(*use, expected, wanted))
    return emitError(*use->tensor)
           << "tensor " << quoteUntrusted(use->tensor->name)
           << ": expected shape " << formatShape(wanted) << ", found "
           << formatShape(use->tensor->shape);
  WeightSourceRef elements = source.getSource(*use->tensor);
  if (!elements)
    return failure(); // refuseTypes() has said why

  int64_t rows = expected.shape[0];
  int64_t columns = expected.shape.size() == 2 ? expected.shape[1] : 1;
  if (use->isTransposed)
    elements = transpose(std::move(elements),
                         elements->getNumElements() / columns, columns);
  if (use->part == TensorPart::Expert) {
    elements = slice(std::move(elements), use->expert * rows * columns,
                     rows * columns);
  } else {
    RowRange range = getRows(use->part, rows);
    elements = slice(std::move(elements), range.begin * columns,
                     range.count * columns);
  }
  bool isHuggingFace = source.getFormat() == SourceFormat::HuggingFace;
  llvm::StringRef kind = llvm::StringRef(expected.name).rsplit('.').second;
  bool isGain = expected.shape.size() == 1 &&
                (expected.name == "rms_final" || kind.starts_with("rms_") ||
                 kind.ends_with("_norm"));
  if (isHuggingFace && isGain && family.huggingFaceGainOffset != 0)
    elements = addOffset(std::move(elements), family.huggingFaceGainOffset);
  bool isInterleaved = !isHuggingFace && family.isInterleavedInGguf;
  addTensor(checkpoint, expected, std::move(elements),
            isInterleaved ? RotaryOrder::Interleaved : RotaryOrder::HalfSplit,
            use->tensor->name.str(), use->tensor->typeName.str());
  return success();
}

/// A tensor that no part of the model takes would change its result.
LogicalResult TensorReader::refuseOthers() {
  unsigned count = 0;
  for (const SourceTensor &tensor : source.getTensors()) {
    if (isUsed.test(tensor.index) || isRedundant(tensor.name) ||
        source.isAuxiliary(tensor))
      continue;
    if (++count <= kMaxMessages)
      emitError(tensor) << "tensor " << quoteUntrusted(tensor.name)
                        << " has no place in the architecture '"
                        << family.architecture << "' as far as it is supported";
  }
  if (count > kMaxMessages)
    source.getDiagnostics().emitError(source.getPath())
        << "and " << count - kMaxMessages << " more tensors";
  return success(count == 0);
}

LogicalResult TensorReader::read() {
  bool complete = succeeded(refuseTypes());
  unsigned missing = 0;
  for (const ExpectedTensor &expected : getExpectedTensors(checkpoint.config)) {
    if (succeeded(readTensor(expected)))
      continue;
    complete = false;
    if (++missing == kMaxMessages)
      break;
  }
  if (!complete)
    return failure();
  // The embedding stands for a tied head even if there is one; what was read
  // into the configuration is used.
  if (std::optional<TensorUse> head = finder.find("lm_head"))
    isUsed.set(head->tensor->index);
  for (llvm::StringRef name : {"rope_freqs.weight", "rope_factors_long.weight",
                               "rope_factors_short.weight"})
    if (const SourceTensor *tensor = source.findTensor(name))
      isUsed.set(tensor->index);
  return refuseOthers();
}

LogicalResult readTensors(const ModelSource &source, const Family &family,
                          Checkpoint &checkpoint) {
  return TensorReader(source, family, checkpoint).read();
}

} // namespace espresso
