//===- FrontendTest.h - What the tests of frontends share -------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TEST_UNIT_FRONTEND_FRONTENDTEST_H
#define ESPRESSO_TEST_UNIT_FRONTEND_FRONTENDTEST_H

#include "../TestSupport.h"
#include "TinyModel.h"

#include "espresso/Frontend/Frontend.h"
#include "espresso/Weights/WeightSources.h"

#include <cstring>

namespace espresso::test {

/// The elements of a tensor as fp32.
inline std::vector<float> readFloats(const Checkpoint &checkpoint,
                                     const std::string &name) {
  const CheckpointTensor *tensor = checkpoint.findTensor(name);
  EXPECT_TRUE(tensor) << name;
  if (!tensor)
    return {};
  Messages messages;
  WeightSourceRef source = convertTo(tensor->source, DataType::Float32);
  std::vector<float> values(source->getNumElements());
  EXPECT_TRUE(succeeded(source->read(
      {reinterpret_cast<uint8_t *>(values.data()), 4 * values.size()},
      messages)))
      << messages.str();
  return values;
}

/// Reads every weight, so that a bad place in a file would be touched.
inline void readEverything(const Checkpoint &checkpoint) {
  for (const auto &[name, tensor] : checkpoint.tensors)
    readFloats(checkpoint, name);
}

/// Reads the model at `path`: either it is sound, or there is a message. The
/// message, or "".
inline std::string tryRead(const std::string &path,
                           const std::string &tokenizerPath = "") {
  Messages messages;
  FailureOr<Checkpoint> checkpoint =
      readCheckpoint(path, {tokenizerPath}, messages);
  EXPECT_EQ(succeeded(checkpoint), messages.empty()) << messages.str();
  if (succeeded(checkpoint))
    readEverything(*checkpoint);
  return messages.str();
}

} // namespace espresso::test

#endif // ESPRESSO_TEST_UNIT_FRONTEND_FRONTENDTEST_H
