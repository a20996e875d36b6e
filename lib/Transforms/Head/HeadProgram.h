//===- HeadProgram.h - Programs of output heads --------------- -*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TRANSFORMS_HEAD_HEADPROGRAM_H
#define ESPRESSO_LIB_TRANSFORMS_HEAD_HEADPROGRAM_H

#include "espresso/IR/Program.h"
#include "espresso/Transforms/HeadPlacement.h"

#include <vector>

namespace espresso {

/// Makes programs of heads, one for all heads that compute the same.
class HeadPrograms {
public:
  HeadPrograms(Program &program, Opset opset)
      : program(program), opset(opset) {}

  /// Makes, before the head `op`, a call of a program that computes its logits
  /// in `tiles` parts along the vocabulary, in the type of its activations. The
  /// norm before the head goes along if nothing else uses it. Reports and fails
  /// if the weight must be cut and its elements are not at hand.
  [[nodiscard]] FailureOr<Operation *> makeCall(Operation &op, int64_t tiles);

  uint64_t getNumMade() const { return made.size(); }

private:
  /// What a program was made of.
  struct Made {
    Function *function;
    /// Attributes of the head by the names of its inputs, `x` left out.
    AttributeList arguments;
    /// Of the program, or null.
    Operation *norm;
    Type input;
    int64_t tiles;
  };
  Function *find(const Operation &op, Operation *norm, Value *input,
                 int64_t tiles) const;
  FailureOr<Function *> make(Operation &op, Operation *norm, Value *input,
                             int64_t tiles);

  Program &program;
  Opset opset;
  std::vector<Made> made;
};

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_HEAD_HEADPROGRAM_H
