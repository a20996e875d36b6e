//===- ProgramMaker.h - One random function in the making -------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_TEST_UNIT_PROPERTY_PROGRAMMAKER_H
#define ESPRESSO_TEST_UNIT_PROPERTY_PROGRAMMAKER_H

#include "espresso/Eval/RandomTensors.h"
#include "espresso/IR/Builder.h"

#include <vector>

namespace espresso::test {

using Dims = llvm::SmallVector<int64_t, 4>;

/// Values to choose from, and ways to add another. What a step tries and the
/// verifier refuses, such as a type an opset does not have, is dropped.
class ProgramMaker {
public:
  ProgramMaker(Function &function, uint64_t seed)
      : random(seed), function(function), context(function.getContext()),
        builder(function.getBody()) {}

  // Drawing.
  uint64_t pick(uint64_t count) { return random.nextBelow(count); }
  bool flip(unsigned oneIn) { return pick(oneIn) == 0; }
  template <typename T, size_t N>
  const T &pickFrom(const T (&from)[N]) {
    return from[pick(N)];
  }
  template <typename T>
  void shuffle(T &items) {
    for (size_t i = items.size(); i > 1; --i)
      std::swap(items[i - 1], items[pick(i)]);
  }
  Value *pickValue() { return values[pick(values.size())]; }
  /// A value of the same type as `x`; `x` if there is no other.
  Value *pickLike(Value *x);
  /// A value of that element type; null if there is none.
  Value *pickOf(DataType type);

  // Arguments.
  /// A literal, or the result of a `const`.
  NamedArgument constant(llvm::StringRef input, Attribute value);
  NamedArgument ints(llvm::StringRef input, llvm::ArrayRef<int64_t> numbers) {
    return constant(input, Attribute::integers(context, numbers));
  }
  NamedArgument integer(llvm::StringRef input, int64_t number) {
    return constant(input, Attribute::integer(context, number));
  }
  NamedArgument boolean(llvm::StringRef input, bool value) {
    return constant(input, Attribute::boolean(context, value));
  }
  NamedArgument text(llvm::StringRef input, llvm::StringRef value) {
    return constant(input, Attribute::string(context, value));
  }
  /// A scalar of x's type, often one that does nothing in some operation.
  NamedArgument scalarLike(llvm::StringRef input, Value *x);
  NamedArgument real(llvm::StringRef input, double number, Value *like);
  /// A tensor in a `const`, of halves from -2 to 2 if it is of floats.
  Value *weights(DataType type, llvm::ArrayRef<int64_t> shape,
                 const llvm::Twine &name = "w");

  // Adding.
  /// The operation if it is valid where it stands; null, and nothing is left of
  /// it, if not. Its results can be chosen from then on.
  Operation *add(llvm::StringRef op, llvm::ArrayRef<NamedArgument> args);
  Value *addInput(llvm::StringRef name, Type type);
  /// Outputs: some of the values that are results.
  void addOutputs(size_t count);

  Context &getContext() const { return context; }
  Function &getFunction() const { return function; }

private:
  RandomSource random;
  Function &function;
  Context &context;
  Builder builder;
  std::vector<Value *> values;
};

/// A way to add an operation that uses the given value.
using Step = void (*)(ProgramMaker &, Value *);

[[nodiscard]] llvm::ArrayRef<Step> getElementwiseSteps();
[[nodiscard]] llvm::ArrayRef<Step> getShapeSteps();
[[nodiscard]] llvm::ArrayRef<Step> getProductSteps();
/// These work on values of the form [1, channels, 1, tokens].
[[nodiscard]] llvm::ArrayRef<Step> getCompositeSteps();

inline llvm::ArrayRef<int64_t> getShape(Value *value) {
  return value->getTensorType().getShape();
}
inline DataType getElementType(Value *value) {
  return value->getTensorType().getElementType();
}
inline bool isFloatValue(Value *value) {
  return isFloat(getElementType(value));
}

} // namespace espresso::test

#endif // ESPRESSO_TEST_UNIT_PROPERTY_PROGRAMMAKER_H
