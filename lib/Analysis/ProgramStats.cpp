//===- ProgramStats.cpp - What a program consists of ----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Analysis/ProgramStats.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MathExtras.h"

namespace espresso {

namespace {

/// Goes through the functions of a program, those that are called first.
class StatsCounter {
public:
  explicit StatsCounter(const Program &program) : program(program) {}

  ProgramStats run();

private:
  /// Known places in files, each counted once.
  using Places = llvm::StringSet<>;

  FunctionStats count(Function &function);
  void countOperation(const Operation &op, FunctionStats &stats,
                      Places &places);
  void countLiterals(const Attribute &value, bool isConst, StatsTally &tally,
                     Places &places);
  FlopCount getCallFlops(const Operation &op);
  const FlopCount &getFlops(Function &function);

  const Program &program;
  ProgramStats result;
  Places allPlaces;
  /// With what is called.
  llvm::DenseMap<const Function *, FlopCount> flops;
};

} // namespace

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

static void addTensor(TensorTallies &tallies, DataType type,
                      uint64_t elements) {
  TensorTally &tally = tallies[type];
  ++tally.tensors;
  tally.elements = llvm::SaturatingAdd(tally.elements, elements);
  tally.bytes = llvm::SaturatingAdd(
      tally.bytes, getPackedByteSize(type, elements).value_or(0));
}

/// The same for references to the same bytes.
static std::string getPlace(const BlobReference &blob) {
  if (blob.path.empty() && blob.source)
    return blob.source->getKey();
  return blob.path + '@' + std::to_string(blob.offset);
}

void StatsCounter::countLiterals(const Attribute &value, bool isConst,
                                 StatsTally &tally, Places &places) {
  if (!value)
    return;
  if (const ListElements *list = value.getList())
    for (const Attribute &element : list->elements)
      countLiterals(element, isConst, tally, places);
  auto type = value.getType().getAs<TensorType>();
  if (!type)
    return;
  if (const BlobReference *blob = value.getBlob()) {
    uint64_t elements =
        blob->source ? blob->source->getNumElements()
                     : static_cast<uint64_t>(type.getNumElements().value_or(0));
    std::string place = getPlace(*blob);
    if (places.insert(place).second)
      addTensor(tally.weights, type.getElementType(), elements);
    if (allPlaces.insert(place).second)
      addTensor(result.total.weights, type.getElementType(), elements);
  } else if (isConst && value.getDense()) {
    addTensor(tally.constants, type.getElementType(), value.getNumElements());
    addTensor(result.total.constants, type.getElementType(),
              value.getNumElements());
  }
}

//===----------------------------------------------------------------------===//
// Operations and functions
//===----------------------------------------------------------------------===//

void StatsCounter::countOperation(const Operation &op, FunctionStats &stats,
                                  Places &places) {
  for (StatsTally *tally : {&stats.tally, &result.total}) {
    ++tally->numOperations;
    ++tally->operations[op.getName()];
  }
  // A `const` has its value in the attribute or the argument `val`.
  for (const NamedAttribute &attribute : op.getAttributes())
    countLiterals(attribute.value, op.is("const") && attribute.name == "val",
                  stats.tally, places);
  for (const std::unique_ptr<Binding> &binding : op.getBindings())
    for (size_t i = 0; i < binding->size(); ++i)
      countLiterals((*binding)[i].getLiteral(), op.is("const"), stats.tally,
                    places);
}

FunctionStats StatsCounter::count(Function &function) {
  const Block &body = function.getBody();
  FunctionStats stats{.name = function.getName(),
                      .opset = function.getOpsetSpelling(),
                      .numOutputs = body.getNumOutputs()};
  for (const std::unique_ptr<Value> &input : body.getInputs())
    ++(input->getType().is<StateType>() ? stats.numStates : stats.numInputs);
  Places places;
  function.walk([&](Operation &op) { countOperation(op, stats, places); });
  stats.flops = getFlops(function);
  return stats;
}

FlopCount StatsCounter::getCallFlops(const Operation &op) {
  Attribute callee = op.getConstant("callee");
  Function *function = callee && callee.getDense()
                           ? program.findFunction(callee.getString())
                           : nullptr;
  return function ? getFlops(*function) : FlopCount{.numUnknown = 1};
}

const FlopCount &StatsCounter::getFlops(Function &function) {
  auto [entry, isNew] = flops.try_emplace(&function);
  // The verifier refuses recursion.
  if (!isNew)
    return entry->second;
  FlopCount sum;
  function.walk([&](Operation &op) {
    sum += op.is("espresso.call") ? getCallFlops(op) : countFlops(op);
  });
  return flops[&function] = sum;
}

ProgramStats StatsCounter::run() {
  for (const std::unique_ptr<Function> &function : program.getFunctions()) {
    result.functions.push_back(count(*function));
    ++result.opsets[function->getOpsetSpelling()];
  }
  return std::move(result);
}

ProgramStats computeStats(const Program &program) {
  return StatsCounter(program).run();
}

} // namespace espresso
