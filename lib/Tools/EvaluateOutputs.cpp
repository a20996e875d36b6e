//===- EvaluateOutputs.cpp - What --evaluate says and writes --------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EvaluateOutputs.h"

#include "EvaluateInputs.h"

#include "espresso/AsmText/Printer.h"
#include "espresso/Eval/TensorFile.h"
#include "espresso/Tools/OutputFile.h"
#include "espresso/Tools/ToolOptions.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MemoryBuffer.h"

#include <cmath>

namespace espresso {

//===----------------------------------------------------------------------===//
// Printing
//===----------------------------------------------------------------------===//

static void printSummary(const Tensor &tensor, llvm::raw_ostream &os) {
  int64_t count = tensor.getNumElements();
  os << getName(tensor.getElementType()) << ' '
     << printShape(tensor.getShape());
  if (count == 0 || tensor.getElementType() == DataType::String)
    return;
  double sum = 0;
  int64_t least = 0, largest = 0, numNaN = 0;
  for (int64_t i = 0; i < count; ++i) {
    double value = tensor.getReal(i);
    numNaN += std::isnan(value);
    sum += value;
    least = value < tensor.getReal(least) ? i : least;
    largest = value > tensor.getReal(largest) ? i : largest;
  }
  os << ": from " << printElement(tensor, least) << " to "
     << printElement(tensor, largest) << " at "
     << printIndex(tensor.getShape(), largest) << ", mean "
     << printNumber(sum / static_cast<double>(count));
  if (numNaN)
    os << ", " << numNaN << " NaN";
}

static void printStep(std::optional<unsigned> step, llvm::raw_ostream &os) {
  if (step)
    os << "step " << *step << ": ";
}

void printOutputs(Context &context, const NamedTensors &outputs,
                  EvaluatePrint how, std::optional<unsigned> step,
                  llvm::raw_ostream &os) {
  if (how == EvaluatePrint::None)
    return;
  for (const auto &[name, tensor] : outputs) {
    printStep(step, os);
    os << name << " = ";
    switch (how) {
    case EvaluatePrint::Values:
      printAttribute(tensorToAttribute(context, tensor), os);
      break;
    case EvaluatePrint::Summary:
      printSummary(tensor, os);
      break;
    case EvaluatePrint::Argmax:
      os << "argmax " << findArgmax(tensor);
      break;
    case EvaluatePrint::None:
      break;
    }
    os << '\n';
  }
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

/// The `index`-th tensors of all steps as one, or nothing if they differ in
/// shape.
static std::optional<Tensor> stack(llvm::ArrayRef<NamedTensors> steps,
                                   size_t index) {
  const Tensor &first = steps.front()[index].second;
  if (first.getElementType() == DataType::String)
    return std::nullopt;
  Shape shape = {static_cast<int64_t>(steps.size())};
  llvm::append_range(shape, first.getShape());
  Tensor result(first.getElementType(), shape);
  int64_t place = 0, count = first.getNumElements();
  for (const NamedTensors &step : steps) {
    const Tensor &tensor = step[index].second;
    if (tensor.getShape() != first.getShape())
      return std::nullopt;
    std::visit(
        [&](auto &elements) {
          using Elements = std::decay_t<decltype(elements)>;
          const auto &from = *std::get_if<Elements>(&tensor.getStorage());
          std::copy_n(from.begin(), count, elements.begin() + place);
        },
        result.getStorage());
    place += count;
  }
  return result;
}

NamedTensors stackSteps(llvm::ArrayRef<NamedTensors> steps) {
  if (steps.size() == 1)
    return steps.front();
  NamedTensors stacked;
  for (size_t i = 0; !steps.empty() && i < steps.front().size(); ++i) {
    const std::string &name = steps.front()[i].first;
    if (std::optional<Tensor> tensor = stack(steps, i)) {
      stacked.emplace_back(name, std::move(*tensor));
      continue;
    }
    for (size_t step = 0; step < steps.size(); ++step)
      stacked.emplace_back(name + "." + std::to_string(step),
                           steps[step][i].second);
  }
  return stacked;
}

ExitCode writeTensors(llvm::StringRef path, const NamedTensors &tensors) {
  bool isArray = path.ends_with(".npy");
  if (isArray && tensors.size() != 1) {
    reportToolError(("'" + path + "' would hold " +
                     llvm::Twine(tensors.size()) + " arrays; write a .npz file")
                        .str());
    return ExitCode::Usage;
  }
  absl::StatusOr<std::string> bytes =
      isArray ? writeNpy(tensors.front().second) : writeNpz(tensors);
  absl::Status status = bytes.ok() ? writeOutput(path, *bytes) : bytes.status();
  if (status.ok())
    return ExitCode::Success;
  reportToolError(bytes.ok() ? std::string(status.message())
                             : ("cannot write '" + path +
                                "': " + std::string(status.message()))
                                   .str());
  return bytes.ok() ? getExitCodeForWrite(status) : ExitCode::Failed;
}

std::optional<ExitCode> readTensors(llvm::StringRef path, llvm::StringRef name,
                                    NamedTensors &tensors) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer) {
    reportToolError(
        ("cannot read '" + path + "': " + buffer.getError().message()).str());
    return ExitCode::InvalidInput;
  }
  absl::Status status;
  if (path.ends_with(".npy")) {
    absl::StatusOr<Tensor> tensor = parseNpy((*buffer)->getBuffer());
    status = tensor.status();
    if (tensor.ok())
      tensors.emplace_back(name.str(), std::move(*tensor));
  } else {
    absl::StatusOr<NamedTensors> all = parseNpz((*buffer)->getBuffer());
    status = all.status();
    if (all.ok())
      tensors = std::move(*all);
  }
  if (status.ok())
    return std::nullopt;
  reportToolError(("'" + path + "': " + std::string(status.message())).str());
  return ExitCode::InvalidInput;
}

