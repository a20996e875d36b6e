//===- ConstantViews.h - Constants made of constants ------------*- C++ -*-===//
//
// Part of the Espresso project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE.txt for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Weights stay where they are: views of blobs are computed when they are read.
// A blob without a source, as with --no-weights, cannot be viewed otherwise
// than under another shape; then a null attribute is returned.
//
//===----------------------------------------------------------------------===//

#ifndef ESPRESSO_LIB_TRANSFORMS_CONSTANTVIEWS_H
#define ESPRESSO_LIB_TRANSFORMS_CONSTANTVIEWS_H

#include "espresso/IR/Attribute.h"

namespace espresso {

class Context;

/// The same elements under another shape of as many.
[[nodiscard]] Attribute withShape(Context &context, const Attribute &value,
                                  llvm::ArrayRef<int64_t> shape);

/// Floats times 2^exponent, rounded to their type.
[[nodiscard]] Attribute scaledBy(Context &context, const Attribute &value,
                                 int exponent, llvm::StringRef name);

/// A matrix [rows, columns] as [columns, rows].
[[nodiscard]] Attribute transposed(Context &context, const Attribute &matrix,
                                   llvm::StringRef name);

/// A tensor whose axis i is axis perm[i] of `value`. Blobs are turned as
/// matrices only, and of whole bytes: null for other permutations.
[[nodiscard]] Attribute permuted(Context &context, const Attribute &value,
                                 llvm::ArrayRef<int64_t> perm,
                                 llvm::StringRef name);

/// A tensor held in memory whose axis i has shape[i] elements, each element of
/// `value` repeated next to itself; null for blobs.
[[nodiscard]] Attribute repeated(Context &context, const Attribute &value,
                                 llvm::ArrayRef<int64_t> shape);

/// Slices [begin, begin + count) of the first axis.
[[nodiscard]] Attribute sliceRows(Context &context, const Attribute &value,
                                  int64_t begin, int64_t count,
                                  llvm::StringRef name);

/// Floats converted to another float type.
[[nodiscard]] Attribute convertedTo(Context &context, const Attribute &value,
                                    DataType type, llvm::StringRef name);

/// A dense tensor of floats as a blob in memory; a blob as it is.
[[nodiscard]] Attribute toBlob(Context &context, const Attribute &value,
                               llvm::StringRef name);

} // namespace espresso

#endif // ESPRESSO_LIB_TRANSFORMS_CONSTANTVIEWS_H
