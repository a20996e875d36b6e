//===- LoweringBuilder.cpp - MIL in place of a composite ------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LoweringBuilder.h"

#include "espresso/Base/Half.h"
#include "espresso/Ops/Verifier.h"

#include "llvm/ADT/SetVector.h"

namespace espresso {

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

Value *SharedConstants::get(Builder &builder, Block &block,
                            llvm::StringRef name, const Attribute &value) {
  Entries &entries = constants[&block][name];
  for (const auto &[known, constant] : entries)
    if (known == value)
      return constant;
  Value *constant = builder.createConstant(value, name);
  entries.emplace_back(value, constant);
  return constant;
}

/// That of x; of the result, for what makes activations of something else.
static DataType getElementType(const Operation &op) {
  const Value *x = op.getOperand("x");
  return (x ? x : op.getResult())->getTensorType().getElementType();
}

/// The name of the result, or of what is written where there is none.
static std::string getPrefix(const Operation &op) {
  return (op.getNumResults() != 0 ? op.getResult() : op.getOperand("x"))
      ->getName()
      .str();
}

LoweringBuilder::LoweringBuilder(Operation &composite, SharedConstants &shared,
                                 const LoweringOptions &options)
    : composite(composite), shared(shared), options(options),
      builder(composite), prefix(getPrefix(composite)),
      dataType(getElementType(composite)) {}

Value *LoweringBuilder::flag(llvm::StringRef name, Attribute value) {
  return shared.get(builder, *composite.getBlock(), name, value);
}

Value *LoweringBuilder::scalar(llvm::StringRef name, double value) {
  return flag(name, Attribute::real(getContext(), value, dataType));
}

Value *LoweringBuilder::tensor(llvm::StringRef name,
                               llvm::ArrayRef<int64_t> shape,
                               llvm::function_ref<double(int64_t)> getElement) {
  int64_t count =
      TensorType::get(getContext(), dataType, shape).getNumElements().value();
  unsigned width = getBitWidth(dataType) / 8;
  std::vector<uint8_t> bytes;
  bytes.reserve(count * width);
  for (int64_t index = 0; index < count; ++index) {
    uint64_t bits = encodeFloat(dataType, getElement(index));
    for (unsigned i = 0; i < width; ++i)
      bytes.push_back(static_cast<uint8_t>(bits >> (8 * i)));
  }
  return tensor(name, shape,
                makeMemorySource(dataType, count, std::move(bytes)));
}

Value *LoweringBuilder::tensor(llvm::StringRef name,
                               llvm::ArrayRef<int64_t> shape,
                               WeightSourceRef source) {
  TensorType type = TensorType::get(getContext(), dataType, shape);
  return flag(name, Attribute::blob(type, {("@constant/" + name).str(),
                                           /*offset=*/0, std::move(source)}));
}

/// The elements of `value` under another shape, in a blob. Dense floats have
/// whole bytes, so that they are packed as they are.
static Attribute toBlob(const Attribute &value, TensorType type,
                        llvm::StringRef name) {
  if (const BlobReference *reference = value.getBlob())
    return Attribute::blob(type, *reference);
  const DenseElements *elements = value.getDense();
  assert(elements && "a weight is a tensor");
  BlobReference reference{("@constant/" + name).str(), /*offset=*/0,
                          makeMemorySource(type.getElementType(),
                                           value.getNumElements(),
                                           elements->bytes)};
  return Attribute::blob(type, std::move(reference));
}

Value *LoweringBuilder::weight(llvm::StringRef input,
                               llvm::ArrayRef<int64_t> shape) {
  Value *constant = composite.getOperand(input);
  Attribute value = composite.getConstant(input);
  assert(value && "the verifier lets only constants through");
  TensorType type = TensorType::get(
      getContext(), value.getType().castTo<TensorType>().getElementType(),
      shape);
  if (!constant)
    return builder.createConstant(
        toBlob(value, type, (prefix + "_" + input).str()),
        prefix + "_" + input);
  Attribute blob = toBlob(value, type, constant->getName());
  if (!constant->hasOneUse())
    return builder.createConstant(std::move(blob), constant->getName());
  constant->getDefiningOp()->setAttribute("val", std::move(blob));
  constant->setType(type);
  return constant;
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

Value *LoweringBuilder::create(llvm::StringRef op,
                               llvm::ArrayRef<NamedArgument> args,
                               llvm::StringRef suffix) {
  return buildOp(builder, op, args, prefix + "_" + suffix)->getResult();
}

Value *LoweringBuilder::conv1x1(Value *x, Value *weight,
                                llvm::StringRef suffix) {
  Value *padType = flag("valid", builder.getString("valid"));
  Value *strides = flag("ones_2", builder.getInt32s({1, 1}));
  Value *pad = flag("zeros_4", builder.getInt32s({0, 0, 0, 0}));
  Value *dilations = flag("ones_2", builder.getInt32s({1, 1}));
  Value *groups = flag("int_1", builder.getInt32(1));
  return create("conv",
                {{"x", x},
                 {"weight", weight},
                 {"pad_type", padType},
                 {"strides", strides},
                 {"pad", pad},
                 {"dilations", dilations},
                 {"groups", groups}},
                suffix);
}

Value *LoweringBuilder::add(Value *x, Value *y, llvm::StringRef suffix) {
  return create("add", {{"x", x}, {"y", y}}, suffix);
}

Value *LoweringBuilder::sub(Value *x, Value *y, llvm::StringRef suffix) {
  return create("sub", {{"x", x}, {"y", y}}, suffix);
}

Value *LoweringBuilder::mul(Value *x, Value *y, llvm::StringRef suffix) {
  return create("mul", {{"x", x}, {"y", y}}, suffix);
}

Value *LoweringBuilder::project(Value *x, llvm::StringRef input,
                                llvm::StringRef bias, llvm::StringRef suffix) {
  Attribute value = composite.getConstant(input);
  assert(value && "the verifier lets only constants through");
  TensorType type = value.getType().castTo<TensorType>();
  int64_t outputs = type.getDim(0);
  Value *kernel = weight(input, {outputs, type.getDim(1), 1, 1});
  Value *product = conv1x1(x, kernel, suffix);
  if (!composite.hasBinding(bias))
    return product;
  Value *biasValue = weight(bias, {1, outputs, 1, 1});
  return add(product, biasValue, (suffix + "_biased").str());
}

Value *LoweringBuilder::slice(Value *x, llvm::ArrayRef<int64_t> begin,
                              llvm::ArrayRef<int64_t> extents,
                              llvm::StringRef suffix) {
  auto makeFlag = [&](std::string name, llvm::ArrayRef<int64_t> values) {
    for (int64_t value : values)
      name += "_" + std::to_string(value);
    return flag(name, builder.getInt32s(values));
  };
  Value *beginValue = makeFlag("begin", begin);
  Value *size = makeFlag("size", extents);
  return create("slice_by_size",
                {{"x", x}, {"begin", beginValue}, {"size", size}}, suffix);
}

Value *LoweringBuilder::softmax(Value *x, int64_t axis,
                                llvm::StringRef suffix) {
  std::string name = axis < 0 ? "int_minus_" + std::to_string(-axis)
                              : "int_" + std::to_string(axis);
  Value *axisValue = flag(name, builder.getInt32(axis));
  return create("softmax", {{"x", x}, {"axis", axisValue}}, suffix);
}

Value *LoweringBuilder::sum(Value *x, int64_t axis, llvm::StringRef suffix) {
  Value *axes = flag("axes_" + std::to_string(axis), builder.getInt32s({axis}));
  Value *keepDims = flag("flag_true", builder.getBool(true));
  return create("reduce_sum",
                {{"x", x}, {"axes", axes}, {"keep_dims", keepDims}}, suffix);
}

Value *LoweringBuilder::reshape(Value *x, llvm::ArrayRef<int64_t> shape,
                                llvm::StringRef suffix) {
  std::string name = "shape";
  for (int64_t dim : shape)
    name += "_" + std::to_string(dim);
  Value *shapeValue = flag(name, builder.getInt32s(shape));
  return create("reshape", {{"x", x}, {"shape", shapeValue}}, suffix);
}

Value *LoweringBuilder::concat(llvm::ArrayRef<Value *> values, int64_t axis,
                               llvm::StringRef suffix) {
  Value *axisValue =
      flag("int_" + std::to_string(axis), builder.getInt32(axis));
  Value *interleave = flag("flag_false", builder.getBool(false));
  return create(
      "concat",
      {{"values", values}, {"axis", axisValue}, {"interleave", interleave}},
      suffix);
}

Value *LoweringBuilder::transpose(Value *x, llvm::ArrayRef<int64_t> perm,
                                  llvm::StringRef suffix) {
  std::string name = "perm_";
  for (int64_t axis : perm)
    name += std::to_string(axis);
  Value *permValue = flag(name, builder.getInt32s(perm));
  return create("transpose", {{"x", x}, {"perm", permValue}}, suffix);
}

Value *LoweringBuilder::transposeLast(Value *x, llvm::StringRef suffix) {
  return transpose(x, {0, 1, 3, 2}, suffix);
}

Value *LoweringBuilder::matmul(Value *x, Value *y, bool transposeY,
                               llvm::StringRef suffix) {
  Value *no = flag("flag_false", builder.getBool(false));
  Value *flagY = transposeY ? flag("flag_true", builder.getBool(true)) : no;
  return create(
      "matmul",
      {{"x", x}, {"y", y}, {"transpose_x", no}, {"transpose_y", flagY}},
      suffix);
}

void LoweringBuilder::replaceWith(Value *value) {
  Value *result = composite.getResult();
  llvm::StringRef name = result->getName();
  result->replaceAllUsesWith(value);
  eraseComposite();
  value->setName(name);
}

void LoweringBuilder::finishWith(llvm::StringRef op,
                                 llvm::ArrayRef<NamedArgument> args) {
  builder.create(op, args, {}, "");
  eraseComposite();
}

void LoweringBuilder::eraseComposite() {
  llvm::SmallSetVector<Operation *, 8> producers;
  for (Value *operand : composite.getAllOperands())
    if (Operation *producer = operand->getDefiningOp())
      producers.insert(producer);
  composite.erase();
  // Constants that only the composite used.
  for (Operation *producer : producers)
    if (producer->is("const") && !producer->hasUses())
      producer->erase();
}

} // namespace espresso
