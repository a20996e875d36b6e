//===- Ops.td - Every operation -------------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

include "OpBase.td"

include "Activation.td"
include "Composite.td"
include "Constexpr.td"
include "ControlFlow.td"
include "Detection.td"
include "Elementwise.td"
include "Gather.td"
include "Image.td"
include "Linear.td"
include "Lists.td"
include "Normalization.td"
include "Pool.td"
include "Quantization.td"
include "Recurrent.td"
include "Reduction.td"
include "Sampling.td"
include "Shape.td"
include "State.td"
include "Tensor.td"
