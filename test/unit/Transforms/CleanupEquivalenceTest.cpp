//===- CleanupEquivalenceTest.cpp - Clean-up keeps numbers ----------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Random programs of operations that the clean-up passes know how to take
// apart, evaluated before and after: every output has the same bits, apart from
// the payload of NaN. Passes run under all checks of the manager.
//
//===----------------------------------------------------------------------===//

#include "espresso/Eval/Evaluator.h"
#include "espresso/IR/Builder.h"
#include "espresso/IR/Fingerprint.h"
#include "espresso/Ops/Verifier.h"
#include "espresso/Pass/PassManager.h"
#include "espresso/Transforms/Passes.h"

#include "llvm/ADT/STLExtras.h"

#include "gtest/gtest.h"

#include <cmath>
#include <random>

using namespace espresso;

namespace {

using Dims = llvm::SmallVector<int64_t, 4>;

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

/// Makes a function of random operations on values of small static shapes.
class ProgramMaker {
public:
  ProgramMaker(Program &program, unsigned seed)
      : random(seed), function(*program.addFunction("main", Opset::IOS18, {})),
        context(program.getContext()), builder(function.getBody()) {}

  void make();

private:
  unsigned pick(unsigned count) { return random() % count; }
  template <typename T>
  const T &pick(const std::vector<T> &from) {
    return from[pick(from.size())];
  }
  Value *pickValue() { return pick(values); }
  /// A constant of x's element type, in a `const` or as a literal.
  NamedArgument pickConstant(llvm::StringRef input, Value *x);
  NamedArgument ints(llvm::StringRef input, llvm::ArrayRef<int64_t> numbers);

  void add(llvm::StringRef op, llvm::ArrayRef<NamedArgument> args) {
    values.push_back(
        buildOp(builder, op, args, op + llvm::Twine("_v"))->getResult());
  }
  void addInputs();
  void addConstant();
  void addUnary(Value *x);
  void addBinary(Value *x);
  void addBinaryWithConstant(Value *x);
  void addCast(Value *x);
  void addReshape(Value *x);
  void addTranspose(Value *x);
  void addSliceBySize(Value *x);
  void addSliceByIndex(Value *x);
  void addNothing(Value *x);
  void addChoice(Value *x);

