//===- Binary.cpp - Elementwise operations of two tensors -----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "Support.h"

namespace espresso {

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

/// result = fn(x, y), both broadcast, computed in the type of the result.
template <auto fn>
static void arithmetic(KernelContext &ctx) {
  withNumberType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    const Tensor &x = ctx.get("x"), &y = ctx.get("y");
    Elements<T> xs(x), ys(y);
    Tensor result = ctx.makeResult(broadcastShapes(x.getShape(), y.getShape()));
    BroadcastIndex xIndex(x.getShape(), result.getShape());
    BroadcastIndex yIndex(y.getShape(), result.getShape());
    std::vector<T> &out = result.get<T>();
    for (size_t i = 0; i < out.size(); ++i)
      out[i] = fn(xs[xIndex[i]], ys[yIndex[i]]);
    ctx.setResult(std::move(result));
  });
}

/// Whether an integer divisor is zero, which then is refused.
static bool refusesDivisor(KernelContext &ctx) {
  const Tensor &y = ctx.get("y");
  if (y.isFloat())
    return false;
  for (int64_t value : y.get<int64_t>()) {
    if (value != 0)
      continue;
    ctx.fail("integer division by zero");
    return true;
  }
  return false;
}

template <auto fn>
static void division(KernelContext &ctx) {
  if (!refusesDivisor(ctx))
    arithmetic<fn>(ctx);
}

/// Integers are divided as reals, and the quotient truncated toward zero.
template <typename T>
static T divide(T x, T y) {
  return x / y;
}

/// The quotient rounded toward negative infinity.
template <typename T>
static T divideDown(T x, T y) {
  if constexpr (std::is_floating_point_v<T>)
    return std::floor(x / y);
  else
    return x / y - (x % y != 0 && (x < 0) != (y < 0) ? 1 : 0);
}

/// The remainder with the sign of the divisor, zero included.
template <typename T>
static T modulo(T x, T y) {
  T remainder;
  if constexpr (std::is_floating_point_v<T>)
    remainder = std::fmod(x, y);
  else
    remainder = x % y;
  if (remainder != 0 && (remainder < 0) != (y < 0))
    return remainder + y;
  if constexpr (std::is_floating_point_v<T>)
    if (remainder == 0)
      return std::copysign(remainder, y);
  return remainder;
}

static int64_t power(int64_t base, int64_t exponent) {
  int64_t result = 1;
  for (; exponent > 0; exponent >>= 1) {
    if (exponent & 1)
      result = multiplyNumbers(result, base);
    base = multiplyNumbers(base, base);
  }
  return result;
}
static float power(float base, float exponent) {
  return std::pow(base, exponent);
}
static double power(double base, double exponent) {
  return std::pow(base, exponent);
}

/// Integers to negative powers are refused.
static void pow(KernelContext &ctx) {
  const Tensor &y = ctx.get("y");
  if (!y.isFloat())
    for (int64_t exponent : y.get<int64_t>())
      if (exponent < 0)
        return ctx.fail("integer to the negative power " +
                        llvm::Twine(exponent));
  arithmetic<[](auto x, auto y) { return power(x, y); }>(ctx);
}

//===----------------------------------------------------------------------===//
// Comparison and logic
//===----------------------------------------------------------------------===//

/// result = fn(x, y) as bool, both broadcast, compared in their own type.
template <auto fn>
static void comparison(KernelContext &ctx) {
  const Tensor &x = ctx.get("x"), &y = ctx.get("y");
  withNumberType(x.getElementType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> xs(x), ys(y);
    Tensor result = ctx.makeResult(broadcastShapes(x.getShape(), y.getShape()));
    BroadcastIndex xIndex(x.getShape(), result.getShape());
    BroadcastIndex yIndex(y.getShape(), result.getShape());
    std::vector<int64_t> &out = result.get<int64_t>();
    for (size_t i = 0; i < out.size(); ++i)
      out[i] = fn(xs[xIndex[i]], ys[yIndex[i]]);
    ctx.setResult(std::move(result));
  });
}

/// result = cond ? a : b, all three broadcast.
static void select(KernelContext &ctx) {
  const Tensor &cond = ctx.get("cond"), &a = ctx.get("a"), &b = ctx.get("b");
  Shape shape = broadcastShapes(broadcastShapes(a.getShape(), b.getShape()),
                                cond.getShape());
  BroadcastIndex condIndex(cond.getShape(), shape);
  BroadcastIndex aIndex(a.getShape(), shape), bIndex(b.getShape(), shape);
  const std::vector<int64_t> &conds = cond.get<int64_t>();
  withNumberType(ctx.getResultType(), [&](auto zero) {
    using T = decltype(zero);
    Elements<T> as(a), bs(b);
    Tensor result = ctx.makeResult(shape);
    std::vector<T> &out = result.get<T>();
    for (size_t i = 0; i < out.size(); ++i)
      out[i] = conds[condIndex[i]] ? as[aIndex[i]] : bs[bIndex[i]];
    ctx.setResult(std::move(result));
  });
}

static constexpr KernelEntry kKernels[] = {
    {"Add", arithmetic<[](auto x, auto y) { return addNumbers(x, y); }>},
    {"Equal", comparison<[](auto x, auto y) { return x == y; }>},
    {"FloorDiv", division<[](auto x, auto y) { return divideDown(x, y); }>},
    {"Greater", comparison<[](auto x, auto y) { return y < x; }>},
    {"GreaterEqual", comparison<[](auto x, auto y) { return x >= y; }>},
    {"Less", comparison<[](auto x, auto y) { return x < y; }>},
    {"LessEqual", comparison<[](auto x, auto y) { return x <= y; }>},
    {"LogicalAnd", comparison<[](auto x, auto y) { return x && y; }>},
    {"LogicalOr", comparison<[](auto x, auto y) { return x || y; }>},
    {"LogicalXor", comparison<[](auto x, auto y) { return !x != !y; }>},
    {"Maximum", arithmetic<[](auto x, auto y) { return maximumOf(x, y); }>},
    {"Minimum", arithmetic<[](auto x, auto y) { return minimumOf(x, y); }>},
    {"Mod", division<[](auto x, auto y) { return modulo(x, y); }>},
    {"Mul", arithmetic<[](auto x, auto y) { return multiplyNumbers(x, y); }>},
    {"NotEqual", comparison<[](auto x, auto y) { return x != y; }>},
    {"Pow", pow},
    {"RealDiv", division<[](auto x, auto y) { return divide(x, y); }>},
    {"Select", select},
    {"Sub", arithmetic<[](auto x, auto y) { return subtractNumbers(x, y); }>},
};

llvm::ArrayRef<KernelEntry> getBinaryKernels() { return kKernels; }

} // namespace espresso
