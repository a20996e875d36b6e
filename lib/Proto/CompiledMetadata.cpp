//===- CompiledMetadata.cpp - The metadata.json of models -----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// All values but the version are text, as in the files of Apple's compiler:
// flags are "0" and "1", shapes "[1, 8]", and types for people "MultiArray
// (Float16 1 × 8)".
//
//===----------------------------------------------------------------------===//

#include "CompiledMetadata.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <map>
#include <set>

namespace espresso {

namespace json = llvm::json;

//===----------------------------------------------------------------------===//
// Features
//===----------------------------------------------------------------------===//

static llvm::StringRef getElementName(pb::ArrayElement element) {
  switch (element) {
  case pb::ARRAY_FLOAT16:
    return "Float16";
  case pb::ARRAY_FLOAT32:
    return "Float32";
  case pb::ARRAY_DOUBLE:
    return "Double";
  case pb::ARRAY_INT8:
    return "Int8";
  case pb::ARRAY_INT32:
    return "Int32";
  case pb::ARRAY_NONE:
    break;
  }
  return "Invalid";
}

/// "[1, 8]" or "1 × 8".
template <typename Range>
static std::string joinExtents(const Range &extents, bool forPeople) {
  std::vector<std::string> texts;
  for (int64_t extent : extents)
    texts.push_back(llvm::itostr(extent));
  if (forPeople)
    return llvm::join(texts, " × ");
  return "[" + llvm::join(texts, ", ") + "]";
}

/// Its only shape, its default, or the smallest one it may have.
static std::vector<int64_t> getDefaultShape(const pb::ArrayFeature &array) {
  if (array.shape_size() > 0)
    return {array.shape().begin(), array.shape().end()};
  std::vector<int64_t> shape;
  if (array.has_enumerated() && array.enumerated().shapes_size() > 0) {
    const auto &extents = array.enumerated().shapes(0).extents();
    return {extents.begin(), extents.end()};
  }
  if (array.has_range())
    for (const pb::SizeRange &range : array.range().ranges())
      shape.push_back(static_cast<int64_t>(range.lower()));
  return shape;
}

static void addFlexibility(const pb::ArrayFeature &array,
                           json::OStream &object) {
  object.attribute("hasShapeFlexibility",
                   array.has_enumerated() || array.has_range() ? "1" : "0");
  std::vector<std::string> exact, readable;
  if (array.has_enumerated()) {
    for (const auto &shape : array.enumerated().shapes()) {
      exact.push_back(joinExtents(shape.extents(), /*forPeople=*/false));
      readable.push_back(joinExtents(shape.extents(), /*forPeople=*/true));
    }
    object.attribute("shapeFlexibility", llvm::join(readable, " | "));
    object.attribute("enumeratedShapes", "[" + llvm::join(exact, ", ") + "]");
  }
  if (array.has_range()) {
    for (const pb::SizeRange &range : array.range().ranges()) {
      std::string lower = llvm::utostr(range.lower());
      std::string upper = llvm::itostr(range.upper());
      exact.push_back("[" + lower + ", " + upper + "]");
      if (lower == upper)
        readable.push_back(lower);
      else
        readable.push_back(lower + "..." + (range.upper() < 0 ? "" : upper));
    }
    object.attribute("shapeFlexibility", llvm::join(readable, " × "));
    object.attribute("shapeRange", "[" + llvm::join(exact, ", ") + "]");
  }
}

static void addArray(llvm::StringRef kind, const pb::ArrayFeature &array,
                     json::OStream &object) {
  std::vector<int64_t> shape = getDefaultShape(array);
  std::string element = getElementName(array.element()).str();
  std::string readable = joinExtents(shape, /*forPeople=*/true);
  object.attribute("dataType", element);
  object.attribute(
      "formattedType",
      (kind + " (" + element + (shape.empty() ? "" : " ") + readable + ")")
          .str());
  addFlexibility(array, object);
  object.attribute("shape", joinExtents(shape, /*forPeople=*/false));
  object.attribute("type", kind);
}

static void addType(const pb::FeatureType &type, json::OStream &object) {
  if (type.has_array_type())
    return addArray("MultiArray", type.array_type(), object);
  if (type.has_state_type())
    return addArray("State", type.state_type().array_type(), object);
  std::string kind = "Invalid", readable;
  switch (type.type_case()) {
  case pb::FeatureType::kInt64Type:
    kind = "Int64";
    break;
  case pb::FeatureType::kDoubleType:
    kind = "Double";
    break;
  case pb::FeatureType::kStringType:
    kind = "String";
    break;
  case pb::FeatureType::kImageType:
    kind = "Image";
    break;
  case pb::FeatureType::kDictType: {
    kind = "Dictionary";
    std::string key = type.dict_type().has_int64_key() ? "Int64" : "String";
    object.attribute("keyType", key);
    readable = kind + " (" + key + " → Double)";
    break;
  }
  case pb::FeatureType::kSequenceType:
    kind = "Sequence";
    break;
  default:
    break;
  }
  object.attribute("formattedType", readable.empty() ? kind : readable);
  object.attribute("type", kind);
}

template <typename Features>
static void addSchema(llvm::StringRef name, const Features &features,
                      json::OStream &object) {
  object.attributeArray(name, [&] {
    for (const pb::Feature &feature : features)
      object.object([&] {
        object.attribute("name", feature.name());
        object.attribute("shortDescription", feature.short_description());
        object.attribute("isOptional",
                         feature.type().is_optional() ? "1" : "0");
        addType(feature.type(), object);
      });
  });
}

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

namespace {

/// What a program consists of, as far as the file tells.
struct Tally {
  std::map<std::string, int64_t> operations;
  /// Element types that operations compute, and that constants have.
  std::set<std::string> computed;
  std::set<std::string> stored;

