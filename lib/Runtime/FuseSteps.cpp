//===- FuseSteps.cpp - Several steps as one kernel ------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FuseSteps.h"

#include "espresso/Base/StatusMacros.h"

#include <algorithm>

namespace espresso::runtime {

bool isClosed(const StepGraph &graph, const std::vector<int> &steps,
              const std::vector<uint32_t> &results) {
  auto isInside = [&](int step) {
    return std::binary_search(steps.begin(), steps.end(), step);
  };
  for (int step : steps)
    for (const plan::Port &port : graph.getStep(step).results()) {
      const uint32_t value = port.value();
      if (std::find(results.begin(), results.end(), value) != results.end())
        continue;
      const std::vector<int> &readers = graph.getReaders(value);
      if (graph.isOutput(value) ||
          !std::all_of(readers.begin(), readers.end(), isInside))
        return false;
    }
  return true;
}

namespace {

/// Products of one x that can be computed where the last of them ends.
struct Group {
  std::vector<ProductMatch> products;
  const NormMatch *norm = nullptr;

  /// All steps but those of the norm, ascending.
  std::vector<int> getSteps() const {
    std::vector<int> steps;
    for (const ProductMatch &product : products)
      steps.insert(steps.end(), product.steps.begin(), product.steps.end());
    std::sort(steps.begin(), steps.end());
    return steps;
  }
};

class FunctionFuser {
public:
  FunctionFuser(Program &program, const FunctionInfo &info)
      : program(program), graph(program.getPlan(), info),
        taken(info.message->steps_size()) {}
  absl::StatusOr<std::vector<FusedStep>> fuse();

private:
  template <typename Match>
  void findAll(std::optional<Match> (*match)(const StepGraph &, int),
               std::vector<Match> &found);
  /// True if nobody between reads what the group makes.
  bool canWait(const Group &group) const;
  void makeGroups();
  void joinNorms();

  Program &program;
  StepGraph graph;
  std::vector<bool> taken;
  std::vector<NormMatch> norms;
  std::vector<ProductMatch> products;
  std::vector<Group> groups;
};

} // namespace

/// From the last step to the first: what ends later is larger.
template <typename Match>
void FunctionFuser::findAll(std::optional<Match> (*match)(const StepGraph &,
                                                          int),
                            std::vector<Match> &found) {
  for (int root = graph.getNumSteps() - 1; root >= 0; --root) {
    if (taken[root])
      continue;
    std::optional<Match> candidate = match(graph, root);
    if (!candidate ||
        std::any_of(candidate->steps.begin(), candidate->steps.end(),
                    [&](int step) { return taken[step]; }))
      continue;
    for (int step : candidate->steps)
      taken[step] = true;
    found.push_back(*std::move(candidate));
  }
  std::reverse(found.begin(), found.end());
}

bool FunctionFuser::canWait(const Group &group) const {
  const std::vector<int> steps = group.getSteps();
  for (const ProductMatch &product : group.products) {
    for (int reader : graph.getReaders(product.result))
      if (reader <= steps.back())
        return false;
    if (product.residual &&
        std::binary_search(steps.begin(), steps.end(),
                           graph.getMaker(*product.residual)))
      return false;
  }
  return true;
}

void FunctionFuser::makeGroups() {
  for (const ProductMatch &product : products) {
    bool joined = false;
    for (Group &group : groups) {
      if (group.products.front().x != product.x)
        continue;
      group.products.push_back(product);
      joined = canWait(group);
      if (joined)
        break;
      group.products.pop_back();
    }
    if (!joined)
      groups.push_back({{product}});
  }
}

/// A norm that only one group reads is computed with it.
void FunctionFuser::joinNorms() {
  for (const NormMatch &norm : norms) {
    const bool isOfColumns = norm.axis == 1 && !norm.residual &&
                             norm.shape == graph.getType(norm.result).shape;
    if (!isOfColumns || graph.isOutput(norm.result))
      continue;
    for (Group &group : groups) {
      const std::vector<int> steps = group.getSteps();
      const std::vector<int> &readers = graph.getReaders(norm.result);
      if (group.products.front().x == norm.result &&
          std::all_of(readers.begin(), readers.end(), [&](int reader) {
            return std::binary_search(steps.begin(), steps.end(), reader);
          }))
        group.norm = &norm;
    }
  }
}

absl::StatusOr<std::vector<FusedStep>> FunctionFuser::fuse() {
  findAll(matchNorm, norms);
  findAll(matchProduct, products);
  makeGroups();
  joinNorms();
  std::vector<FusedStep> fused;
  for (const NormMatch &norm : norms) {
    if (std::any_of(groups.begin(), groups.end(),
                    [&](const Group &group) { return group.norm == &norm; }))
      continue;
    ESPRESSO_ASSIGN_OR_RETURN(FusedStep step,
                              makeFusedNorm(program, graph, norm));
    fused.push_back(std::move(step));
  }
  for (const Group &group : groups) {
    if (group.getSteps().size() == 1 && !group.norm)
      continue; // one product, as it is
    ESPRESSO_ASSIGN_OR_RETURN(
        FusedStep step,
        makeFusedProducts(program, graph, group.products, group.norm));
    fused.push_back(std::move(step));
  }
  return fused;
}

absl::StatusOr<std::vector<FusedStep>> fuseSteps(Program &program,
                                                 const FunctionInfo &info) {
  return FunctionFuser(program, info).fuse();
}

} // namespace espresso::runtime
