//===- ProgramGenerator.cpp - Random well-typed programs ------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProgramGenerator.h"

#include "ProgramMaker.h"

#include "espresso/Ops/Verifier.h"

#include "llvm/ADT/STLExtras.h"

namespace espresso::test {

//===----------------------------------------------------------------------===//
// MIL operations
//===----------------------------------------------------------------------===//

static constexpr Opset kOpsets[] = {Opset::IOS15, Opset::IOS16, Opset::IOS17,
                                    Opset::IOS18};

static void addInputs(ProgramMaker &maker) {
  Context &context = maker.getContext();
  bool hasDynamic = maker.flip(16);
  for (DataType type :
       {DataType::Float16, DataType::Float32, DataType::Int32}) {
    Dims shape = {2, 3, 4};
    if (hasDynamic && type == DataType::Float16)
      shape[1] = kDynamic;
    maker.addInput("x_" + std::string(getName(type)),
                   TensorType::get(context, type, shape));
  }
  static constexpr int64_t kFour[] = {1, 4, 2, 3};
  if (maker.flip(2))
    maker.addInput("image", TensorType::get(context, DataType::Float16, kFour));
}

/// A state that is read, and written with what is computed from it.
static void addState(ProgramMaker &maker) {
  Context &context = maker.getContext();
  static constexpr int64_t kShape[] = {2, 3, 4};
  Value *state = maker.addInput(
      "memory",
      StateType::get(context,
                     TensorType::get(context, DataType::Float16, kShape)));
  Operation *read = maker.add("read_state", {{"input", state}});
  if (!read)
    return;
  Operation *next =
      maker.add("add", {{"x", read->getResult()},
                        {"y", maker.pickLike(read->getResult())}});
  maker.add("write_state", {{"input", state}, {"data", next->getResult()}});
  if (maker.flip(2))
    maker.add("read_state", {{"input", state}});
}

static Step pickStep(ProgramMaker &maker) {
  llvm::ArrayRef<Step> families[] = {getElementwiseSteps(),
                                     getElementwiseSteps(), getShapeSteps(),
                                     getShapeSteps(), getProductSteps()};
  llvm::ArrayRef<Step> family = maker.pickFrom(families);
  return family[maker.pick(family.size())];
}

static void fillMil(ProgramMaker &maker, unsigned numOperations) {
  addInputs(maker);
  for (unsigned i = 0; i < numOperations; ++i) {
    // Not every step adds something.
    pickStep(maker)(maker, maker.pickValue());
    if (i == numOperations / 2 &&
        maker.getFunction().getOpset() >= Opset::IOS18 && maker.flip(2))
      addState(maker);
  }
  // Something must be there to put out.
  maker.add("identity", {{"x", maker.pickValue()}});
  maker.addOutputs(1 + maker.pick(8));
}

//===----------------------------------------------------------------------===//
// Composites
//===----------------------------------------------------------------------===//

static void fillComposites(ProgramMaker &maker, unsigned numOperations) {
  static constexpr int64_t kShape[] = {1, 8, 1, 3};
  DataType type = maker.flip(2) ? DataType::Float16 : DataType::Float32;
  maker.addInput("x", TensorType::get(maker.getContext(), type, kShape));
  maker.addInput("y", TensorType::get(maker.getContext(), type, kShape));
  llvm::ArrayRef<Step> steps = getCompositeSteps();
  for (unsigned i = 0; i < numOperations; ++i)
    steps[maker.pick(steps.size())](maker, maker.pickValue());
  maker.add("identity", {{"x", maker.pickValue()}});
  maker.addOutputs(1 + maker.pick(3));
}

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

/// A function that calls `callee` with its own inputs and puts out what that
/// does.
static void addCaller(Program &program, const Function &callee) {
  Function &host = *program.addFunction("host", Opset::Host, {});
  Builder builder(host.getBody());
  llvm::SmallVector<NamedArgument, 4> args;
  for (const auto &input : callee.getBody().getInputs())
    args.emplace_back(
        input->getName(),
        host.getBody().addInput(host.makeUniqueName(input->getName()),
                                input->getType(), {}));
  std::vector<std::string> outputs;
  for (size_t i = 0; i < callee.getBody().getNumOutputs(); ++i)
    outputs.push_back(callee.getBody().getOutput(i)->getName().str());
  Operation *call = buildCall(builder, callee.getName(), args, outputs, "out");
  for (const auto &result : call->getResults())
    host.getBody().addOutput(result.get());
}

std::unique_ptr<Program> generateProgram(Context &context, uint64_t seed,
                                         const GeneratorOptions &options) {
  auto program = std::make_unique<Program>(context);
  RandomSource random(seed);
  bool isMil = options.kind != ProgramKind::Composites;
  Opset opset = isMil && options.kind != ProgramKind::Host
                    ? kOpsets[random.nextBelow(std::size(kOpsets))]
                    : Opset::IOS18;
  // Later ones cannot be written in the older text.
  if (opset < Opset::IOS18)
    program->setTextVersion({1, 0});
  Function &function = *program->addFunction("main", opset, {});
  ProgramMaker maker(function, random.next());
  if (isMil)
    fillMil(maker, options.numOperations);
  else
    fillComposites(maker, options.numOperations);
  if (options.kind == ProgramKind::Host)
    addCaller(*program, function);
  return program;
}

} // namespace espresso::test
