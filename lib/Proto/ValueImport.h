//===- ValueImport.h - Types and values from messages -----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_PROTO_VALUEIMPORT_H
#define ESPRESSO_LIB_PROTO_VALUEIMPORT_H

#include "espresso/IR/Attribute.h"
#include "espresso/IR/Context.h"

#include "Mil.pb.h"

namespace espresso {

/// Types and literals nested deeper than this are refused, both ways: every
/// reader of the format has a limit.
inline constexpr unsigned kMaxValueNesting = 16;
/// Dimensions of a tensor: as many as text can have.
inline constexpr int kMaxRank = 63;
/// Attributes or arguments of one thing. Their lists are searched linearly.
inline constexpr int kMaxNamedEntries = 1024;

/// Turns types and values into those of the IR. Reports at the location it was
/// last given. Thread-compatible.
class ValueImporter {
public:
  explicit ValueImporter(Context &context) : context(context) {}

  void setLocation(Location newLocation) { location = newLocation; }
  Location getLocation() const { return location; }
  InFlightDiagnostic emitError() {
    return context.getDiagnostics().emitError(location);
  }

  /// Null after an error.
  Type importType(const pb::ValueType &type);
  /// Null after an error.
  Attribute importValue(const pb::Value &value);
  /// Adds all, sorted by name.
  template <typename Map>
  LogicalResult importAttributes(const Map &map, AttributeList &attributes);

private:
  Type importTensorType(const pb::TensorType &type);
  Type importTupleType(const pb::TupleType &type);
  /// The extent, or nothing after an error.
  std::optional<int64_t> importDimension(const pb::Dimension &dimension);
  /// `value` in a place that has a type of its own, which wins where the two
  /// differ in extents.
  Attribute importNested(const pb::Value &value, Type type);
  Attribute importImmediate(const pb::Value::Immediate &value, Type type);
  template <typename Values>
  LogicalResult importElements(const Values &values,
                               llvm::function_ref<Type(int)> getType,
                               std::vector<Attribute> &elements);
  Attribute importList(const pb::ListValue &value, ListType type);
  Attribute importTuple(const pb::TupleValue &value, TupleType type);
  Attribute importDict(const pb::DictValue &value, DictType type);

  Context &context;
  Location location;
  unsigned depth = 0;
};

/// The keys of a map, sorted.
template <typename Map>
std::vector<const typename Map::value_type *> getSorted(const Map &map) {
  std::vector<const typename Map::value_type *> entries;
  for (const auto &entry : map)
    entries.push_back(&entry);
  std::sort(entries.begin(), entries.end(),
            [](const auto *a, const auto *b) { return a->first < b->first; });
  return entries;
}

template <typename Map>
LogicalResult ValueImporter::importAttributes(const Map &map,
                                              AttributeList &attributes) {
  if (map.size() > kMaxNamedEntries)
    return emitError() << "more than " << kMaxNamedEntries << " attributes";
  for (const auto *entry : getSorted(map)) {
    Attribute value = importValue(entry->second);
    if (!value)
      return failure();
    attributes.set(context.intern(entry->first), std::move(value));
  }
  return success();
}

} // namespace espresso

#endif // ESPRESSO_LIB_PROTO_VALUEIMPORT_H
