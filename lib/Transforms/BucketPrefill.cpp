//===- BucketPrefill.cpp - Prefill of several lengths ---------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Makes a function of each static length of a function that reads a prompt:
//
//   prefill(ids: [32], last, …)  =>  prefill_32(ids: [32], …),
//                                    prefill_64(ids: [64], …), …
//
// They share weights and caches; who runs them takes the shortest that holds
// the prompt. Works on <model> functions with an input `ids` of more than one
// element, and leaves alone those whose name ends with their length.
//
//===----------------------------------------------------------------------===//

#include "Host/Retype.h"

#include "espresso/IR/Builder.h"
#include "espresso/Transforms/Passes.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <set>

namespace espresso {
namespace {

class BucketPrefillPass : public BucketPrefillBase {
public:
  using BucketPrefillBase::BucketPrefillBase;
  PassResult run(Program &program, PassContext &context) override;

private:
  LogicalResult bucket(Function &function, const std::set<int64_t> &lengths,
                       PassContext &context);
};

} // namespace

/// Prompts are not read in larger pieces.
static constexpr int64_t kMaxLength = 1 << 20;

/// The lengths of "32/64/128", ascending.
static FailureOr<std::set<int64_t>>
parseLengths(llvm::StringRef text, DiagnosticEngine &diagnostics) {
  std::set<int64_t> lengths;
  llvm::SmallVector<llvm::StringRef, 8> words;
  text.split(words, '/');
  for (llvm::StringRef word : words) {
    int64_t length = 0;
    if (word.getAsInteger(10, length) || length < 2 || length > kMaxLength)
      return diagnostics.emitError(llvm::Twine("bucket-prefill"))
             << "'" << word << "' in 'lengths' is no number from 2 to "
             << kMaxLength << "; lengths are written '32/64/128'";
    lengths.insert(length);
  }
  return lengths;
}

/// The input `ids`, if it is a vector of several.
static Value *findPrompt(Function &function) {
  Value *ids = function.getBody().findInput("ids");
  TensorType type = ids ? ids->getTensorType() : TensorType();
  return type && type.getRank() == 1 && type.hasStaticShape() &&
                 type.getDim(0) > 1
             ? ids
             : nullptr;
}

/// The fewest rows of a cache of the function.
static int64_t getNumRows(const Function &function) {
  int64_t rows = kMaxLength;
  for (const std::unique_ptr<Value> &input : function.getBody().getInputs())
    if (auto state = input->getType().getAs<StateType>())
      if (auto type = state.getWrappedType().getAs<TensorType>();
          type && type.getRank() == 2)
        rows = std::min(rows, type.getDim(0));
  return rows;
}

/// A copy of `function` for prompts of `length` tokens.
static Function *cloneForLength(Function &function, int64_t length,
                                llvm::StringRef name) {
  Function *copy = function.getProgram().addFunction(
      function.getContext().intern(name), function.getOpset(),
      function.getLocation());
  copy->getAttributes() = function.getAttributes();
  cloneFunctionBody(function, *copy);
  Value *ids = copy->getBody().findInput("ids");
  ids->setType(withColumns(ids->getTensorType(), length, copy->getContext()));
  return copy;
}

LogicalResult BucketPrefillPass::bucket(Function &function,
                                        const std::set<int64_t> &lengths,
                                        PassContext &context) {
  int64_t rows = getNumRows(function);
  std::vector<std::string> made;
  for (int64_t length : lengths) {
    if (length > rows) {
      context.emitRemark(function.getLocation())
          << "'" << function.getName() << "' has no bucket of " << length
          << ": the cache has " << rows << " rows";
      continue;
    }
    std::string name = (function.getName() + "_" + llvm::Twine(length)).str();
    if (function.getProgram().findFunction(name))
      return context.getDiagnostics().emitError(function.getLocation())
             << "cannot make function '" << name << "': the name is taken";
    if (failed(inferTypesAgain(*cloneForLength(function, length, name),
                               findPrompt(function)->getTensorType().getDim(0),
                               length)))
      return failure();
    made.push_back(name);
  }
  if (made.empty())
    return context.getDiagnostics().emitError(function.getLocation())
           << "'" << function.getName()
           << "' has no bucket left: the cache has " << rows
           << " rows, the shortest length is " << *lengths.begin();
  bucketsMade += made.size();
  context.emitRemark(function.getLocation())
      << "'" << function.getName() << "' becomes " << llvm::join(made, ", ")
      << ", which share weights and caches";
  return success();
}

PassResult BucketPrefillPass::run(Program &program, PassContext &context) {
  FailureOr<std::set<int64_t>> lengths =
      parseLengths(options.lengths, context.getDiagnostics());
  if (failed(lengths))
    return PassResult::Failed;
  llvm::SmallVector<Function *, 2> prompts;
  for (const std::unique_ptr<Function> &function : program.getFunctions())
    if (function->getOpset() == Opset::Model)
      if (Value *ids = findPrompt(*function);
          ids && !function->getName().ends_with(
                     "_" + std::to_string(ids->getTensorType().getDim(0))))
        prompts.push_back(function.get());
  for (Function *function : prompts) {
    if (failed(bucket(*function, *lengths, context)))
      return PassResult::Failed;
    program.eraseFunction(function);
  }
  return changedIf(!prompts.empty());
}

std::unique_ptr<Pass>
createBucketPrefillPass(const BucketPrefillOptions &options) {
  return std::make_unique<BucketPrefillPass>(options);
}

} // namespace espresso
