//===- Passes.td - Passes on any program ------------------*- tablegen -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

include "espresso/Pass/PassBase.td"

//===----------------------------------------------------------------------===//
// Clean-up
//===----------------------------------------------------------------------===//

def Dce : Pass<"dce", FunctionScope> {
  let summary = "Removes operations whose results nobody uses";
  let description = [{
    Removes pure operations and constants without uses, together with what only
    they used. Inputs of the function are its interface and stay.
  }];
  let options = [
    Option<"report-unused-inputs", Bool, "false",
           "Remark on inputs of the function that nothing uses">
  ];
  let statistics = [Statistic<"num-removed", "operations removed">];
}
