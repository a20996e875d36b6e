//===- ModelReader.h - From a source to a checkpoint ------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// The steps that GGUF and Hugging Face checkpoints share once their settings
// and tensors can be found by name.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_FRONTEND_MODELREADER_H
#define ESPRESSO_LIB_FRONTEND_MODELREADER_H

#include "TensorNames.h"
#include "espresso/Model/Checkpoint.h"

namespace espresso {

/// The family of that name, or an error that lists those there are.
const Family *getFamily(ModelSource &source, const SettingKey &key,
                        llvm::StringRef name);

/// Everything of the configuration but name, licence, vocabulary and special
/// tokens. Errors are reported; source.hasFailed() says whether there was one.
ModelConfig readConfig(ModelSource &source, const Family &family);

/// Rotary base, size and scaling, once sizes are known.
void readRotary(ModelSource &source, ModelConfig &config);

/// Fills checkpoint.tensors for checkpoint.config, which passes
/// verifyConfig(). Every tensor of the source must have a place.
LogicalResult readTensors(const ModelSource &source, const Family &family,
                          Checkpoint &checkpoint);

} // namespace espresso

#endif // ESPRESSO_LIB_FRONTEND_MODELREADER_H
