//===- TensorNames.h - What files call the canonical tensors ----*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_FRONTEND_TENSORNAMES_H
#define ESPRESSO_LIB_FRONTEND_TENSORNAMES_H

#include "Families.h"

namespace espresso {

/// A tensor of a file that is, or has in it, a canonical one.
struct TensorUse {
  const SourceTensor *tensor = nullptr;
  TensorPart part = TensorPart::Whole;
  bool isTransposed = false;
  /// For TensorPart::Expert.
  int64_t expert = 0;
};

/// Finds canonical tensors in one source.
class TensorFinder {
public:
  TensorFinder(const Family &family, const ModelSource &source)
      : family(family), source(source) {}

  /// Nothing if the source has none.
  std::optional<TensorUse> find(llvm::StringRef canonical) const;
  /// What the source should call it, for messages: its first rule.
  std::string getExpectedName(llvm::StringRef canonical) const;
  /// The first of `numLayers` layers that has a tensor of that kind.
  std::optional<TensorUse> findInAnyLayer(llvm::StringRef kind,
                                          int64_t numLayers) const;

private:
  template <typename Visitor>
  void visitRules(llvm::StringRef canonical, Visitor visit) const;

  const Family &family;
  const ModelSource &source;
};

/// Whether a tensor that no rule names can be left out without changing what
/// the model computes: tables that are recomputed, masks.
bool isRedundant(llvm::StringRef name);

} // namespace espresso

#endif // ESPRESSO_LIB_FRONTEND_TENSORNAMES_H
