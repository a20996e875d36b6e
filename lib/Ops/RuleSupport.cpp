//===- RuleSupport.cpp - What type rules share ----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuleSupport.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"

namespace espresso::rules {

//===----------------------------------------------------------------------===//
// Messages
//===----------------------------------------------------------------------===//

InFlightDiagnostic shapeError(const Operation &op) {
  return op.emitError().setRule("op-shape") << "'" << op.getName() << "': ";
}

InFlightDiagnostic valueError(const Operation &op) {
  return op.emitError().setRule("op-value") << "'" << op.getName() << "': ";
}

std::string toText(llvm::ArrayRef<int64_t> extents) {
  std::string text = "[";
  for (int64_t extent : extents) {
    if (text.size() > 1)
      text += ", ";
    text += extent == kDynamic ? "?" : std::to_string(extent);
  }
  return text + "]";
}

std::string toText(llvm::ArrayRef<llvm::StringRef> words) {
  std::string text;
  for (auto [i, word] : llvm::enumerate(words)) {
    if (i != 0)
      text += i + 1 == words.size() ? " or " : ", ";
    text += "'" + word.str() + "'";
  }
  return text;
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

TensorType getTensor(const Operation &op, llvm::StringRef input) {
  if (Type type = op.getArgumentType(input))
    return type.getAs<TensorType>();
  Attribute constant = op.getConstant(input);
  return constant ? constant.getType().getAs<TensorType>() : TensorType();
}

llvm::SmallVector<TensorType, 4> getTensors(const Operation &op,
                                            llvm::StringRef input) {
  llvm::SmallVector<TensorType, 4> types;
  const Binding *binding = op.findBinding(input);
  for (size_t i = 0; binding && i < binding->size(); ++i) {
    const Argument &argument = (*binding)[i];
    Type type = argument.getValue() ? argument.getValue()->getType()
                                    : argument.getLiteral().getType();
    types.push_back(type.castTo<TensorType>());
  }
  return types;
}

bool isGiven(const Operation &op, llvm::StringRef input) {
  return op.hasBinding(input) || op.getAttribute(input);
}

llvm::SmallVector<Attribute, 4> getScalars(const Operation &op,
                                           llvm::StringRef input) {
  llvm::SmallVector<Attribute, 4> scalars;
  const Binding *binding = op.findBinding(input);
  for (size_t i = 0; binding && i < binding->size(); ++i) {
    const Argument &argument = (*binding)[i];
    Attribute scalar = argument.getLiteral();
    if (const Value *value = argument.getValue()) {
      const Operation *producer = value->getDefiningOp();
      scalar = producer && producer->is("const") ? producer->getAttribute("val")
                                                 : Attribute();
    }
    scalars.push_back(scalar && scalar.getDense() ? scalar : Attribute());
  }
  return scalars;
}

/// The value of `input` if its elements are in memory.
static Attribute getElements(const Operation &op, llvm::StringRef input) {
  Attribute constant = getConstantOrDefault(op, input);
  return constant && constant.getDense() ? constant : Attribute();
}

std::optional<Extents> getIntegers(const Operation &op, llvm::StringRef input) {
  Attribute constant = getElements(op, input);
  if (!constant)
    return std::nullopt;
  return constant.getIntegers();
}

std::optional<int64_t> getInteger(const Operation &op, llvm::StringRef input) {
  Attribute constant = getElements(op, input);
  if (!constant || constant.getNumElements() != 1)
    return std::nullopt;
  return constant.getInteger();
}

bool getFlag(const Operation &op, llvm::StringRef input) {
  Attribute constant = getElements(op, input);
  return constant && constant.getNumElements() == 1 && constant.getBool();
}

llvm::StringRef getText(const Operation &op, llvm::StringRef input) {
  Attribute constant = getElements(op, input);
  if (!constant || constant.getNumElements() != 1)
    return {};
  // A default belongs to nobody who would keep it.
  return op.getFunction()->getContext().intern(constant.getString());
}

FailureOr<int64_t> resolveAxis(const Operation &op, llvm::StringRef input,
                               int64_t axis, int64_t rank) {
  if (axis < -rank || axis >= rank)
    return valueError(op) << "'" << input << "' names axis " << axis << " of "
                          << rank << (rank == 1 ? " axis" : " axes");
  return axis < 0 ? axis + rank : axis;
}

FailureOr<int64_t> getAxis(const Operation &op, llvm::StringRef input,
                           int64_t rank) {
  std::optional<int64_t> axis = getInteger(op, input);
  if (!axis)
    return valueError(op) << "'" << input << "' must not be in a weight file";
  return resolveAxis(op, input, *axis, rank);
}

FailureOr<Extents> getAxes(const Operation &op, llvm::StringRef input,
                           int64_t rank) {
  if (!isGiven(op, input))
    return llvm::to_vector<4>(llvm::seq<int64_t>(0, rank));
  std::optional<Extents> axes = getIntegers(op, input);
  if (!axes)
    return valueError(op) << "'" << input << "' must not be in a weight file";
  Extents resolved;
  for (int64_t axis : *axes) {
    FailureOr<int64_t> index = resolveAxis(op, input, axis, rank);
    if (failed(index))
      return failure();
    if (llvm::is_contained(resolved, *index))
      return valueError(op)
             << "'" << input << "' names axis " << axis << " twice";
    resolved.push_back(*index);
  }
  return resolved;
}

FailureOr<Extents> getIntegersOr(const Operation &op, llvm::StringRef input,
                                 size_t count, int64_t fallback,
                                 std::optional<int64_t> minimum) {
  if (!isGiven(op, input))
    return Extents(count, fallback);
  std::optional<Extents> values = getIntegers(op, input);
  if (!values)
    return valueError(op) << "'" << input << "' must not be in a weight file";
  if (values->size() != count)
    return shapeError(op) << "'" << input << "' has " << values->size()
                          << " elements, expected " << count;
  for (int64_t value : *values)
    if (minimum && value < *minimum)
      return valueError(op) << "'" << input << "' holds " << value
                            << ", expected at least " << *minimum;
  return *values;
}

FailureOr<DataType> getDataType(const Operation &op, llvm::StringRef input,
                                DataTypeSet allowed) {
  llvm::StringRef name = getText(op, input);
  std::optional<DataType> type =
      parseDataType(std::string_view(name.data(), name.size()));
  if (type && allowed.contains(*type))
    return *type;
  valueError(op) << "'" << input << "' is '" << name << "', expected "
                 << allowed.str();
  return failure();
}

LogicalResult checkOneOf(const Operation &op, llvm::StringRef input,
                         llvm::ArrayRef<llvm::StringRef> allowed) {
  llvm::StringRef word = getText(op, input);
  if (llvm::is_contained(allowed, word))
    return success();
  return valueError(op) << "'" << input << "' is '" << word << "', expected "
                        << toText(allowed);
}

LogicalResult checkPadType(const Operation &op) {
  if (op.getOpset() == Opset::IOS15 && getText(op, "pad_type") == "same_lower")
    return valueError(op) << "'pad_type' is 'same_lower', which needs ios16";
  return checkOneOf(op, "pad_type", {"valid", "same", "same_lower", "custom"});
}

LogicalResult checkIndices(const Operation &op, llvm::StringRef data,
                           int64_t first, int64_t count) {
  TensorType type = getTensor(op, data);
  bool fromEnd = lookupOp(op)->since < Opset::IOS17;
  Extents indices = getIntegers(op, "indices").value_or(Extents());
  for (size_t i = 0; i < indices.size(); ++i) {
    int64_t axis = first + static_cast<int64_t>(i) % count;
    int64_t extent = type.getDim(axis);
    if (indices[i] < 0 && !fromEnd)
      return valueError(op) << "'indices' holds " << indices[i]
                            << "; from ios17 on it must not be negative";
    if (extent != kDynamic && (indices[i] < -extent || indices[i] >= extent))
      return valueError(op)
             << "'indices' holds " << indices[i] << ", but axis " << axis
             << " of '" << data << "' has " << extent << " elements";
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

bool agree(llvm::ArrayRef<int64_t> a, llvm::ArrayRef<int64_t> b) {
  if (a.size() != b.size())
    return false;
  for (size_t i = 0; i < a.size(); ++i)
    if (!agree(a[i], b[i]))
      return false;
  return true;
}

bool agree(Type a, Type b) {
  if (a == b)
    return true;
  if (a.is<TensorType>() && b.is<TensorType>()) {
    auto x = a.castTo<TensorType>();
    auto y = b.castTo<TensorType>();
    return x.getElementType() == y.getElementType() &&
           agree(x.getShape(), y.getShape());
  }
  if (a.is<ListType>() && b.is<ListType>()) {
    auto x = a.castTo<ListType>();
    auto y = b.castTo<ListType>();
    return agree(x.getLength(), y.getLength()) &&
           agree(x.getElementType(), y.getElementType());
  }
  return false;
}

Type join(Context &context, Type a, Type b) {
  if (a == b)
    return a;
  if (auto x = a.getAs<TensorType>()) {
    Extents shape(x.getShape());
    for (auto [extent, other] :
         llvm::zip_equal(shape, b.castTo<TensorType>().getShape()))
      if (extent != other)
        extent = kDynamic;
    return TensorType::get(context, x.getElementType(), shape);
  }
  auto x = a.castTo<ListType>();
  auto y = b.castTo<ListType>();
  int64_t length = x.getLength() == y.getLength() ? x.getLength() : kDynamic;
  return ListType::get(
      context, join(context, x.getElementType(), y.getElementType()), length);
}

std::optional<Extents> broadcast(llvm::ArrayRef<int64_t> a,
                                 llvm::ArrayRef<int64_t> b) {
  if (a.size() < b.size())
    std::swap(a, b);
  Extents result(a.begin(), a.end());
  size_t offset = a.size() - b.size();
  for (size_t i = 0; i < b.size(); ++i) {
    int64_t &extent = result[offset + i];
    if (extent == b[i] || b[i] == 1)
      continue;
    if (extent == 1)
      extent = b[i];
    else if (extent == kDynamic)
      extent = b[i]; // The unknown one is this or 1.
    else if (b[i] != kDynamic)
      return std::nullopt;
  }
  return result;
}

int64_t getVolume(llvm::ArrayRef<int64_t> extents) {
  int64_t volume = 1;
  for (int64_t extent : extents)
    if (extent == kDynamic || __builtin_mul_overflow(volume, extent, &volume))
      return kDynamic;
  return volume;
}

int64_t divideUp(int64_t a, int64_t b) {
  return a / b + (a % b != 0 && (a < 0) == (b < 0));
}

TensorType getTensorType(const Operation &op, DataType element,
                         llvm::ArrayRef<int64_t> shape) {
  return TensorType::get(op.getFunction()->getContext(), element, shape);
}

LogicalResult checkShape(const Operation &op, llvm::StringRef input,
                         llvm::ArrayRef<int64_t> expected) {
  TensorType type = getTensor(op, input);
  if (!type || agree(type.getShape(), expected))
    return success();
  return shapeError(op) << "'" << input << "' has shape "
                        << toText(type.getShape()) << ", expected "
                        << toText(expected);
}

LogicalResult checkRank(const Operation &op, llvm::StringRef input,
                        int64_t minimum, int64_t maximum) {
  int64_t rank = getTensor(op, input).getRank();
  if (rank >= minimum && rank <= maximum)
    return success();
  InFlightDiagnostic diagnostic = shapeError(op);
  diagnostic << "'" << input << "' has rank " << rank << ", expected ";
  if (minimum == maximum)
    diagnostic << minimum;
  else if (maximum == kAnyRank)
    diagnostic << "at least " << minimum;
  else
    diagnostic << minimum << " to " << maximum;
  return diagnostic;
}

LogicalResult keepDeclared(const Operation &op, TypeList &results) {
  if (op.getNumResults() == 0)
    return shapeError(op) << "the result types depend on what is not known at "
                             "compile time";
  for (const std::unique_ptr<Value> &result : op.getResults())
    results.push_back(result->getType());
  return success();
}

} // namespace espresso::rules
