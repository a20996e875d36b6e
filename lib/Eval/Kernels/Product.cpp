//===- Product.cpp - Products of matrices ---------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Accumulate.h"
#include "Families.h"

namespace espresso {

//===----------------------------------------------------------------------===//
// matmul
//===----------------------------------------------------------------------===//

/// The two last axes of a tensor as a matrix, transposed if asked.
template <typename T>
static MatrixView<T> lastAxes(const T *data, llvm::ArrayRef<int64_t> shape,
                              bool isTransposed) {
  int64_t rows = shape[shape.size() - 2], cols = shape.back();
  return isTransposed ? makeTransposed(data, rows, cols)
                      : makeMatrix(data, rows, cols);
}

/// Batched products of the two last axes; leading axes broadcast. A vector on
/// the left is a row, on the right a column, and its axis leaves the result.
static void matmul(KernelContext &ctx) {
  const Tensor &x = ctx.get("x"), &y = ctx.get("y");
  bool isRow = x.getRank() == 1, isColumn = y.getRank() == 1;
  Shape xShape(x.getShape().begin(), x.getShape().end());
  Shape yShape(y.getShape().begin(), y.getShape().end());
  if (isRow)
    xShape.insert(xShape.begin(), 1);
  if (isColumn)
    yShape.push_back(1);
  bool transposeX = !isRow && ctx.getBool("transpose_x");
  bool transposeY = !isColumn && ctx.getBool("transpose_y");
  llvm::ArrayRef<int64_t> xBatch = llvm::ArrayRef(xShape).drop_back(2);
  llvm::ArrayRef<int64_t> yBatch = llvm::ArrayRef(yShape).drop_back(2);
  Shape batch = broadcastShapes(xBatch, yBatch);
  BroadcastIndex xIndex(xBatch, batch), yIndex(yBatch, batch);
  int64_t xSize = xShape.back() * xShape[xShape.size() - 2];
  int64_t ySize = yShape.back() * yShape[yShape.size() - 2];

  withNumberType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(x), ys(y);
    MatrixView<T> a = lastAxes(xs.data(), xShape, transposeX);
    MatrixView<T> b = lastAxes(ys.data(), yShape, transposeY);
    Shape shape = batch;
    if (!isRow)
      shape.push_back(a.rows);
    if (!isColumn)
      shape.push_back(b.cols);
    Tensor result = ctx.makeResult(shape);
    T *out = result.get<T>().data();
    withSum<T>(ctx.getNumerics(), [&](auto emptySum) {
      for (int64_t i = 0, count = getNumElements(batch); i < count; ++i) {
        a.data = xs.data() + xIndex[i] * xSize;
        b.data = ys.data() + yIndex[i] * ySize;
        multiplyMatrices<decltype(emptySum)>(a, b, out + i * a.rows * b.cols);
      }
    });
    ctx.setResult(std::move(result));
  });
}

//===----------------------------------------------------------------------===//
// linear
//===----------------------------------------------------------------------===//

/// x W^T + b along the last axis; W is [outputs, inputs].
static void linear(KernelContext &ctx) {
  const Tensor &x = ctx.get("x"), &weight = ctx.get("weight");
  int64_t inputs = weight.getDim(1), outputs = weight.getDim(0);
  int64_t rows = getNumElements(x.getShape().drop_back());
  Shape shape(x.getShape().begin(), x.getShape().end());
  shape.back() = outputs;
  withNumberType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(x), weights(weight);
    Tensor result = ctx.makeResult(shape);
    const Tensor *bias = ctx.find("bias");
    std::vector<T> biases = bias ? getElementsAs<T>(*bias) : std::vector<T>();
    withSum<T>(ctx.getNumerics(), [&](auto emptySum) {
      multiplyMatrices<decltype(emptySum)>(
          makeMatrix(xs.data(), rows, inputs),
          makeTransposed(weights.data(), outputs, inputs),
          result.get<T>().data(),
          makeColumnBias<T>(bias ? biases.data() : nullptr, rows, outputs));
    });
    ctx.setResult(std::move(result));
  });
}

