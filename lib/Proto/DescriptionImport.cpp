//===- DescriptionImport.cpp - Checks descriptions of models --------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Features.h"
#include "FlexibleShapes.h"
#include "ModelMessages.h"
#include "ProgramMessages.h"

#include "llvm/ADT/StringSet.h"

namespace espresso {

namespace {

/// Compares the description of one function with the function.
class FunctionChecker {
public:
  explicit FunctionChecker(Function &function)
      : function(function), context(function.getContext()) {}

  template <typename Description>
  LogicalResult run(const Description &description);

private:
  template <typename Features>
  LogicalResult checkInputs(const Features &features, bool isState);
  template <typename Features>
  LogicalResult checkOutputs(const Features &features);
  LogicalResult checkType(const pb::Feature &feature, const Value &value);
  LogicalResult addFlexibleShape(const pb::Feature &feature,
                                 const Value &value);
  InFlightDiagnostic emitError(llvm::StringRef port) {
    return context.getDiagnostics().emitError(function.getName() + "/" + port);
  }

  Function &function;
  Context &context;
  FlexibleShapes flexible;
  llvm::StringSet<> described;
};

} // namespace

LogicalResult FunctionChecker::addFlexibleShape(const pb::Feature &feature,
                                                const Value &value) {
  if (!feature.type().has_array_type() ||
      !isFlexible(feature.type().array_type()))
    return success();
  std::optional<FlexibleShape> shape = importFlexibleShape(
      feature.type().array_type(), value.getTensorType().getRank());
  if (!shape)
    return emitError(feature.name())
           << "expected shapes of rank " << value.getTensorType().getRank()
           << " with extents of 32 bits in the description";
  flexible[feature.name()] = *shape;
  return success();
}

LogicalResult FunctionChecker::checkType(const pb::Feature &feature,
                                         const Value &value) {
  if (fitsType(feature, value.getType()))
    return success();
  return emitError(feature.name())
         << "the description does not fit the type in the program, '"
         << value.getType() << "'";
}

template <typename Features>
LogicalResult FunctionChecker::checkInputs(const Features &features,
                                           bool isState) {
  for (const pb::Feature &feature : features) {
    const Value *value = function.getBody().findInput(feature.name());
    if (!value || value->getType().is<StateType>() != isState)
      return emitError(feature.name())
             << "the description has " << (isState ? "a state" : "an input")
             << " that the function does not have";
    if (!described.insert(feature.name()).second)
      return emitError(feature.name()) << "described twice";
    if (failed(checkType(feature, *value)) ||
        failed(addFlexibleShape(feature, *value)))
      return failure();
  }
  return success();
}

template <typename Features>
LogicalResult FunctionChecker::checkOutputs(const Features &features) {
  const Block &body = function.getBody();
  for (const pb::Feature &feature : features) {
    const Value *value = nullptr;
    for (size_t i = 0; i < body.getNumOutputs() && !value; ++i)
      if (body.getOutput(i)->getName() == feature.name())
        value = body.getOutput(i);
    if (!value)
      return emitError(feature.name())
             << "the description has an output that the function does not have";
    if (failed(checkType(feature, *value)))
      return failure();
  }
  return success();
}

template <typename Description>
LogicalResult FunctionChecker::run(const Description &description) {
  if (failed(checkInputs(description.input(), /*isState=*/false)) ||
      failed(checkInputs(description.state(), /*isState=*/true)) ||
      failed(checkOutputs(description.output())))
    return failure();
  for (const std::unique_ptr<Value> &input : function.getBody().getInputs())
    if (!described.contains(input->getName()))
      return emitError(input->getName())
             << "an input of the function is missing in the description";
  if (!flexible.empty() && !function.getAttributes().get(kFlexibleShapes))
    function.getAttributes().set(context.intern(kFlexibleShapes),
                                 makeFlexibleShapes(context, flexible));
  return success();
}

LogicalResult importDescription(const pb::ModelDescription &description,
                                Program &program) {
  DiagnosticEngine &diagnostics = program.getContext().getDiagnostics();
  if (description.functions_size() == 0) {
    // Other functions than the main one have no description then.
    Function *main = program.getFunctions().size() == 1
                         ? program.getFunctions().front().get()
                         : program.findFunction("main");
    if (!main)
      return diagnostics.emitError("model")
             << "the description says nothing of the "
             << program.getFunctions().size() << " functions of the program";
    return FunctionChecker(*main).run(description);
  }
  llvm::StringSet<> described;
  for (const pb::FunctionDescription &entry : description.functions()) {
    Function *function = program.findFunction(entry.name());
    if (!function)
      return diagnostics.emitError(entry.name())
             << "the description has a function that the program does not have";
    if (!described.insert(entry.name()).second)
      return diagnostics.emitError(entry.name()) << "described twice";
    if (failed(FunctionChecker(*function).run(entry)))
      return failure();
  }
  for (const std::unique_ptr<Function> &function : program.getFunctions())
    if (!described.contains(function->getName()))
      return diagnostics.emitError(function->getName())
             << "a function of the program is missing in the description";
  return success();
}

} // namespace espresso
