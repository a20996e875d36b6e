//===- Window.h - Windows that move over spatial axes -----------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_EVAL_KERNELS_WINDOW_H
#define ESPRESSO_LIB_EVAL_KERNELS_WINDOW_H

#include "Support.h"

namespace espresso {

/// The geometry of a convolution or of pooling, for any number of spatial axes.
struct Window {
  Shape input;
  Shape kernel;
  Shape strides;
  Shape dilations;
  /// Padding before each axis.
  Shape before;
  Shape output;
};

/// A window of extents `kernel` over the spatial axes of `x`, as the strides,
/// dilations, padding and rounding of the operation say.
Window getWindow(KernelContext &ctx, llvm::ArrayRef<int64_t> kernel);

/// For each tap of the kernel and each output (taps outermost), the element of
/// a channel that they meet at, or -1 in the padding.
std::vector<int64_t> getTaps(const Window &window);

} // namespace espresso

#endif // ESPRESSO_LIB_EVAL_KERNELS_WINDOW_H