  void add(const Block &block, Opset opset);
};

} // namespace

/// "Float16", "Int32", "UInt4", …
static std::string getTypeName(DataType type) {
  llvm::StringRef name = getName(type);
  if (name.consume_front("fp"))
    return "Float" + name.str();
  if (name.consume_front("uint"))
    return "UInt" + name.str();
  if (name.consume_front("int"))
    return "Int" + name.str();
  return llvm::StringRef(name.substr(0, 1).upper()).str() +
         name.substr(1).str();
}

/// "Ios16.layerNorm" for `layer_norm`.
static std::string getHistogramName(llvm::StringRef operation, Opset opset) {
  std::string name = getName(opset).str();
  name[0] = llvm::toUpper(name[0]);
  name += '.';
  bool atWord = false;
  for (char c : operation) {
    if (c != '_')
      name += atWord ? llvm::toUpper(c) : c;
    atWord = c == '_';
  }
  return name;
}

void Tally::add(const Block &block, Opset opset) {
  for (const Operation &op : block.getOperations()) {
    bool isConst = op.getName() == "const";
    if (!isConst)
      ++operations[getHistogramName(op.getName(), opset)];
    for (const std::unique_ptr<Value> &result : op.getResults())
      if (auto tensor = result->getType().getAs<TensorType>()) {
        std::set<std::string> &types = isConst ? stored : computed;
        // Flags and names are no data.
        if (!isConst || tensor.getRank() > 0)
          types.insert(getTypeName(tensor.getElementType()));
      }
    for (const std::unique_ptr<Block> &nested : op.getBlocks())
      add(*nested, opset);
  }
}

/// "Float16" or "Mixed (Float16, Int32)".
static std::string getPrecision(const std::set<std::string> &types) {
  std::string all = llvm::join(types, ", ");
  return types.size() > 1 ? "Mixed (" + all + ")" : all;
}

/// The first systems that take a model of a specification version.
static void addAvailability(int64_t version, json::OStream &object) {
  // iOS 15 came with macOS 12 and watchOS 8; visionOS began with iOS 17.
  int64_t ios = std::max<int64_t>(version, 6) + 9;
  auto add = [&](llvm::StringRef system, int64_t major) {
    object.attribute(system, llvm::itostr(major) + ".0");
  };
  object.attributeObject("availability", [&] {
    add("iOS", ios);
    add("macCatalyst", ios);
    add("macOS", ios - 3);
    add("tvOS", ios);
    if (ios >= 17)
      add("visionOS", ios - 16);
    add("watchOS", ios - 7);
  });
}

//===----------------------------------------------------------------------===//
// The file
//===----------------------------------------------------------------------===//

static void addSchemas(const pb::ModelDescription &description,
                       json::OStream &object) {
  for (const pb::FunctionDescription &function : description.functions())
    if (function.name() == description.default_function_name()) {
      addSchema("inputSchema", function.input(), object);
      addSchema("outputSchema", function.output(), object);
      addSchema("stateSchema", function.state(), object);
      return;
    }
  addSchema("inputSchema", description.input(), object);
  addSchema("outputSchema", description.output(), object);
  addSchema("stateSchema", description.state(), object);
}

static void addMetadata(const pb::Metadata &metadata, json::OStream &object) {
  auto add = [&](llvm::StringRef key, const std::string &text) {
    if (!text.empty())
      object.attribute(key, text);
  };
  add("author", metadata.author());
  add("license", metadata.license());
  add("shortDescription", metadata.short_description());
  add("version", metadata.version_string());
  std::map<std::string, std::string> sorted(metadata.user_defined().begin(),
                                            metadata.user_defined().end());
  object.attributeObject("userDefinedMetadata", [&] {
    for (const auto &[key, text] : sorted)
      object.attribute(key, text);
  });
}

std::string makeCompiledMetadata(const pb::Model &model,
                                 const Program &program) {
  Tally tally;
  for (const std::unique_ptr<Function> &function : program.getFunctions())
    tally.add(function->getBody(), function->getOpset());
  std::string text;
  llvm::raw_string_ostream os(text);
  json::OStream object(os, /*IndentSize=*/2);
  object.array([&] {
    object.object([&] {
      object.attribute("metadataOutputVersion", "3.0");
      object.attribute("specificationVersion", model.specification_version());
      addAvailability(model.specification_version(), object);
      object.attributeObject("modelType", [&] {
        object.attribute("name", "MLModelType_mlProgram");
      });
      object.attribute("method", "predict");
      object.attribute("generatedClassName", "model");
      object.attribute("isUpdatable", "0");
      object.attributeArray("modelParameters", [] {});
      object.attribute("computePrecision", getPrecision(tally.computed));
      object.attribute("storagePrecision", getPrecision(tally.stored));
      object.attributeObject("mlProgramOperationTypeHistogram", [&] {
        for (const auto &[name, count] : tally.operations)
          object.attribute(name, count);
      });
      addSchemas(model.description(), object);
      addMetadata(model.description().metadata(), object);
    });
  });
  os << '\n';
  return text;
}

} // namespace espresso
