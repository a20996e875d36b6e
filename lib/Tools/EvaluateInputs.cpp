//===- EvaluateInputs.cpp - What --evaluate is run on ---------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EvaluateInputs.h"

#include "espresso/AsmText/Parser.h"
#include "espresso/Eval/Comparison.h"
#include "espresso/Eval/TensorFile.h"
#include "espresso/Tools/ToolOptions.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MemoryBuffer.h"

namespace espresso {

/// An input of more elements than this is not made up.
static constexpr int64_t kMaxRandomElements = int64_t{1} << 30;

static ExitCode usage(const llvm::Twine &message) {
  reportToolError(message.str());
  return ExitCode::Usage;
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

static std::unique_ptr<llvm::MemoryBuffer> readFile(llvm::StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (buffer)
    return std::move(*buffer);
  reportToolError(
      ("cannot read '" + path + "': " + buffer.getError().message()).str());
  return nullptr;
}

static ExitCode reportFile(llvm::StringRef path, const absl::Status &status) {
  reportToolError(("'" + path + "': " + std::string(status.message())).str());
  return ExitCode::InvalidInput;
}

/// The tensor in a .npy file, or in one of raw bytes, for a port of `type`.
static std::optional<ExitCode> readTensor(llvm::StringRef path, TensorType type,
                                          std::optional<Tensor> &result) {
  std::unique_ptr<llvm::MemoryBuffer> buffer = readFile(path);
  if (!buffer)
    return ExitCode::InvalidInput;
  absl::StatusOr<Tensor> tensor = absl::InvalidArgumentError("");
  if (path.ends_with(".npy"))
    tensor = parseNpy(buffer->getBuffer());
  else if (type.hasStaticShape())
    tensor =
        parseRaw(buffer->getBuffer(), type.getElementType(), type.getShape());
  else
    tensor = absl::InvalidArgumentError(
        "raw bytes have no shape, and that of the input is not known");
  if (!tensor.ok())
    return reportFile(path, tensor.status());
  result = std::move(*tensor);
  return std::nullopt;
}

/// What `text` says: a typed MIL value, or @file.
static std::optional<ExitCode> readValue(Context &context, llvm::StringRef name,
                                         llvm::StringRef text, TensorType type,
                                         llvm::StringRef flag,
                                         std::optional<Tensor> &result) {
  if (text.consume_front("@"))
    return readTensor(text, type, result);
  Attribute value = parseValue(context, text, flag);
  if (!value)
    return ExitCode::Usage;
  if (!value.getType().is<TensorType>() || value.getBlob())
    return usage("input '" + name + "' is not a tensor");
  FailureOr<Tensor> tensor = tensorFromAttribute(value, {NumericsMode::Fp16},
                                                 context.getDiagnostics());
  if (failed(tensor))
    return ExitCode::Usage;
  result = std::move(*tensor);
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

EvaluateInputs::Source *EvaluateInputs::findSource(llvm::StringRef name) {
  for (Source &source : sources)
    if (source.name == name)
      return &source;
  return nullptr;
}

static ExitCode reportNoInput(const Function &function, llvm::StringRef kind,
                              llvm::StringRef name) {
  return usage("function '" + function.getName() + "' has no " + kind + " '" +
               name + "'");
}

/// Takes a tensor of the shape of the input, or of one for each step.
std::optional<ExitCode> EvaluateInputs::setGiven(Source &source,
                                                 Tensor tensor) {
  llvm::ArrayRef<int64_t> shape = tensor.getShape();
  source.isSliced = tensor.getRank() == source.type.getRank() + 1;
  if (source.isSliced)
    shape = shape.drop_front();
  bool fits = static_cast<int64_t>(shape.size()) == source.type.getRank();
  for (size_t i = 0; fits && i < shape.size(); ++i)
    fits =
        source.type.getDim(i) == kDynamic || source.type.getDim(i) == shape[i];
  if (!fits) {
    std::string type = source.type.str();
    return usage("input '" + source.name + "' is declared as '" + type +
                 "' but what is given has shape " +
                 printShape(tensor.getShape()) +
                 "; expected that shape, or one more axis in front, for steps");
  }
  source.given = std::move(tensor);
  return std::nullopt;
}

static bool splitAssignment(llvm::StringRef text, llvm::StringRef &name,
                            llvm::StringRef &value) {
  std::tie(name, value) = text.split('=');
  name = name.trim();
  value = value.trim();
  if (!name.empty() && !value.empty())
    return true;
  reportToolError(("'" + text + "' is not of the form name=value").str());
  return false;
}

std::optional<ExitCode> EvaluateInputs::addInput(llvm::StringRef text) {
  llvm::StringRef name, value;
  if (!splitAssignment(text, name, value))
    return ExitCode::Usage;
  Source *source = findSource(name);
  if (!source)
    return reportNoInput(*function, "input", name);
  if (value == "step") {
    source->isStep = true;
    return std::nullopt;
  }
  std::optional<Tensor> tensor;
  if (auto code = readValue(function->getContext(), name, value, source->type,
                            "--input", tensor))
    return code;
  return setGiven(*source, std::move(*tensor));
}

std::optional<ExitCode> EvaluateInputs::addState(llvm::StringRef text) {
  llvm::StringRef name, value;
  if (!splitAssignment(text, name, value))
    return ExitCode::Usage;
  const Value *input = function->getBody().findInput(name);
  auto state = input ? input->getType().getAs<StateType>() : StateType();
  if (!state)
    return reportNoInput(*function, "state", name);
  std::optional<Tensor> tensor;
  if (auto code = readValue(function->getContext(), name, value,
                            state.getWrappedType().castTo<TensorType>(),
                            "--state", tensor))
    return code;
  states.emplace_back(name.str(), std::move(*tensor));
  return std::nullopt;
}

std::optional<ExitCode> EvaluateInputs::addArchive(llvm::StringRef path,
                                                   bool areStates) {
  if (path.empty())
    return std::nullopt;
  std::unique_ptr<llvm::MemoryBuffer> buffer = readFile(path);
  if (!buffer)
    return ExitCode::InvalidInput;
  absl::StatusOr<NamedTensors> tensors = parseNpz(buffer->getBuffer());
  if (!tensors.ok())
    return reportFile(path, tensors.status());
  for (auto &[name, tensor] : *tensors) {
    if (areStates) {
      const Value *input = function->getBody().findInput(name);
      if (!input || !input->getType().is<StateType>())
        return reportNoInput(*function, "state", name);
      states.emplace_back(name, std::move(tensor));
      continue;
    }
    Source *source = findSource(name);
    if (!source)
      return reportNoInput(*function, "input", name);
    if (auto code = setGiven(*source, std::move(tensor)))
      return code;
  }
  return std::nullopt;
}

std::optional<ExitCode> EvaluateInputs::addFeed(llvm::StringRef text) {
  llvm::StringRef name, value;
  if (!splitAssignment(text, name, value))
    return ExitCode::Usage;
  Source *source = findSource(name);
  if (!source)
    return reportNoInput(*function, "input", name);
  source->feedsArgmax =
      value.consume_front("argmax(") && value.consume_back(")");
  const Block &body = function->getBody();
  bool isOutput = false;
  for (size_t i = 0; i < body.getNumOutputs(); ++i)
    isOutput |= body.getOutput(i)->getName() == value;
  if (!isOutput)
    return usage("function '" + function->getName() + "' has no output '" +
                 value + "'");
  source->feed = value.str();
  return std::nullopt;
}

/// As many as asked for, or as what is given for steps has.
std::optional<ExitCode> EvaluateInputs::chooseNumSteps(unsigned wanted) {
  unsigned given = 0;
  for (const Source &source : sources)
    given = std::max(given, source.getNumSlices());
  numSteps = wanted ? wanted : std::max(given, 1U);
  for (const Source &source : sources)
    if (source.isSliced && source.feed.empty() &&
        source.getNumSlices() < numSteps)
      return usage("input '" + source.name + "' is given for " +
                   llvm::Twine(source.getNumSlices()) + " steps of " +
                   llvm::Twine(numSteps));
  return std::nullopt;
}

std::optional<ExitCode>
EvaluateInputs::create(const Function &function,
                       const EvaluateInputOptions &options,
                       EvaluateInputs &inputs) {
  inputs.function = &function;
  for (const auto &input : function.getBody().getInputs())
    if (TensorType type = input->getTensorType()) {
      Source &source = inputs.sources.emplace_back();
      source.type = type;
      source.name = input->getName().str();
    }
  if (auto code = inputs.addArchive(options.inputArchive, /*areStates=*/false))
    return code;
  if (auto code = inputs.addArchive(options.stateArchive, /*areStates=*/true))
    return code;
  for (const std::string &text : options.inputs)
    if (auto code = inputs.addInput(text))
      return code;
  for (const std::string &text : options.states)
    if (auto code = inputs.addState(text))
      return code;
  for (const std::string &text : options.feeds)
    if (auto code = inputs.addFeed(text))
      return code;
  if (options.seed)
    inputs.random.emplace(*options.seed);
  inputs.distribution = options.distribution;
  return inputs.chooseNumSteps(options.numSteps);
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

int64_t findArgmax(const Tensor &tensor) {
  int64_t best = 0;
  for (int64_t i = 1, count = tensor.getNumElements(); i < count; ++i)
    if (tensor.getReal(i) > tensor.getReal(best))
      best = i;
  return best;
}

/// Slice `index` along the first axis.
static Tensor getSlice(const Tensor &tensor, int64_t index) {
  Tensor slice(tensor.getElementType(), tensor.getShape().drop_front());
  int64_t count = slice.getNumElements();
  std::visit(
      [&](auto &elements) {
        using Elements = std::decay_t<decltype(elements)>;
        const auto &all = *std::get_if<Elements>(&tensor.getStorage());
        std::copy_n(all.begin() + index * count, count, elements.begin());
      },
      slice.getStorage());
  return slice;
}

/// A tensor for a port of `type` that holds one number everywhere; `?` is 1.
static Tensor makeFilled(TensorType type, int64_t number) {
  Shape shape;
  for (int64_t dim : type.getShape())
    shape.push_back(dim == kDynamic ? 1 : dim);
  Tensor filled(DataType::Int64, shape);
  for (int64_t &element : filled.get<int64_t>())
    element = number;
  return filled.convertedTo(type.getElementType());
}

FailureOr<Tensor> EvaluateInputs::makeInput(const Source &source,
                                            unsigned index,
                                            const NamedTensors &previous) {
  if (source.isStep)
    return makeFilled(source.type, index);
  bool hasRunOut = source.isSliced ? index >= source.getNumSlices()
                                   : index > 0 || !source.given;
  if (!source.feed.empty() && hasRunOut && index > 0)
    for (const auto &[name, tensor] : previous)
      if (name == source.feed)
        return source.feedsArgmax ? makeFilled(source.type, findArgmax(tensor))
                                  : tensor;
  if (source.given)
    return source.isSliced ? getSlice(*source.given, index) : *source.given;
  int64_t count = 1;
  for (int64_t dim : source.type.getShape())
    if (__builtin_mul_overflow(count, dim == kDynamic ? 1 : dim, &count) ||
        count > kMaxRandomElements)
      return function->getContext().getDiagnostics().emitError(
                 function->getLocation())
             << "input '" << source.name << "' is too large to be made up";
  if (random)
    return makeRandomTensor(source.type, *random, distribution);
  return function->getContext().getDiagnostics().emitError(
             function->getLocation())
         << "function '" << function->getName() << "' needs input '"
         << source.name << "'";
}

FailureOr<NamedTensors> EvaluateInputs::makeStep(unsigned index,
                                                 const NamedTensors &previous) {
  NamedTensors inputs;
  for (const Source &source : sources) {
    FailureOr<Tensor> tensor = makeInput(source, index, previous);
    if (failed(tensor))
      return failure();
    inputs.emplace_back(source.name, std::move(*tensor));
  }
  return inputs;
}

} // namespace espresso
