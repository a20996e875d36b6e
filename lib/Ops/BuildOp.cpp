//===- BuildOp.cpp - Operations with inferred results ---------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpVerifier.h"

#include "espresso/Ops/Registry.h"
#include "espresso/Ops/Verifier.h"

#include "llvm/Support/ErrorHandling.h"

namespace espresso {

LogicalResult inferResultTypes(const Operation &op,
                               llvm::SmallVectorImpl<Type> &types) {
  const OpDefinition *definition = lookupOp(op);
  if (!definition || !definition->infer)
    return op.emitError().setRule("op-unknown")
           << "the result types of '" << op.getName() << "' are not known";
  if (failed(checkInputs(op, *definition)))
    return failure();
  return definition->infer(op, types);
}

/// Infers the results of `op`, which stands in place without any.
static Operation *addResults(Operation *op, const llvm::Twine &resultName) {
  llvm::SmallVector<Type, 4> types;
  if (failed(inferResultTypes(*op, types)))
    llvm_unreachable("an operation was built with wrong arguments");
  std::string base = resultName.str();
  for (size_t i = 0; i < types.size(); ++i) {
    std::string name =
        types.size() == 1 ? base : base + "_" + std::to_string(i);
    op->addResult(op->getFunction()->makeUniqueName(name), types[i],
                  op->getLocation());
  }
  return op;
}

Operation *buildOp(Builder &builder, llvm::StringRef opName,
                   llvm::ArrayRef<NamedArgument> args,
                   const llvm::Twine &resultName) {
  return addResults(builder.create(opName, args, {}, ""), resultName);
}

Operation *buildCall(Builder &builder, llvm::StringRef callee,
                     llvm::ArrayRef<NamedArgument> args,
                     llvm::ArrayRef<std::string> outputs,
                     const llvm::Twine &resultName) {
  Context &context = builder.getContext();
  Operation *op = builder.create("espresso.call", args, {}, "");
  op->setLiteral(context.intern("callee"), builder.getString(callee));
  op->setAttribute(context.intern("outputs"),
                   Attribute::strings(context, outputs));
  return addResults(op, resultName);
}

} // namespace espresso
