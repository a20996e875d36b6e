//===- Llama2cLayout.cpp - What is where in llama2.c files ----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Version 0: seven int32 (dim, hidden dim, layers, heads, key/value heads,
// vocabulary, positions; a negative vocabulary announces a classifier of its
// own), then fp32 tensors one after another, each kind for all layers together.
// Two tables of rotary angles, which nobody reads any more, precede the
// classifier.
//
// Versions 1 and 2: "24ka", an int32 version, the seven int32, a byte that is 0
// if there is a classifier of its own, in version 2 an int32 with the length of
// groups; zeros up to byte 256. Norms come first, in fp32. Matrices are fp32 in
// version 1; in version 2 each is int8 followed by the fp32 scales of its
// groups.
//
//===----------------------------------------------------------------------===//

#include "Llama2cLayout.h"

#include "ByteReader.h"
#include "Readers.h"
#include "espresso/Base/CheckedMath.h"

#include <cstdlib>

namespace espresso {

static constexpr llvm::StringLiteral kMagic = "24ka";
static constexpr uint64_t kFloatSize = 4;
/// Of versions 1 and 2.
static constexpr uint64_t kHeaderSize = 256;

namespace {

struct Sizes {
  int32_t dim;
  int32_t hiddenDim;
  int32_t numLayers;
  int32_t numHeads;
  int32_t numKVHeads;
  int32_t vocabulary;
  int32_t positions;
};
static_assert(sizeof(Sizes) == 28);

} // namespace

static bool arePossible(const Sizes &sizes) {
  auto isPossible = [](int64_t value, int64_t limit) {
    return value >= 1 && value <= limit;
  };
  return isPossible(sizes.dim, kMaxExtent) &&
         isPossible(sizes.hiddenDim, kMaxExtent) &&
         isPossible(sizes.numLayers, kMaxLayers) &&
         isPossible(sizes.numHeads, kMaxExtent) &&
         isPossible(sizes.numKVHeads, kMaxExtent) &&
         isPossible(std::abs(int64_t{sizes.vocabulary}), kMaxExtent) &&
         isPossible(sizes.positions, kMaxExtent);
}

bool isLlama2c(std::span<const uint8_t> bytes) {
  llvm::StringRef text(reinterpret_cast<const char *>(bytes.data()),
                       bytes.size());
  if (text.starts_with(kMagic))
    return true;
  if (bytes.size() < sizeof(Sizes))
    return false;
  Sizes sizes;
  std::memcpy(&sizes, bytes.data(), sizeof(sizes));
  return arePossible(sizes);
}

static Llama2cHeader makeHeader(const Sizes &sizes) {
  Llama2cHeader header;
  header.dim = sizes.dim;
  header.hiddenDim = sizes.hiddenDim;
  header.numLayers = sizes.numLayers;
  header.numHeads = sizes.numHeads;
  header.numKVHeads = sizes.numKVHeads;
  header.vocabulary = std::abs(int64_t{sizes.vocabulary});
  header.positions = sizes.positions;
  header.hasOwnHead = sizes.vocabulary < 0;
  header.dataOffset = sizeof(Sizes);
  return header;
}

/// The header of versions 1 and 2.
static FailureOr<Llama2cHeader> readLater(ByteReader &reader) {
  if (failed(reader.readBytes(kMagic.size(), "'24ka'")))
    return failure();
  FailureOr<int32_t> version = reader.read<int32_t>("the version");
  if (failed(version))
    return failure();
  if (*version != 1 && *version != 2)
    return reader.emitError(kMagic.size())
           << "expected llama2.c version 1 or 2 after '24ka', found "
           << *version;
  FailureOr<llvm::StringRef> bytes =
      reader.readBytes(sizeof(Sizes), "seven sizes");
  if (failed(bytes))
    return failure();
  Sizes sizes;
  std::memcpy(&sizes, bytes->data(), sizeof(sizes));
  Llama2cHeader header = makeHeader(sizes);
  header.version = *version;
  header.dataOffset = kHeaderSize;
  uint64_t place = reader.getPosition();
  FailureOr<uint8_t> isShared =
      reader.read<uint8_t>("whether the head is the embedding");
  if (failed(isShared))
    return failure();
  if (*isShared > 1)
    return reader.emitError(place)
           << "expected 0 or 1, for a head of its own or the embedding, found "
           << static_cast<unsigned>(*isShared);
  header.hasOwnHead = *isShared == 0;
  if (header.version != 2)
    return header;
  place = reader.getPosition();
  FailureOr<int32_t> group = reader.read<int32_t>("the length of groups");
  if (failed(group))
    return failure();
  if (*group < 1 || header.dim % *group != 0 || header.hiddenDim % *group != 0)
    return reader.emitError(place)
           << "expected a length of groups that divides the sizes "
           << header.dim << " and " << header.hiddenDim << ", found " << *group;
  header.groupLength = *group;
  return header;
}

FailureOr<Llama2cHeader> readLlama2cHeader(const MappedFile &file,
                                           DiagnosticEngine &diagnostics) {
  ByteReader reader(file, diagnostics);
  llvm::StringRef start(reinterpret_cast<const char *>(file.getBytes().data()),
                        file.getSize());
  if (start.starts_with(kMagic))
    return readLater(reader);
  FailureOr<llvm::StringRef> bytes =
      reader.readBytes(sizeof(Sizes), "seven sizes");
  if (failed(bytes))
    return failure();
  Sizes sizes;
  std::memcpy(&sizes, bytes->data(), sizeof(sizes));
  return makeHeader(sizes);
}

std::vector<Llama2cSection> getLlama2cSections(const Llama2cHeader &header,
                                               const ModelConfig &config) {
  int64_t d = config.embeddingSize, f = config.hiddenSize;
  int64_t q = config.getQuerySize(), kv = config.getKeyValueSize();
  int64_t v = config.vocabularySize;
  const Llama2cSection embedding = {"embedding", false, v, d, true};
  const Llama2cSection attentionNorm = {"rms_att", true, 1, d};
  const Llama2cSection ffnNorm = {"rms_ffn", true, 1, d};
  const Llama2cSection finalNorm = {"rms_final", false, 1, d};
  const Llama2cSection attention[] = {{"wq", true, q, d, true},
                                      {"wk", true, kv, d, true},
                                      {"wv", true, kv, d, true},
                                      {"wo", true, d, q, true}};
  const Llama2cSection network[] = {{"w1", true, f, d, true},
                                    {"w2", true, d, f, true},
                                    {"w3", true, f, d, true}};
  std::vector<Llama2cSection> sections;
  auto add = [&](llvm::ArrayRef<Llama2cSection> more) {
    sections.insert(sections.end(), more.begin(), more.end());
  };
  if (header.version == 0) {
    add({embedding, attentionNorm});
    add(attention);
    add(ffnNorm);
    add(network);
    add(finalNorm);
    // Cosines and sines of the rotary angles.
    add(Llama2cSection{"", false, 2 * config.contextLength,
                       config.headSize / 2});
  } else {
    add({attentionNorm, ffnNorm, finalNorm, embedding});
    add(attention);
    add(network);
  }
  if (header.hasOwnHead)
    add(Llama2cSection{"lm_head", false, v, d, true});
  return sections;
}

std::optional<uint64_t> getTensorByteSize(const Llama2cSection &section,
                                          int64_t groupLength) {
  std::optional<uint64_t> count = checkedMul(section.rows, section.columns);
  if (!count)
    return count;
  if (section.isQuantized && groupLength != 0)
    return checkedAdd(*count, *count / groupLength * kFloatSize);
  return checkedMul(*count, kFloatSize);
}

std::optional<uint64_t>
getLlama2cFileSize(const Llama2cHeader &header,
                   llvm::ArrayRef<Llama2cSection> sections) {
  std::optional<uint64_t> total = header.dataOffset;
  for (const Llama2cSection &section : sections) {
    std::optional<uint64_t> size =
        getTensorByteSize(section, header.groupLength);
    if (size)
      size = checkedMul(*size, section.isOfLayers ? header.numLayers : 1);
    if (!size || !total)
      return std::nullopt;
    total = checkedAdd(*total, *size);
  }
  return total;
}

} // namespace espresso
