//===- ValueExport.h - Types and values to messages -------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_PROTO_VALUEEXPORT_H
#define ESPRESSO_LIB_PROTO_VALUEEXPORT_H

#include "ValueImport.h"

#include "espresso/Proto/ProgramExport.h"

namespace espresso {

/// Turns types and values into messages. Where an original is given that means
/// the same, the result is a copy of it: spellings, comments and unknown fields
/// survive. Reports at the location it was last given.
class ValueExporter {
public:
  ValueExporter(Context &context, WeightPlacer *placer)
      : context(context), importer(context), placer(placer) {}

  void setLocation(Location newLocation) {
    location = newLocation;
    importer.setLocation(newLocation);
  }
  InFlightDiagnostic emitError() {
    return context.getDiagnostics().emitError(location);
  }

  LogicalResult exportType(Type type, pb::ValueType &out,
                           const pb::ValueType *original = nullptr);
  LogicalResult exportValue(const Attribute &value, pb::Value &out,
                            const pb::Value *original = nullptr,
                            WeightRole role = WeightRole::Plain);

private:
  LogicalResult exportTensorType(TensorType type, pb::TensorType &out);
  LogicalResult exportBlob(const Attribute &value, pb::Value &out);
  LogicalResult exportImmediate(const Attribute &value,
                                pb::Value::Immediate &out);
  LogicalResult exportList(const Attribute &value, pb::Value::Immediate &out);
  /// Where the placer wants `value` to be; null if where it is.
  FailureOr<Attribute> place(const Attribute &value, WeightRole role);

  Context &context;
  ValueImporter importer;
  WeightPlacer *placer;
  Location location;
  unsigned depth = 0;
};

} // namespace espresso

#endif // ESPRESSO_LIB_PROTO_VALUEEXPORT_H
