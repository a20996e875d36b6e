//===- Widen.cpp - Programs of more columns -------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Widen.h"

#include "Retype.h"

#include "espresso/Ops/Registry.h"
#include "espresso/Ops/Verifier.h"
#include "espresso/Weights/WeightSources.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso {

static constexpr int64_t kChannelAxis = 1;
static constexpr int64_t kColumnAxis = 3;

LogicalResult checkColumnwise(const Operation &op, AddedColumns added,
                              llvm::StringRef rule) {
  const OpDefinition *definition = lookupOp(op);
  bool isAlone = definition && definition->hasTrait(OpTrait_Pure) &&
                 (definition->hasTrait(OpTrait_Elementwise) ||
                  definition->hasTrait(OpTrait_Composite));
  // Tiles of channels.
  if (op.is("concat"))
    if (Attribute axis = op.getConstant("axis"))
      isAlone = axis.getInteger() == kChannelAxis;
  if (op.is("const"))
    return success();
  if (!isAlone)
    return op.emitError().setRule(rule)
           << "cannot add columns to '" << op.getFunction()->getName() << "': '"
           << op.getName() << "' does not treat each column alone";
  if (added == AddedColumns::Streams && definition->hasTrait(OpTrait_Causal)) {
    InFlightDiagnostic diagnostic = op.emitError().setRule(rule);
    diagnostic << "cannot put streams into the columns of '"
               << op.getFunction()->getName() << "': '" << op.getName()
               << "' looks at other columns";
    diagnostic.addHelp("leave attention to the host");
    return diagnostic;
  }
  return success();
}

bool isCacheRows(const Value &input) {
  bool isRows = input.hasUses();
  const_cast<Value &>(input).forEachUse([&](Use &use) {
    const Operation *user = use.getUser();
    isRows &= user && user->is("espresso.masked_attention") &&
              (user->getOperand("k_rows") == &input ||
               user->getOperand("v_rows") == &input);
  });
  return isRows;
}

FailureOr<int64_t> getPortColumns(const Function &program,
                                  llvm::StringRef rule) {
  std::optional<int64_t> columns;
  auto visit = [&](const Value &port) -> LogicalResult {
    std::optional<int64_t> own = getColumns(port);
    if (own && (!columns || *own == *columns)) {
      columns = own;
      return success();
    }
    return program.getContext()
               .getDiagnostics()
               .emitError(port.getLocation())
               .setRule(rule)
           << "port '" << port.getName() << "' of '" << program.getName()
           << "' is " << port.getType() << ", expected [1, C, 1, "
           << (columns ? std::to_string(*columns) : "S") << "]";
  };
  const Block &body = program.getBody();
  for (const std::unique_ptr<Value> &input : body.getInputs())
    if (!isCacheRows(*input) && failed(visit(*input)))
      return failure();
  for (size_t i = 0; i < body.getNumOutputs(); ++i)
    if (failed(visit(*body.getOutput(i))))
      return failure();
  return columns.value_or(1);
}

LogicalResult widenProgram(Function &program, int64_t columns,
                           AddedColumns added, llvm::StringRef rule) {
  FailureOr<int64_t> before = getPortColumns(program, rule);
  if (failed(before))
    return failure();
  for (Operation &op : program.getBody().getOperations())
    if (!takesColumns(op, *before) && failed(checkColumnwise(op, added, rule)))
      return failure();
  for (const std::unique_ptr<Value> &input : program.getBody().getInputs())
    if (!isCacheRows(*input))
      input->setType(
          withColumns(input->getTensorType(), columns, program.getContext()));
  return inferTypesAgain(program, *before, columns);
}

//===----------------------------------------------------------------------===//
// On the host
//===----------------------------------------------------------------------===//

static Value *makeZeros(Builder &builder, DataType type, int64_t channels,
                        int64_t columns) {
  std::string name =
      "zeros_" + std::to_string(channels) + "_" + std::to_string(columns);
  int64_t count = channels * columns;
  std::vector<uint8_t> bytes(count * getStorageByteWidth(type), 0);
  return builder.createConstant(
      Attribute::blob(TensorType::get(builder.getContext(), type,
                                      {1, channels, 1, columns}),
                      {"@constant/" + name, /*offset=*/0,
                       makeMemorySource(type, count, std::move(bytes))}),
      name);
}

static Value *join(Builder &builder, llvm::ArrayRef<Value *> values,
                   int64_t axis, const llvm::Twine &name) {
  return buildOp(builder, "concat",
                 {{"values", values},
                  {"axis", builder.getInt32(axis)},
                  {"interleave", builder.getBool(false)}},
                 name)
      ->getResult();
}

Value *joinColumns(Builder &builder, llvm::ArrayRef<Value *> values,
                   const llvm::Twine &name) {
  return join(builder, values, kColumnAxis, name);
}

Value *padWithZeros(Builder &builder, Value *x, int64_t channels,
                    int64_t columns) {
  TensorType type = x->getTensorType();
  std::string name = (x->getName() + "_padded").str();
  if (columns > type.getDim(kColumnAxis)) {
    Value *zeros =
        makeZeros(builder, type.getElementType(), type.getDim(kChannelAxis),
                  columns - type.getDim(kColumnAxis));
    x = join(builder, {x, zeros}, kColumnAxis, name);
  }
  if (channels > type.getDim(kChannelAxis)) {
    Value *zeros = makeZeros(builder, type.getElementType(),
                             channels - type.getDim(kChannelAxis), columns);
    x = join(builder, {x, zeros}, kChannelAxis, name);
  }
  return x;
}

Value *takePart(Builder &builder, Value *x, int64_t channels, int64_t column,
                int64_t columns, const llvm::Twine &name) {
  return buildOp(builder, "slice_by_size",
                 {{"x", x},
                  {"begin", builder.getInt32s({0, 0, 0, column})},
                  {"size", builder.getInt32s({1, channels, 1, columns})}},
                 name)
      ->getResult();
}

} // namespace espresso
