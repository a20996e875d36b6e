//===- FlexibleShapes.cpp - Inputs of several shapes ----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FlexibleShapes.h"

#include "espresso/Base/Sha256.h"

#include "llvm/ADT/STLExtras.h"

#include <limits>

namespace espresso {

static constexpr llvm::StringLiteral kDefaults = "DefaultShapes";
static constexpr llvm::StringLiteral kRanges = "RangeDims";
static constexpr llvm::StringLiteral kEnumerated = "EnumeratedShapes";

//===----------------------------------------------------------------------===//
// To text
//===----------------------------------------------------------------------===//

namespace {

using Entries = std::vector<std::pair<Attribute, Attribute>>;

/// Makes the parts of the attribute.
class Maker {
public:
  explicit Maker(Context &context)
      : context(context),
        string(TensorType::getScalar(context, DataType::String)),
        shape(TensorType::get(context, DataType::Int32, {kDynamic})),
        range(TensorType::get(context, DataType::Int32, {2})) {}

  Attribute run(const FlexibleShapes &shapes);

private:
  Attribute makeVector(TensorType type, llvm::ArrayRef<int64_t> values) {
    Attribute vector = Attribute::integers(context, values);
    return Attribute::dense(type, *vector.getDense());
  }
  Attribute makeDict(Type value, Entries entries) {
    return Attribute::dict(DictType::get(context, string, value),
                           std::move(entries));
  }
  Attribute makeSection(llvm::StringRef name, Attribute dict) {
    return Attribute::tuple(TupleType::get(context, {string, dict.getType()}),
                            {Attribute::string(context, name), dict});
  }
  Attribute makeRanges(const FlexibleShapes &shapes);
  Attribute makeEnumerated(const FlexibleShapes &shapes);

