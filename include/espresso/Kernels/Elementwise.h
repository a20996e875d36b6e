//===- Elementwise.h - Functions of single elements -------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_KERNELS_ELEMENTWISE_H
#define ESPRESSO_KERNELS_ELEMENTWISE_H

#include <cstdint>
#include <span>

namespace espresso::kernels {

enum class BinaryOp : uint8_t { Add, Sub, Mul, Div, Max, Min, Pow };

/// out[i] = op(a[i], b[i]). An operand of one element stands for all of them.
/// `out` may be one of the operands.
void binary(BinaryOp op, std::span<const float> a, std::span<const float> b,
            std::span<float> out);

enum class UnaryOp : uint8_t {
  Exp,
  Log, ///< ln(x + epsilon)
  Sqrt,
  Rsqrt,   ///< (x + epsilon)^-1/2
  Inverse, ///< 1 / (x + epsilon)
  Square,
  Abs,
  Erf,
  Relu,
  Sigmoid,
  Tanh,
  Silu,
  GeluExact,   ///< x/2 (1 + erf(x / sqrt 2))
  GeluTanh,    ///< x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
  GeluSigmoid, ///< x sigmoid(1.702 x)
  Floor,
  Ceil,
  Round, ///< to nearest, ties to even
};

/// out[i] = op(x[i]). `epsilon` is read by Log, Rsqrt and Inverse only. Within
/// 4 ulp of the exact value (of the factors, for products). `out` may be `x`.
void unary(UnaryOp op, std::span<const float> x, float epsilon,
           std::span<float> out);

/// out[i] = silu(gate[i]) * up[i]. `out` may be one of the operands.
void siluMul(std::span<const float> gate, std::span<const float> up,
             std::span<float> out);

/// Widens binary16 to binary32, exactly.
void halfToFloat(std::span<const uint16_t> in, std::span<float> out);
/// Rounds to binary16, to nearest even; overflow gives infinity.
void floatToHalf(std::span<const float> in, std::span<uint16_t> out);
/// Rounds each element to a value of binary16. `out` may be `in`.
void roundToHalf(std::span<const float> in, std::span<float> out);

} // namespace espresso::kernels

#endif // ESPRESSO_KERNELS_ELEMENTWISE_H
