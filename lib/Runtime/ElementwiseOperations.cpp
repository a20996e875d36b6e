//===- ElementwiseOperations.cpp - Operations on single elements ----------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StepContext.h"
#include "Walk.h"
#include "espresso/Kernels/Elementwise.h"

#include <cmath>
#include <limits>

namespace espresso::runtime {

using kernels::BinaryOp;
using kernels::UnaryOp;

//===----------------------------------------------------------------------===//
// Binary operations, with numpy's broadcasting
//===----------------------------------------------------------------------===//

/// Operands x and y of one kind, and the walk over their common shape.
struct BinaryOperands {
  Tensor x, y;
  Shape shape;
  Walk walk;
};

static absl::StatusOr<BinaryOperands> getBinary(StepContext &context) {
  // An attribute takes the kind of the operand beside it.
  const bool attributeFirst = [&] {
    for (const plan::Attribute &attribute : context.getStep().attributes())
      if (attribute.name() == "x")
        return true;
    return false;
  }();
  Tensor x, y;
  if (attributeFirst) {
    ESPRESSO_ASSIGN_OR_RETURN(y, context.tensor("y"));
    ESPRESSO_ASSIGN_OR_RETURN(x, context.tensor("x", y.getMemory()));
  } else {
    ESPRESSO_ASSIGN_OR_RETURN(x, context.tensor("x"));
    ESPRESSO_ASSIGN_OR_RETURN(y, context.tensor("y", x.getMemory()));
  }
  std::optional<Shape> shape = broadcast(x.getShape(), y.getShape());
  if (!shape)
    return context.error("the shapes ", toString(x.getShape()), " and ",
                         toString(y.getShape()), " do not broadcast");
  Walk walk(*shape, {getBroadcastStride(x.getShape(), *shape),
                     getBroadcastStride(y.getShape(), *shape)});
  return BinaryOperands{x, y, *std::move(shape), std::move(walk)};
}

template <BinaryOp op>
static void runFloats(const BinaryOperands &operands, const Tensor &out,
                      const Frame &frame) {
  const Walk &walk = operands.walk;
  const float *x = operands.x.get<float>(frame);
  const float *y = operands.y.get<float>(frame);
  float *to = out.getMutable<float>(frame);
  const size_t n = walk.getInner();
  const size_t nx = walk.getInnerStep(0) ? n : 1;
  const size_t ny = walk.getInnerStep(1) ? n : 1;
  walk.forEachRun([&](int64_t at, std::span<const int64_t> in) {
    kernels::binary(op, {x + in[0], nx}, {y + in[1], ny}, {to + at, n});
  });
}

/// Calls `f(x, y)` on every pair of elements.
template <typename In, typename Out, typename F>
static void runPairs(const BinaryOperands &operands, const Tensor &out,
                     const Frame &frame, F f) {
  const Walk &walk = operands.walk;
  const In *x = operands.x.get<In>(frame);
  const In *y = operands.y.get<In>(frame);
  Out *to = out.getMutable<Out>(frame);
  const int64_t sx = walk.getInnerStep(0), sy = walk.getInnerStep(1);
  walk.forEachRun([&](int64_t at, std::span<const int64_t> in) {
    for (int64_t i = 0; i < walk.getInner(); ++i)
      to[at + i] = f(x[in[0] + i * sx], y[in[1] + i * sy]);
  });
}

/// Integers wrap around; a quotient by zero is zero.
template <BinaryOp op>
static int32_t combine(int32_t x, int32_t y) {
  const uint32_t ux = static_cast<uint32_t>(x), uy = static_cast<uint32_t>(y);
  switch (op) {
  case BinaryOp::Add:
    return static_cast<int32_t>(ux + uy);
  case BinaryOp::Sub:
    return static_cast<int32_t>(ux - uy);
  case BinaryOp::Mul:
    return static_cast<int32_t>(ux * uy);
  case BinaryOp::Div:
    return y == 0 ? 0 : static_cast<int32_t>(int64_t{x} / y);
  case BinaryOp::Max:
    return std::max(x, y);
  case BinaryOp::Min:
    return std::min(x, y);
  case BinaryOp::Pow:
    return static_cast<int32_t>(
        std::clamp(std::pow(static_cast<double>(x), y),
                   static_cast<double>(std::numeric_limits<int32_t>::min()),
                   static_cast<double>(std::numeric_limits<int32_t>::max())));
  }
  return 0;
}

template <BinaryOp op>
static absl::StatusOr<Kernel> makeBinary(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(BinaryOperands operands, getBinary(context));
  const Memory memory = operands.x.getMemory();
  if (memory == Memory::Bool)
    return context.error("booleans have no arithmetic");
  ESPRESSO_ASSIGN_OR_RETURN(Tensor out, context.result(memory, operands.shape));
  if (memory == Memory::Int)
    return Kernel([=](const Frame &frame) {
      runPairs<int32_t, int32_t>(operands, out, frame, combine<op>);
      return absl::OkStatus();
    });
  return Kernel([=](const Frame &frame) {
    runFloats<op>(operands, out, frame);
    return absl::OkStatus();
  });
}

template <template <typename> typename Compare>
static absl::StatusOr<Kernel> makeComparison(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(BinaryOperands operands, getBinary(context));
  ESPRESSO_ASSIGN_OR_RETURN(Tensor out,
                            context.result(Memory::Bool, operands.shape));
  const Memory memory = operands.x.getMemory();
  return Kernel([=](const Frame &frame) {
    switch (memory) {
    case Memory::Float:
      runPairs<float, uint8_t>(operands, out, frame, Compare<float>());
      break;
    case Memory::Int:
      runPairs<int32_t, uint8_t>(operands, out, frame, Compare<int32_t>());
      break;
    case Memory::Bool:
      runPairs<uint8_t, uint8_t>(operands, out, frame, Compare<uint8_t>());
      break;
    }
    return absl::OkStatus();
  });
}

//===----------------------------------------------------------------------===//
// Unary operations
//===----------------------------------------------------------------------===//

static absl::StatusOr<Kernel> bindUnary(StepContext &context, UnaryOp op,
                                        double epsilon) {
  ESPRESSO_ASSIGN_OR_RETURN(Tensor x, context.floats("x"));
  ESPRESSO_ASSIGN_OR_RETURN(Tensor out,
                            context.result(Memory::Float, x.getShape()));
  return Kernel([=, eps = static_cast<float>(epsilon)](const Frame &frame) {
    kernels::unary(op, x.floats(frame), eps, out.mutableFloats(frame));
    return absl::OkStatus();
  });
}

template <UnaryOp op>
static absl::StatusOr<Kernel> makeUnary(StepContext &context) {
  return bindUnary(context, op, 0.0);
}

static absl::StatusOr<Kernel> makeLog(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(double epsilon, context.real("epsilon", 1e-45));
  return bindUnary(context, UnaryOp::Log, epsilon);
}

static absl::StatusOr<Kernel> makeRsqrt(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(double epsilon, context.real("epsilon", 1e-12));
  return bindUnary(context, UnaryOp::Rsqrt, epsilon);
}

static absl::StatusOr<Kernel> makeInverse(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(double epsilon, context.real("epsilon", 1e-4));
  return bindUnary(context, UnaryOp::Inverse, epsilon);
}

static absl::StatusOr<Kernel> makeGelu(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(std::string mode, context.text("mode", "EXACT"));
  if (mode == "EXACT")
    return bindUnary(context, UnaryOp::GeluExact, 0.0);
  if (mode == "TANH_APPROXIMATION")
    return bindUnary(context, UnaryOp::GeluTanh, 0.0);
  if (mode == "SIGMOID_APPROXIMATION")
    return bindUnary(context, UnaryOp::GeluSigmoid, 0.0);
  return context.error("unknown mode '", mode, "'");
}

/// For floats a vector kernel; integers have an absolute value and a square.
template <UnaryOp op>
static absl::StatusOr<Kernel> makeNumeric(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Tensor x, context.tensor("x"));
  if (x.getMemory() != Memory::Int)
    return bindUnary(context, op, 0.0);
  ESPRESSO_ASSIGN_OR_RETURN(Tensor out,
                            context.result(Memory::Int, x.getShape()));
  return Kernel([=](const Frame &frame) {
    const int32_t *from = x.get<int32_t>(frame);
    int32_t *to = out.getMutable<int32_t>(frame);
    for (int64_t i = 0; i < x.getCount(); ++i) {
      const uint32_t bits = static_cast<uint32_t>(from[i]);
      if (op == UnaryOp::Square)
        to[i] = static_cast<int32_t>(bits * bits);
      else
        to[i] = static_cast<int32_t>(from[i] < 0 ? 0 - bits : bits);
    }
    return absl::OkStatus();
  });
}