  Context &context;
  TensorType string, shape, range;
};

} // namespace

Attribute Maker::makeRanges(const FlexibleShapes &shapes) {
  ListType list = ListType::get(context, range, kDynamic);
  Entries entries;
  for (const auto &[name, flexible] : shapes) {
    if (flexible.ranges.empty())
      continue;
    std::vector<Attribute> ranges;
    for (const auto &[lower, upper] : flexible.ranges)
      ranges.push_back(makeVector(range, {lower, upper}));
    entries.emplace_back(Attribute::string(context, name),
                         Attribute::list(list, std::move(ranges)));
  }
  return entries.empty() ? Attribute() : makeDict(list, std::move(entries));
}

/// The k-th entry has the k-th shape of every input that has so many.
Attribute Maker::makeEnumerated(const FlexibleShapes &shapes) {
  DictType inner = DictType::get(context, string, shape);
  Entries entries;
  size_t count = 0;
  for (const auto &[name, flexible] : shapes)
    count = std::max(count, flexible.enumerated.size());
  for (size_t k = 0; k < count; ++k) {
    Entries shapesOfEntry;
    std::string text;
    llvm::raw_string_ostream os(text);
    os << k;
    for (const auto &[name, flexible] : shapes) {
      if (k >= flexible.enumerated.size())
        continue;
      os << ';' << name << ':';
      llvm::interleave(flexible.enumerated[k], os, ",");
      shapesOfEntry.emplace_back(Attribute::string(context, name),
                                 makeVector(shape, flexible.enumerated[k]));
    }
    constexpr size_t kKeyLength = 8;
    entries.emplace_back(
        Attribute::string(context, sha256Hex(text).substr(0, kKeyLength)),
        Attribute::dict(inner, std::move(shapesOfEntry)));
  }
  return entries.empty() ? Attribute() : makeDict(inner, std::move(entries));
}

Attribute Maker::run(const FlexibleShapes &shapes) {
  Entries defaults;
  for (const auto &[name, flexible] : shapes)
    defaults.emplace_back(Attribute::string(context, name),
                          makeVector(shape, flexible.defaultShape));
  std::vector<Attribute> sections = {
      makeSection(kDefaults, makeDict(shape, std::move(defaults)))};
  if (Attribute ranges = makeRanges(shapes))
    sections.push_back(makeSection(kRanges, ranges));
  if (Attribute enumerated = makeEnumerated(shapes))
    sections.push_back(makeSection(kEnumerated, enumerated));
  llvm::SmallVector<Type, 3> types;
  for (const Attribute &section : sections)
    types.push_back(section.getType());
  return Attribute::tuple(TupleType::get(context, types), std::move(sections));
}

Attribute makeFlexibleShapes(Context &context, const FlexibleShapes &shapes) {
  assert(!shapes.empty() && "nothing is flexible");
  return Maker(context).run(shapes);
}

//===----------------------------------------------------------------------===//
// From text
//===----------------------------------------------------------------------===//

static std::optional<llvm::StringRef> readString(const Attribute &attribute) {
  auto type = attribute.getType().getAs<TensorType>();
  if (!type || !type.isScalar() || !attribute.getDense() ||
      type.getElementType() != DataType::String)
    return std::nullopt;
  return attribute.getString();
}

static std::optional<Shape> readVector(const Attribute &attribute) {
  auto type = attribute.getType().getAs<TensorType>();
  if (!type || type.getRank() != 1 || !attribute.getDense() ||
      !isInteger(type.getElementType()))
    return std::nullopt;
  return attribute.getIntegers();
}

/// Calls `read` with each key and value of a dictionary with strings for keys;
/// false if it is none, or `read` says so.
static bool
readDict(const Attribute &attribute,
         llvm::function_ref<bool(llvm::StringRef, const Attribute &)> read) {
  const DictElements *dict = attribute.getDict();
  return dict && llvm::all_of(dict->entries, [&](const auto &entry) {
           std::optional<llvm::StringRef> key = readString(entry.first);
           return key && read(*key, entry.second);
         });
}

static bool readRanges(const Attribute &value, FlexibleShape &shape) {
  const ListElements *list = value.getList();
  return list && llvm::all_of(list->elements, [&](const Attribute &element) {
           std::optional<Shape> range = readVector(element);
           if (!range || range->size() != 2)
             return false;
           shape.ranges.emplace_back((*range)[0], (*range)[1]);
           return true;
         });
}

static bool readSection(llvm::StringRef name, const Attribute &dict,
                        FlexibleShapes &shapes) {
  if (name == kDefaults)
    return readDict(dict, [&](llvm::StringRef input, const Attribute &value) {
      std::optional<Shape> shape = readVector(value);
      if (shape)
        shapes[input.str()].defaultShape = *shape;
      return shape.has_value();
    });
  if (name == kRanges)
    return readDict(dict, [&](llvm::StringRef input, const Attribute &value) {
      return readRanges(value, shapes[input.str()]);
    });
  if (name != kEnumerated)
    return false;
  return readDict(dict, [&](llvm::StringRef, const Attribute &entry) {
    return readDict(entry, [&](llvm::StringRef input, const Attribute &value) {
      std::optional<Shape> shape = readVector(value);
      if (shape)
        shapes[input.str()].enumerated.push_back(*shape);
      return shape.has_value();
    });
  });
}

std::optional<FlexibleShapes> readFlexibleShapes(const Attribute &attribute) {
  FlexibleShapes shapes;
  const ListElements *sections = attribute.getList();
  if (!sections || !attribute.getType().is<TupleType>())
    return std::nullopt;
  for (const Attribute &section : sections->elements) {
    const ListElements *pair = section.getList();
    if (!pair || pair->elements.size() != 2)
      return std::nullopt;
    std::optional<llvm::StringRef> name = readString(pair->elements[0]);
    if (!name || !readSection(*name, pair->elements[1], shapes))
      return std::nullopt;
  }
  return shapes;
}

//===----------------------------------------------------------------------===//
// Features
//===----------------------------------------------------------------------===//

bool isFlexible(const pb::ArrayFeature &feature) {
  return feature.flexibility_case() != pb::ArrayFeature::FLEXIBILITY_NOT_SET;
}

static bool isExtent(int64_t value) {
  return value >= 0 && value <= std::numeric_limits<int32_t>::max();
}

template <typename Extents>
static std::optional<Shape> importShape(const Extents &extents, int64_t rank) {
  if (extents.size() != rank || !llvm::all_of(extents, isExtent))
    return std::nullopt;
  return Shape(extents.begin(), extents.end());
}

std::optional<FlexibleShape>
importFlexibleShape(const pb::ArrayFeature &feature, int64_t rank) {
  FlexibleShape result;
  for (const pb::ArrayFeature::Shape &shape : feature.enumerated().shapes()) {
    std::optional<Shape> imported = importShape(shape.extents(), rank);
    if (!imported)
      return std::nullopt;
    result.enumerated.push_back(*imported);
  }
  for (const pb::SizeRange &range : feature.range().ranges()) {
    bool isUnbounded = range.upper() < 0;
    auto lower = static_cast<int64_t>(range.lower());
    if (!isExtent(lower) || (!isUnbounded && !isExtent(range.upper())))
      return std::nullopt;
    result.ranges.emplace_back(lower, isUnbounded ? -1 : range.upper());
    result.defaultShape.push_back(lower);
  }
  if (feature.has_range() && static_cast<int64_t>(result.ranges.size()) != rank)
    return std::nullopt;
  if (feature.has_enumerated() && result.enumerated.empty())
    return std::nullopt;
  if (feature.shape_size() != 0) {
    std::optional<Shape> shape = importShape(feature.shape(), rank);
    if (!shape)
      return std::nullopt;
    result.defaultShape = *shape;
  } else if (!result.enumerated.empty()) {
    result.defaultShape = result.enumerated.front();
  }
  return result;
}

void exportFlexibleShape(const FlexibleShape &shape, pb::ArrayFeature &out) {
  out.mutable_shape()->Assign(shape.defaultShape.begin(),
                              shape.defaultShape.end());
  for (const auto &[lower, upper] : shape.ranges) {
    pb::SizeRange &range = *out.mutable_range()->add_ranges();
    if (lower != 0)
      range.set_lower(static_cast<uint64_t>(lower));
    if (upper != 0)
      range.set_upper(upper);
  }
  if (!shape.ranges.empty())
    return;
  for (const Shape &choice : shape.enumerated)
    out.mutable_enumerated()->add_shapes()->mutable_extents()->Assign(
        choice.begin(), choice.end());
}

} // namespace espresso
