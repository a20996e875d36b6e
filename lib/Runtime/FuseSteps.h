//===- FuseSteps.h - Several steps as one kernel ----------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_RUNTIME_FUSESTEPS_H
#define ESPRESSO_LIB_RUNTIME_FUSESTEPS_H

#include "Program.h"
#include "StepGraph.h"
#include "espresso/Kernels/Gate.h"

#include <optional>
#include <string>
#include <vector>

namespace espresso::runtime {

//===----------------------------------------------------------------------===//
// What patterns find, in values and steps of a function
//===----------------------------------------------------------------------===//

/// A norm written in single operations: ColumnNorm.h has its formula.
struct NormMatch {
  uint32_t x = 0, result = 0;
  bool centres = false;
  float meanScale = 0, squareScale = 0, epsilon = 0;
  int64_t axis = 0; ///< of `shape`, the form in which x is seen
  Shape shape;
  std::optional<uint32_t> gains, shifts, residual;
  std::vector<int> steps; ///< ascending
};

/// One product, and what is done to each of its rows:
/// y = activation(W x + b), or activation(G x + c) * (W x + b); + residual.
struct ProductMatch {
  uint32_t x = 0, result = 0;
  int product = -1; ///< the conv
  std::optional<uint32_t> bias;
  std::optional<kernels::Activation> activation;
  int gate = -1; ///< the conv of the gate, if there is one
  std::optional<uint32_t> gateBias;
  std::optional<uint32_t> residual;
  std::vector<int> steps; ///< ascending
};

/// The norm that step `root` ends, if all that is between is read by nobody
/// else.
[[nodiscard]] std::optional<NormMatch> matchNorm(const StepGraph &graph,
                                                 int root);
/// The same for a product.
[[nodiscard]] std::optional<ProductMatch> matchProduct(const StepGraph &graph,
                                                       int root);

/// True if no value made by `steps` but `results` is read by others or goes
/// out.
[[nodiscard]] bool isClosed(const StepGraph &graph,
                            const std::vector<int> &steps,
                            const std::vector<uint32_t> &results);

//===----------------------------------------------------------------------===//
// What they become
//===----------------------------------------------------------------------===//

/// Takes the place of steps of the plan, where the last of them is.
struct FusedStep {
  std::string name;       ///< for people: "norm+qkv"
  std::vector<int> steps; ///< ascending
  std::vector<uint32_t> reads, writes;
  Kernel kernel;
  ScratchSize scratch;
};

/// Finds steps of a function to fuse. Steps of different results are disjoint.
[[nodiscard]] absl::StatusOr<std::vector<FusedStep>>
fuseSteps(Program &program, const FunctionInfo &info);

/// The kernels.
[[nodiscard]] absl::StatusOr<FusedStep>
makeFusedNorm(Program &program, const StepGraph &graph, const NormMatch &norm);
/// Products of one x; with `norm`, of what it makes of its x.
[[nodiscard]] absl::StatusOr<FusedStep>
makeFusedProducts(Program &program, const StepGraph &graph,
                  const std::vector<ProductMatch> &products,
                  const NormMatch *norm);

} // namespace espresso::runtime

#endif // ESPRESSO_LIB_RUNTIME_FUSESTEPS_H
