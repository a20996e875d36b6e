//===- Checkpoint.h - A trained model, as read from its files ---*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_MODEL_CHECKPOINT_H
#define ESPRESSO_MODEL_CHECKPOINT_H

#include "espresso/IR/WeightSource.h"
#include "espresso/Model/ModelConfig.h"
#include "espresso/Model/TokenizerData.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace espresso {

/// One tensor of a checkpoint under its canonical name.
struct CheckpointTensor {
  /// Row-major; matrices are [out, in].
  llvm::SmallVector<int64_t, 2> shape;
  /// Yields the elements in the type the file stores them in (fp32 for
  /// block-quantised tensors); convertTo() of lib/Weights gives another.
  std::shared_ptr<const WeightSource> source;
  /// What the file calls it, for messages.
  std::string originalName;
  /// How the file stores it: "Q4_K", "BF16".
  std::string originalType;
};

/// A model as read from its files: configuration, vocabulary, weights. Weights
/// stay in the files, mapped, until somebody reads their source. Canonical
/// names of tensors; of each line there is what the configuration calls for:
///
///   embedding [V, D]                   lm_head [V, D] unless tied; lm_head_b
///   positions [P, D]                   rms_final [D]
///
/// and for each layer, after "layers.<i>.":
///
///   rms_att [D]                        rms_ffn [D]
///   rms_att_post [D]                   rms_ffn_post [D]
///   wq [H·d, D]; bq                    wk, wv [G·d, D]; bk, bv
///   wo [D, H·d]; bo                    q_norm, k_norm [d], or [H·d] and [G·d]
///   w1 (gate, or the only one) [F, D]; b1
///   w2 (down) [D, F]; b2               w3 (up) [F, D]; b3
///   router [E, D]                      experts.<e>.w1, .w2, .w3
///   shared.w1, .w2, .w3                shared_gate [1, D], if there is one
///   conv_in [3·D, D]                   conv [D, L], the newest tap last
///   conv_out [D, D]
///
/// Layer norms have "ln_att_gamma" and "ln_att_beta" in place of "rms_att", and
/// likewise for the others. Rows of wq and wk, and what belongs to them (bq,
/// bk, q_norm, k_norm), are in the half-split rotary order whatever the file
/// has.
struct Checkpoint {
  ModelConfig config;
  TokenizerData tokenizer;
  /// Sorted by name.
  std::map<std::string, CheckpointTensor> tensors;
  /// The file the weights are in, as the user named it.
  std::string path;
  /// For people: "GGUF version 3".
  std::string format;

  /// Null if there is none of that name.
  const CheckpointTensor *findTensor(llvm::StringRef name) const;
  /// Weights in all tensors together.
  uint64_t getNumParameters() const;
};

/// "layers.<layer>.<kind>".
[[nodiscard]] std::string getLayerTensorName(int64_t layer,
                                             llvm::StringRef kind);

/// A tensor that a configuration calls for.
struct ExpectedTensor {
  std::string name;
  llvm::SmallVector<int64_t, 2> shape;
};

/// Every tensor of the canonical list for a configuration that passes
/// verifyConfig(): those of no layer, then layer by layer.
[[nodiscard]] std::vector<ExpectedTensor>
getExpectedTensors(const ModelConfig &config);

/// Whether the tensor of that canonical name holds the gains of a norm, which
/// are near 1.
[[nodiscard]] bool isGain(llvm::StringRef name);

/// "[512, 64]", for messages.
[[nodiscard]] std::string formatShape(llvm::ArrayRef<int64_t> shape);

} // namespace espresso

#endif // ESPRESSO_MODEL_CHECKPOINT_H
