//===- KernelTable.cpp - Every kernel by name -----------------------------===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Kernels/Families.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>

namespace espresso {

static std::vector<KernelEntry> collectKernels() {
  std::vector<KernelEntry> kernels;
  for (auto getFamily :
       {getActivationKernels,    getAttentionKernels,    getBinaryKernels,
        getCacheKernels,         getCompositeKernels,    getConstexprKernels,
        getConvolutionKernels,   getCreationKernels,     getDetectionKernels,
        getGatherKernels,        getLayoutKernels,       getListKernels,
        getNormalizationKernels, getPoolKernels,         getProductKernels,
        getProjectionKernels,    getQuantizationKernels, getRandomKernels,
        getRearrangeKernels,     getRecurrentKernels,    getReductionKernels,
        getResizeKernels,        getSamplingKernels,     getScatterKernels,
        getSlicingKernels,       getSortingKernels,      getSpaceKernels,
        getStateKernels,         getUnaryKernels})
    llvm::append_range(kernels, getFamily());
  llvm::sort(kernels, [](const KernelEntry &a, const KernelEntry &b) {
    return a.name < b.name;
  });
  return kernels;
}

llvm::ArrayRef<KernelEntry> getAllKernels() {
  static const std::vector<KernelEntry> kernels = collectKernels();
  return kernels;
}

KernelFn lookupKernel(llvm::StringRef name) {
  llvm::ArrayRef<KernelEntry> kernels = getAllKernels();
  const auto *found =
      std::lower_bound(kernels.begin(), kernels.end(), name,
                       [](const KernelEntry &entry, llvm::StringRef key) {
                         return entry.name < key;
                       });
  return found != kernels.end() && found->name == name ? found->run : nullptr;
}

} // namespace espresso
