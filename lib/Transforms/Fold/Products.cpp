//===- Products.cpp - What products take over -----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
//   matmul(x = x, y = w)                    => linear(weight = wᵀ, x = x)
//   linear(weight = w, x = x) · s + t       => linear(bias = t, weight = s w,
//   x) conv(weight = w, x = x) · s + t         => conv(bias = t, weight = s w,
//   x) batch_norm(x = conv(…))                 => conv(…) matmul(x =
//   transpose(x = x), y = y)     => matmul(transpose_x = true, …)
//
// for constants w, and s and t that differ by output channel at most. The
// product must have no other use, or it would be done twice. Weights that are
// outside stay there: what is scaled is scaled when it is read. A bias alone
// leaves the weight as it is, whatever it is.
//
//===----------------------------------------------------------------------===//

#include "Affine.h"
#include "FoldPatterns.h"

#include "../Patterns/Weights.h"

#include "espresso/Ops/Registry.h"
#include "espresso/Ops/Verifier.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"

#include <cmath>
#include <cstring>

namespace espresso {

//===----------------------------------------------------------------------===//
// Scale and shift
//===----------------------------------------------------------------------===//

/// The product whose only use is `op`, or null.
static Operation *getOwnProduct(Value *value) {
  Operation *product = value ? value->getDefiningOp() : nullptr;
  bool isProduct = product && (product->is("conv") || product->is("linear") ||
                               product->is("conv_transpose"));
  return isProduct && value->hasOneUse() ? product : nullptr;
}

/// `weight` with row i multiplied by scale[i].
static FailureOr<Attribute> scaleRows(const Attribute &weight,
                                      llvm::ArrayRef<double> scale,
                                      const llvm::Twine &name,
                                      DiagnosticEngine &diagnostics) {
  auto type = weight.getType().castTo<TensorType>();
  WeightSourceRef source = getSource(weight);
  std::vector<uint8_t> bytes(scale.size() * sizeof(float));
  for (size_t i = 0; i < scale.size(); ++i) {
    auto factor = static_cast<float>(scale[i]);
    std::memcpy(bytes.data() + i * sizeof(float), &factor, sizeof(float));
  }
  auto count = static_cast<int64_t>(scale.size());
  int64_t columns = source->getNumElements() / count;
  WeightSourceRef scaled = multiplyTiles(
      std::move(source),
      {makeMemorySource(DataType::Float32, count, std::move(bytes)), columns,
       /*tileRows=*/1, /*tileColumns=*/columns});
  return makeConstantOf(convertTo(std::move(scaled), type.getElementType()),
                        type, weight, name, diagnostics);
}

/// Whether a constant in a `const` serves others, too: a changed copy of it
/// would be a second one.
static bool isShared(const Operation &op, llvm::StringRef input) {
  Value *constant = op.getOperand(input);
  return constant && !constant->hasOneUse();
}

/// Whether weights of `type` keep their digits when they are scaled so.
static bool isModest(llvm::ArrayRef<double> scale, DataType type) {
  // Of the 2^±15 of fp16, weights of trained models fill the middle.
  constexpr double kMost = 256;
  return type != DataType::Float16 || llvm::all_of(scale, [](double factor) {
           return std::abs(factor) <= kMost && std::abs(factor) >= 1 / kMost;
         });
}

/// Whether the weight can be scaled by output channel.
static bool canScale(const Operation &product, llvm::ArrayRef<double> scale) {
  Attribute weight = product.getConstant("weight");
  auto type = weight ? weight.getType().getAs<TensorType>() : TensorType();
  return type && isFloat(type.getElementType()) &&
         !product.is("conv_transpose") && !isShared(product, "weight") &&
         getSource(weight) && isModest(scale, type.getElementType()) &&
         type.getDim(0) == static_cast<int64_t>(scale.size());
}

/// The bias of a product, zeros if it has none; nothing if it is not known.
static std::optional<std::vector<double>> getBias(const Operation &product,
                                                  size_t channels) {
  if (!product.hasBinding("bias"))
    return std::vector<double>(channels, 0);
  std::optional<std::vector<double>> bias =
      readElements(product.getConstant("bias"), static_cast<int64_t>(channels),
                   product.getFunction()->getContext().getDiagnostics());
  return bias && bias->size() == channels ? bias : std::nullopt;
}

static Value *takeOverAffine(Operation &op, Builder &builder,
                             const PatternOptions &options) {
  for (llvm::StringRef input : {"x", "y"}) {
    Operation *product = getOwnProduct(op.getOperand(input));
    if (!product || !hasStaticShape(*product->getResult()))
      continue;
    bool isLinear = product->is("linear");
    int64_t rank = product->getResult()->getTensorType().getRank();
    std::optional<Affine> affine = getAffine(op, isLinear ? rank - 1 : 1);
    if (!affine || affine->x != product->getResult())
      continue;
    bool needsBias = affine->hasShift() || product->hasBinding("bias");
    if (needsBias && !isLinear && !options.convBias)
      continue;
    size_t channels = affine->scale.size();
    if (affine->hasScale() && !canScale(*product, affine->scale))
      continue;
    std::optional<std::vector<double>> bias = getBias(*product, channels);
    if (!bias)
      continue;
    for (size_t i = 0; i < channels; ++i)
      (*bias)[i] = (*bias)[i] * affine->scale[i] + affine->shift[i];

    Context &context = builder.getContext();
    Attribute weight = product->getConstant("weight");
    std::string name = product->getResult()->getName().str();
    std::string weightName = name + "_weight";
    if (Value *constant = product->getOperand("weight"))
      weightName = constant->getName().str();
    if (affine->hasScale()) {
      FailureOr<Attribute> scaled = scaleRows(weight, affine->scale, weightName,
                                              context.getDiagnostics());
      if (failed(scaled))
        return nullptr;
      weight = *scaled;
    }
    llvm::DenseMap<const Value *, Value *> mapping;
    Operation *folded = cloneOperation(*product, builder, mapping);
    Builder before(*folded);
    if (affine->hasScale())
      folded->setOperand(context.intern("weight"),
                         before.createConstant(weight, weightName));
    if (needsBias) {
      DataType type = product->getArgumentType("weight")
                          .castTo<TensorType>()
                          .getElementType();
      folded->setOperand(context.intern("bias"),
                         before.createConstant(makeVector(context, type, *bias),
                                               name + "_bias"));
    }
    return folded->getResult();
  }
  return nullptr;
}

//===----------------------------------------------------------------------===//
// Products of matrices
//===----------------------------------------------------------------------===//

static Value *useLinear(Operation &op, Builder &builder,
                        const PatternOptions &) {
  Value *x = op.getOperand("x");
  Attribute matrix = op.getConstant("y");
  auto type = matrix ? matrix.getType().getAs<TensorType>() : TensorType();
  if (!x || !type || type.getRank() != 2 || x->getTensorType().getRank() < 2 ||
      !isFloat(type.getElementType()) || getFlag(op, "transpose_x"))
    return nullptr;
  Context &context = builder.getContext();
  bool isTransposed = getFlag(op, "transpose_y");
  Value *weight = op.getOperand("y");
  std::string name = weight ? weight->getName().str()
                            : (op.getResult()->getName() + "_weight").str();
  if (!isTransposed) {
    WeightSourceRef source = getSource(matrix);
    if (!source || isShared(op, "y"))
      return nullptr;
    int64_t rows = type.getDim(1), columns = type.getDim(0);
    FailureOr<Attribute> turned = makeConstantOf(
        transpose(std::move(source), rows, columns),
        TensorType::get(context, type.getElementType(), {rows, columns}),
        matrix, name + "_t", context.getDiagnostics());
    if (failed(turned))
      return nullptr;
    matrix = *turned;
  }
  if (!weight || !isTransposed)
    weight = builder.createConstant(matrix, name);
  return builder
      .create("linear", {{"weight", weight}, {"x", x}},
              {op.getResult()->getType()}, op.getResult()->getName())
      ->getResult();
}

/// The operand of a transpose of the last two axes, or null.
static Value *getSwapped(Value *value) {
  Operation *transpose = getProducer(value, "transpose");
  int64_t rank = value ? value->getTensorType().getRank() : 0;
  if (!transpose || rank < 2)
    return nullptr;
  std::optional<llvm::SmallVector<int64_t, 4>> perm =
      getKnownAxes(*transpose, "perm", rank);
  auto swapped = llvm::to_vector<4>(llvm::seq<int64_t>(0, rank));
  std::swap(swapped[rank - 1], swapped[rank - 2]);
  return perm && *perm == swapped ? transpose->getOperand("x") : nullptr;
}

static Value *useTransposeFlags(Operation &op, Builder &builder,
                                const PatternOptions &) {
  Value *x = getSwapped(op.getOperand("x"));
  Value *y = getSwapped(op.getOperand("y"));
  if (!x && !y)
    return nullptr;
  auto flag = [&](llvm::StringRef name, Value *turned) {
    bool isSet = getFlag(op, name) != (turned != nullptr);
    return NamedArgument(name,
                         builder.createConstant(builder.getBool(isSet), name));
  };
  NamedArgument flagX = flag("transpose_x", x);
  NamedArgument flagY = flag("transpose_y", y);
  return builder
      .create("matmul",
              {x ? NamedArgument("x", x) : copyArgument(op, "x", "x"),
               y ? NamedArgument("y", y) : copyArgument(op, "y", "y"), flagX,
               flagY},
              {op.getResult()->getType()}, op.getResult()->getName())
      ->getResult();
}

static constexpr PatternRow kPatterns[] = {
    {"matmul", useTransposeFlags},  {"matmul", useLinear},
    {"add", takeOverAffine},        {"sub", takeOverAffine},
    {"mul", takeOverAffine},        {"real_div", takeOverAffine},
    {"batch_norm", takeOverAffine},
};

llvm::ArrayRef<PatternRow> getProductPatterns() { return kPatterns; }

} // namespace espresso
