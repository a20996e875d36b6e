//===- ANE.td - All there is on the engine ----------------*- tablegen -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

include "TargetBase.td"
include "Sources.td"
include "Limits.td"
include "Chips.td"
include "Disputes.td"
include "BoundaryRules.td"
include "ShapeRules.td"
include "OperatorRules.td"
include "StructureRules.td"
include "PrecisionRules.td"
