//===- Families.h - The tables of kernels -----------------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_EVAL_KERNELS_FAMILIES_H
#define ESPRESSO_LIB_EVAL_KERNELS_FAMILIES_H

#include "espresso/Eval/Kernel.h"

namespace espresso {

// One table for each file of this directory, in any order.
llvm::ArrayRef<KernelEntry> getActivationKernels();
llvm::ArrayRef<KernelEntry> getAttentionKernels();
llvm::ArrayRef<KernelEntry> getBinaryKernels();
llvm::ArrayRef<KernelEntry> getCacheKernels();
llvm::ArrayRef<KernelEntry> getCompositeKernels();
llvm::ArrayRef<KernelEntry> getConstexprKernels();
llvm::ArrayRef<KernelEntry> getConvolutionKernels();
llvm::ArrayRef<KernelEntry> getCreationKernels();
llvm::ArrayRef<KernelEntry> getDetectionKernels();
llvm::ArrayRef<KernelEntry> getGatherKernels();
llvm::ArrayRef<KernelEntry> getLayoutKernels();
llvm::ArrayRef<KernelEntry> getListKernels();
llvm::ArrayRef<KernelEntry> getNormalizationKernels();
llvm::ArrayRef<KernelEntry> getPoolKernels();
llvm::ArrayRef<KernelEntry> getProductKernels();
llvm::ArrayRef<KernelEntry> getProjectionKernels();
llvm::ArrayRef<KernelEntry> getQuantizationKernels();
llvm::ArrayRef<KernelEntry> getRandomKernels();
llvm::ArrayRef<KernelEntry> getRearrangeKernels();
llvm::ArrayRef<KernelEntry> getRecurrentKernels();
llvm::ArrayRef<KernelEntry> getReductionKernels();
llvm::ArrayRef<KernelEntry> getResizeKernels();
llvm::ArrayRef<KernelEntry> getSamplingKernels();
llvm::ArrayRef<KernelEntry> getScatterKernels();
llvm::ArrayRef<KernelEntry> getSlicingKernels();
llvm::ArrayRef<KernelEntry> getSortingKernels();
llvm::ArrayRef<KernelEntry> getSpaceKernels();
llvm::ArrayRef<KernelEntry> getStateKernels();
llvm::ArrayRef<KernelEntry> getUnaryKernels();

} // namespace espresso

#endif // ESPRESSO_LIB_EVAL_KERNELS_FAMILIES_H