  std::mt19937 random;
  Function &function;
  Context &context;
  Builder builder;
  std::vector<Value *> values;
};

bool isFloatValue(Value *value) {
  return isFloat(value->getTensorType().getElementType());
}

NamedArgument ProgramMaker::pickConstant(llvm::StringRef input, Value *x) {
  DataType type = x->getTensorType().getElementType();
  Attribute constant =
      isFloat(type)
          ? Attribute::real(context,
                            pick(std::vector<double>{0.0, -0.0, 1, 1, 2, -0.5}),
                            type)
          : Attribute::integer(context, pick(3), type);
  if (pick(2))
    return {input, constant};
  return {input, builder.createConstant(constant, "k")};
}

NamedArgument ProgramMaker::ints(llvm::StringRef input,
                                 llvm::ArrayRef<int64_t> numbers) {
  Attribute constant = Attribute::integers(context, numbers);
  if (pick(2))
    return {input, constant};
  return {input, builder.createConstant(constant, "ints")};
}

void ProgramMaker::addInputs() {
  Block &body = function.getBody();
  for (DataType type :
       {DataType::Float16, DataType::Float32, DataType::Int32}) {
    std::string name = "x_" + std::string(getName(type));
    values.push_back(body.addInput(function.makeUniqueName(name),
                                   TensorType::get(context, type, {2, 3, 4}),
                                   {}));
  }
}

void ProgramMaker::addConstant() {
  DenseElements elements;
  elements.shape = {2, 3, 4};
  for (int i = 0; i < 24; ++i)
    for (uint8_t byte : {0, 0x3C + static_cast<int>(pick(8))})
      elements.bytes.push_back(byte);
  values.push_back(builder.createConstant(
      Attribute::dense(TensorType::get(context, DataType::Float16, {2, 3, 4}),
                       std::move(elements)),
      "c"));
}

void ProgramMaker::addUnary(Value *x) {
  static const std::vector<llvm::StringRef> kOnFloats = {
      "relu", "abs", "exp", "floor", "ceil", "round", "identity", "square"};
  static const std::vector<llvm::StringRef> kOnIntegers = {"abs", "identity"};
  add(pick(isFloatValue(x) ? kOnFloats : kOnIntegers), {{"x", x}});
}

void ProgramMaker::addBinary(Value *x) {
  std::vector<Value *> partners;
  llvm::copy_if(values, std::back_inserter(partners),
                [&](Value *value) { return value->getType() == x->getType(); });
  static const std::vector<llvm::StringRef> kOps = {"add", "sub", "mul",
                                                    "maximum"};
  add(pick(kOps), {{"x", x}, {"y", pick(partners)}});
}

void ProgramMaker::addBinaryWithConstant(Value *x) {
  static const std::vector<llvm::StringRef> kEitherSide = {"add", "sub", "mul"};
  if (pick(2)) {
    add(pick(kEitherSide), {pickConstant("x", x), {"y", x}});
    return;
  }
  static const std::vector<llvm::StringRef> kOps = {"add", "sub", "mul",
                                                    "real_div", "pow"};
  // Dividing integers by zero is nobody's business.
  add(isFloatValue(x) ? pick(kOps) : pick(kEitherSide),
      {{"x", x}, pickConstant("y", x)});
}

void ProgramMaker::addCast(Value *x) {
  static const std::vector<std::string> kTypes = {
      "fp16", "fp32", "int32", "int16", "uint16", "int8", "uint8", "bool"};
  Value *narrow =
      buildOp(builder, "cast",
              {{"x", x}, {"dtype", builder.getString(pick(kTypes))}}, "cast_n")
          ->getResult();
  // Arithmetic is for the three types of the inputs.
  add("cast", {{"x", narrow}, {"dtype", builder.getString(kTypes[pick(3)])}});
}

void ProgramMaker::addReshape(Value *x) {
  llvm::ArrayRef<int64_t> shape = x->getTensorType().getShape();
  Dims target(shape.begin(), shape.end());
  switch (pick(4)) {
  case 0:
    std::shuffle(target.begin(), target.end(), random);
    add("reshape", {{"x", x}, ints("shape", target)});
    return;
  case 1:
    add("reshape", {{"x", x}, ints("shape", {-1})});
    return;
  case 2:
    if (shape.size() < 5)
      add("expand_dims",
          {{"x", x}, ints("axes", {int64_t(pick(shape.size() + 1))})});
    return;
  case 3:
    for (size_t i = 0; i < shape.size(); ++i)
      if (shape[i] == 1 && shape.size() > 1) {
        add("squeeze", {{"x", x}, ints("axes", {int64_t(i)})});
        return;
      }
  }
}

void ProgramMaker::addTranspose(Value *x) {
  Dims perm;
  for (int64_t i = 0; i < x->getTensorType().getRank(); ++i)
    perm.push_back(i);
  std::shuffle(perm.begin(), perm.end(), random);
  add("transpose", {{"x", x}, ints("perm", perm)});
}

void ProgramMaker::addSliceBySize(Value *x) {
  Dims begin, size;
  for (int64_t dim : x->getTensorType().getShape()) {
    begin.push_back(pick(std::min<int64_t>(dim, 2)));
    size.push_back(pick(2) ? -1 : 1 + pick(dim - begin.back()));
  }
  add("slice_by_size", {{"x", x}, ints("begin", begin), ints("size", size)});
}

void ProgramMaker::addSliceByIndex(Value *x) {
  Dims begin, end, stride;
  llvm::SmallVector<bool> squeeze, endMask;
  for (int64_t dim : x->getTensorType().getShape()) {
    begin.push_back(pick(2) ? 0 : -1);
    end.push_back(pick(2) ? dim : 100);
    stride.push_back(1 + pick(2));
    squeeze.push_back(squeeze.size() > 1 && pick(8) == 0);
    endMask.push_back(pick(3) == 0);
  }
  add("slice_by_index",
      {{"x", x},
       ints("begin", begin),
       ints("end", end),
       ints("stride", stride),
       {"squeeze_mask", Attribute::booleans(context, squeeze)},
       {"end_mask", Attribute::booleans(context, endMask)}});
}

void ProgramMaker::addNothing(Value *x) {
  int64_t rank = x->getTensorType().getRank();
  if (pick(2))
    add("tile", {{"x", x}, ints("reps", Dims(rank, 1))});
  else
    add("concat", {{"values", llvm::ArrayRef<Value *>(x)},
                   {"axis", builder.getInt32(0)}});
}

void ProgramMaker::addChoice(Value *x) {
  std::vector<Value *> partners;
  llvm::copy_if(values, std::back_inserter(partners),
                [&](Value *value) { return value->getType() == x->getType(); });
  Value *y = pick(partners);
  static const std::vector<llvm::StringRef> kTests = {"equal", "not_equal",
                                                      "less"};
  Value *condition =
      buildOp(builder, pick(kTests), {{"x", x}, {"y", y}}, "test")->getResult();
  if (pick(2))
    condition =
        buildOp(builder, "logical_not", {{"x", condition}}, "not")->getResult();
  if (pick(4) == 0)
    add("select", {{"a", x},
                   {"b", y},
                   {"cond", Attribute::boolean(context, pick(2) != 0)}});
  else
    add("select", {{"a", x}, {"b", pick(2) ? x : y}, {"cond", condition}});
}

void ProgramMaker::make() {
  addInputs();
  addConstant();
  using Step = void (ProgramMaker::*)(Value *);
  static constexpr Step kSteps[] = {
      &ProgramMaker::addUnary,
      &ProgramMaker::addBinary,
      &ProgramMaker::addBinaryWithConstant,
      &ProgramMaker::addCast,
      &ProgramMaker::addReshape,
      &ProgramMaker::addTranspose,
      &ProgramMaker::addSliceBySize,
      &ProgramMaker::addSliceByIndex,
      &ProgramMaker::addNothing,
      &ProgramMaker::addChoice,
  };
  for (int i = 0; i < 40; ++i)
    (this->*kSteps[pick(std::size(kSteps))])(pickValue());
  std::vector<Value *> outputs(values.begin() + 3, values.end());
  std::shuffle(outputs.begin(), outputs.end(), random);
  for (size_t i = 0; i < std::min<size_t>(outputs.size(), 8); ++i)
    function.getBody().addOutput(outputs[i]);
}

//===----------------------------------------------------------------------===//
// Before and after
//===----------------------------------------------------------------------===//

/// Of floats, one in eight is a zero of either sign.
template <typename T>
T makeElement(unsigned bits) {
  auto number = static_cast<T>(static_cast<int>(bits % 64) - 32) / T(4);
  if (std::is_floating_point_v<T> && bits / 64 % 8 == 0)
    number = bits / 512 % 2 ? T(0) : -T(0);
  return number;
}

NamedTensors makeInputs(const Program &program, unsigned seed) {
  std::mt19937 random(seed);
  NamedTensors inputs;
  for (const auto &input :
       program.findFunction("main")->getBody().getInputs()) {
    TensorType type = input->getTensorType();
    Tensor tensor(type.getElementType(), type.getShape());
    std::visit(
        [&](auto &elements) {
          using T = typename std::decay_t<decltype(elements)>::value_type;
          if constexpr (!std::is_same_v<T, std::string>)
            for (T &element : elements)
              element = makeElement<T>(random());
        },
        tensor.getStorage());
    inputs.emplace_back(input->getName().str(), std::move(tensor));
  }
  return inputs;
}

NamedTensors evaluate(const Program &program, unsigned seed) {
  FailureOr<NamedTensors> outputs = Evaluator(program, {NumericsMode::Fp16})
                                        .run("main", makeInputs(program, seed));
  EXPECT_TRUE(succeeded(outputs));
  return succeeded(outputs) ? std::move(*outputs) : NamedTensors();
}

bool isSame(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) ||
         (a == b && std::signbit(a) == std::signbit(b));
}