//===----------------------------------------------------------------------===//
// Casts and selection
//===----------------------------------------------------------------------===//

/// Towards zero; beyond the range to its ends; NaN to zero.
static int32_t truncate(float value) {
  if (std::isnan(value))
    return 0;
  if (value >= 2147483648.0f)
    return std::numeric_limits<int32_t>::max();
  if (value <= -2147483648.0f)
    return std::numeric_limits<int32_t>::min();
  return static_cast<int32_t>(value);
}

template <typename From, typename To, typename F>
static void convert(const Tensor &x, const Tensor &out, const Frame &frame,
                    F f) {
  const From *from = x.get<From>(frame);
  To *to = out.getMutable<To>(frame);
  for (int64_t i = 0; i < x.getCount(); ++i)
    to[i] = f(from[i]);
}

static void castElements(const Tensor &x, const Tensor &out,
                         const Frame &frame) {
  auto toBool = [](auto v) { return static_cast<uint8_t>(v != 0); };
  auto toInt = [](auto v) { return static_cast<int32_t>(v); };
  auto toFloat = [](auto v) { return static_cast<float>(v); };
  auto from = [&]<typename From>(From, auto narrow) {
    switch (out.getMemory()) {
    case Memory::Float:
      return convert<From, float>(x, out, frame, toFloat);
    case Memory::Int:
      return convert<From, int32_t>(x, out, frame, narrow);
    case Memory::Bool:
      return convert<From, uint8_t>(x, out, frame, toBool);
    }
  };
  switch (x.getMemory()) {
  case Memory::Float:
    return from(0.0f, truncate);
  case Memory::Int:
    return from(int32_t{0}, toInt);
  case Memory::Bool:
    return from(uint8_t{0}, toInt);
  }
}