//===----------------------------------------------------------------------===//
// einsum
//===----------------------------------------------------------------------===//

namespace {

/// An equation such as "nchw,nwhu->nchu" and the extent of each letter.
struct Equation {
  llvm::SmallVector<llvm::StringRef, 2> operands;
  llvm::StringRef result;
  /// Letters of the result, then those summed over, in order of appearance.
  std::string letters;
};

} // namespace

static Equation parseEquation(llvm::StringRef text) {
  Equation equation;
  auto [operands, result] = text.split("->");
  operands.split(equation.operands, ',');
  for (llvm::StringRef &operand : equation.operands)
    operand = operand.trim();
  equation.result = result.trim();
  equation.letters = equation.result.str();
  for (llvm::StringRef operand : equation.operands)
    for (char letter : operand)
      if (equation.letters.find(letter) == std::string::npos)
        equation.letters.push_back(letter);
  return equation;
}

/// For each letter of the equation, how far it moves in the operand: zero if
/// the operand lacks it or has extent one there.
static Shape getLetterStrides(const Equation &equation, llvm::StringRef operand,
                              llvm::ArrayRef<int64_t> shape) {
  Shape own = getStrides(shape), strides(equation.letters.size(), 0);
  for (size_t i = 0; i < operand.size(); ++i)
    if (shape[i] != 1)
      strides[equation.letters.find(operand[i])] += own[i];
  return strides;
}

/// The sum over the indices of `shape` of products of `x` and `y`.
template <typename Product, typename T>
static T sumProducts(const T *x, llvm::ArrayRef<int64_t> xStrides, const T *y,
                     llvm::ArrayRef<int64_t> yStrides,
                     llvm::ArrayRef<int64_t> shape) {
  Product sum;
  forEachIndex(shape, [&](llvm::ArrayRef<int64_t> index, int64_t) {
    sum.addProduct(Product::prepare(x[getOffset(index, xStrides)]),
                   Product::prepare(y[getOffset(index, yStrides)]));
  });
  return sum.get();
}

/// Sums products of two tensors over the letters that the result lacks.
static void einsum(KernelContext &ctx) {
  llvm::ArrayRef<TensorRef> values = ctx.getList("values");
  Equation equation = parseEquation(ctx.getString("equation"));
  Shape extents(equation.letters.size(), 1);
  Shape strides[2];
  for (size_t v = 0; v < values.size(); ++v) {
    llvm::StringRef operand = equation.operands[v];
    for (size_t i = 0; i < operand.size(); ++i) {
      int64_t &extent = extents[equation.letters.find(operand[i])];
      extent = std::max(extent, values[v]->getDim(i));
    }
    strides[v] = getLetterStrides(equation, operand, values[v]->getShape());
  }
  size_t numKept = equation.result.size();
  llvm::ArrayRef<int64_t> kept = llvm::ArrayRef(extents).take_front(numKept);
  llvm::ArrayRef<int64_t> summed = llvm::ArrayRef(extents).drop_front(numKept);
  llvm::ArrayRef<int64_t> xStrides(strides[0]), yStrides(strides[1]);
  withNumberType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(*values[0]), ys(*values[1]);
    Tensor result = ctx.makeResult(kept);
    T *out = result.get<T>().data();
    withSum<T>(ctx.getNumerics(), [&](auto emptySum) {
      using Product = typename decltype(emptySum)::Product;
      forEachIndex(kept, [&](llvm::ArrayRef<int64_t> index, int64_t i) {
        out[i] = sumProducts<Product>(xs.data() + getOffset(index, xStrides),
                                      xStrides.drop_front(numKept),
                                      ys.data() + getOffset(index, yStrides),
                                      yStrides.drop_front(numKept), summed);
      });
    });
    ctx.setResult(std::move(result));
  });
}

static constexpr KernelEntry kKernels[] = {
    {"Einsum", einsum},
    {"Linear", linear},
    {"Matmul", matmul},
};

llvm::ArrayRef<KernelEntry> getProductKernels() { return kKernels; }

} // namespace espresso
