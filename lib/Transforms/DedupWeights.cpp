//===- DedupWeights.cpp - Weights that are the same bytes -----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Constants outside whose elements are the same, wherever they stand in files
// and whatever functions they belong to, become references to one of them:
// `cse` then makes one constant of those in a function, and writers write them
// once.
//
// Only constants of equal type and number of elements are read, and each of
// their sources once. They are compared by digest (SHA-256).
//
//===----------------------------------------------------------------------===//

#include "Patterns/Weights.h"

#include "espresso/Base/Sha256.h"
#include "espresso/Transforms/Passes.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

#include <algorithm>
#include <map>

namespace espresso {
namespace {

class DedupWeightsPass : public DedupWeightsBase {
public:
  using DedupWeightsBase::DedupWeightsBase;
  PassResult run(Program &program, PassContext &context) override;

private:
  using Constants = std::vector<Operation *>;
  FailureOr<bool> share(const Constants &constants, PassContext &context);
};

} // namespace

/// The digest of all elements, read in pieces.
static FailureOr<std::string> digest(const WeightSource &source,
                                     DiagnosticEngine &diagnostics) {
  constexpr int64_t kPiece = int64_t{1} << 18;
  Sha256 hash;
  unsigned width = getBitWidth(source.getElementType()) / 8;
  std::vector<uint8_t> bytes;
  for (int64_t first = 0, count = source.getNumElements(); first < count;
       first += kPiece) {
    int64_t taken = std::min(kPiece, count - first);
    bytes.resize(taken * width);
    if (failed(source.readRange(first, taken, bytes, diagnostics)))
      return failure();
    hash.update(bytes);
  }
  source.releaseMemory();
  return hash.finish();
}

/// Makes equal ones of `constants`, which have one type, share a source.
FailureOr<bool> DedupWeightsPass::share(const Constants &constants,
                                        PassContext &context) {
  llvm::StringMap<std::string> digestOfKey;
  llvm::StringMap<Attribute> firstOfDigest;
  bool changed = false;
  for (Operation *op : constants) {
    Attribute value = op->getAttribute("val");
    const BlobReference &blob = *value.getBlob();
    auto [known, isNew] = digestOfKey.try_emplace(blob.source->getKey());
    if (isNew) {
      FailureOr<std::string> found =
          digest(*blob.source, context.getDiagnostics());
      if (failed(found))
        return failure();
      known->second = *found;
    }
    auto [first, isFirst] = firstOfDigest.try_emplace(known->second, value);
    if (isFirst || first->second == value)
      continue;
    auto type = value.getType().castTo<TensorType>();
    op->setAttribute(op->getFunction()->getContext().intern("val"),
                     Attribute::blob(type, *first->second.getBlob()));
    ++numShared;
    bytesSaved += blob.source->getNumElements() *
                  (getBitWidth(blob.source->getElementType()) / 8);
    changed = true;
  }
  return changed;
}

PassResult DedupWeightsPass::run(Program &program, PassContext &context) {
  // Ordered by what is compared first, then as written.
  std::map<std::pair<DataType, int64_t>, Constants> alike;
  for (const std::unique_ptr<Function> &function : program.getFunctions())
    function->walk([&](Operation &op) {
      if (!op.is("const"))
        return;
      Attribute value = op.getAttribute("val");
      const BlobReference *blob = value ? value.getBlob() : nullptr;
      if (blob && blob->source && !isSubByte(blob->source->getElementType()))
        alike[{blob->source->getElementType(), blob->source->getNumElements()}]
            .push_back(&op);
    });
  bool changed = false;
  for (const auto &[kind, constants] : alike) {
    llvm::StringSet<> keys;
    for (const Operation *op : constants)
      keys.insert(op->getAttribute("val").getBlob()->source->getKey());
    if (keys.size() < 2)
      continue;
    FailureOr<bool> shared = share(constants, context);
    if (failed(shared))
      return PassResult::Failed;
    changed |= *shared;
  }
  return changedIf(changed);
}

std::unique_ptr<Pass>
createDedupWeightsPass(const DedupWeightsOptions &options) {
  return std::make_unique<DedupWeightsPass>(options);
}

} // namespace espresso