static absl::StatusOr<Kernel> makeCast(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Tensor x, context.tensor("x"));
  ESPRESSO_ASSIGN_OR_RETURN(std::string name, context.text("dtype"));
  std::optional<DataType> type = parseDataType(name);
  if (!type || (*type != DataType::Float16 && *type != DataType::Float32 &&
                *type != DataType::Int32 && *type != DataType::Bool))
    return context.error("no cast to '", name, "'");
  const Memory memory = TensorType{.type = *type}.getMemory();
  ESPRESSO_ASSIGN_OR_RETURN(Tensor out, context.result(memory, x.getShape()));
  const bool rounds = *type == DataType::Float16;
  return Kernel([=](const Frame &frame) {
    castElements(x, out, frame);
    if (rounds)
      kernels::roundToHalf(out.floats(frame), out.mutableFloats(frame));
    return absl::OkStatus();
  });
}

static absl::StatusOr<Kernel> makeSelect(StepContext &context) {
  ESPRESSO_ASSIGN_OR_RETURN(Tensor cond, context.tensor("cond", Memory::Bool));
  ESPRESSO_ASSIGN_OR_RETURN(const TensorType *type, context.getResultType());
  ESPRESSO_ASSIGN_OR_RETURN(Tensor a, context.tensor("a", type->getMemory()));
  ESPRESSO_ASSIGN_OR_RETURN(Tensor b, context.tensor("b", type->getMemory()));
  std::optional<Shape> shape = broadcast(a.getShape(), b.getShape());
  if (shape)
    shape = broadcast(*shape, cond.getShape());
  if (!shape)
    return context.error("the shapes ", toString(cond.getShape()), ", ",
                         toString(a.getShape()), " and ",
                         toString(b.getShape()), " do not broadcast");
  ESPRESSO_ASSIGN_OR_RETURN(Tensor out,
                            context.result(type->getMemory(), *shape));
  Walk walk(*shape, {getBroadcastStride(cond.getShape(), *shape),
                     getBroadcastStride(a.getShape(), *shape),
                     getBroadcastStride(b.getShape(), *shape)});
  auto run = [=]<typename T>(T, const Frame &frame) {
    const uint8_t *c = cond.get<uint8_t>(frame);
    const T *x = a.get<T>(frame), *y = b.get<T>(frame);
    T *to = out.getMutable<T>(frame);
    const int64_t sc = walk.getInnerStep(0), sx = walk.getInnerStep(1),
                  sy = walk.getInnerStep(2);
    walk.forEachRun([&](int64_t at, std::span<const int64_t> in) {
      for (int64_t i = 0; i < walk.getInner(); ++i)
        to[at + i] = c[in[0] + i * sc] ? x[in[1] + i * sx] : y[in[2] + i * sy];
    });
  };
  return Kernel([=](const Frame &frame) {
    if (out.getMemory() == Memory::Bool)
      run(uint8_t{}, frame);
    else
      run(uint32_t{}, frame);
    return absl::OkStatus();
  });
}