//===----------------------------------------------------------------------===//
// Comparing
//===----------------------------------------------------------------------===//

static const Tensor *findTensor(const NamedTensors &tensors,
                                llvm::StringRef name) {
  for (const auto &[tensorName, tensor] : tensors)
    if (tensorName == name)
      return &tensor;
  return nullptr;
}

static void printDifference(const Tensor &expected, const Tensor &actual,
                            const TensorDifference &difference,
                            llvm::raw_ostream &os) {
  os << difference.numBeyond << " of " << difference.numElements
     << " elements differ";
  if (expected.getElementType() == DataType::String)
    return;
  os << ", max abs " << printNumber(difference.maxAbsolute);
  if (difference.maxAbsolute > 0)
    os << " at " << printIndex(expected.getShape(), difference.worst)
       << " (expected " << printElement(expected, difference.worst)
       << ", found " << printElement(actual, difference.worst) << ")";
  os << ", max rel " << printNumber(difference.maxRelative) << ", max ulps "
     << difference.maxUlps << ", cosine " << printNumber(difference.cosine)
     << ", PSNR " << printNumber(difference.psnr) << " dB";
  if (difference.numNonFinite)
    os << ", " << difference.numNonFinite << " not finite";
}

bool printComparison(const NamedTensors &expected, const NamedTensors &actual,
                     const Tolerance &tolerance, std::optional<unsigned> step,
                     llvm::raw_ostream &os, std::vector<std::string> &beyond) {
  bool isWithin = true;
  for (const auto &[name, wanted] : expected) {
    printStep(step, os);
    os << name << ": ";
    const Tensor *found = findTensor(actual, name);
    bool matches = found && areComparable(wanted, *found);
    if (!found) {
      os << "is missing";
    } else if (!matches) {
      os << "is " << getName(found->getElementType()) << ' '
         << printShape(found->getShape()) << ", expected is "
         << getName(wanted.getElementType()) << ' '
         << printShape(wanted.getShape());
    } else {
      TensorDifference difference = compareTensors(wanted, *found, tolerance);
      printDifference(wanted, *found, difference, os);
      matches = difference.isWithin();
    }
    os << '\n';
    if (!matches)
      beyond.push_back(name);
    isWithin &= matches;
  }
  return isWithin;
}

void printFirstDifference(const OperationDifference &difference,
                          const Function &function, llvm::raw_ostream &os) {
  os << "first operation that differs: '"
     << difference.op->getResult(difference.resultIndex)->getName() << "', a '"
     << difference.op->getName() << "'";
  if (difference.op->getFunction() != &function)
    os << " in function '" << difference.op->getFunction()->getName() << "'";
  if (difference.expected) {
    os << ": ";
    printDifference(*difference.expected, *difference.actual,
                    difference.difference, os);
  }
  os << '\n';
}

} // namespace espresso
