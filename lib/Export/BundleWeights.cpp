//===- BundleWeights.cpp - The weight files of a bundle -------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "BundleWeights.h"

#include "espresso/Export/MilText.h"
#include "espresso/Weights/BlobFile.h"

#include "llvm/Support/FileSystem.h"

namespace espresso {

namespace fs = llvm::sys::fs;

static constexpr llvm::StringLiteral kHostFile = "weights.bin";

BundleWeights::BundleWeights(const Program &program, StagedDirectory &directory,
                             std::function<void(uint64_t, uint64_t)> progress)
    : program(program), directory(directory), progress(std::move(progress)) {}

std::string BundleWeights::getWeightDirectory(const Function &function) {
  return ("programs/" + function.getName() + "/weights").str();
}

std::string BundleWeights::getFileName(const Operation &constant) {
  return (constant.getResult()->getName() + ".bin").str();
}

//===----------------------------------------------------------------------===//
// Collecting
//===----------------------------------------------------------------------===//

/// The elements of a constant, wherever they are; null if they are nowhere.
static WeightSourceRef getSource(const Operation &constant) {
  Attribute value = constant.getAttribute("val");
  if (const BlobReference *blob = value.getBlob())
    return blob->source;
  const DenseElements *dense = value.getDense();
  DataType type = value.getType().castTo<TensorType>().getElementType();
  if (!dense || type == DataType::String || isSubByte(type))
    return nullptr;
  return makeMemorySource(type, value.getNumElements(), dense->bytes);
}

absl::Status BundleWeights::collect() {
  for (const auto &function : program.getFunctions()) {
    bool isHost = function->getOpset() == Opset::Host;
    if (!isHost && !isIOS(function->getOpset()))
      continue;
    for (const Operation &op : function->getBody().getOperations()) {
      if (!isPlanWeight(op))
        continue;
      WeightSourceRef source = getSource(op);
      if (!source) {
        (void)(op.emitError()
               << "the elements of '" << op.getResult()->getName()
               << "' are not at hand, so that they cannot be "
                  "written");
        return absl::AbortedError("");
      }
      std::optional<uint64_t> size =
          getPackedByteSize(source->getElementType(), source->getNumElements());
      if (!size) {
        (void)(op.emitError() << "'" << op.getResult()->getName()
                              << "' is too large to be written");
        return absl::AbortedError("");
      }
      std::string key = source->getKey();
      totalBytes += *size;
      (isHost ? hostItems : programItems)
          .push_back({&op, std::move(source), std::move(key), *size});
    }
  }
  return absl::OkStatus();
}

void BundleWeights::advance(uint64_t bytes) {
  doneBytes += bytes;
  if (progress)
    progress(doneBytes, totalBytes);
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

/// Calls `fill` with a writer to a new file, completes the file, and gives its
/// size. `fill` returns false after it has reported an error.
static absl::StatusOr<uint64_t>
writeBlobs(StagedDirectory &directory, llvm::StringRef relative,
           llvm::function_ref<bool(BlobWriter &)> fill) {
  std::error_code error;
  llvm::raw_fd_ostream os(directory.getPath(relative), error, fs::OF_None);
  if (error)
    return makeSystemError("write", relative, error.value());
  BlobWriter writer(os);
  bool filled = fill(writer);
  if (filled)
    writer.finish();
  uint64_t size = os.tell();
  os.close();
  if (os.has_error()) {
    int code = os.error().value();
    os.clear_error();
    return makeSystemError("write", relative, code);
  }
  if (!filled)
    return absl::AbortedError("");
  return size;
}

absl::Status BundleWeights::writeProgramWeights() {
  DiagnosticEngine &diagnostics = program.getContext().getDiagnostics();
  for (const Item &item : programItems) {
    std::string folder = getWeightDirectory(*item.constant->getFunction());
    std::string relative = folder + "/" + getFileName(*item.constant);
    if (absl::Status status = directory.makeDirectory(folder); !status.ok())
      return status;
    auto [written, isNew] = writtenPrograms.try_emplace(item.key);
    if (isNew) {
      absl::StatusOr<uint64_t> size =
          writeBlobs(directory, relative, [&](BlobWriter &writer) {
            return succeeded(writer.add(*item.source, diagnostics));
          });
      if (!size.ok())
        return size.status();
      written->second = {relative, *size, kSingleDataOffset, item.byteSize};
    } else if (absl::Status status =
                   directory.linkFile(written->second.path, relative);
               !status.ok()) {
      return status;
    }
    places[item.constant] = written->second;
    advance(item.byteSize);
  }
  return absl::OkStatus();
}

absl::Status BundleWeights::writeHostWeights() {
  DiagnosticEngine &diagnostics = program.getContext().getDiagnostics();
  std::string name = kHostFile.str();
  absl::StatusOr<uint64_t> size =
      writeBlobs(directory, name, [&](BlobWriter &writer) {
        for (const Item &item : hostItems) {
          // A tied head on the engine: what the program has, the host reads.
          if (auto written = writtenPrograms.find(item.key);
              written != writtenPrograms.end()) {
            places[item.constant] = written->second;
            advance(item.byteSize);
            continue;
          }
          FailureOr<uint64_t> record = writer.add(*item.source, diagnostics);
          if (failed(record))
            return false;
          places[item.constant] = {name, /*fileSize=*/0,
                                   *record + kBlobDescriptorSize,
                                   item.byteSize};
          advance(item.byteSize);
        }
        return true;
      });
  if (!size.ok())
    return size.status();
  for (const Item &item : hostItems)
    if (WeightPlace &place = places[item.constant]; place.path == name)
      place.fileSize = *size;
  return absl::OkStatus();
}

absl::Status BundleWeights::write() {
  if (absl::Status status = collect(); !status.ok())
    return status;
  if (absl::Status status = writeProgramWeights(); !status.ok())
    return status;
  return writeHostWeights();
}

FailureOr<WeightPlace> BundleWeights::find(const Operation &constant) const {
  auto found = places.find(&constant);
  assert(found != places.end() && "every weight has been written");
  return found->second;
}

} // namespace espresso
