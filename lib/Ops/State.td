//===- State.td - State across calls --------------------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

include "OpBase.td"

def ReadState_iOS18 : Op<"read_state", iOS18, [ReadsState]> {
  let summary = "What a state holds";
  let inputs = (ins StateIn:$input);
  let infer = "ReadState";
}

def WriteState_iOS18 : Op<"write_state", iOS18, [WritesState]> {
  let summary = "A new value for a state";
  let inputs = (ins StateIn:$input, In<AnyType>:$data);
  let infer = "WriteState";
}

def CoremlUpdateState_iOS18
    : Op<"coreml_update_state", iOS18, [WritesState, ReadsState]> {
  let summary = "A new value for a state, and what the state then holds";
  let description = [{Of coremltools' own dialect: `write_state` followed by
`read_state`.}];
  let inputs = (ins StateIn:$state, In<AnyType>:$value);
  let infer = "UpdateState";
}
