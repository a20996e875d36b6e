//===- FunctionNumerics.cpp - Two functions on the same inputs ------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FunctionNumerics.h"

#include "espresso/Analysis/Flops.h"
#include "espresso/Eval/EvaluationTrace.h"
#include "espresso/Eval/RandomTensors.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

namespace espresso {

using Kind = NumericsFinding::Kind;

static NumericsFinding makeUnchecked(const llvm::Twine &reason) {
  return {Kind::Unchecked, reason.str(), {}, {}};
}

//===----------------------------------------------------------------------===//
// What can be compared
//===----------------------------------------------------------------------===//

namespace {

/// What a function consists of, with all that it calls.
struct FunctionSummary {
  uint64_t flops = 0;
  /// Elements of all results.
  uint64_t elements = 0;
  /// The float type with the fewest bits of mantissa among values.
  std::optional<DataType> narrowestFloat;

  void addType(Type type);
  void add(const Function &function, llvm::DenseSet<const Function *> &callers);
};

} // namespace

/// 8-bit floats are for weights, and results are not held to them.
static bool isNarrower(DataType type, std::optional<DataType> than) {
  return isFloat(type) && getBitWidth(type) >= 16 &&
         (!than || getEpsilon(type) > getEpsilon(*than));
}

void FunctionSummary::addType(Type type) {
  if (auto state = type.getAs<StateType>())
    type = state.getWrappedType();
  auto tensor = type.getAs<TensorType>();
  if (!tensor)
    return;
  if (isNarrower(tensor.getElementType(), narrowestFloat))
    narrowestFloat = tensor.getElementType();
  uint64_t count = 1;
  for (int64_t dim : tensor.getShape())
    count =
        llvm::SaturatingMultiply<uint64_t>(count, dim == kDynamic ? 1 : dim);
  elements = llvm::SaturatingAdd(elements, count);
}

/// Functions that call each other are counted once for each call; `callers`
/// stops at recursion, which the evaluator refuses.
void FunctionSummary::add(const Function &function,
                          llvm::DenseSet<const Function *> &callers) {
  if (!callers.insert(&function).second)
    return;
  for (const auto &input : function.getBody().getInputs())
    addType(input->getType());
  const_cast<Function &>(function).walk([&](Operation &op) {
    flops = llvm::SaturatingAdd(flops, countFlops(op).flops);
    for (const auto &result : op.getResults())
      addType(result->getType());
    Attribute name =
        op.is("espresso.call") ? op.getConstant("callee") : Attribute();
    if (const Function *callee =
            name ? function.getProgram().findFunction(name.getString())
                 : nullptr)
      add(*callee, callers);
  });
  callers.erase(&function);
}

static bool haveSameShape(Type a, Type b) {
  if (auto state = a.getAs<StateType>())
    return b.is<StateType>() &&
           haveSameShape(state.getWrappedType(),
                         b.castTo<StateType>().getWrappedType());
  auto first = a.getAs<TensorType>(), second = b.getAs<TensorType>();
  return first && second && first.getShape() == second.getShape();
}

/// Why the ports of both cannot be bound to the same tensors; empty if they
/// can. Element types may differ.
static std::string findPortMismatch(const Function &before,
                                    const Function &after) {
  const Block &was = before.getBody(), &is = after.getBody();
  for (const auto &input : is.getInputs()) {
    const Value *old = was.findInput(input->getName());
    if (!old || !haveSameShape(old->getType(), input->getType()))
      return ("input '" + input->getName() + "' was not there").str();
  }
  for (size_t i = 0; i < was.getNumOutputs(); ++i) {
    bool isKept = false;
    for (size_t k = 0; k < is.getNumOutputs(); ++k)
      isKept |= is.getOutput(k)->getName() == was.getOutput(i)->getName();
    if (!isKept)
      return ("output '" + was.getOutput(i)->getName() + "' is gone").str();
  }
  return "";
}

//===----------------------------------------------------------------------===//
// One sample
//===----------------------------------------------------------------------===//

namespace {

/// One way to evaluate both functions.
struct Sample {
  Numerics numerics;
  Tolerance tolerance;
  Distribution distribution;
  uint64_t seed;
};

/// Outputs of a run, then states.
struct Run {
  NamedTensors outputs;
  NamedTensors states;
  /// Set if the run failed.
  std::optional<Diagnostic> error;
};

/// Runs samples on both functions.
class FunctionComparison {
public:
  FunctionComparison(const Function &before, const Function &after)
      : before(before), after(after) {}