void expectSame(const NamedTensors &before, const NamedTensors &after) {
  ASSERT_EQ(before.size(), after.size());
  for (auto [a, b] : llvm::zip(before, after)) {
    EXPECT_EQ(a.first, b.first);
    ASSERT_EQ(a.second.getElementType(), b.second.getElementType());
    ASSERT_EQ(a.second.getShape(), b.second.getShape());
    for (int64_t i = 0; i < a.second.getNumElements(); ++i)
      EXPECT_TRUE(isSame(a.second.getReal(i), b.second.getReal(i)))
          << a.first << "[" << i << "]: " << a.second.getReal(i) << " and "
          << b.second.getReal(i);
  }
}

class CleanupEquivalenceTest : public testing::TestWithParam<unsigned> {
protected:
  CleanupEquivalenceTest() {
    registerAllPasses();
    ProgramMaker(program, GetParam()).make();
  }

  void run(Program &subject, llvm::StringRef text) {
    FailureOr<Pipeline> pipeline = parsePipeline(text, context);
    ASSERT_TRUE(succeeded(pipeline));
    PassManager manager(context);
    manager.setPipeline(std::move(*pipeline));
    addInstrumentations(
        manager, {.checkChanges = true, .verifyRoundtrip = true}, llvm::errs());
    ASSERT_EQ(manager.run(subject), PipelineStatus::Success);
  }
  void expectUnchangedNumbers(llvm::StringRef pipeline) {
    ASSERT_TRUE(succeeded(verify(program)));
    std::unique_ptr<Program> changed = cloneProgram(program);
    run(*changed, pipeline);
    expectSame(evaluate(program, GetParam()), evaluate(*changed, GetParam()));
  }

  Context context;
  Program program{context};
};

TEST_P(CleanupEquivalenceTest, Canonicalize) {
  expectUnchangedNumbers("canonicalize");
}
TEST_P(CleanupEquivalenceTest, ConstantFold) {
  expectUnchangedNumbers("constant-fold");
}
TEST_P(CleanupEquivalenceTest, Cse) { expectUnchangedNumbers("cse"); }
TEST_P(CleanupEquivalenceTest, Cleanup) { expectUnchangedNumbers("cleanup"); }

// What has been brought to its simplest form stays as it is.
TEST_P(CleanupEquivalenceTest, PassesReachAFixedPoint) {
  for (llvm::StringRef pass :
       {"canonicalize{max-iterations=100}", "cse", "constant-fold", "dce"}) {
    std::unique_ptr<Program> once = cloneProgram(program);
    run(*once, pass);
    uint64_t before = getFingerprint(*once);
    run(*once, pass);
    EXPECT_EQ(getFingerprint(*once), before) << pass.str();
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, CleanupEquivalenceTest,
                         testing::Range(0U, 100U));

} // namespace
