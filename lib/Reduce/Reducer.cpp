//===- Reducer.cpp - Making programs smaller that show something ----------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Reduce/Reducer.h"

#include "Reductions.h"

#include "espresso/IR/Builder.h"
#include "espresso/IR/Fingerprint.h"
#include "espresso/Ops/Verifier.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MathExtras.h"

namespace espresso {

llvm::ArrayRef<Reduction> getReductions() {
  static constexpr Reduction kReductions[] = {
      {"functions", countFunctions, removeFunctions},
      {"outputs", countOutputs, removeOutputs},
      {"operations to inputs", countOperations, turnIntoInputs},
      {"unused operations", countOperations, removeUnused},
      {"outputs to operands", countPeels, peelOutputs, /*isSingle=*/true},
      {"operations to operands", countOperations, bypass},
      {"unused inputs", countInputs, removeUnusedInputs},
      {"optional arguments", countOptionalInputs, removeOptionalInputs},
      {"attributes", countAttributes, removeAttributes},
      {"extents", countExtents, shrinkExtent, /*isSingle=*/true},
      {"constants to zeros", countConstants, turnIntoZeros},
  };
  return kReductions;
}

//===----------------------------------------------------------------------===//
// The driver
//===----------------------------------------------------------------------===//

namespace {

/// One reduction of one program.
class Driver {
public:
  Driver(const Program &program, const ReduceOptions &options)
      : options(options), best(cloneProgram(program)) {
    result.sizeBefore = measure(program);
    mustVerify = isValid(program);
  }

  ReduceResult run();

private:
  static bool isValid(const Program &program);
  bool test(const Program &program);
  /// Whether the candidate is another valid program, new to us, and
  /// interesting.
  bool isBetter(const Program &candidate, ReductionCount &count);
  bool reduce(const Reduction &reduction, ReductionCount &count);
  bool tryRange(const Reduction &reduction, ItemRange range,
                ReductionCount &count);

  const ReduceOptions &options;
  std::unique_ptr<Program> best;
  ReduceResult result;
  bool mustVerify;
  bool isStopped = false;
  /// Fingerprints of what has been tested.
  llvm::DenseSet<uint64_t> known;
};

} // namespace

bool Driver::isValid(const Program &program) {
  DiagnosticCapture capture(program.getContext().getDiagnostics());
  return succeeded(verify(program, {.warnOpaque = false}));
}

bool Driver::test(const Program &program) {
  isStopped |= (options.shouldStop && options.shouldStop()) ||
               (options.maxTests && result.numTests >= options.maxTests);
  if (isStopped)
    return false;
  ++result.numTests;
  bool isInteresting = options.isInteresting(program);
  // A test that was interrupted has not answered.
  isStopped |= options.shouldStop && options.shouldStop();
  return isInteresting && !isStopped;
}

bool Driver::isBetter(const Program &candidate, ReductionCount &count) {
  // Two numbers are kept for the set itself.
  uint64_t fingerprint = getFingerprint(candidate) >> 1;
  if (!known.insert(fingerprint).second)
    return false;
  if (mustVerify && !isValid(candidate))
    return false;
  ++count.numTests;
  return test(candidate);
}

bool Driver::tryRange(const Reduction &reduction, ItemRange range,
                      ReductionCount &count) {
  std::unique_ptr<Program> candidate = cloneProgram(*best);
  reduction.apply(*candidate, range);
  if (!isBetter(*candidate, count))
    return false;
  ++count.numKept;
  best = std::move(candidate);
  if (options.onSmaller)
    options.onSmaller(*best);
  return true;
}

/// Halves the pieces until they are single things. True if anything was taken
/// away.
bool Driver::reduce(const Reduction &reduction, ReductionCount &count) {
  bool hasChanged = false;
  size_t total = reduction.count(*best);
  size_t piece = reduction.isSingle ? 1 : total;
  while (piece > 0 && !isStopped) {
    // From the back: what is used comes before its users.
    size_t end = total;
    while (end > 0 && !isStopped) {
      size_t begin = end > piece ? end - piece : 0;
      if (tryRange(reduction, {begin, end}, count)) {
        hasChanged = true;
        total = reduction.count(*best);
        end = std::min(end, total);
        // What is left there has moved up, if anything has.
        if (reduction.isSingle)
          continue;
      }
      end = std::min(begin, end);
    }
    piece /= 2;
  }
  return hasChanged;
}

ReduceResult Driver::run() {
  known.insert(getFingerprint(*best) >> 1);
  for (const Reduction &reduction : getReductions())
    result.counts.push_back({reduction.name.str()});
  if (!test(*best))
    return std::move(result);
  bool hasChanged = true;
  while (hasChanged && !isStopped) {
    hasChanged = false;
    size_t index = 0;
    for (const Reduction &reduction : getReductions())
      hasChanged |= reduce(reduction, result.counts[index++]);
  }
  result.isComplete = !isStopped;
  result.sizeAfter = measure(*best);
  result.program = std::move(best);
  return std::move(result);
}

ReduceResult reduceProgram(const Program &program,
                           const ReduceOptions &options) {
  return Driver(program, options).run();
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

uint64_t getStaticElements(Type type) {
  auto tensor = type.getAs<TensorType>();
  if (!tensor || !tensor.hasStaticShape())
    return 0;
  uint64_t count = 1;
  for (int64_t dim : tensor.getShape())
    count = llvm::SaturatingMultiply<uint64_t>(count, dim);
  return count;
}

ProgramSize measure(const Program &program) {
  ProgramSize size;
  size.numFunctions = program.getFunctions().size();
  for (const std::unique_ptr<Function> &function : program.getFunctions()) {
    size.numInputs += function->getBody().getInputs().size();
    size.numOutputs += function->getBody().getNumOutputs();
    function->walk([&](Operation &op) {
      ++size.numOperations;
      if (op.is("const") && op.getNumResults() == 1)
        size.numConstantElements +=
            getStaticElements(op.getResult()->getType());
    });
  }
  return size;
}

void ReduceResult::print(llvm::raw_ostream &os) const {
  auto rowOfText = [&](llvm::StringRef name, const std::string &before,
                       const std::string &after) {
    os << llvm::left_justify(name, 24) << ' ' << llvm::right_justify(before, 10)
       << ' ' << llvm::right_justify(after, 10) << "\n";
  };
  auto row = [&](llvm::StringRef name, uint64_t before, uint64_t after) {
    rowOfText(name, std::to_string(before), std::to_string(after));
  };
  rowOfText("", "before", "after");
  row("functions", sizeBefore.numFunctions, sizeAfter.numFunctions);
  row("operations", sizeBefore.numOperations, sizeAfter.numOperations);
  row("inputs", sizeBefore.numInputs, sizeAfter.numInputs);
  row("outputs", sizeBefore.numOutputs, sizeAfter.numOutputs);
  row("elements of constants", sizeBefore.numConstantElements,
      sizeAfter.numConstantElements);
  rowOfText("taken away", "tests", "kept");
  for (const ReductionCount &count : counts)
    row(count.name, count.numTests, count.numKept);
  os << numTests << " tests; "
     << (isComplete ? "nothing more can be taken away" : "not complete")
     << '\n';
}

} // namespace espresso
