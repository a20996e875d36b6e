//===- MilText.cpp - Programs as a device takes them ----------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "espresso/Export/MilText.h"

#include "BundleWeights.h"

#include "espresso/Base/Version.h"
#include "espresso/IR/Builder.h"
#include "espresso/Target/Host/PlanBuilder.h"

namespace espresso {

/// `[buildInfo = dict<string, string>({{"espresso-version", "..."}})]`.
static Attribute makeBuildInfo(Context &context) {
  Type string = TensorType::getScalar(context, DataType::String);
  return Attribute::dict(DictType::get(context, string, string),
                         {{Attribute::string(context, "espresso-version"),
                           Attribute::string(context, kVersionText)}});
}

std::unique_ptr<Program> makeStandaloneProgram(const Function &function) {
  Context &context = function.getContext();
  auto program = std::make_unique<Program>(context);
  program->setAttributeBrackets(true);
  program->getAttributes().set(context.intern("buildInfo"),
                               makeBuildInfo(context));
  Function *main = program->addFunction("main", function.getOpsetSpelling(),
                                        function.getLocation());
  main->getAttributes() = function.getAttributes();
  cloneFunctionBody(function, *main);

  llvm::StringRef nameKey = context.intern("name");
  llvm::StringRef valueKey = context.intern("val");
  main->walk([&](Operation &op) {
    if (!op.getAttribute(nameKey) && op.getNumResults() != 0)
      op.setAttribute(nameKey,
                      Attribute::string(context, op.getResult()->getName()));
    op.removeAttribute("layer");
    if (!isPlanWeight(op))
      return;
    BlobReference reference;
    reference.path = "@model_path/weights/" + BundleWeights::getFileName(op);
    reference.offset = kSingleRecordOffset;
    op.setAttribute(valueKey, Attribute::blob(op.getResult()->getTensorType(),
                                              std::move(reference)));
  });
  return program;
}

} // namespace espresso
