//===- ModelSource.cpp - Settings and tensors of a checkpoint -------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ModelSource.h"

namespace espresso {

ModelSource::~ModelSource() = default;

int64_t ModelSource::getInteger(const SettingKey &key) {
  if (!has(key)) {
    markFailed();
    emitMissing(key);
  }
  return findInteger(key).value_or(0);
}

InFlightDiagnostic ModelSource::emitError(const SettingKey &key) {
  markFailed();
  return diagnostics.emitError(getPlace(key));
}

} // namespace espresso