  NumericsFinding run(const Sample &sample);

private:
  void makeInputs(const Sample &sample);
  Run evaluate(const Function &function, const Sample &sample,
               EvaluationTrace *trace) const;
  NumericsFinding describe(const Sample &sample,
                           llvm::ArrayRef<std::string> outputs,
                           std::string message) const;

  const Function &before;
  const Function &after;
  NamedTensors inputs;
  NamedTensors states;
};

} // namespace

void FunctionComparison::makeInputs(const Sample &sample) {
  RandomSource random(sample.seed);
  inputs.clear();
  states.clear();
  addRandomInputs(before, random, sample.distribution, inputs);
  for (const auto &input : before.getBody().getInputs())
    if (auto state = input->getType().getAs<StateType>())
      states.emplace_back(
          input->getName().str(),
          makeRandomTensor(state.getWrappedType().castTo<TensorType>(),
                           random));
}

Run FunctionComparison::evaluate(const Function &function, const Sample &sample,
                                 EvaluationTrace *trace) const {
  DiagnosticCapture capture(function.getContext().getDiagnostics());
  Evaluator evaluator(function.getProgram(), sample.numerics);
  for (const auto &[name, tensor] : states)
    evaluator.getStates().set(name, tensor);
  if (trace)
    trace->attach(evaluator);
  Run result;
  FailureOr<NamedTensors> outputs = evaluator.run(function.getName(), inputs);
  if (failed(outputs)) {
    const Diagnostic *error = capture.findError();
    result.error = error ? *error : Diagnostic();
    return result;
  }
  result.outputs = std::move(*outputs);
  for (const auto &[name, tensor] : states)
    result.states.emplace_back(name, *evaluator.getStates().find(name));
  return result;
}

static const Tensor &get(const NamedTensors &tensors, llvm::StringRef name) {
  for (const auto &[tensorName, tensor] : tensors)
    if (tensorName == name)
      return tensor;
  llvm_unreachable("ports have been compared");
}

/// "[0, 2] was 1.5 and is 2.5", or what else is wrong.
static std::string describePair(const Tensor &was, const Tensor &is,
                                const TensorDifference &difference) {
  int64_t place = difference.firstBeyond;
  std::string text =
      printIndex(was.getShape(), place) + " was " + printElement(was, place) +
      " and is " + printElement(is, place) + "; " +
      std::to_string(difference.numBeyond) + " of " +
      std::to_string(difference.numElements) + " elements differ";
  if (difference.maxAbsolute > 0)
    text += ", by at most " + printNumber(difference.maxAbsolute);
  return text;
}

NumericsFinding
FunctionComparison::describe(const Sample &sample,
                             llvm::ArrayRef<std::string> outputs,
                             std::string message) const {
  NumericsFinding finding{Kind::Different, std::move(message), {}, {}};
  EvaluationTrace was, is;
  (void)evaluate(before, sample, &was);
  (void)evaluate(after, sample, &is);
  std::optional<OperationDifference> first =
      findFirstDifference(was, is, sample.tolerance, after, outputs);
  if (first) {
    finding.location = first->op->getLocation();
    std::string note = ("first operation that differs: '" +
                        first->op->getResult(first->resultIndex)->getName() +
                        "', a '" + first->op->getName() + "'")
                           .str();
    if (first->op->getFunction() != &after)
      note +=
          (" in function '" + first->op->getFunction()->getName() + "'").str();
    if (first->expected && !first->difference.isWithin())
      note += ": " +
              describePair(*first->expected, *first->actual, first->difference);
    finding.notes.push_back(note);
  }
  std::string arithmetic = sample.numerics.mode == NumericsMode::Fp64
                               ? "binary64"
                               : "declared types";
  finding.notes.push_back("evaluated with seed " + std::to_string(sample.seed) +
                          " in " + arithmetic + ", allowed is " +
                          printNumber(sample.tolerance.ofLargest) +
                          " of the largest element");
  return finding;
}

NumericsFinding FunctionComparison::run(const Sample &sample) {
  makeInputs(sample);
  Run was = evaluate(before, sample, nullptr);
  if (was.error)
    return makeUnchecked("it cannot be evaluated: " + was.error->message);
  Run is = evaluate(after, sample, nullptr);
  if (is.error && is.error->ruleId == kNoKernelRule)
    return makeUnchecked("it cannot be evaluated any more: " +
                         is.error->message);
  if (is.error)
    return {Kind::Different,
            "it cannot be evaluated any more: " + is.error->message,
            {},
            is.error->location};
  auto compare = [&](llvm::StringRef what, const std::string &name,
                     const Tensor &wanted,
                     const Tensor &found) -> std::optional<std::string> {
    std::string subject = (what + " '" + name + "'").str();
    if (!areComparable(wanted, found))
      return subject + " has another shape";
    TensorDifference difference =
        compareTensors(wanted, found, sample.tolerance);
    if (difference.isWithin())
      return std::nullopt;
    return subject + " differs: " + describePair(wanted, found, difference);
  };
  for (const auto &[name, wanted] : was.outputs)
    if (auto message = compare("output", name, wanted, get(is.outputs, name)))
      return describe(sample, name, *message);
  for (const auto &[name, wanted] : was.states)
    if (auto message = compare("state", name, wanted, get(is.states, name)))
      return describe(sample, {}, *message);
  return {};
}

//===----------------------------------------------------------------------===//
// All samples
//===----------------------------------------------------------------------===//

/// A pass that keeps every bit must also keep them at zeros and at larger
/// numbers; one that rounds is held to its units in the declared types, and in
/// binary64 to what constants lose.
static llvm::SmallVector<Sample, 2>
makeSamples(const NumericTolerance &tolerance, DataType narrowest,
            uint64_t seed) {
  if (tolerance.isExact())
    return {{{NumericsMode::Fp16}, Tolerance::exact(), {}, seed},
            {{NumericsMode::Fp16},
             Tolerance::exact(),
             {Distribution::Kind::Corners},
             seed + 1}};
  return {{{NumericsMode::Fp64},
           Tolerance::units(tolerance.constantUnits, narrowest),
           {},
           seed},
          {{NumericsMode::Fp16},
           Tolerance::units(tolerance.units, narrowest),
           {},
           seed + 1}};
}

static bool hasDynamicInput(const Function &function) {
  return llvm::any_of(function.getBody().getInputs(), [](const auto &input) {
    TensorType type = input->getTensorType();
    return type && !type.hasStaticShape();
  });
}

NumericsFinding compareFunctions(const Function &before, const Function &after,
                                 const NumericTolerance &tolerance,
                                 const NumericsCheckOptions &options) {
  if (std::string mismatch = findPortMismatch(before, after); !mismatch.empty())
    return makeUnchecked(mismatch);
  // Kernels take it that extents fit, and which fit is not known.
  if (hasDynamicInput(before) || hasDynamicInput(after))
    return makeUnchecked("an input has an unknown extent");
  FunctionSummary summary;
  llvm::DenseSet<const Function *> callers;
  summary.add(before, callers);
  FunctionSummary summaryAfter;
  summaryAfter.add(after, callers);
  uint64_t cost = std::max({summary.flops, summary.elements, summaryAfter.flops,
                            summaryAfter.elements});
  if (cost > options.maxCost)
    return makeUnchecked("it costs " + llvm::Twine(cost) +
                         " operations or elements, more than " +
                         llvm::Twine(options.maxCost));
  DataType narrowest = summary.narrowestFloat.value_or(DataType::Float32);
  if (isNarrower(summaryAfter.narrowestFloat.value_or(narrowest), narrowest))
    narrowest = *summaryAfter.narrowestFloat;

  FunctionComparison comparison(before, after);
  for (const Sample &sample : makeSamples(tolerance, narrowest, options.seed)) {
    NumericsFinding finding = comparison.run(sample);
    if (finding.kind != Kind::Same)
      return finding;
  }
  return {};
}

} // namespace espresso
