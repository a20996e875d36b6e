//===- ModelKinds.cpp - Models that are no programs -----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelKinds.h"

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"

#include <limits>
#include <utility>

namespace espresso {

using google::protobuf::internal::WireFormatLite;

/// Fields of `Model` that hold a model, by number.
static constexpr std::pair<int, llvm::StringLiteral> kKinds[] = {
    {200, "pipeline classifier"},
    {201, "pipeline regressor"},
    {202, "pipeline"},
    {300, "generalised linear regressor"},
    {301, "support vector regressor"},
    {302, "tree ensemble regressor"},
    {303, "neural network regressor"},
    {304, "Bayesian probit regressor"},
    {400, "generalised linear classifier"},
    {401, "support vector classifier"},
    {402, "tree ensemble classifier"},
    {403, "neural network classifier"},
    {404, "k-nearest-neighbours classifier"},
    {500, "neural network"},
    {501, "item similarity recommender"},
    {555, "custom model"},
    {556, "linked model"},
    {560, "class confidence threshold"},
    {600, "one-hot encoder"},
    {601, "imputer"},
    {602, "feature vectoriser"},
    {603, "dictionary vectoriser"},
    {604, "scaler"},
    {606, "categorical mapping"},
    {607, "normaliser"},
    {609, "array feature extractor"},
    {610, "non-maximum suppression"},
    {900, "identity"},
    {2000, "text classifier"},
    {2001, "word tagger"},
    {2002, "vision feature print"},
    {2003, "sound analysis preprocessing"},
    {2004, "gazetteer"},
    {2005, "word embedding"},
    {2006, "audio feature print"},
    {3000, "serialised model of a private kind"},
};

std::optional<llvm::StringRef>
findOtherModelKind(llvm::ArrayRef<uint8_t> bytes) {
  if (bytes.size() > std::numeric_limits<int>::max())
    return std::nullopt;
  google::protobuf::io::CodedInputStream stream(bytes.data(),
                                                static_cast<int>(bytes.size()));
  while (uint32_t tag = stream.ReadTag()) {
    int number = WireFormatLite::GetTagFieldNumber(tag);
    bool isMessage = WireFormatLite::GetTagWireType(tag) ==
                     WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
    for (const auto &[kind, name] : kKinds)
      if (kind == number && isMessage)
        return name;
    if (!WireFormatLite::SkipField(&stream, tag))
      return std::nullopt;
  }
  return std::nullopt;
}

} // namespace espresso