std::span<const OperationRow> getElementwiseOperations() {
  static constexpr OperationRow kRows[] = {
      {"abs", makeNumeric<UnaryOp::Abs>},
      {"add", makeBinary<BinaryOp::Add>},
      {"cast", makeCast},
      {"ceil", makeUnary<UnaryOp::Ceil>},
      {"equal", makeComparison<std::equal_to>},
      {"erf", makeUnary<UnaryOp::Erf>},
      {"exp", makeUnary<UnaryOp::Exp>},
      {"floor", makeUnary<UnaryOp::Floor>},
      {"gelu", makeGelu},
      {"greater", makeComparison<std::greater>},
      {"greater_equal", makeComparison<std::greater_equal>},
      {"inverse", makeInverse},
      {"less", makeComparison<std::less>},
      {"less_equal", makeComparison<std::less_equal>},
      {"log", makeLog},
      {"maximum", makeBinary<BinaryOp::Max>},
      {"minimum", makeBinary<BinaryOp::Min>},
      {"mul", makeBinary<BinaryOp::Mul>},
      {"not_equal", makeComparison<std::not_equal_to>},
      {"pow", makeBinary<BinaryOp::Pow>},
      {"real_div", makeBinary<BinaryOp::Div>},
      {"relu", makeUnary<UnaryOp::Relu>},
      {"round", makeUnary<UnaryOp::Round>},
      {"rsqrt", makeRsqrt},
      {"select", makeSelect},
      {"sigmoid", makeUnary<UnaryOp::Sigmoid>},
      {"silu", makeUnary<UnaryOp::Silu>},
      {"sqrt", makeUnary<UnaryOp::Sqrt>},
      {"square", makeNumeric<UnaryOp::Square>},
      {"sub", makeBinary<BinaryOp::Sub>},
      {"tanh", makeUnary<UnaryOp::Tanh>},
  };
  return kRows;
}

} // namespace espresso::runtime
