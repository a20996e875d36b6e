//===- SmolLm3.cpp - SmolLM 3 ---------------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Families.h"

#include <algorithm>

namespace espresso {

/// Each fourth layer does not rotate; `config.json` can say otherwise, with a 1
/// for each layer that rotates.
static void configure(ModelSource &source, ModelConfig &config) {
  constexpr int64_t kUsualInterval = 4;
  int64_t interval =
      std::max<int64_t>(source.findInteger({"", "no_rope_layer_interval"})
                            .value_or(kUsualInterval),
                        1);
  std::optional<std::vector<double>> rotates =
      source.findNumbers({"", "no_rope_layers"});
  config.layers.resize(std::clamp<int64_t>(config.numLayers, 0, kMaxLayers));
  for (size_t i = 0; i < config.layers.size(); ++i)
    config.layers[i].hasRope =
        rotates && i < rotates->size()
            ? (*rotates)[i] != 0
            : static_cast<int64_t>(i + 1) % interval != 0;
}

const Family kSmolLm3Family = {
    .architecture = "smollm3",
    .ggufNames = "smollm3",
    .huggingFaceNames = "smollm3",
    .isInterleavedInGguf = true,
    .configure = configure,
};

} // namespace espresso
