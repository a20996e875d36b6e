//===- DescriptionExport.cpp - Writes descriptions of models --------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Features.h"
#include "ModelMessages.h"
#include "ProgramMessages.h"
#include "Wire.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"

namespace espresso {

//===----------------------------------------------------------------------===//
// Versions
//===----------------------------------------------------------------------===//

static int32_t getSpecificationVersion(const Function &function) {
  Opset opset = function.getOpset();
  if (isIOS(opset))
    return 6 + static_cast<int32_t>(opset) - static_cast<int32_t>(Opset::IOS15);
  // A later one than we know: "CoreML9" needs version 10.
  llvm::StringRef spelling = function.getOpsetSpelling();
  int32_t number = 0;
  if (spelling.consume_front("CoreML") && !spelling.getAsInteger(10, number) &&
      number > 0 && number < 1000)
    return number + 1;
  return kVersionOfStates;
}

int32_t getSpecificationVersion(const Program &program) {
  int32_t version = 0;
  for (const std::unique_ptr<Function> &function : program.getFunctions())
    version = std::max(version, getSpecificationVersion(*function));
  return version;
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

namespace {

/// The features that an original has for ports of one kind.
template <typename Features>
class OriginalFeatures {
public:
  explicit OriginalFeatures(const Features *features) {
    if (!features)
      return;
    unsigned index = 0;
    for (const pb::Feature &feature : *features)
      entries.try_emplace(feature.name(), Entry{&feature, index++});
  }

  const pb::Feature *find(const Value &port) const {
    auto found = entries.find(port.getName());
    return found == entries.end() ? nullptr : found->second.feature;
  }
  /// Brings the ports into the order of the original, new ones last.
  void sort(llvm::SmallVectorImpl<const Value *> &ports) const {
    llvm::stable_sort(ports, [&](const Value *a, const Value *b) {
      return getIndex(*a) < getIndex(*b);
    });
  }

private:
  struct Entry {
    const pb::Feature *feature;
    unsigned index;
  };
  unsigned getIndex(const Value &port) const {
    auto found = entries.find(port.getName());
    return found == entries.end() ? ~0u : found->second.index;
  }

  llvm::StringMap<Entry> entries;
};

using Ports = llvm::SmallVector<const Value *, 8>;

/// Describes one function.
class FunctionDescriber {
public:
  FunctionDescriber(const Function &function, int32_t &version)
      : function(function), diagnostics(function.getContext().getDiagnostics()),
        version(version) {}

  template <typename Description>
  LogicalResult run(const Description *original, Description &out);

private:
  LogicalResult readShapes();
  template <typename Features, typename Export>
  LogicalResult exportPorts(Ports ports, const Features *original,
                            Features &out, const Export &exportPort);
  template <typename Description>
  void exportClassifier(Description &out);
  void raiseVersion(const pb::Feature &feature);

  const Function &function;
  DiagnosticEngine &diagnostics;
  int32_t &version;
  FlexibleShapes shapes;
};

} // namespace

LogicalResult FunctionDescriber::readShapes() {
  Attribute attribute = function.getAttributes().get(kFlexibleShapes);
  if (!attribute)
    return success();
  std::optional<FlexibleShapes> read = readFlexibleShapes(attribute);
  if (!read)
    return diagnostics.emitError(function.getLocation())
           << "expected a tuple of DefaultShapes with RangeDims or "
              "EnumeratedShapes in FlexibleShapeInformation, found a '"
           << attribute.getType() << "'";
  shapes = std::move(*read);
  return success();
}

void FunctionDescriber::raiseVersion(const pb::Feature &feature) {
  if (feature.type().has_state_type())
    version = std::max(version, kVersionOfStates);
  if (feature.type().array_type().element() == pb::ARRAY_FLOAT16)
    version = std::max(version, kVersionOfHalfPorts);
}

template <typename Features, typename Export>
LogicalResult
FunctionDescriber::exportPorts(Ports ports, const Features *original,
                               Features &out, const Export &exportPort) {
  OriginalFeatures<Features> originals(original);
  originals.sort(ports);
  for (const Value *port : ports) {
    pb::Feature &feature = *out.Add();
    if (failed(exportPort(*port, originals.find(*port), feature)))
      return failure();
    raiseVersion(feature);
  }
  return success();
}

/// A label and its probabilities have names of their own in the description.
template <typename Description>
void FunctionDescriber::exportClassifier(Description &out) {
  const Block &body = function.getBody();
  for (size_t i = 0; i < body.getNumOutputs(); ++i) {
    const Operation *op = body.getOutput(i)->getDefiningOp();
    if (!op || !op->is("classify") || op->getNumResults() != 2)
      continue;
    bool isLabel = op->getResult(0) == body.getOutput(i);
    std::string name = body.getOutput(i)->getName().str();
    if (isLabel)
      out.set_predicted_feature_name(name);
    else
      out.set_predicted_probabilities_name(name);
  }
}

template <typename Description>
LogicalResult FunctionDescriber::run(const Description *original,
                                     Description &out) {
  if (failed(readShapes()))
    return failure();
  const Block &body = function.getBody();
  Ports inputs, outputs, states;
  for (const std::unique_ptr<Value> &input : body.getInputs())
    (input->getType().is<StateType>() ? states : inputs).push_back(input.get());
  for (size_t i = 0; i < body.getNumOutputs(); ++i)
    outputs.push_back(body.getOutput(i));
  auto describeInput = [&](const Value &port, const pb::Feature *before,
                           pb::Feature &feature) {
    auto shape = shapes.find(port.getName().str());
    return exportInput(port, shape == shapes.end() ? nullptr : &shape->second,
                       before, diagnostics, feature);
  };
  auto describeOutput = [&](const Value &port, const pb::Feature *before,
                            pb::Feature &feature) {
    return exportOutput(port, before, diagnostics, feature);
  };
  auto describeState = [&](const Value &port, const pb::Feature *before,
                           pb::Feature &feature) {
    return exportState(port, before, diagnostics, feature);
  };
  if (failed(exportPorts(inputs, original ? &original->input() : nullptr,
                         *out.mutable_input(), describeInput)) ||
      failed(exportPorts(outputs, original ? &original->output() : nullptr,
                         *out.mutable_output(), describeOutput)) ||
      failed(exportPorts(states, original ? &original->state() : nullptr,
                         *out.mutable_state(), describeState)))
    return failure();
  if (!original) {
    exportClassifier(out);
    return success();
  }
  if (original->has_predicted_feature_name())
    out.set_predicted_feature_name(original->predicted_feature_name());
  if (original->has_predicted_probabilities_name())
    out.set_predicted_probabilities_name(
        original->predicted_probabilities_name());
  return success();
}

//===----------------------------------------------------------------------===//
// Models
//===----------------------------------------------------------------------===//

/// Whether the description lists its functions rather than describing the main
/// one: it does if it did, or if there are several now.
static bool listsFunctions(const Program &program, const pb::Model *original) {
  size_t count = program.getFunctions().size();
  if (!original)
    return count > 1;
  if (original->description().functions_size() != 0)
    return true;
  auto before = static_cast<size_t>(original->ml_program().functions_size());
  return count > std::max<size_t>(before, 1);
}

static LogicalResult exportList(const Program &program,
                                const pb::ModelDescription *original,
                                pb::ModelDescription &out, int32_t &version) {
  version = std::max(version, kVersionOfStates);
  for (const std::unique_ptr<Function> &function : program.getFunctions()) {
    const pb::FunctionDescription *before = nullptr;
    if (original)
      for (const pb::FunctionDescription &entry : original->functions())
        if (entry.name() == function->getName())
          before = &entry;
    pb::FunctionDescription &entry = *out.add_functions();
    if (before)
      copyUnknownFields(*before, entry);
    entry.set_name(function->getName().str());
    if (failed(FunctionDescriber(*function, version).run(before, entry)))
      return failure();
  }
  std::string chosen =
      original ? original->default_function_name() : std::string();
  if (!program.findFunction(chosen))
    chosen = "main";
  if (!program.findFunction(chosen))
    chosen = program.getFunctions().front()->getName().str();
  out.set_default_function_name(chosen);
  return success();
}

LogicalResult exportDescription(const Program &program,
                                const pb::Model *original,
                                pb::ModelDescription &out, int32_t &version) {
  const pb::ModelDescription *before =
      original ? &original->description() : nullptr;
  if (before) {
    copyUnknownFields(*before, out);
    if (before->has_metadata())
      *out.mutable_metadata() = before->metadata();
  }
  if (program.getFunctions().empty())
    return program.getContext().getDiagnostics().emitError("model")
           << "a model needs a function, the program has none";
  if (listsFunctions(program, original))
    return exportList(program, before, out, version);
  const Function *main = program.findFunction("main");
  if (!main)
    main = program.getFunctions().front().get();
  return FunctionDescriber(*main, version).run(before, out);
}

} // namespace espresso
